#include "support/child_process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <system_error>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace poetry::testing {

namespace {

struct Pipe {
  UniqueFd readEnd;
  UniqueFd writeEnd;
};

Pipe makePipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe2");
  }
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// The child's end of a standard stream, and ours for a pipe. Neither for a closed one.
struct Ends {
  UniqueFd child;
  UniqueFd ours;
};

Ends openStream(Stream stream, bool childReads) {
  Ends ends;
  if (stream == Stream::kPipe || stream == Stream::kNoReader) {
    Pipe pipe = makePipe();
    ends.child = childReads ? std::move(pipe.readEnd) : std::move(pipe.writeEnd);
    if (stream == Stream::kPipe) {
      ends.ours = childReads ? std::move(pipe.writeEnd) : std::move(pipe.readEnd);
    }
  } else if (stream != Stream::kClosed) {
    const char* path = stream == Stream::kFull ? "/dev/full" : "/dev/null";
    ends.child.reset(::open(path, O_RDWR | O_CLOEXEC));
  }
  // Out of the way of 0, 1 and 2, so that the child can put each into its place.
  if (ends.child.valid() && ends.child.get() <= STDERR_FILENO) {
    ends.child.reset(::fcntl(ends.child.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  }
  return ends;
}

/// What happens between fork and exec. Returns only if something fails; errno says what.
void becomeProgram(const std::array<int, 3>& streams, const ChildOptions& options, pid_t parent,
                   char** argv, char** environment) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) {
    ::_exit(1);  // the test died before we could ask to die with it
  }
  for (int number = 0; number < 3; ++number) {
    const int fd = streams[static_cast<std::size_t>(number)];
    if (fd < 0) {
      ::close(number);
    } else if (::dup2(fd, number) < 0) {
      return;
    }
  }
  // Whatever we or those who started us left open is not for the program.
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD}) {
    std::signal(number, SIG_DFL);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (options.descriptorLimit) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = *options.descriptorLimit;
    if (options.hardDescriptorLimit) {
      limit.rlim_max = *options.descriptorLimit;
    }
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
      return;
    }
  }
  if (!options.directory.empty() && ::chdir(options.directory.c_str()) != 0) {
    return;
  }
  ::execve(argv[0], argv, environment);
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) {
    result.push_back(word.data());
  }
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environmentWith(const std::map<std::string, std::string>& more) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string word = *entry;
    if (!more.contains(word.substr(0, word.find('=')))) {
      result.push_back(word);
    }
  }
  for (const auto& [key, value] : more) {
    result.push_back(key + '=' + value);
  }
  return result;
}

std::vector<std::string> linesOf(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    lines.push_back(text.substr(start, end - start));
    start = end == std::string::npos ? text.size() : end + 1;
  }
  return lines;
}

}  // namespace

std::string Ending::toString() const {
  return signal != 0
             ? "ended by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ')'
             : "exit code " + std::to_string(exitCode);
}

void PrintTo(const Ending& ending, std::ostream* out) {
  *out << ending.toString();
}

ChildProcess::ChildProcess(Scenario& scenario, const std::string& program,
                           const std::vector<std::string>& arguments, const ChildOptions& options,
                           SourceLine where)
    : scenario_(scenario),
      name_(std::filesystem::path(program).filename().string()),
      lastLine_(where) {
  std::string commandLine = "starts:";
  std::vector<std::string> words{std::filesystem::absolute(program).string()};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    words.push_back(arguments[i]);
    if (i < 10) {
      commandLine += ' ' + arguments[i];
    }
  }
  if (arguments.size() > 10) {
    commandLine += " ... (" + std::to_string(arguments.size()) + " words)";
  }
  scenario.note(where, name_, commandLine);

  Ends input = openStream(options.input, true);
  Ends output = openStream(options.output, false);
  Ends errors = openStream(options.errors, false);
  Pipe trouble = makePipe();  // closes by itself when exec succeeds, brings an errno when not
  if (trouble.writeEnd.get() <= STDERR_FILENO) {
    trouble.writeEnd.reset(::fcntl(trouble.writeEnd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  }
  const std::array<int, 3> streams{input.child.get(), output.child.get(), errors.child.get()};
  std::vector<char*> argv = pointers(words);
  std::vector<std::string> variables = environmentWith(options.environment);
  std::vector<char*> environment = pointers(variables);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) {
    throw std::system_error(errno, std::generic_category(), "fork");
  }
  if (pid_ == 0) {
    becomeProgram(streams, options, parent, argv.data(), environment.data());
    const int error = errno;
    const auto written = ::write(trouble.writeEnd.get(), &error, sizeof error);
    ::_exit(written == sizeof error ? 127 : 126);
  }
  trouble.writeEnd.reset();
  int error = 0;
  if (::read(trouble.readEnd.get(), &error, sizeof error) == sizeof error) {
    ::waitpid(pid_, nullptr, 0);
    scenario.fail(where, "cannot start " + words[0] + ": " + std::strerror(error));
  }
  for (Ends* ends : {&output, &errors}) {
    if (ends->ours.valid()) {
      ::fcntl(ends->ours.get(), F_SETFL, O_NONBLOCK);
    }
  }
  output_.pipe = std::move(output.ours);
  errors_.pipe = std::move(errors.ours);
  inputKeptOpen_ = std::move(input.ours);
  scenario_.add(*this);
}

ChildProcess::~ChildProcess() {
  scenario_.remove(*this);
  if (!reaped_) {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

std::vector<int> ChildProcess::outputDescriptors() const {
  std::vector<int> fds;
  for (const Reader* reader : {&output_, &errors_}) {
    if (reader->pipe.valid()) {
      fds.push_back(reader->pipe.get());
    }
  }
  return fds;
}

void ChildProcess::collect() {
  collect(output_, "> ");
  collect(errors_, "! ");
}

void ChildProcess::collect(Reader& reader, const char* mark) {
  std::array<char, 65536> buffer;
  while (reader.pipe.valid()) {
    const ssize_t count = ::read(reader.pipe.get(), buffer.data(), buffer.size());
    if (count > 0) {
      reader.text.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (count == 0) {
      reader.pipe.reset();
    } else if (errno != EINTR) {
      break;
    }
  }
  for (std::size_t end = 0; (end = reader.text.find('\n', reader.noted)) != std::string::npos;) {
    scenario_.note(lastLine_, name_,
                   mark + escaped(reader.text.substr(reader.noted, end - reader.noted)));
    reader.noted = end + 1;
  }
}

std::optional<std::string> ChildProcess::takeLine(Reader& reader) {
  const std::size_t end = reader.text.find('\n', reader.position);
  if (end == std::string::npos) {
    return std::nullopt;
  }
  std::string line = reader.text.substr(reader.position, end - reader.position);
  reader.position = end + 1;
  return line;
}

std::string ChildProcess::waitForLine(Reader& reader, SourceLine where, const std::string& what) {
  lastLine_ = where;
  std::optional<std::string> line;
  collect();
  scenario_.waitUntil(
      [&] {
        const bool ended = !reader.pipe.valid();
        line = takeLine(reader);
        return line || ended;
      },
      where, name_ + " prints " + what);
  if (!line) {
    scenario_.fail(where, name_ + " ended, or closed the stream, before it printed " + what);
  }
  return *line;
}

std::string ChildProcess::readLine(SourceLine where) {
  return waitForLine(output_, where, "a line");
}

std::string ChildProcess::readErrorLine(SourceLine where) {
  return waitForLine(errors_, where, "a line on standard error");
}

std::optional<std::string> ChildProcess::readLineUnlessIdle(SourceLine where) {
  std::optional<std::string> line;
  waitUnlessIdle([&] { return (line = takeLine(output_)).has_value(); }, where);
  return line;
}

void ChildProcess::expectLine(std::string_view line, SourceLine where) {
  const std::string found = readLine(where);
  if (found != line) {
    scenario_.fail(where, name_ + " printed\n  " + escaped(found) +
                              "\nwhere this was expected\n  " + escaped(line));
  }
}

std::vector<std::string> ChildProcess::unreadLines() {
  collect();
  std::vector<std::string> lines;
  while (std::optional<std::string> line = takeLine(output_)) {
    lines.push_back(*line);
  }
  return lines;
}

const std::string& ChildProcess::output() {
  collect();
  return output_.text;
}

const std::string& ChildProcess::errors() {
  collect();
  return errors_.text;
}

std::vector<std::string> ChildProcess::outputLines() {
  return linesOf(output());
}

std::vector<std::string> ChildProcess::errorLines() {
  return linesOf(errors());
}

ChildProcess::Observation ChildProcess::observe() const {
  Observation seen;
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("State:")) {
      seen.state = line[line.find_first_not_of(" \t", 6)];
    } else if (line.find("ctxt_switches:") != std::string::npos) {
      seen.switches += line + ' ';
    }
  }
  return seen;
}

bool ChildProcess::isIdle() {
  const Observation first = observe();
  if (first.state != 'S' || !scenario_.allDelivered()) {
    return false;
  }
  ::poll(nullptr, 0, 2);
  return observe() == first && scenario_.allDelivered();
}

void ChildProcess::waitUntilIdle(SourceLine where) {
  waitUnlessIdle([] { return false; }, where);
}

bool ChildProcess::waitUnlessIdle(const std::function<bool()>& condition, SourceLine where) {
  lastLine_ = where;
  bool holds = false;
  bool idle = false;
  bool ended = false;
  scenario_.waitUntil(
      [&] {
        collect();
        holds = condition();
        if (!holds) {
          ended = hasEnded();
          idle = !ended && isIdle();
          collect();  // what it printed before it went to sleep, or ended
          holds = (idle || ended) && condition();
        }
        return holds || idle || ended;
      },
      where, name_ + " waits for us");
  if (!holds && ended) {
    scenario_.fail(where, name_ + " ended instead of waiting for us");
  }
  if (!holds) {
    scenario_.note(where, name_, "waits for us");
  }
  return holds;
}

void ChildProcess::signal(int number, SourceLine where) {
  lastLine_ = where;
  scenario_.note(where, name_, std::string("gets the signal ") + ::strsignal(number));
  if (!hasEnded()) {
    ::kill(pid_, number);
  }
}

void ChildProcess::pause(SourceLine where) {
  signal(SIGSTOP, where);
  scenario_.waitUntil([this] { return observe().state == 'T' || hasEnded(); }, where,
                      name_ + " has stopped");
}

void ChildProcess::resume(SourceLine where) {
  signal(SIGCONT, where);
}

void ChildProcess::resumeIfStopped(SourceLine where) {
  siginfo_t info{};
  if (!reaped_ && ::waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WNOHANG) == 0 &&
      info.si_pid == pid_) {
    resume(where);
  }
}

void ChildProcess::limitDescriptors(std::size_t limit, SourceLine where) {
  scenario_.note(where, name_, "may open descriptors below " + std::to_string(limit));
  rlimit both{};
  bool isSet = ::prlimit(pid_, RLIMIT_NOFILE, nullptr, &both) == 0;
  both.rlim_cur = limit;  // the other one could not be raised again
  isSet = isSet && ::prlimit(pid_, RLIMIT_NOFILE, &both, nullptr) == 0;
  if (!isSet) {
    scenario_.fail(where, std::string("prlimit: ") + std::strerror(errno));
  }
}

bool ChildProcess::hasEnded() const {
  if (reaped_) {
    return true;
  }
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == pid_;
}

Ending ChildProcess::wait(SourceLine where) {
  lastLine_ = where;
  scenario_.waitUntil([&] { return hasEnded(); }, where, name_ + " ends");
  collect();  // nobody else has the other end of the pipes: all is here
  if (!reaped_) {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    reaped_ = true;
    ending_ = WIFSIGNALED(status) ? Ending::bySignal(WTERMSIG(status))
                                  : Ending::code(WEXITSTATUS(status));
    scenario_.note(where, name_, ending_.toString());
  }
  for (const char* sign : {"Sanitizer", "runtime error:"}) {
    if (errors_.text.find(sign) != std::string::npos) {
      scenario_.fail(where, "a sanitizer has found something:\n" + errors_.text);
    }
  }
  return ending_;
}

}  // namespace poetry::testing
