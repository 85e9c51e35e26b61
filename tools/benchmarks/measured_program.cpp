#include "measured_program.hpp"

#include <array>
#include <csignal>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>  // sched_setaffinity
#include <unistd.h>

namespace poetry {

namespace {

/// How long a client may take for what it was asked for.
constexpr std::chrono::milliseconds kPatience{120'000};

/// The cores that this process had at its start.
const cpu_set_t& allCores() {
  static const cpu_set_t cores = [] {
    cpu_set_t set;
    CPU_ZERO(&set);
    ::sched_getaffinity(0, sizeof set, &set);
    return set;
  }();
  return cores;
}

std::size_t lastCore() {
  std::size_t last = CPU_SETSIZE - 1;
  while (last > 0 && !CPU_ISSET(last, &allCores())) {
    --last;
  }
  return last;
}

/// A program starts on the core of the program that starts it, and stays there.
Subprocess startOnLastCore(const std::vector<std::string>& command) {
  Cores::takeLast();
  struct Return {
    ~Return() { Cores::leaveLast(); }
  } const back;
  return Subprocess(command, {.errors = StreamKind::kOurs});
}

std::string shortened(const std::vector<std::string>& command) {
  std::string text = command[0];
  for (std::size_t i = 1; i < command.size() && i < 5; ++i) {
    text += ' ' + command[i];
  }
  return command.size() > 5 ? text + " ..." : text;
}

}  // namespace

void Cores::leaveLast() {
  cpu_set_t rest = allCores();
  if (CPU_COUNT(&rest) > 1) {
    CPU_CLR(lastCore(), &rest);
    ::sched_setaffinity(0, sizeof rest, &rest);
  }
}

void Cores::takeLast() {
  cpu_set_t last;
  CPU_ZERO(&last);
  CPU_SET(lastCore(), &last);
  ::sched_setaffinity(0, sizeof last, &last);
}

MeasuredProgram::MeasuredProgram(const std::vector<std::string>& command)
    : description_(shortened(command)),
      start_(std::chrono::steady_clock::now()),
      process_(startOnLastCore(command)) {
  // A pipe this large holds all that a client prints, so that reading it can wait for the end.
  constexpr int kPipeSize = 1024 * 1024;
  ::fcntl(process_.pipes().output.get(), F_SETPIPE_SZ, kPipeSize);
}

ResourceUsage MeasuredProgram::wait() {
  pollfd waiting{process_.endDescriptor(), POLLIN, 0};
  if (::poll(&waiting, 1, static_cast<int>(kPatience.count())) == 0) {
    throw std::runtime_error(description_ + " does not end");
  }
  const Ending& ending = process_.wait();
  wallTime_ = std::chrono::steady_clock::now() - start_;
  std::array<char, 65536> buffer;
  ssize_t count = 0;
  while ((count = ::read(process_.pipes().output.get(), buffer.data(), buffer.size())) > 0) {
    output_.append(buffer.data(), static_cast<std::size_t>(count));
  }
  if (ending != Ending::code(0)) {
    throw std::runtime_error(description_ + ": " + ending.toString());
  }
  return process_.usage();
}

void MeasuredProgram::pause() {
  if (!process_.pause()) {
    throw std::runtime_error(description_ + " has ended too early");
  }
}

void MeasuredProgram::resume() const {
  process_.signal(SIGCONT);
}

void MeasuredProgram::waitUntilAsleep() const {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!process_.status("State").starts_with('S')) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error(description_ + " does not become idle");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

double MeasuredProgram::anonymousMemory() const {
  return std::stod(process_.status("RssAnon")) * 1024;
}

}  // namespace poetry
