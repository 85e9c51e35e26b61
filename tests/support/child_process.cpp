#include "support/child_process.hpp"

#include "support/waiting.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

namespace poetry::testing {

namespace {

std::vector<std::string> linesOf(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    lines.push_back(text.substr(start, end - start));
    start = end == std::string::npos ? text.size() : end + 1;
  }
  return lines;
}

/// A command line for the story; a long one is cut.
std::string shortened(const std::vector<std::string>& words) {
  constexpr std::size_t kMost = 10;
  std::string text;
  for (std::size_t i = 0; i < words.size() && i < kMost; ++i) {
    text += ' ' + words[i];
  }
  return words.size() <= kMost ? text : text + " ... (" + std::to_string(words.size()) + " words)";
}

Subprocess startIn(Scenario& scenario, const std::string& program,
                   const std::vector<std::string>& arguments, const ChildOptions& options,
                   SourceLine where) {
  // Absolute, because the program may start in another directory.
  std::vector<std::string> command{std::filesystem::absolute(program).string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  try {
    return Subprocess(command, options);
  } catch (const std::system_error& error) {
    scenario.fail(where, error.what());
  }
}

/// What /proc says about the threads of a program: a word for each, state and context switches.
/// Two equal answers in a row: no thread has run in between.
std::vector<std::string> threadStates(pid_t process) {
  std::vector<std::string> states;
  std::error_code error;
  const std::string folder = "/proc/" + std::to_string(process) + "/task";
  for (std::filesystem::directory_iterator thread(folder, error), end; !error && thread != end;
       thread.increment(error)) {
    std::ifstream status(thread->path() / "status");
    std::string state;
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("State:")) {
        state = line[line.find_first_not_of(" \t", 6)];
      } else if (line.find("ctxt_switches:") != std::string::npos) {
        state += line.substr(line.find(':'));
      }
    }
    states.push_back(state);
  }
  return states;
}

}  // namespace

ChildProcess::ChildProcess(Scenario& scenario, const std::string& program,
                           const std::vector<std::string>& arguments, const ChildOptions& options,
                           SourceLine where)
    : scenario_(scenario),
      name_(std::filesystem::path(program).filename().string()),
      lastLine_(where),
      process_(startIn(scenario, program, arguments, options, where)) {
  scenario_.note(where, name_, "starts:" + shortened(arguments));
  scenario_.add(*this);
}

ChildProcess::~ChildProcess() {
  scenario_.remove(*this);
}

std::vector<int> ChildProcess::descriptorsToWatch() const {
  std::vector<int> fds;
  for (const UniqueFd* pipe : {&process_.pipes().output, &process_.pipes().errors}) {
    if (pipe->valid()) {
      fds.push_back(pipe->get());
    }
  }
  if (!endNoticed_) {
    fds.push_back(process_.endDescriptor());
  }
  return fds;
}

bool ChildProcess::collect() {
  const std::size_t before = output_.text.size() + errors_.text.size();
  endNoticed_ = endNoticed_ || hasEnded();
  collect(output_, process_.pipes().output, "> ");
  collect(errors_, process_.pipes().errors, "! ");
  return output_.text.size() + errors_.text.size() > before;
}

void ChildProcess::collect(Reader& reader, UniqueFd& pipe, const char* mark) {
  std::array<char, 65536> buffer;
  // No pipe holds as much. A program that prints without end would keep us here for ever.
  constexpr std::size_t kMost = std::size_t{128} * 1024;
  const std::size_t before = reader.text.size();
  while (pipe.valid() && reader.text.size() < before + kMost) {
    const ssize_t count = ::read(pipe.get(), buffer.data(), buffer.size());
    if (count > 0) {
      reader.text.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (count == 0) {
      pipe.reset();
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

std::string ChildProcess::waitForLine(Reader& reader, const UniqueFd& pipe, SourceLine where,
                                      const std::string& what) {
  lastLine_ = where;
  std::optional<std::string> line;
  collect();
  scenario_.waitUntil(
      [&] {
        const bool isAtEnd = !pipe.valid();
        line = takeLine(reader);
        return line || isAtEnd;
      },
      where, name_ + " prints " + what);
  if (!line) {
    scenario_.fail(where, name_ + " ended, or closed the stream, before it printed " + what);
  }
  return *line;
}

std::string ChildProcess::readLine(SourceLine where) {
  return waitForLine(output_, process_.pipes().output, where, "a line");
}

std::string ChildProcess::readErrorLine(SourceLine where) {
  return waitForLine(errors_, process_.pipes().errors, where, "a line on standard error");
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

bool ChildProcess::isIdle() {
  const std::vector<std::string> before = threadStates(pid());
  for (const std::string& state : before) {
    if (!state.starts_with('S')) {
      return false;
    }
  }
  // A program that waits for a child may continue by itself. At its end, LeakSanitizer is such a child.
  if (!scenario_.allDelivered() || whereItWaits(pid()) == "`wait`") {
    return false;
  }
  ::poll(nullptr, 0, 2);
  return threadStates(pid()) == before && scenario_.allDelivered();
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
          // A program may also sleep because its pipe is full. It continues when the pipe is read.
          idle = !collect() && idle;
          holds = (idle || ended) && condition();
        }
        return holds || idle || ended;
      },
      where, name_ + " is idle");
  if (!holds && ended) {
    scenario_.fail(where, name_ + " ended instead of becoming idle");
  }
  if (!holds) {
    scenario_.note(where, name_, "is idle");
  }
  return holds;
}

void ChildProcess::signal(int number, SourceLine where) {
  lastLine_ = where;
  scenario_.note(where, name_, std::string("gets the signal ") + ::strsignal(number));
  process_.signal(number);
}

void ChildProcess::pause(SourceLine where) {
  lastLine_ = where;
  scenario_.note(where, name_, "is stopped");
  process_.pause();
}

void ChildProcess::resume(SourceLine where) {
  lastLine_ = where;
  scenario_.note(where, name_, "continues");
  process_.signal(SIGCONT);
}

void ChildProcess::limitDescriptors(std::size_t limit, SourceLine where) {
  scenario_.note(where, name_, "may open descriptors below " + std::to_string(limit));
  rlimit both{};
  bool isSet = ::prlimit(pid(), RLIMIT_NOFILE, nullptr, &both) == 0;
  both.rlim_cur = limit;  // not the hard limit, which could not be raised again
  isSet = isSet && ::prlimit(pid(), RLIMIT_NOFILE, &both, nullptr) == 0;
  if (!isSet) {
    scenario_.fail(where, std::string("prlimit: ") + std::strerror(errno));
  }
}

Ending ChildProcess::wait(SourceLine where) {
  lastLine_ = where;
  scenario_.waitUntil([&] { return hasEnded(); }, where, name_ + " ends");
  const Ending& ending = process_.wait();
  collect();
  scenario_.note(where, name_, ending.toString());
  for (const char* sign : {"Sanitizer", "runtime error:"}) {
    if (errors_.text.find(sign) != std::string::npos) {
      scenario_.fail(where, "a sanitizer has found something:\n" + errors_.text);
    }
  }
  return ending;
}

}  // namespace poetry::testing
