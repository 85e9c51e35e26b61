#include "progress.hpp"

#include "cli/output.hpp"
#include "judge.hpp"

#include <algorithm>
#include <cstdio>

#include <sys/ioctl.h>
#include <unistd.h>

namespace poetry {

namespace {

constexpr std::size_t kBarWidth = 16;
constexpr std::size_t kNameWidth = 26;
constexpr std::size_t kRunWidth = 31;  // reactor-client-1-broken --trace
constexpr std::size_t kTimeWidth = 8;

std::string bar(const Look& look, double share) {
  const auto full = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * kBarWidth);
  std::string text;
  for (std::size_t i = 0; i < kBarWidth; ++i) {
    text += i < full ? (look.unicode ? "█" : "#") : (look.unicode ? "░" : ".");
  }
  return text;
}

/// What may be written over: less than a line of the terminal, or of what ours have at most.
std::size_t columnsToWriteOver() {
  winsize size{};
  const bool isKnown = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return (isKnown ? std::min<std::size_t>(size.ws_col, kWidth) : kWidth) - 1;
}

void writeOver(const std::string& line) {
  std::printf("\r%s\033[K", padded(line, columnsToWriteOver()).c_str());
  std::fflush(stdout);
}

}  // namespace

Progress::~Progress() {
  clear();
}

void Progress::begins(const std::string& what) {
  what_ = what;
  if (look_.live) {
    writeOver("  " + what_);
  }
}

void Progress::announces(const std::string& what) {
  begins(what);
  if (!look_.live) {
    printLine("  " + what);
  }
}

void Progress::update(Seconds elapsed, const Recording& recording, const Comparison& comparison) {
  if (!look_.live) {
    return;
  }
  std::size_t bytes = 0;
  std::size_t all = 0;
  for (const TaskRecord& task : recording.tasks) {
    bytes += task.bytes;
  }
  for (const Poem& poem : comparison.poems) {
    all += poem.size;
  }
  const double share = all > 0 ? static_cast<double>(bytes) / static_cast<double>(all) : 0;
  writeOver("  " + padded(what_, kRunWidth) + rightAligned(inSeconds(elapsed), kTimeWidth) + "  " +
            bar(look_, share) + "  " + inBytes(static_cast<double>(bytes)) + " of " +
            inBytes(static_cast<double>(all)));
}

void Progress::clear() {
  if (look_.live) {
    std::printf("\r\033[K");
    std::fflush(stdout);
  }
}

void Progress::ended(const StageResult& result) {
  clear();
  std::string line = "  " + padded(result.name, kNameWidth) +
                     rightAligned(inSeconds(result.run.elapsed), kTimeWidth);
  if (!result.succeeded) {
    const std::string why = line + "  FAILED: " + result.problems.front();
    line = columnsOf(why) > kWidth ? padded(why, kWidth - 4) + " ..." : why;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  printLine(line);
}

}  // namespace poetry
