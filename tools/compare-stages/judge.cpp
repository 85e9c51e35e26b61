#include "judge.hpp"

#include "files.hpp"
#include "terminal.hpp"

#include <algorithm>
#include <array>
#include <system_error>

namespace poetry {

namespace {

constexpr double kClose = 0.25;     // of the difference between the two times
constexpr double kFarApart = 0.05;  // of the sum: times that are closer count as the same
constexpr Duration kStartUp(
    0.25);  // what a client may take beyond the poems if the times are the same
constexpr std::size_t kProblemsShown = 3;  // of all tasks
constexpr std::size_t kFirstMessages = 3;
constexpr std::size_t kLastMessages = 8;  // a traceback ends with its reason
constexpr double kBusy = 0.75;            // of the time of a run

/// "' '" or "'\xe2'".
std::string quoted(char byte) {
  return '\'' + printable(std::string_view(&byte, 1)) + '\'';
}

/// How many bytes a text in UTF-8 has more than characters.
std::size_t bytesBeyondCharacters(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
  }));
}

bool isBusy(const Run& run) {
  return run.usage.user + run.usage.system >= run.elapsed * kBusy;
}

/// What is wrong with one task; empty if nothing is.
std::string problemOf(const std::string& number, const TaskRecord& task, const Saved& saved,
                      const Poem& poem) {
  const auto reported = [&](std::size_t bytes) {
    return "the client reported " + counted(bytes, "byte") + ", the poem has " +
           std::to_string(poem.size) +
           // A client that decodes may also leave out both halves of a letter that a chunk has cut.
           (bytes < poem.size && poem.size - bytes <=
                                     2 * bytesBeyondCharacters(firstBytesOf(poem.file, poem.size))
                ? "; does it count characters? Count the bytes before you decode them"
                : "");
  };
  if (task.outcome == Outcome::kFailed) {
    return "failed to connect";
  }
  if (task.outcome == Outcome::kLost) {
    return "the connection was lost after " + counted(task.bytes, "byte");
  }
  if (task.bytes > poem.size) {
    return reported(task.bytes);
  }
  if (task.outcome == Outcome::kUnfinished && task.bytes == poem.size) {
    return "the client reported all " + counted(poem.size, "byte") +
           ", but not the end of the poem: print 'Task " + number +
           " finished' when the server has closed the connection";
  }
  if (task.outcome == Outcome::kUnfinished) {
    return "the client did not report the end of the poem; it reported " +
           std::to_string(task.bytes) + " of " + counted(poem.size, "byte");
  }
  if (saved.same == false) {
    return "the saved poem differs from what the server sent: " + saved.difference;
  }
  const std::size_t total = task.total.value_or(task.bytes);
  if (total != poem.size) {
    return reported(total);
  }
  // A client may leave out the chunks.
  return task.chunks.empty() || task.bytes == poem.size ? "" : reported(task.bytes);
}

/// Why a line does not count.
std::string mistakeIn(const std::string& line) {
  const ReportLine report = parseReportLine(line);
  if (report.kind != ReportLine::Kind::kOther) {
    return report.kind == ReportLine::Kind::kChunk && report.bytes == 0
               ? "a chunk has at least one byte"
               : "what it says cannot be true";
  }
  return (line.starts_with("Got ") || line.starts_with("Task ")) &&
                 line.find(" in 0:") != std::string::npos
             ? "a time has six digits after the point, as in 0:00:01.500000"
             : "its format is unknown";
}

/// The messages that are shown: the first ones and the last ones, without those that only underline.
void addMessages(std::vector<std::string>& problems, const Recording& recording) {
  std::vector<std::string> messages;
  for (const std::string& message : recording.messages) {
    if (message.find_first_not_of(" ^~") != std::string::npos) {
      messages.push_back("on standard error: " + message);
    }
  }
  if (messages.size() > kFirstMessages + kLastMessages + 1) {
    const auto from = messages.begin() + kFirstMessages;
    const auto to = messages.end() - kLastMessages;
    const std::size_t notKept = recording.messageCount - recording.messages.size();
    *from =
        "(" + std::to_string(static_cast<std::size_t>(to - from) + notKept) + " messages left out)";
    messages.erase(from + 1, to);
  }
  problems.insert(problems.end(), messages.begin(), messages.end());
}

/// How a run that did not end well ended.
std::string endingOf(const Run& run) {
  const auto& tasks = run.recording.tasks;
  if (!run.hung) {
    return run.ending.toString();
  }
  Duration last{0};
  for (const TaskRecord& task : tasks) {
    if (task.outcome != Outcome::kComplete) {
      return "made no progress for " + inSeconds(run.waited) + " and was killed";
    }
    last = std::max(last, task.end.value_or(Duration(0)));
  }
  return "had all " + std::to_string(tasks.size()) + " poems after " + inSeconds(last) +
         " and did not exit within " + inSeconds(run.waited);
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

Saved compareSaved(const std::filesystem::path& saved, const std::vector<Poem>& poems,
                   std::size_t index) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(saved, error)) {
    return {.same = false,
            .difference = "no file was saved as " + saved.filename().string() +
                          " in the folder that {output} names"};
  }
  const std::vector<std::size_t> sizes = sizesOf(poems);
  const std::size_t largest = *std::max_element(sizes.begin(), sizes.end());
  const std::string theirs = firstBytesOf(saved, largest + 1);
  const std::string ours = firstBytesOf(poems[index].file, poems[index].size);
  if (ours == theirs) {
    return {.same = true};
  }
  for (std::size_t i = 0; i < poems.size(); ++i) {
    if (theirs == firstBytesOf(poems[i].file, poems[i].size) && !theirs.empty()) {
      return {.same = false, .difference = "it is the poem of server " + std::to_string(i + 1)};
    }
  }
  const auto [our, their] = std::mismatch(ours.begin(), ours.end(), theirs.begin(), theirs.end());
  const auto equal = static_cast<std::size_t>(our - ours.begin());
  const std::string at = counted(equal, "byte");
  return {.same = false,
          .difference = their == theirs.end() ? "it ends after " + at
                        : our == ours.end()   ? "it goes on after " + at
                                              : "byte " + std::to_string(equal) + " is " +
                                                  quoted(*their) + " instead of " + quoted(*our)};
}

std::string neverSleepsInWords(const Run& run) {
  const Duration cpu = run.usage.user + run.usage.system;
  // On a busy machine, such a client gets little CPU, and the numbers would not fit the words.
  return (isBusy(run) ? "It used " + inSeconds(cpu) + " of CPU in " + inSeconds(run.elapsed) +
                            ": it never sleeps. "
                      : "It never sleeps, even while no server sends anything. ") +
         "Wait for all sockets at once (select, poll, asyncio.gather), without a "
         "timeout of 0. Stop watching a socket after its end of file: it stays readable.";
}

std::string notKeptInWords(const Recording& recording) {
  return "lines counted, but not kept: " + std::to_string(recording.linesNotKept);
}

void judge(ClientResult& client, const std::vector<Poem>& poems) {
  const Run& run = client.run;
  client.problems.clear();
  const bool endedWell = !run.hung && run.ending == Ending::code(0);
  if (!endedWell) {
    client.problems.push_back(endingOf(run));
    addMessages(client.problems, run.recording);  // the reason, in the client's words
  }
  std::size_t wrong = 0;
  const auto& tasks = run.recording.tasks;
  const bool hasReported = std::any_of(tasks.begin(), tasks.end(), [](const TaskRecord& task) {
    return task.bytes > 0 || task.outcome != Outcome::kUnfinished;
  });
  if (!hasReported) {
    ++wrong;
    if (endedWell) {
      client.problems.emplace_back("the client reported nothing");
    }
  }
  for (std::size_t i = 0; i < poems.size() && hasReported; ++i) {
    const std::string number = std::to_string(i + 1);
    const std::string problem = problemOf(number, tasks[i], run.saved[i], poems[i]);
    if (!problem.empty() && ++wrong <= kProblemsShown) {
      client.problems.push_back("Task " + number + ": " + problem);
    }
  }
  if (wrong > kProblemsShown) {
    client.problems.push_back("and " + std::to_string(wrong - kProblemsShown) + " more like this");
  }
  client.succeeded = endedWell && wrong == 0;

  const Recording& recording = run.recording;
  if (endedWell) {
    addMessages(client.problems, recording);
  }
  if (recording.strangeLines > 0) {
    client.problems.push_back("lines that do not count: " + std::to_string(recording.strangeLines) +
                              "; the first: " + recording.firstStrange + " (" +
                              mistakeIn(recording.firstStrange) + ')');
  }
  if (recording.linesNotKept > 0) {
    client.problems.push_back(notKeptInWords(recording));
  }

  client.remarks.clear();
  // Servers that pause for so long leave nothing to do in the meantime.
  if (Comparison{.poems = poems}.slowest() >= Duration(1) && isBusy(run)) {
    client.remarks.push_back(neverSleepsInWords(run));
  }
}

}  // namespace poetry
