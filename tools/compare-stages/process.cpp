#include "process.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <span>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/resource.h>  // rusage
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace poetry {

namespace {

/// What the system may add to the memory of a copy of us before it counts as the program's own.
constexpr std::size_t kCopyMargin = std::size_t{512} * 1024;
/// No pipe holds more than this, so whoever has read it all has read what was in there.
constexpr std::size_t kLargestPipe = std::size_t{1024} * 1024;

Seconds toSeconds(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

std::size_t toBytes(long kilobytes) {
  return static_cast<std::size_t>(kilobytes) * 1024;
}

struct PipeEnds {
  UniqueFd readEnd;
  UniqueFd writeEnd;
};

/// Away from 0, 1 and 2, which the program's own streams are going to have.
UniqueFd awayFromStreams(int fd) {
  UniqueFd first(fd);
  return fd > STDERR_FILENO ? std::move(first)
                            : UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

PipeEnds makePipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe2");
  }
  return {awayFromStreams(ends[0]), awayFromStreams(ends[1])};
}

/// What a new process says to us before it is the program, and after that only if it cannot be.
struct Birth {
  long memory = 0;  ///< kilobytes that it has as a copy of us
  int error = 0;    ///< why exec failed
};

/// Between fork and exec. Returns only if that fails; then errno says why.
void becomeProgram(char* const* words, int output, int errors, int birth, pid_t parent) {
  ::setpgid(0, 0);
#ifdef __linux__
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // should somebody kill -9 the one who started us
#endif
  if (::getppid() != parent) {
    ::_exit(1);  // somebody has done so already
  }
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (::dup2(nothing, STDIN_FILENO) < 0 || ::dup2(output, STDOUT_FILENO) < 0 ||
      ::dup2(errors, STDERR_FILENO) < 0) {
    return;
  }
  if (nothing > STDERR_FILENO) {
    ::close(nothing);  // all else closes itself with exec
  }
  for (const int signal : {SIGCHLD, SIGHUP, SIGINT, SIGPIPE, SIGQUIT, SIGTERM, SIGXFSZ}) {
    std::signal(signal, SIG_DFL);
  }
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const Birth memory{usage.ru_maxrss, 0};
  if (::write(birth, &memory, sizeof memory) == sizeof memory) {
    ::execvp(words[0], words);
  }
}

}  // namespace

// === Pipes ====================================================================================

/// Our end of one of the program's streams: to the reactor, a descriptor to read from.
class Process::Pipe final : public IReadDescriptor {
 public:
  using Receive = void (ProcessProtocol::*)(std::string_view);

  Pipe(IReactorTransports& reactor, UniqueFd readEnd, ProcessProtocol& protocol, Receive receive)
      : reactor_(reactor), readEnd_(std::move(readEnd)), protocol_(protocol), receive_(receive) {
    ::fcntl(readEnd_.get(), F_SETFL, O_NONBLOCK);
    reactor_.addReader(*this);
  }
  ~Pipe() override { close(); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  [[nodiscard]] int fileno() const override { return readEnd_.get(); }
  [[nodiscard]] std::string logPrefix() const override { return "pipe"; }

  std::optional<Failure> doRead() override {
    readSome();
    return eof_ ? std::optional<Failure>(ConnectionDone()) : std::nullopt;
  }

  void connectionLost(const Failure& /*reason*/) override { readEnd_.reset(); }

  /// Delivers what is still in there. Nobody writes any more, but for what is being killed.
  void drain() {
    std::size_t total = 0;
    while (readEnd_.valid() && !eof_ && total < kLargestPipe) {
      const std::size_t count = readSome();
      if (count == 0) {
        break;
      }
      total += count;
    }
    close();
  }

 private:
  /// One read(2). Returns how many bytes that brought.
  std::size_t readSome() {
    const std::span<char> buffer = reactor_.receiveBuffer();
    const ssize_t count = ::read(readEnd_.get(), buffer.data(), buffer.size());
    if (count > 0) {
      (protocol_.*receive_)({buffer.data(), static_cast<std::size_t>(count)});
      return static_cast<std::size_t>(count);
    }
    eof_ = count == 0 || (errno != EAGAIN && errno != EINTR);
    return 0;
  }

  void close() {
    reactor_.removeReader(*this);
    readEnd_.reset();
  }

  IReactorTransports& reactor_;
  UniqueFd readEnd_;
  ProcessProtocol& protocol_;
  Receive receive_;
  bool eof_ = false;
};

// === Processes ================================================================================

Process::Process(ProcessTable& table, ProcessProtocol& protocol)
    : table_(table), protocol_(protocol) {}

Process::~Process() {
  std::erase(table_.processes_, this);
  if (pid_ > 0) {
    kill();
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

void Process::kill() const {
  if (pid_ > 0) {
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);  // it may have left its group
  }
}

void Process::start(const std::vector<std::string>& command, const ProcessOptions& options) {
  name_ = command[0];
  std::vector<std::string> copies = command;
  std::vector<char*> words;
  words.reserve(copies.size() + 1);
  for (std::string& word : copies) {
    words.push_back(word.data());
  }
  words.push_back(nullptr);

  PipeEnds output = makePipe();
  PipeEnds errors = options.joinErrors ? PipeEnds() : makePipe();
  PipeEnds birth = makePipe();
  const int errorsEnd = options.joinErrors ? output.writeEnd.get() : errors.writeEnd.get();
  const pid_t us = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    becomeProgram(words.data(), output.writeEnd.get(), errorsEnd, birth.writeEnd.get(), us);
    const Birth failed{0, errno};
    const ssize_t written = ::write(birth.writeEnd.get(), &failed, sizeof failed);
    ::_exit(written > 0 ? 127 : 126);
  }
  if (pid_ < 0) {
    throw std::system_error(errno, std::generic_category(), "fork");
  }
  ::setpgid(pid_, pid_);  // whichever of us is first: kill() must find the group
  birth_ = std::move(birth.readEnd);
  ::fcntl(birth_.get(), F_SETFL, O_NONBLOCK);
  output_ = std::make_unique<Pipe>(table_.reactor_, std::move(output.readEnd), protocol_,
                                   &ProcessProtocol::outReceived);
  if (!options.joinErrors) {
    errors_ = std::make_unique<Pipe>(table_.reactor_, std::move(errors.readEnd), protocol_,
                                     &ProcessProtocol::errReceived);
  }
}

/// Reads what the new process said before it was the program. All of that has long been said.
void Process::hearOfBirth() {
  Birth news;
  while (::read(birth_.get(), &news, sizeof news) == sizeof news) {
    floor_ = std::max(floor_, toBytes(news.memory));
    if (news.error != 0) {
      protocol_.errReceived("cannot start " + name_ + ": " + std::strerror(news.error) + '\n');
    }
  }
  birth_.reset();
}

/// A child of ours has ended. If it was this one, takes in what is left, and tells.
void Process::noticeEnd() {
  siginfo_t info{};
  const auto id = static_cast<id_t>(pid_);
  if (::waitid(P_PID, id, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != pid_) {
    return;
  }
  // As long as nobody has waited for it, its number belongs to its group and to no stranger.
  kill();
  for (Pipe* pipe : {output_.get(), errors_.get()}) {
    if (pipe != nullptr) {
      pipe->drain();
    }
  }
  hearOfBirth();
  int status = 0;
  rusage usage{};
  ::wait4(std::exchange(pid_, -1), &status, 0, &usage);
  ProcessExit exit{.exitCode = WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                   .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
                   .wakeUps = static_cast<std::uint64_t>(usage.ru_nvcsw),
                   .user = toSeconds(usage.ru_utime),
                   .system = toSeconds(usage.ru_stime),
                   .peakMemory = std::nullopt};
  if (toBytes(usage.ru_maxrss) > floor_ + kCopyMargin) {
    exit.peakMemory = toBytes(usage.ru_maxrss);
  }
  protocol_.processEnded(exit);
}

ProcessTable::ProcessTable(IReactorTransports& reactor, SignalPipe& signals) : reactor_(reactor) {
  signals.handle(SIGCHLD, [this] { noticeEnds(); });
}

std::unique_ptr<Process> ProcessTable::spawnProcess(ProcessProtocol& protocol,
                                                    const std::vector<std::string>& command,
                                                    const ProcessOptions& options) {
  std::unique_ptr<Process> process(new Process(*this, protocol));
  process->start(command, options);
  processes_.push_back(process.get());
  return process;
}

void ProcessTable::noticeEnds() {
  // A copy, because a protocol that hears of an end may start and end other programs.
  const std::vector<Process*> running = processes_;
  for (Process* process : running) {
    const bool isThere =
        std::find(processes_.begin(), processes_.end(), process) != processes_.end();
    if (isThere && process->pid_ > 0) {
      process->noticeEnd();
    }
  }
}

}  // namespace poetry
