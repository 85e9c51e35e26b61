#include "judge.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <system_error>

namespace poetry {

namespace {

constexpr double kClose = 0.25;     // of what lies between the two times
constexpr double kFarApart = 0.05;  // of the sum: times that are closer cannot be told apart
constexpr Seconds kStartUp(0.25);   // what a program may take beyond the poems, where that is all
constexpr std::size_t kProblemsOfAKind = 3;

std::string bytesOf(std::size_t bytes) {
  return std::to_string(bytes) + " bytes";
}

/// "' '" or "'\xe2'".
std::string quoted(char byte) {
  return '\'' + printable(std::string_view(&byte, 1)) + '\'';
}

std::string taskName(std::size_t index) {
  return "Task " + std::to_string(index + 1);
}

/// What is wrong with one task; empty if nothing is.
std::string problemOf(const TaskRecord& task, const Saved& saved, const Poem& poem) {
  if (task.outcome == Outcome::kFailed) {
    return "failed to connect";
  }
  if (task.outcome == Outcome::kLost) {
    return "the connection was lost after " + bytesOf(task.bytes);
  }
  if (task.bytes > poem.size) {
    return "got " + bytesOf(task.bytes) + " and more of a poem that has " +
           std::to_string(poem.size);
  }
  if (task.outcome == Outcome::kUnfinished) {
    return "nothing was said of its end; " + bytesOf(task.bytes) + " of " +
           std::to_string(poem.size) + " had come";
  }
  // A client that saves what it gets is judged by that; its own count has to agree all the same.
  if (saved.same == false) {
    return "differs from " + printable(poem.file.string()) + ": " + saved.difference;
  }
  const std::size_t said = task.total.value_or(task.bytes);
  if (said != poem.size || (task.bytes != poem.size && !task.chunks.empty())) {
    return "the client counts " + bytesOf(said != poem.size ? said : task.bytes) +
           ", the poem has " + std::to_string(poem.size);
  }
  return "";
}

/// Adds the first problems of a kind; says how many more there are.
void addSome(std::vector<std::string>& problems, const std::vector<std::string>& some,
             std::size_t count) {
  const std::size_t shown = std::min(some.size(), kProblemsOfAKind);
  problems.insert(problems.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(shown));
  if (count > shown) {
    problems.push_back("and " + std::to_string(count - shown) + " more like that");
  }
}

}  // namespace

Seconds Poem::needs() const {
  return delay * static_cast<double>((size + numBytes - 1) / numBytes);
}

Seconds Comparison::slowest() const {
  Seconds longest{0};
  for (const Poem& poem : poems) {
    longest = std::max(longest, poem.needs());
  }
  return longest;
}

Seconds Comparison::sum() const {
  Seconds total{0};
  for (const Poem& poem : poems) {
    total += poem.needs();
  }
  return total;
}

Closeness closeness(Seconds elapsed, Seconds slowest, Seconds sum) {
  const Seconds between = sum - slowest;
  if (between <= sum * kFarApart) {
    return elapsed >= slowest * (1 - kFarApart) && elapsed <= sum * (1 + kClose) + kStartUp
               ? Closeness::kBoth
               : Closeness::kNeither;
  }
  if (elapsed >= slowest * (1 - kFarApart) && elapsed <= slowest + between * kClose) {
    return Closeness::kSlowest;
  }
  return elapsed >= sum - between * kClose && elapsed <= sum + between * kClose
             ? Closeness::kSum
             : Closeness::kNeither;
}

const char* nameOf(Closeness closeness) {
  switch (closeness) {
    case Closeness::kSlowest:
      return "slowest";
    case Closeness::kSum:
      return "sum";
    case Closeness::kBoth:
      return "both";
    case Closeness::kNeither:
      break;
  }
  return "neither";
}

std::string inWords(Closeness closeness) {
  switch (closeness) {
    case Closeness::kSlowest:
      return "the slowest poem";
    case Closeness::kSum:
      return "the sum of all";
    case Closeness::kBoth:
      return "both, which are the same here";
    case Closeness::kNeither:
      break;
  }
  return "neither";
}

Saved compareSaved(const std::filesystem::path& saved, const std::filesystem::path& poem) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(saved, error);
  if (!std::filesystem::exists(status)) {
    return {.same = false, .difference = "no such file was saved"};
  }
  // To open a named pipe would wait for somebody who writes into it, and nobody does any more.
  if (!std::filesystem::is_regular_file(status)) {
    return {.same = false, .difference = "what was saved is no regular file"};
  }
  std::ifstream got(saved, std::ios::binary);
  if (!got) {
    return {.same = false, .difference = "what was saved cannot be read"};
  }
  std::ifstream expected(poem, std::ios::binary);
  std::array<char, 65536> ours{};
  std::array<char, 65536> theirs{};
  std::size_t position = 0;
  while (true) {
    expected.read(ours.data(), ours.size());
    got.read(theirs.data(), theirs.size());
    const auto have = static_cast<std::size_t>(expected.gcount());
    const auto found = static_cast<std::size_t>(got.gcount());
    const std::size_t both = std::min(have, found);
    const auto [a, b] = std::mismatch(
        ours.begin(), ours.begin() + static_cast<std::ptrdiff_t>(both), theirs.begin());
    const auto equal = static_cast<std::size_t>(a - ours.begin());
    if (equal < both) {
      return {.same = false,
              .difference = "byte " + std::to_string(position + equal) + ": " + quoted(*b) +
                            " instead of " + quoted(*a)};
    }
    position += both;
    if (have != found) {
      return {.same = false,
              .difference = (have > found ? "ends after " : "goes on after ") + bytesOf(position)};
    }
    if (have == 0) {
      return {.same = true};
    }
  }
}

std::string notKeptInWords(const Recording& recording) {
  const bool isOne = recording.linesNotKept == 1;
  return isOne
             ? "1 further line is counted, and not kept"
             : std::to_string(recording.linesNotKept) + " further lines are counted, and not kept";
}

std::string endingInWords(const Run& run) {
  if (run.hung) {
    return "hung, and was killed";
  }
  if (run.exit.signal != 0) {
    return "ended by signal " + std::to_string(run.exit.signal) + " (" +
           ::strsignal(run.exit.signal) + ')';
  }
  return "exit code " + std::to_string(run.exit.exitCode);
}

void judge(StageResult& stage, const std::vector<Poem>& poems) {
  const Run& run = stage.run;
  stage.problems.clear();
  const bool endedWell = !run.hung && run.exit.signal == 0 && run.exit.exitCode == 0;
  if (!endedWell) {
    stage.problems.push_back(endingInWords(run));
  }
  std::vector<std::string> ofTasks;
  for (std::size_t i = 0; i < poems.size(); ++i) {
    const std::string problem = problemOf(run.recording.tasks[i], run.saved[i], poems[i]);
    if (!problem.empty()) {
      ofTasks.push_back(taskName(i) + ": " + problem);
    }
  }
  addSome(stage.problems, ofTasks, ofTasks.size());
  stage.succeeded = endedWell && ofTasks.empty();

  const Recording& recording = run.recording;
  std::vector<std::string> messages;
  for (const std::string& message : recording.messages) {
    messages.push_back("it says: " + message);
  }
  addSome(stage.problems, messages, recording.messageCount);
  if (recording.strangeLines > 0) {
    const bool isOne = recording.strangeLines == 1;
    stage.problems.push_back((isOne ? "a line of no shape that we know: "
                                    : std::to_string(recording.strangeLines) +
                                          " lines of no shape that we know; the first: ") +
                             recording.firstStrange->text);
  }
  if (recording.linesNotKept > 0) {
    stage.problems.push_back(notKeptInWords(recording));
  }
  if (const Pieces pieces = piecesOf(recording); pieces.count > pieces.marks) {
    stage.problems.push_back("it told of " + std::to_string(pieces.count) +
                             " chunks; in the pictures they are " + std::to_string(pieces.marks) +
                             ", so that a mark may stand for several");
  }
}

}  // namespace poetry
