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
constexpr std::size_t kFirstMessages = 3;
constexpr std::size_t kLastMessages = 8;  // a traceback ends with its reason
constexpr double kBusy = 0.75;            // of the time of a run
constexpr const char* kExpected =
    "a line for each chunk, such as 'Task 2: got 10 bytes of poetry from 127.0.0.1:PORT'";
constexpr const char* kSleep =
    "Wait for all sockets at once (select, poll, await), without a time limit of 0. Stop watching "
    "a socket after its end of file: it stays readable.";
constexpr const char* kAtOnce =
    "It waits for one server while others have sent something. Wait for all sockets at once "
    "(select, poll, await), or give each socket a thread.";
constexpr const char* kDecode =
    "A chunk may end inside a character. Save the bytes as they come; decode only the whole poem.";
constexpr const char* kFlush =
    "Flush after each line. Python: print(..., flush=True), or PYTHONUNBUFFERED=1. C: "
    "fflush(stdout).";

std::string bytesOf(std::size_t bytes) {
  return std::to_string(bytes) + " bytes";
}

/// "' '" or "'\xe2'".
std::string quoted(char byte) {
  return '\'' + printable(std::string_view(&byte, 1)) + '\'';
}

std::string contentsOf(const std::filesystem::path& file) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  std::string text(error ? 0 : size, '\0');
  std::ifstream(file, std::ios::binary)
      .read(text.data(), static_cast<std::streamsize>(text.size()));
  return text;
}

/// How many characters a text in UTF-8 has.
std::size_t charactersIn(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
  }));
}

/// What is wrong with one task; empty if nothing is.
std::string problemOf(const TaskRecord& task, const Saved& saved, const Poem& poem) {
  const auto reported = [&](std::size_t bytes) {
    return "the client reported " + bytesOf(bytes) + ", the poem has " + std::to_string(poem.size) +
           (bytes < poem.size && bytes == charactersIn(contentsOf(poem.file))
                ? "; it counts characters: count the bytes before you decode them"
                : "");
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
    return "the saved poem differs from what the server sent: " + saved.difference;
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

std::string cpuInWords(const Run& run) {
  return "It used " + inSeconds(run.usage.user + run.usage.system) + " of CPU in " +
         inSeconds(run.elapsed) + ": it never sleeps.";
}

/// "server 1", "servers 1, 2 and 3"
std::string serversIn(const Observed::Flags& flags) {
  std::vector<std::string> numbers;
  for (std::size_t i = 0; i < flags.size(); ++i) {
    if (flags[i]) {
      numbers.push_back(std::to_string(i + 1));
    }
  }
  std::string text = numbers.size() == 1 ? "server " : "servers ";
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    text += (i == 0 ? "" : i + 1 < numbers.size() ? ", " : " and ") + numbers[i];
  }
  return text;
}

bool any(const Observed::Flags& flags) {
  return std::find(flags.begin(), flags.end(), true) != flags.end();
}

struct Finding {
  Judgement judgement;
  std::string why;
  std::string advice;
};

/// The client reported more than a server had sent.
Finding findingOfCount(const TaskRecord& task, const Observed& seen) {
  const std::string number = std::to_string(*seen.tooMuch + 1);
  if (seen.sent == 0) {
    return {
        Judgement::kUnknown,
        "It reported bytes for task " + number + " before server " + number + " had sent anything.",
        "The first address is task 1, the second is task 2: keep the number of the task "
        "with its socket, and print only what was received."};
  }
  std::size_t before = 0;
  for (const Chunk& chunk : task.chunks) {
    if (before > 0 && chunk.bytes == seen.sent) {
      return {Judgement::kUnknown,
              "For task " + number + " it reported " + std::to_string(before) + " and then " +
                  bytesOf(chunk.bytes) + ": all bytes so far.",
              "Print how many bytes this chunk has."};
    }
    before += chunk.bytes;
  }
  return {Judgement::kUnknown,
          "It reported more for task " + number + " than the " + bytesOf(seen.sent) +
              " that server " + number + " had sent.",
          "Print how many bytes recv() returned, for each chunk once."};
}

/// The client did not connect to a server in time.
Finding findingOfConnections(const Observed& seen) {
  Observed::Flags late{};
  Observed::Flags never{};
  for (std::size_t i = 0; i < Observed::kServers; ++i) {
    late[i] = seen.connected[i] && !seen.connectedInTime[i];
    never[i] = !seen.connected[i];
  }
  if (!any(seen.connectedInTime)) {
    return {Judgement::kUnknown, "It connected to no server within " + inSeconds(seen.waited) + '.',
            "The last words of its command line are the addresses."};
  }
  const std::string first = "It connected to " + serversIn(seen.connectedInTime);
  if (any(late)) {
    const std::string second = ", and to " + serversIn(late) + " only after " +
                               serversIn(seen.connectedInTime) + " had sent everything.";
    // With a connection to the silent server, it read another one.
    const bool readsTwo = seen.connectedInTime[0] && !seen.silentUntilTheEnd;
    return {readsTwo ? Judgement::kUnknown : Judgement::kNotAsynchronous, first + second,
            readsTwo ? "Connect to all servers first: without a connection, a server cannot send."
                     : "Connect to all servers first. Then read from each server that has sent "
                       "something."};
  }
  return {
      Judgement::kUnknown,
      "It connected to " + serversIn(seen.connected) + ", and never to " + serversIn(never) + '.',
      "Connect to all addresses of the command line."};
}

/// What the check saw of a client that is connected to its servers and did not report a chunk.
Finding findingOfReports(const Recording& recording, const Observed& seen) {
  const std::size_t stuck = *seen.stuck;
  const std::string server = "server " + std::to_string(stuck + 1);
  const std::string connected = "It connected to " + serversIn(seen.connectedInTime);
  const bool othersFirst = seen.reportedNext.has_value() && *seen.reportedNext != stuck;
  if (othersFirst && (seen.unread || (seen.answered && *seen.reportedNext == 0))) {
    return {
        Judgement::kNotAsynchronous,
        connected + ", and reported " + server + "'s bytes only after server 1 had sent something.",
        kAtOnce};
  }
  const auto& tasks = recording.tasks;
  const bool understood = std::any_of(tasks.begin(), tasks.end(), [](const TaskRecord& task) {
    return task.bytes > 0 || task.total;
  });
  if (understood && seen.leftUnread) {
    return {Judgement::kNotAsynchronous,
            connected + ", read " + server + "'s bytes, and left those of server 1 unread until " +
                server + " had sent its poem.",
            kAtOnce};
  }
  if (!understood && recording.strangeLines > 0) {
    return {Judgement::kUnknown, "No line has a known format.",
            "The first is '" + recording.firstStrange + "'. Print " + kExpected + '.'};
  }
  if (!understood) {
    return {Judgement::kUnknown,
            connected + (seen.unread ? ", and read nothing from " + server + '.'
                                     : ", read the bytes of " + server + ", and printed nothing."),
            "Print " + std::string(kExpected) + '.'};
  }
  if (std::all_of(tasks.begin(), tasks.end(), [](const TaskRecord& task) {
        return task.chunks.size() <= 1 && task.outcome == Outcome::kComplete;
      })) {
    return {Judgement::kUnknown, "It reports only whole poems.",
            "Print " + std::string(kExpected) + ", as soon as the chunk has arrived."};
  }
  if (seen.silentUntilTheEnd) {
    const auto lines =
        std::count_if(recording.lines.begin(), recording.lines.end(),
                      [](const PrintedLine& line) { return line.stream == Stream::kOutput; });
    return {Judgement::kUnknown,
            std::to_string(lines) + " lines came at once, at the end: its output is buffered.",
            kFlush};
  }
  return {Judgement::kUnknown, connected + ", and stopped reporting what " + server + " had sent.",
          "Print " + std::string(kExpected) + ", as soon as the chunk has arrived. " + kFlush};
}

Finding findingOf(const Run& run, const Observed& seen) {
  const Recording& recording = run.recording;
  if (seen.passed) {
    const std::string why =
        "While server 1 was silent, it reported each chunk of servers 2 and 3 before the next "
        "one was sent.";
    return seen.neverSleeps ? Finding{Judgement::kAsynchronous, why + ' ' + cpuInWords(run), kSleep}
                            : Finding{Judgement::kAsynchronous, why, ""};
  }
  if (recording.strangeTask) {
    return {Judgement::kUnknown, "It reports task " + std::to_string(*recording.strangeTask) + '.',
            "Tasks count from 1, in the order of the addresses. It was given " +
                std::to_string(recording.tasks.size()) + " addresses."};
  }
  if (seen.tooMuch) {
    return findingOfCount(recording.tasks[*seen.tooMuch], seen);
  }
  if (!seen.stuck) {
    return {
        Judgement::kUnknown, "It ended before servers 2 and 3 had sent their poems.",
        run.ending == Ending::code(0) ? "Read until every server has closed its connection." : ""};
  }
  return seen.connectedInTime[*seen.stuck] ? findingOfReports(recording, seen)
                                           : findingOfConnections(seen);
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
    client.problems.push_back(endingOf(run));
    addMessages(client.problems, run.recording);  // the reason, in the client's words
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
  if (endedWell) {
    addMessages(client.problems, recording);
  }
  if (recording.strangeLines > 0) {
    client.problems.push_back(
        "lines in an unknown format: " + std::to_string(recording.strangeLines) +
        "; the first: " + recording.firstStrange);
  }
  if (recording.linesNotKept > 0) {
    client.problems.push_back(notKeptInWords(recording));
  }

  client.remarks.clear();
  const Comparison servers{.poems = poems};
  // Servers that pause for so long leave nothing to do in the meantime.
  if (servers.slowest() >= Duration(1) &&
      run.usage.user + run.usage.system >= run.elapsed * kBusy) {
    client.remarks.push_back(cpuInWords(run) + ' ' + kSleep);
  }
}

void judgeCheck(Verdict& verdict, const Observed& seen) {
  const Run& run = verdict.client.run;
  const Finding finding = findingOf(run, seen);
  verdict.judgement = finding.judgement;
  verdict.why = finding.why;
  verdict.advice = finding.advice;
  const auto& messages = run.recording.messages;
  const bool failsToDecode =
      std::any_of(messages.begin(), messages.end(), [](const std::string& message) {
        return message.find("UnicodeDecodeError") != std::string::npos;
      });
  const bool savedOthers = std::any_of(run.saved.begin(), run.saved.end(),
                                       [](const Saved& saved) { return saved.same == false; });
  if (failsToDecode || savedOthers) {
    verdict.advice += (verdict.advice.empty() ? "" : " ") + std::string(kDecode);
  }
}

}  // namespace poetry
