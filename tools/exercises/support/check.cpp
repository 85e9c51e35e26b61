#include "exercises/support/check.hpp"

#include "exercises/support/difference.hpp"
#include "exercises/support/place.hpp"
#include "exercises/support/sanitizer.hpp"
#include "support/waiting.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>
#include <string_view>

#include <poll.h>

namespace poetry::testing {

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kRecords = "POETRY_EXERCISE_RECORDS";  ///< the file for the records
constexpr std::size_t kMostBytes = 1500;                     ///< of a story
constexpr std::size_t kMostStepBytes = 900;                  ///< of its steps
constexpr std::size_t kMostHeadline = 100;
// The processor time that a program may use between two steps. One that uses more does not wait.
constexpr std::chrono::milliseconds kMostProcessorTime{500};
constexpr std::size_t kMostOutput = std::size_t{256} * 1024;
// For a program that is never idle, but uses too little processor time for the limit above.
constexpr std::chrono::seconds kMostTime{10};

/// What fail() throws. GoogleTest prints it.
struct CheckFailed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// `command` with the path of the program under test in place of {program}.
std::string withProgram(std::string command) {
  constexpr std::string_view kMark = "{program}";
  const std::size_t at = command.find(kMark);
  if (at != std::string::npos) {
    command.replace(at, kMark.size(), std::filesystem::proximate(kExercisePlace.program).string());
  }
  return command;
}

/// An escaped line without the quotes around it. Those inside need no escape then.
std::string withoutQuotes(std::string_view text) {
  const bool isQuoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  const std::string line(isQuoted ? text.substr(1, text.size() - 2) : text);
  return isQuoted ? std::regex_replace(line, std::regex("\\\\\""), "\"") : line;
}

std::string lowered(std::string text) {
  text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

/// A step as a student reads it. What the program prints is marked, so that it is not taken for our text.
std::string textOf(const Step& step, const std::string& program, const std::string& actor) {
  constexpr std::size_t kMost = 160;
  std::string text;
  if (step.what.starts_with("> ")) {
    text = "[your program] " + withoutQuotes(step.what.substr(2));
  } else if (step.what.starts_with("! ")) {
    text = "[your program, standard error] " + withoutQuotes(step.what.substr(2));
  } else {
    const std::string_view verb = step.what.starts_with("exit code")  ? " ends with "
                                  : step.what.starts_with("ended by") ? " was "
                                                                      : " ";
    text = (step.actor == program ? lowered(actor) : step.actor) + std::string(verb) + step.what;
  }
  return text.size() <= kMost ? text : text.substr(0, kMost) + "...";
}

/// The steps of a story, without the lines of a sanitizer's report: that has a sentence of its own.
std::vector<Step> withoutReport(const std::vector<Step>& steps) {
  std::vector<Step> kept;
  bool isReport = false;
  for (const Step& step : steps) {
    const bool isError = step.what.starts_with("! ");
    const bool isBegin = !isReport && isError &&
                         (step.what.find("=====") != std::string::npos ||
                          step.what.find("runtime error: ") != std::string::npos);
    if (isBegin && !kept.empty() && kept.back().what == "! \"\"") {
      kept.pop_back();  // the report begins with an empty line
    }
    isReport = isReport || isBegin;
    if (!isReport || !isError) {
      kept.push_back(step);
    }
  }
  return kept;
}

std::string paragraph(std::string_view label, std::string_view text) {
  std::string line = "  " + std::string(label);
  line.resize(12, ' ');
  return line + std::string(text) + '\n';
}

std::string jsonString(std::string_view text) {
  std::string result = "\"";
  for (const char byte : text) {
    const auto c = static_cast<unsigned char>(byte);
    if (byte == '"' || byte == '\\') {
      result += '\\';
      result += byte;
    } else if (c >= 0x20 && c != 0x7f) {
      result += byte;
    } else {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", c);
      result += escape;
    }
  }
  return result + '"';
}

}  // namespace

Check::Check() {
  // A crash becomes a report that names its line.
  ::setenv("ASAN_OPTIONS",
           "handle_abort=1:detect_stack_use_after_return=1:allocator_may_return_null=1", 1);
  scenario_.setPatience(kMostTime);
}

ChildProcess& Check::start(const std::vector<std::string>& arguments, const ChildOptions& options,
                           SourceLine where) {
  ChildOptions inFolder = options;
  if (inFolder.directory.empty()) {
    inFolder.directory = folder().string();
  }
  inFolder.environment[kRecords] = "";  // the program must not write records
  program_ = scenario_.start(kExercisePlace.program, arguments, inFolder, where);
  return *program_;
}

void Check::letRun(SourceLine where) {
  static_cast<void>(await([] { return false; }, where));
}

bool Check::comesToRest(SourceLine where) {
  const std::chrono::milliseconds before = processorTime();
  const auto isBusy = [&] {
    return isRunning() && processorTime() - before > kMostProcessorTime * 3 / 5;
  };
  return !await(isBusy, where);
}

bool Check::await(const std::function<bool()>& condition, SourceLine where) {
  const Clock::time_point begin = Clock::now();
  const std::chrono::milliseconds usedBefore = processorTime();
  std::optional<Clock::time_point> idleSince;
  std::string endless;
  bool holds = false;
  bool isDone = false;
  while (!isDone) {
    const bool hasEnded = !isRunning();
    const bool printed = program_->collect();
    const bool isIdle = !hasEnded && program_->isIdle() && !program_->collect() && !printed;
    if (!isIdle) {
      idleSince.reset();
    } else if (!idleSince) {
      idleSince = Clock::now();
    }
    const bool isQuiet = isIdle && Clock::now() - *idleSince >= quietTime_;
    // Tested after the state of the program, which may have changed just after the condition held.
    holds = condition();
    endless = isIdle || hasEnded ? "" : whyEndless(begin, usedBefore);
    isDone = holds || hasEnded || isQuiet || !endless.empty();
    if (!isDone) {
      ::poll(nullptr, 0, 1);
    }
  }
  if (!holds && !isRunning()) {
    reap(where);
  }
  if (!holds && !endless.empty()) {
    isEndless_ = true;
    failWith(Status::kError, {.headline = actor_ + ' ' + endless});
  }
  return holds;
}

std::string Check::whyEndless(Clock::time_point begin, std::chrono::milliseconds usedBefore) {
  if (program_->output().size() + program_->errors().size() > kMostOutput) {
    return "prints without end.";
  }
  if (processorTime() - usedBefore > kMostProcessorTime) {
    return "runs without pause and does not end.";
  }
  return Clock::now() - begin > kMostTime ? "neither waits nor ends." : "";
}

ScriptedConnection& Check::accept(ScriptedServer& server, SourceLine where) {
  if (!await([&] { return server.hasCaller(); }, where)) {
    fail(
        {.headline = actor_ + " did not connect to " + server.name() + ". It " + activity() + '.'});
  }
  return server.accept(where);
}

std::string Check::receive(ScriptedConnection& connection, std::size_t size, SourceLine where) {
  std::string bytes;
  static_cast<void>(await(
      [&] {
        bytes += connection.received(size - bytes.size());
        return bytes.size() >= size;
      },
      where));
  scenario_.note(where, connection.name(), "receives " + escaped(bytes));
  return bytes;
}

bool Check::prints(const std::string& line, SourceLine where) {
  return await([&] { return contains(lines(), line); }, where);
}

Ending Check::finish(SourceLine where) {
  if (!await([&] { return !isRunning(); }, where) && isRunning()) {
    failWith(Status::kError, {.headline = actor_ + " hangs: it " + activity() + '.'});
  }
  reap(where);
  return *ending_;
}

void Check::requireExitCode(int expected, SourceLine where) {
  const Ending ending = finish(where);
  if (ending.signal != 0) {
    failWith(Status::kError, {.headline = actor_ + " was " + ending.toString() + '.'});
  }
  require(ending.exitCode == expected,
          {.headline = actor_ + " ended with " + ending.toString() +
                       "; expected: " + std::to_string(expected) + '.'});
}

bool Check::isRunning() {
  return program_ && !program_->hasEnded();
}

std::string Check::activity() {
  if (!program_) {
    return "was not started";
  }
  if (!isRunning()) {
    reap(SourceLine::here());
    return "has " + std::string(ending_->signal != 0 ? "been " : "ended with ") +
           ending_->toString();
  }
  if (isStopped(program_->pid())) {
    return "is stopped by the check";
  }
  const std::string place = whereItWaits(program_->pid());
  return isEndless_ || place.empty() ? "runs" : "waits in " + place;
}

std::chrono::milliseconds Check::processorTime() const {
  return testing::processorTime(program_->pid());
}

void Check::note(const std::string& actor, const std::string& what, SourceLine where) {
  scenario_.note(where, actor, what);
}

void Check::require(bool holds, const Finding& otherwise) {
  if (!holds) {
    fail(otherwise);
  }
}

void Check::fail(const Finding& finding) {
  failWith(Status::kFailed, finding);
}

std::vector<std::string> Check::lines() {
  return program_->outputLines();
}

std::vector<std::string> Check::errorLines() {
  return program_->errorLines();
}

bool Check::contains(const std::vector<std::string>& lines, const std::string& line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

std::string Check::fileUnderTest(const std::string& name) {
  return fileIn(kExercisePlace.folder, name);
}

std::string Check::fileIn(const std::filesystem::path& folder, const std::string& name) {
  std::ifstream file(folder / name, std::ios::binary);
  if (!file) {
    fail({.headline = "The file " + name + " is missing."});
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Takes the exit code of a program that has ended, once, and looks for a sanitizer's report.
void Check::reap(SourceLine where) {
  if (ending_) {
    return;
  }
  try {
    ending_ = program_->wait(where);
  } catch (const ScenarioError&) {  // a sanitizer has found something
    ending_ = Ending::code(1);
    const std::string report = withLines(program_->errors(), kExercisePlace.program);
    Finding finding{.headline = sentenceOfSanitizer(report, kExercisePlace.folder, actor_)};
    for (const auto& [kind, cause] : causesOfCrash_) {
      if (finding.headline.starts_with(kind) || report.find(kind) != std::string::npos) {
        finding.cause = cause;
      }
    }
    failWith(Status::kError, finding);
  }
}

void Check::failWith(Status status, const Finding& finding) {
  status_ = status;
  headline_ = finding.headline.size() <= kMostHeadline
                  ? finding.headline
                  : finding.headline.substr(0, kMostHeadline - 3) + "...";
  story_ = storyOf(finding);
  throw CheckFailed(headline_ + '\n' + story_);
}

std::string Check::stepsUpTo(std::size_t bytes) const {
  const std::vector<Step> steps = withoutReport(scenario_.steps());
  const std::string name = program_ ? program_->name() : "";
  const auto line = [&](std::size_t i) {
    char number[32];
    std::snprintf(number, sizeof number, "%s%4zu  ", i + 1 == steps.size() ? "->" : "  ", i + 1);
    return number + textOf(steps[i], name, actor_) + '\n';
  };
  // The two streams are two pipes: we read both, and do not see in which order their lines came.
  const auto printedOnBoth = [](const Step& one, const Step& next) {
    return one.what.starts_with("> ") && next.what.starts_with("! ");
  };
  const bool isUnsure =
      std::adjacent_find(steps.begin(), steps.end(), printedOnBoth) != steps.end();
  const std::string hint =
      isUnsure ? "        (lines of standard error may have come earlier)\n" : "";
  // The last steps matter most, so some of those before them are left out.
  const std::size_t first = std::min<std::size_t>(3, steps.size());
  std::string head;
  for (std::size_t i = 0; i < first; ++i) {
    head += line(i);
  }
  std::string tail;
  std::size_t last = steps.size();
  for (; last > first; --last) {
    const std::string text = line(last - 1);
    if (head.size() + tail.size() + text.size() + hint.size() > bytes) {
      break;
    }
    tail.insert(0, text);
  }
  if (last == first + 1) {  // a line that says so would be about as long as the step
    tail.insert(0, line(first));
  } else if (last > first) {
    head += "        (" + std::to_string(last - first) + " steps left out)\n";
  }
  return head + tail + hint;
}

std::string Check::storyOf(const Finding& finding) {
  const std::string exercise = kExercisePlace.exercise;
  std::string text;
  if (finding.expected != finding.got) {
    const Difference difference = differenceOf(finding.expected, finding.got);
    text += paragraph("expected", difference.expected) + paragraph("got", difference.got);
    text += paragraph("", "the first difference is at byte " + std::to_string(difference.at));
  }
  if (program_) {
    text += paragraph("now", lowered(actor_) + ' ' + activity());
  }
  if (!finding.cause.empty()) {
    text += paragraph("why", finding.cause);
  }
  const std::string check = ::testing::UnitTest::GetInstance()->current_test_info()->name();
  if (byHand_.empty()) {
    text += paragraph("again", "./lesson check " + exercise + " --only " + check);
  }
  for (std::size_t i = 0; i < byHand_.size(); ++i) {
    text += paragraph(i == 0 ? "by hand" : "",
                      "terminal " + std::to_string(i + 1) + ":  " + withProgram(byHand_[i]));
  }
  text += paragraph("a hint", "./lesson hint " + exercise);
  const std::size_t room = kMostBytes - std::min(text.size(), kMostBytes);
  return '\n' + stepsUpTo(std::min(room, kMostStepBytes)) + '\n' + text;
}

void Check::TearDown() {
  try {
    if (program_ && !isRunning()) {
      reap(SourceLine::here());  // a sanitizer may have found something after the last step
    }
  } catch (const CheckFailed& failure) {
    ADD_FAILURE() << failure.what();
  }
  if (HasFailure() && status_ == Status::kPassed) {
    // A step of the scenario failed, or the check uses GoogleTest's own assertions.
    status_ = Status::kFailed;
    headline_ = scenario_.failure().empty() ? "The check failed." : scenario_.failure();
    headline_ = headline_.substr(0, headline_.find('\n'));
    story_ = storyOf({.headline = headline_});
  }
  const char* path = std::getenv(kRecords);
  if (path != nullptr) {
    constexpr const char* kWords[] = {"passed", "failed", "error"};
    const ::testing::TestInfo& info = *::testing::UnitTest::GetInstance()->current_test_info();
    std::ofstream(path, std::ios::app)
        << "{\"check\": " << jsonString(info.name()) << ", \"status\": \""
        << kWords[static_cast<int>(status_)] << "\", \"headline\": " << jsonString(headline_)
        << ", \"story\": " << jsonString(story_)
        << ", \"seconds\": " << std::chrono::duration<double>(Clock::now() - begin_).count()
        << "}\n";
  }
}

}  // namespace poetry::testing
