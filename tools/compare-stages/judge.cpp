#include "judge.hpp"

#include "terminal.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <system_error>

namespace poetry {

namespace {

constexpr double kClose = 0.25;     // of the difference between the two times
constexpr double kFarApart = 0.05;  // of the sum: times that are closer count as the same
constexpr Duration kStartUp(
    0.25);  // what a client may take beyond the poems if the times are the same
constexpr std::size_t kProblemsOfAKind = 3;

std::string bytesOf(std::size_t bytes) {
  return std::to_string(bytes) + " bytes";
}

/// "' '" or "'\xe2'".
std::string quoted(char byte) {
  return '\'' + printable(std::string_view(&byte, 1)) + '\'';
}

/// What is wrong with one task; empty if nothing is.
std::string problemOf(const TaskRecord& task, const Saved& saved, const Poem& poem) {
  const auto reported = [&](std::size_t bytes) {
    return "the client reported " + bytesOf(bytes) + ", the poem has " + std::to_string(poem.size);
  };
  if (task.outcome == Outcome::kFailed) {
    return "failed to connect";
  }
  if (task.outcome == Outcome::kLost) {
    return "the connection was lost after " + bytesOf(task.bytes);
  }
  if (task.bytes > poem.size) {
    return reported(task.bytes);
  }
  if (task.outcome == Outcome::kUnfinished) {
    return "the client did not report the end of the poem; it reported " +
           std::to_string(task.bytes) + " of " + bytesOf(poem.size);
  }
  if (saved.same == false) {
    return "the saved poem differs from " + printable(poem.file.string()) + ": " + saved.difference;
  }
  const std::size_t total = task.total.value_or(task.bytes);
  if (total != poem.size) {
    return reported(total);
  }
  // A client may leave out the chunks.
  return task.chunks.empty() || task.bytes == poem.size ? "" : reported(task.bytes);
}

/// Adds the first problems of a kind, and how many more there are.
void addSome(std::vector<std::string>& problems, const std::vector<std::string>& some,
             std::size_t count) {
  const std::size_t shown = std::min(some.size(), kProblemsOfAKind);
  problems.insert(problems.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(shown));
  if (count > shown) {
    problems.push_back("and " + std::to_string(count - shown) + " more like this");
  }
}

std::string contentsOf(const std::filesystem::path& file) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  std::string text(error ? 0 : size, '\0');
  std::ifstream(file, std::ios::binary)
      .read(text.data(), static_cast<std::streamsize>(text.size()));
  return text;
}

}  // namespace

Duration Poem::needs() const {
  return delay * static_cast<double>((size + numBytes - 1) / numBytes);
}

Duration Comparison::slowest() const {
  Duration longest{0};
  for (const Poem& poem : poems) {
    longest = std::max(longest, poem.needs());
  }
  return longest;
}

Duration Comparison::sum() const {
  Duration total{0};
  for (const Poem& poem : poems) {
    total += poem.needs();
  }
  return total;
}

std::vector<std::size_t> sizesOf(const std::vector<Poem>& poems) {
  std::vector<std::size_t> sizes;
  sizes.reserve(poems.size());
  for (const Poem& poem : poems) {
    sizes.push_back(poem.size);
  }
  return sizes;
}

Closeness closeness(Duration elapsed, Duration slowest, Duration sum) {
  const Duration between = sum - slowest;
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
  constexpr std::array<const char*, 4> kNames = {"slowest", "sum", "both", "neither"};
  return kNames[static_cast<std::size_t>(closeness)];
}

std::string inWords(Closeness closeness) {
  constexpr std::array<const char*, 4> kWords = {"the slowest poem", "the sum of all",
                                                 "both, which are the same here", "neither time"};
  return kWords[static_cast<std::size_t>(closeness)];
}

const char* inWords(Judgement judgement) {
  constexpr std::array<const char*, 3> kWords = {"asynchronous", "not asynchronous",
                                                 "cannot be judged"};
  return kWords[static_cast<std::size_t>(judgement)];
}

Saved compareSaved(const std::filesystem::path& saved, const std::filesystem::path& poem) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(saved, error)) {
    return {.same = false, .difference = "no file was saved"};
  }
  const std::string ours = contentsOf(poem);
  const std::string theirs = contentsOf(saved);
  const std::size_t both = std::min(ours.size(), theirs.size());
  const auto at = static_cast<std::size_t>(
      std::mismatch(ours.begin(), ours.begin() + static_cast<std::ptrdiff_t>(both), theirs.begin())
          .first -
      ours.begin());
  if (at < both) {
    return {.same = false,
            .difference = "byte " + std::to_string(at) + " is " + quoted(theirs[at]) +
                          " instead of " + quoted(ours[at])};
  }
  if (ours.size() != theirs.size()) {
    return {.same = false,
            .difference = (theirs.size() < ours.size() ? "it ends after " : "it goes on after ") +
                          bytesOf(both)};
  }
  return {.same = true};
}

std::string notKeptInWords(const Recording& recording) {
  return "lines counted, but not kept: " + std::to_string(recording.linesNotKept);
}

void judge(ClientResult& client, const std::vector<Poem>& poems) {
  const Run& run = client.run;
  client.problems.clear();
  const bool endedWell = !run.hung && run.ending == Ending::code(0);
  if (!endedWell) {
    client.problems.push_back(run.hung ? "made no progress and was killed" : run.ending.toString());
  }
  std::vector<std::string> ofTasks;
  for (std::size_t i = 0; i < poems.size(); ++i) {
    const std::string problem = problemOf(run.recording.tasks[i], run.saved[i], poems[i]);
    if (!problem.empty()) {
      ofTasks.push_back("Task " + std::to_string(i + 1) + ": " + problem);
    }
  }
  addSome(client.problems, ofTasks, ofTasks.size());
  client.succeeded = endedWell && ofTasks.empty();

  const Recording& recording = run.recording;
  std::vector<std::string> messages;
  for (const std::string& message : recording.messages) {
    messages.push_back("on standard error: " + message);
  }
  addSome(client.problems, messages, recording.messageCount);
  if (recording.strangeLines > 0) {
    client.problems.push_back(
        "lines in an unknown format: " + std::to_string(recording.strangeLines) +
        "; the first: " + recording.firstStrange);
  }
  if (recording.linesNotKept > 0) {
    client.problems.push_back(notKeptInWords(recording));
  }
}

}  // namespace poetry
