#include "process.hpp"

#include <cerrno>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>  // sched_setaffinity
#include <spawn.h>
#include <sys/mman.h>      // memfd_create
#include <sys/resource.h>  // rusage
#include <sys/syscall.h>   // SYS_pidfd_open
#include <sys/wait.h>
#include <unistd.h>

namespace poetry {

namespace {

/// How long a client may take to do what it was asked for.
constexpr std::chrono::seconds kPatience{120};

Seconds toSeconds(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

/// The cores that we were given at the start.
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

/// The rest of the line that begins with `name` in a file of /proc.
std::string procLine(const std::string& file, const std::string& name) {
  std::ifstream stream(file);
  std::string line;
  while (std::getline(stream, line)) {
    if (line.starts_with(name)) {
      return line.substr(name.size());
    }
  }
  throw std::runtime_error("no " + name + " in " + file);
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

Process::Process(const std::vector<std::string>& command)
    : command_(command), output_(::memfd_create("output", MFD_CLOEXEC)) {
  std::vector<char*> words;
  words.reserve(command_.size() + 1);
  for (std::string& word : command_) {
    words.push_back(word.data());
  }
  words.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output_.get(), STDOUT_FILENO);
  Cores::takeLast();  // a program starts where its parent is, and stays there
  start_ = std::chrono::steady_clock::now();
  const int error = ::posix_spawn(&pid_, words[0], &actions, nullptr, words.data(), environ);
  Cores::leaveLast();
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    throw std::system_error(error, std::generic_category(), describe());
  }
}

Process::~Process() {
  if (pid_ > 0 && !ended_) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

std::string Process::describe() const {
  std::string text = command_[0];
  for (std::size_t i = 1; i < command_.size() && i < 5; ++i) {
    text += ' ' + command_[i];
  }
  return command_.size() > 5 ? text + " ..." : text;
}

Usage Process::wait() {
  const UniqueFd end(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));  // readable at the end
  pollfd waiting{end.get(), POLLIN, 0};
  if (::poll(&waiting, 1, static_cast<int>(std::chrono::milliseconds(kPatience).count())) == 0) {
    throw std::runtime_error(describe() + " does not end");
  }
  int status = 0;
  rusage usage{};
  while (::wait4(pid_, &status, 0, &usage) < 0) {
    if (errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "wait4");
    }
  }
  ended_ = true;
  const Seconds wall = std::chrono::steady_clock::now() - start_;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw std::runtime_error(
        describe() + (WIFEXITED(status) ? ": exit code " + std::to_string(WEXITSTATUS(status))
                                        : ": signal " + std::to_string(WTERMSIG(status))));
  }
  Usage result{
      .user = toSeconds(usage.ru_utime), .system = toSeconds(usage.ru_stime), .wall = wall};
  rusage ours{};
  ::getrusage(RUSAGE_SELF, &ours);
  if (usage.ru_maxrss > ours.ru_maxrss) {
    result.peakBytes = static_cast<double>(usage.ru_maxrss) * 1024;
  }
  return result;
}

std::string Process::output() const {
  std::string text;
  char buffer[4096];
  ssize_t count = 0;
  while ((count = ::pread(output_.get(), buffer, sizeof buffer, static_cast<off_t>(text.size()))) >
         0) {
    text.append(buffer, static_cast<std::size_t>(count));
  }
  return text;
}

void Process::pause() {
  int status = 0;
  ::kill(pid_, SIGSTOP);
  ::waitpid(pid_, &status, WUNTRACED);
  if (!WIFSTOPPED(status)) {
    ended_ = true;
    throw std::runtime_error(describe() + " has ended too early");
  }
}

void Process::resume() const {
  int status = 0;
  if (::kill(pid_, SIGCONT) != 0 || ::waitpid(pid_, &status, WCONTINUED) < 0) {
    throw std::runtime_error(describe() + " cannot go on");
  }
}

void Process::waitUntilAsleep() const {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  const std::string status = "/proc/" + std::to_string(pid_) + "/status";
  while (procLine(status, "State:").find('S') == std::string::npos) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error(describe() + " does not come to rest");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

double Process::anonymousMemory() const {
  const std::string kilobytes = procLine("/proc/" + std::to_string(pid_) + "/status", "RssAnon:");
  return std::stod(kilobytes) * 1024;
}

}  // namespace poetry
