#include "support/process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <ostream>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>  // SYS_pidfd_open: older C libraries have no function for it
#include <sys/wait.h>
#include <unistd.h>

namespace poetry {

namespace {

/// The kernel's count of the copy's memory is not exact: less than this on top of it is still the copy.
constexpr std::size_t kCopyMargin = std::size_t{512} * 1024;

struct Pipe {
  UniqueFd readEnd;
  UniqueFd writeEnd;
};

/// The child's descriptors must be above 2, so that dup2(2) can put each in its place.
UniqueFd aboveStandardStreams(UniqueFd fd) {
  return fd.get() > STDERR_FILENO ? std::move(fd)
                                  : UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

Pipe makePipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe2");
  }
  UniqueFd readEnd(ends[0]);
  UniqueFd writeEnd(ends[1]);
  return {aboveStandardStreams(std::move(readEnd)), aboveStandardStreams(std::move(writeEnd))};
}

/// Opens the child's end of a standard stream and, for a pipe, ours.
UniqueFd openStream(StreamKind kind, int number, UniqueFd& ours) {
  const bool childReads = number == STDIN_FILENO;
  if (kind == StreamKind::kPipe || kind == StreamKind::kNoReader) {
    Pipe pipe = makePipe();
    if (kind == StreamKind::kPipe) {
      ours = std::move(childReads ? pipe.writeEnd : pipe.readEnd);
      ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
    }
    return std::move(childReads ? pipe.readEnd : pipe.writeEnd);
  }
  if (kind == StreamKind::kNothing || kind == StreamKind::kFull) {
    const char* path = kind == StreamKind::kFull ? "/dev/full" : "/dev/null";
    return aboveStandardStreams(UniqueFd(::open(path, O_RDWR | O_CLOEXEC)));
  }
  if (kind == StreamKind::kOurs) {
    return UniqueFd(::fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  }
  return {};
}

std::vector<char*> pointersTo(std::vector<std::string>& words) {
  std::vector<char*> result;
  result.reserve(words.size() + 1);
  for (std::string& word : words) {
    result.push_back(word.data());
  }
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environmentWith(const std::map<std::string, std::string>& more) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string variable = *entry;
    if (!more.contains(variable.substr(0, variable.find('=')))) {
      result.push_back(variable);
    }
  }
  for (const auto& [name, value] : more) {
    result.push_back(name + '=' + value);
  }
  return result;
}

/// What the child tells us before execvpe(3), and again if that fails.
struct StartReport {
  long memory = 0;  ///< kilobytes that the copy of us has
  int error = 0;
};

bool writeReport(int pipe, const StartReport& report) {
  return ::write(pipe, &report, sizeof report) == sizeof report;
}

/// What the child needs between fork and exec, where it must not allocate memory.
struct StartOrder {
  std::array<int, 3> streams;
  int report;
  const SubprocessOptions& options;
  char** arguments;
  char** environment;
  pid_t parent;
};

bool setDescriptorLimit(std::size_t limit, bool hard) {
  rlimit both{};
  ::getrlimit(RLIMIT_NOFILE, &both);
  both.rlim_cur = limit;
  if (hard) {
    both.rlim_max = limit;
  }
  return ::setrlimit(RLIMIT_NOFILE, &both) == 0;
}

/// Returns only if a call fails; errno says why.
void becomeProgram(const StartOrder& order) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != order.parent) {
    ::_exit(1);  // our parent ended before the call above took effect
  }
  for (int number = 0; number < 3; ++number) {
    const int fd = order.streams[static_cast<std::size_t>(number)];
    if (fd < 0) {
      ::close(number);
    } else if (::dup2(fd, number) < 0) {
      return;
    }
  }
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  restoreSignals();
  const SubprocessOptions& options = order.options;
  if (!options.directory.empty() && ::chdir(options.directory.c_str()) != 0) {
    return;
  }
  if (options.descriptorLimit &&
      !setDescriptorLimit(*options.descriptorLimit, options.hardDescriptorLimit)) {
    return;
  }
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  if (writeReport(order.report, {usage.ru_maxrss, 0})) {
    ::execvpe(order.arguments[0], order.arguments, order.environment);
  }
}

std::size_t toBytes(long kilobytes) {
  return static_cast<std::size_t>(kilobytes) * 1024;
}

std::chrono::duration<double> toSeconds(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

}  // namespace

std::string Ending::toString() const {
  return signal != 0
             ? "ended by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ')'
             : "exit code " + std::to_string(exitCode);
}

std::ostream& operator<<(std::ostream& out, const Ending& ending) {
  return out << ending.toString();
}

void restoreSignals() {
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action {};
    if (::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) {
      std::signal(number, SIG_DFL);
    }
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

Subprocess::Subprocess(const std::vector<std::string>& command, const SubprocessOptions& options) {
  std::vector<std::string> words = command;
  std::vector<char*> arguments = pointersTo(words);
  std::vector<std::string> variables = environmentWith(options.environment);
  std::vector<char*> environment = pointersTo(variables);

  const UniqueFd input = openStream(options.input, STDIN_FILENO, pipes_.input);
  const UniqueFd output = openStream(options.output, STDOUT_FILENO, pipes_.output);
  const UniqueFd errors = openStream(options.errors, STDERR_FILENO, pipes_.errors);
  Pipe reports = makePipe();
  const bool isJoined = options.errors == StreamKind::kSameAsOut;
  const StartOrder order{{input.get(), output.get(), isJoined ? output.get() : errors.get()},
                         reports.writeEnd.get(),
                         options,
                         arguments.data(),
                         environment.data(),
                         ::getpid()};
  pid_ = ::fork();
  if (pid_ < 0) {
    throw std::system_error(errno, std::generic_category(), "cannot start " + command[0]);
  }
  if (pid_ == 0) {
    becomeProgram(order);
    writeReport(order.report, {0, errno});
    ::_exit(127);
  }
  ::setpgid(pid_, pid_);  // here, too: kill() may be called before the child has done it
  reports.writeEnd.reset();
  StartReport report;
  // exec closes the child's end of this pipe.
  while (::read(reports.readEnd.get(), &report, sizeof report) == sizeof report) {
    memoryOfCopy_ = std::max(memoryOfCopy_, toBytes(report.memory));
  }
  end_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  const int error = report.error != 0 ? report.error : end_.valid() ? 0 : errno;
  if (error != 0) {
    kill();
    wait();
    throw std::system_error(error, std::generic_category(), "cannot start " + command[0]);
  }
}

Subprocess::~Subprocess() {
  if (!ending_) {
    kill();
    wait();
  }
}

bool Subprocess::hasEnded() const {
  siginfo_t info{};
  return ending_ ||
         (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
          info.si_pid == pid_);
}

const Ending& Subprocess::wait() {
  if (ending_) {
    return *ending_;
  }
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0 &&
         errno == EINTR) {
  }
  kill();  // before wait4: until then, no other process can get this number
  int status = 0;
  rusage usage{};
  ::wait4(pid_, &status, 0, &usage);
  addUsage(usage);
  ending_ =
      WIFSIGNALED(status) ? Ending::bySignal(WTERMSIG(status)) : Ending::code(WEXITSTATUS(status));
  // The rest of its group, if it is ours now: see usage().
  while (::wait4(-pid_, &status, 0, &usage) > 0) {
    addUsage(usage);
  }
  return *ending_;
}

void Subprocess::addUsage(const rusage& usage) {
  usage_.user += toSeconds(usage.ru_utime);
  usage_.system += toSeconds(usage.ru_stime);
  usage_.wakeUps += static_cast<std::uint64_t>(usage.ru_nvcsw);
  if (toBytes(usage.ru_maxrss) >
      std::max(memoryOfCopy_ + kCopyMargin, usage_.peakMemory.value_or(0))) {
    usage_.peakMemory = toBytes(usage.ru_maxrss);
  }
}

void Subprocess::signal(int number) const {
  if (!ending_) {
    ::kill(pid_, number);
  }
}

void Subprocess::kill() const {
  if (!ending_) {
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);  // it may have left its group
  }
}

bool Subprocess::pause() {
  signal(SIGSTOP);
  siginfo_t info{};
  // A program that was stopped already does not report that again.
  while (!ending_ && !status("State").starts_with('T') &&
         ::waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WEXITED | WNOWAIT) != 0 &&
         errno == EINTR) {
  }
  static_cast<void>(hasStopped());  // takes this report
  return !hasEnded();
}

bool Subprocess::hasStopped() {
  siginfo_t info{};
  return !ending_ && ::waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WNOHANG) == 0 &&
         info.si_pid == pid_;
}

std::string Subprocess::status(std::string_view name) const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name) && line.substr(name.size(), 2) == ":\t") {
      return line.substr(line.find_first_not_of(" \t", name.size() + 1));
    }
  }
  return "";
}

}  // namespace poetry
