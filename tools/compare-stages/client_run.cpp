#include "client_run.hpp"

#include "judge.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace poetry {

namespace {

namespace fs = std::filesystem;

/// A shell says with an exit code above this one that a signal ended its program, and which. Signals
/// end here; what lies beyond is an exit code like any other.
constexpr int kShellSignal = 128;
constexpr int kLastSignal = 31;

/// A place for temporary files whose name means nothing to a shell: it may become part of a command.
fs::path temporaryPlace() {
  std::error_code error;
  const fs::path place = fs::temp_directory_path(error);
  const std::string name = place.string();
  const bool isPlain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '/' || c == '.' || c == '_' || c == '-';
  });
  return !error && isPlain ? place : "/tmp";
}

}  // namespace

PoemFolder::PoemFolder() {
  std::string name = (temporaryPlace() / "compare-stages-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "cannot make " + name);
  }
  path_ = name;
}

PoemFolder::~PoemFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path PoemFolder::poem(std::size_t task) const {
  return path_ / ("poem-" + std::to_string(task) + ".txt");
}

ClientRun::ClientRun(Reactor& reactor, ProcessTable& processes, const RunOrder& order,
                     std::function<void()> ended, std::function<void()> news)
    : reactor_(reactor),
      order_(order),
      recorder_(order.sizes, order.trace),
      start_(reactor.seconds()),
      deadline_(start_ + order.needs + order.patience),
      whenEnded_(std::move(ended)),
      whenNews_(std::move(news)) {
  run_.command = order_.stage.commandLine(order_.addresses, folder_.path(), order_.trace);
  process_ = processes.spawnProcess(*this, run_.command, {.joinErrors = order_.trace});
  lookAfter();
}

ClientRun::~ClientRun() {
  if (watchdog_ && watchdog_->active()) {
    watchdog_->cancel();
  }
}

void ClientRun::received(Stream stream, std::string_view bytes) {
  const std::size_t before = recorder_.progress();
  recorder_.received(stream, bytes, elapsed());
  if (recorder_.progress() > before) {
    deadline_ = std::max(deadline_, reactor_.seconds() + order_.patience);
  }
  if (whenNews_) {
    whenNews_();
  }
}

/// A client that says nothing new, although the servers have long sent all that they have, hangs.
void ClientRun::lookAfter() {
  const Seconds left = deadline_ - reactor_.seconds();
  if (left <= Seconds::zero() && isLastLook_) {
    run_.hung = true;
    process_->kill();
    return;
  }
  // Perhaps it is us who are late, and what it said lies in the pipe. Before the next turn makes its
  // calls, this one reads it.
  isLastLook_ = left <= Seconds::zero();
  watchdog_ = reactor_.callLater(std::max(left, Seconds::zero()), [this] { lookAfter(); });
}

void ClientRun::processEnded(const ProcessExit& exit) {
  if (watchdog_->active()) {
    watchdog_->cancel();
  }
  run_.elapsed = elapsed();
  run_.exit = exit;
  if (!order_.stage.isOurs() && exit.exitCode > kShellSignal &&
      exit.exitCode <= kShellSignal + kLastSignal) {
    // The shell outlived it, and says with its own exit code which signal it was.
    run_.exit.signal = exit.exitCode - kShellSignal;
    run_.exit.exitCode = 0;
  }
  recorder_.finish(run_.elapsed);
  run_.recording = recorder_.take();
  run_.saved.resize(order_.sizes.size());
  for (std::size_t i = 0; i < order_.poems.size(); ++i) {
    if (order_.stage.savesPoems() && run_.recording.tasks[i].outcome == Outcome::kComplete) {
      run_.saved[i] = compareSaved(folder_.poem(i + 1), order_.poems[i]);
    }
  }
  ended_ = true;
  reactor_.callLater(Seconds::zero(), [this] { whenEnded_(); });
}

}  // namespace poetry
