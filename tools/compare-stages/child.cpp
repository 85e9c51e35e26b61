#include "child.hpp"

#include "files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <optional>
#include <sstream>
#include <system_error>

#include <unistd.h>

namespace poetry {

/// One output stream of the child: a descriptor object for the reactor.
class Child::Output final : public IReadDescriptor {
 public:
  using Receive = void (ProcessProtocol::*)(std::string_view);

  Output(IReactorFDSet& reactor, int fd, ProcessProtocol& protocol, Receive receive)
      : reactor_(reactor), fd_(fd), protocol_(protocol), receive_(receive) {
    reactor_.addReader(*this);
  }
  ~Output() override { reactor_.removeReader(*this); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  [[nodiscard]] int fileno() const override { return fd_; }
  [[nodiscard]] std::string logPrefix() const override { return "output"; }
  std::optional<Failure> doRead() override {
    readSome();
    return atEnd_ ? std::optional<Failure>(ConnectionDone()) : std::nullopt;
  }
  void connectionLost(const Failure& /*reason*/) override {}

  /// Delivers what is left in the pipe. The limit is the size of the largest pipe: a process that left
  /// the group may still write.
  void drain() {
    constexpr std::size_t kLargestPipe = std::size_t{1024} * 1024;
    for (std::size_t total = 0; !atEnd_ && total < kLargestPipe;) {
      const std::size_t count = readSome();
      if (count == 0) {
        break;
      }
      total += count;
    }
    reactor_.removeReader(*this);
  }

 private:
  /// One read(2). Returns how many bytes it delivered.
  std::size_t readSome() {
    std::array<char, 65536> buffer;
    const ssize_t count = ::read(fd_, buffer.data(), buffer.size());
    if (count > 0) {
      (protocol_.*receive_)({buffer.data(), static_cast<std::size_t>(count)});
      return static_cast<std::size_t>(count);
    }
    atEnd_ = count == 0 || (errno != EAGAIN && errno != EINTR);
    return 0;
  }

  IReactorFDSet& reactor_;
  int fd_;
  ProcessProtocol& protocol_;
  Receive receive_;
  bool atEnd_ = false;
};

/// The descriptor that becomes readable when the child has ended.
class Child::End final : public IReadDescriptor {
 public:
  End(IReactorFDSet& reactor, Child& child) : reactor_(reactor), child_(child) {
    reactor_.addReader(*this);
  }
  ~End() override { reactor_.removeReader(*this); }
  End(const End&) = delete;
  End& operator=(const End&) = delete;

  [[nodiscard]] int fileno() const override { return child_.process_.endDescriptor(); }
  [[nodiscard]] std::string logPrefix() const override { return "end of child"; }
  std::optional<Failure> doRead() override {
    reactor_.removeReader(*this);
    child_.deliverEnd();
    return std::nullopt;
  }
  void connectionLost(const Failure& /*reason*/) override {}

 private:
  IReactorFDSet& reactor_;
  Child& child_;
};

namespace {

namespace fs = std::filesystem;

/// Reads the state of a thread from /proc. Empty if the thread is not running.
std::optional<RunningThread> readThread(const fs::path& folder) {
  constexpr std::size_t kMost = 4096;
  const std::string text = firstBytesOf(folder / "stat", kMost);
  // The state follows the name, which is in parentheses. Eleven fields later come the CPU times.
  const std::size_t name = text.rfind(')');
  std::istringstream fields(name == std::string::npos ? "" : text.substr(name + 1));
  std::vector<std::string> values{std::istream_iterator<std::string>(fields), {}};
  if (values.size() < 13 || values[0] != "R") {
    return std::nullopt;
  }
  const double ticks = std::stod(values[11]) + std::stod(values[12]);
  const std::string thread = firstBytesOf(folder / "comm", kMost);
  constexpr std::array<std::string_view, 5> kOfJava = {"C1 ", "C2 ", "G1 ", "GC ", "VM "};
  return RunningThread{
      .isOfJava = std::any_of(kOfJava.begin(), kOfJava.end(),
                              [&](std::string_view start) { return thread.starts_with(start); }),
      .cpu = Duration(ticks / static_cast<double>(::sysconf(_SC_CLK_TCK)))};
}

}  // namespace

Child::Child(IReactorFDSet& reactor, ProcessProtocol& protocol,
             const std::vector<std::string>& command, bool joinErrors, const std::string& directory)
    : protocol_(protocol),
      process_(command, {.errors = joinErrors ? StreamKind::kSameAsOut : StreamKind::kPipe,
                         .directory = directory}),
      output_(std::make_unique<Output>(reactor, process_.pipes().output.get(), protocol,
                                       &ProcessProtocol::outReceived)) {
  if (!joinErrors) {
    errors_ = std::make_unique<Output>(reactor, process_.pipes().errors.get(), protocol,
                                       &ProcessProtocol::errReceived);
  }
  end_ = std::make_unique<End>(reactor, *this);
}

Child::~Child() = default;

std::map<pid_t, RunningThread> Child::runningThreads() const {
  std::map<pid_t, RunningThread> running;
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end;
       entry.increment(error)) {
    const pid_t pid = std::atoi(entry->path().filename().c_str());  // 0 for what is no process
    if (pid > 0 && ::getpgid(pid) == process_.pid()) {
      std::error_code ended;
      for (fs::directory_iterator task(entry->path() / "task", ended), last; !ended && task != last;
           task.increment(ended)) {
        if (const auto thread = readThread(task->path())) {
          running[std::atoi(task->path().filename().c_str())] = *thread;
        }
      }
    }
  }
  return running;
}

void Child::deliverEnd() {
  const Ending ending = process_.wait();
  output_->drain();
  if (errors_) {
    errors_->drain();
  }
  protocol_.processEnded(ending, process_.usage());
}

}  // namespace poetry
