#include "check_verdict.hpp"

#include "judge.hpp"
#include "terminal.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace poetry {

namespace {

constexpr const char* kAtOnce =
    "It waits for one server while others have sent something. Wait for all sockets at once "
    "(select, poll, asyncio.gather), or give each socket a thread.";
constexpr const char* kDecode =
    "A chunk may end inside a character. Save the bytes as they come; decode only the whole poem.";
constexpr const char* kExpected =
    "a line for each chunk, such as 'Task 2: got 10 bytes of poetry from 127.0.0.1:PORT'";
constexpr const char* kFlush =
    "Flush after each line. Python: print(..., flush=True), or PYTHONUNBUFFERED=1. C: "
    "fflush(stdout). C++: std::endl.";

/// "server 1" for index 0
std::string numbered(const std::string& noun, std::size_t index) {
  return noun + ' ' + std::to_string(index + 1);
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
  std::string why;
  std::string advice = {};
  Judgement judgement = Judgement::kUnknown;
};

/// The client reported more than a server had sent.
Finding findingOfCount(const TaskRecord& task, const Observed& seen) {
  const std::string number = std::to_string(*seen.tooMuch + 1);
  if (!seen.connected[*seen.tooMuch]) {
    return {
        "It reported bytes for task " + number + ", and did not connect to server " + number + '.',
        "Connect to all addresses of the command line, and print only what was received."};
  }
  if (seen.sent == 0) {
    return {
        "It reported bytes for task " + number + " before server " + number + " had sent anything.",
        "The first address is task 1, the second is task 2: keep the number of the task "
        "with its socket, and print only what was received."};
  }
  const std::string sent = counted(seen.sent, "byte");
  std::size_t before = 0;
  for (const Chunk& chunk : task.chunks) {
    if (before > 0 && before < seen.sent && chunk.bytes == seen.sent) {
      return {"For task " + number + " it reported " + std::to_string(before) + " and then " +
                  sent + ": all bytes so far.",
              "Print how many bytes this chunk has."};
    }
    before += chunk.bytes;
  }
  return {"It reported more for task " + number + " than the " + sent + " that server " + number +
              " had sent.",
          "Print one line for each recv(), with the number of bytes that it returned."};
}

/// The client did not connect to a server in time.
Finding findingOfConnections(const Observed& seen) {
  const Observed::Flags& inTime = seen.connectedInTime;
  if (!any(inTime)) {
    return {"It connected to no server within " + inSeconds(seen.waited) + '.',
            "The last words of its command line are the addresses. A program that starts slowly "
            "needs a longer --patience."};
  }
  Observed::Flags late{};
  Observed::Flags never{};
  for (std::size_t i = 0; i < Observed::kServers; ++i) {
    late[i] = seen.connected[i] && !inTime[i];
    never[i] = !seen.connected[i];
  }
  if (!any(late)) {
    return {"It connected to " + serversIn(inTime) + ", and never to " + serversIn(never) + '.',
            "Connect to all addresses of the command line."};
  }
  if (seen.connectedLate) {
    return {"It connected to " + serversIn(inTime) + ", and to " + serversIn(late) +
                " only after more than " + inSeconds(seen.waited) + '.',
            "Connect to all servers first. A client that needs so much time needs a longer "
            "--patience."};
  }
  const std::string why = "It connected to " + serversIn(inTime) + ", and to " + serversIn(late) +
                          " only after " + serversIn(inTime) + " had sent everything.";
  if (inTime[0] && !seen.silentUntilTheEnd) {  // it read another server while this one was silent
    return {why, "Connect to all servers first: without a connection, a server cannot send."};
  }
  return {why, "Connect to all servers first. Then read from each server that has sent something.",
          Judgement::kNotAsynchronous};
}

const std::string kPrint = std::string("Print ") + kExpected + '.';

/// No line for a chunk was understood.
Finding findingOfFormat(const Recording& recording) {
  return {"No line for a chunk was understood.",
          "The first line that does not count is '" + recording.firstStrange + "'. " + kPrint};
}

/// Nothing that the client printed says anything about a poem.
Finding findingOfSilence(const Run& run, const Observed& seen) {
  const Recording& recording = run.recording;
  const std::string server = numbered("server", *seen.stuck);
  const std::string connected = "It connected to " + serversIn(seen.connectedInTime);
  const std::string read = connected + ", read the bytes of " + server;
  if (seen.unread) {
    return {connected + ", and did not read what " + server + " had sent.",
            "Read from each server that has sent something. " + kPrint};
  }
  if (recording.strangeLines > 0) {
    return findingOfFormat(recording);
  }
  if (!recording.messages.empty() && recording.lines.size() == recording.messages.size()) {
    const auto& messages = recording.messages;
    return {read + ", and printed nothing on standard output.",
            "On standard error it printed '" +
                (run.ending == Ending::code(0) ? messages.front() : messages.back()) +
                "'. On standard output, it has to print " + kExpected + '.'};
  }
  const bool hasPrinted =
      std::any_of(recording.lines.begin(), recording.lines.end(),
                  [](const PrintedLine& line) { return line.stream == Stream::kOutput; });
  if (hasPrinted) {
    return {read + ", and printed no line for a chunk.", kPrint};
  }
  if (run.hung) {
    return {read + ", and the check received no line before it killed the client.",
            kPrint + ' ' + kFlush};
  }
  return {read + ", and printed nothing.", kPrint};
}

/// Whether a line in an unknown format may be meant as the line for a chunk.
bool looksLikeAChunk(const std::string& line) {
  const auto has = [&](const char* part) { return line.find(part) != std::string::npos; };
  return parseReportLine(line).kind == ReportLine::Kind::kOther && (has("got") || has("byte"));
}

/// The client reported no further bytes of the server whose chunk was missing.
Finding findingOfEarlyEnd(const Run& run, const Observed& seen) {
  const TaskRecord& task = run.recording.tasks[*seen.stuck];
  const std::string server = numbered("server", *seen.stuck);
  const std::string number = std::to_string(*seen.stuck + 1);
  const std::string bytes = counted(task.bytes, "byte");
  if (seen.endedInTime) {
    return {"It reported the end of task " + number + " after " + bytes + ", before " + server +
                " had sent everything.",
            "A short chunk is not the end of the poem. The poem is complete when recv() returns no "
            "bytes."};
  }
  if (task.outcome == Outcome::kLost || task.outcome == Outcome::kFailed) {
    const auto& lines = run.recording.lines;
    const auto message = std::find_if(lines.begin(), lines.end(), [&](const PrintedLine& line) {
      const ReportLine report = parseReportLine(line.text);
      return report.task == *seen.stuck + 1 &&
             (report.kind == ReportLine::Kind::kLost || report.kind == ReportLine::Kind::kFailed);
    });
    return {"It gave up task " + number + " after " + bytes + '.',
            "The server had not ended the connection." +
                (message == lines.end() ? "" : " Its own message is '" + message->text + "'.")};
  }
  if (seen.unread) {
    return {"It connected to " + serversIn(seen.connectedInTime) + ", and never read what " +
                server + " had sent.",
            run.ending == Ending::code(0)
                ? "Read from each server that has sent something. Does select() or poll() watch "
                  "each socket?"
                : ""};
  }
  return {task.bytes == 0 ? "It read the bytes of " + server + ", and reported none of them."
                          : "It reported " + bytes + " of " + server + ", and no more.",
          "Read from each server until recv() returns no bytes, and print a line for each chunk."};
}

/// What the check saw of a client that is connected to its servers and did not report a chunk.
Finding findingOfReports(const Run& run, const Observed& seen) {
  const Recording& recording = run.recording;
  const std::size_t stuck = *seen.stuck;
  const std::string server = numbered("server", stuck);
  const std::string connected = "It connected to " + serversIn(seen.connectedInTime);
  const auto& tasks = recording.tasks;
  if (std::none_of(tasks.begin(), tasks.end(), [](const TaskRecord& task) {
        return task.bytes > 0 || task.outcome != Outcome::kUnfinished;
      })) {
    return findingOfSilence(run, seen);
  }
  if (looksLikeAChunk(recording.firstStrange) && !seen.unread &&
      std::all_of(tasks.begin(), tasks.end(),
                  [](const TaskRecord& task) { return task.chunks.size() <= 1; })) {
    return findingOfFormat(recording);
  }
  if (seen.endedInTime ||
      (tasks[stuck].bytes == seen.reportedInTime &&
       (seen.reportedInTime > 0 || tasks[stuck].outcome != Outcome::kComplete))) {
    return findingOfEarlyEnd(run, seen);
  }
  if (seen.readNothing) {
    return {connected + ", and read nothing for more than " + inSeconds(seen.waited) + '.',
            "Read from each server that has sent something. A client that needs so much time needs "
            "a longer --patience."};
  }
  if (seen.reportedLate) {
    return {connected + ", and reported a chunk of " + server + " only after more than " +
                inSeconds(seen.waited) + '.',
            "Report each chunk as soon as it has arrived. A client that needs so much time needs a "
            "longer --patience."};
  }
  const bool othersFirst =
      !seen.reportedWithTheRest && seen.reportedNext.has_value() && *seen.reportedNext != stuck;
  if (othersFirst && (seen.unread || !seen.silentUntilTheEnd)) {
    return {
        connected + ", and reported " + server + "'s bytes only after " +
            numbered("server", *seen.reportedNext) + " had sent " +
            (*seen.reportedNext == 0 ? "something." : "its poem."),
        kAtOnce + std::string(seen.unread ? "" : " Print the line for a chunk right after recv()."),
        Judgement::kNotAsynchronous};
  }
  if (seen.leftUnread) {
    return {connected + ", read " + server + "'s bytes, and did not read server 1 until " + server +
                " had sent its poem.",
            kAtOnce, Judgement::kNotAsynchronous};
  }
  if (std::all_of(tasks.begin(), tasks.end(), [](const TaskRecord& task) {
        return task.chunks.size() <= 1 && task.outcome == Outcome::kComplete;
      })) {
    return {"It reports only whole poems.",
            std::string("Print ") + kExpected + ", as soon as the chunk has arrived."};
  }
  if (seen.reportedWithTheRest) {
    return {connected + ", and reported a chunk of " + server + " only when " + server +
                " had sent more: it waits until it has enough bytes.",
            "Report what each recv() returns. It may return fewer bytes than you asked for."};
  }
  if (othersFirst) {  // it may have waited for that server, or sorted its lines
    return {"It reported nothing until the servers had sent everything, and then began with " +
                numbered("server", *seen.reportedNext) + ", although " + server +
                " had sent first.",
            kPrint + ' ' + kFlush};
  }
  if (seen.silentUntilTheEnd) {
    const auto lines =
        std::count_if(recording.lines.begin(), recording.lines.end(), [](const PrintedLine& line) {
          return line.stream == Stream::kOutput &&
                 parseReportLine(line.text).kind != ReportLine::Kind::kOther;
        });
    return {counted(static_cast<std::size_t>(lines), "line") +
                " came at once, at the end: its output is buffered.",
            kFlush};
  }
  return {connected + ", and stopped reporting what " + server + " had sent.",
          kPrint + ' ' + kFlush};
}

Finding findingOf(const Run& run, const Observed& seen) {
  const Recording& recording = run.recording;
  if (seen.passed) {
    return {
        "While server 1 was silent, it reported each chunk of servers 2 and 3 before the next "
        "one was sent.",
        seen.neverSleeps ? neverSleepsInWords(run) : "", Judgement::kAsynchronous};
  }
  if (recording.strangeTask) {
    return {"It reports task " + std::to_string(*recording.strangeTask) + '.',
            "Tasks count from 1, in the order of the addresses. It was given " +
                std::to_string(recording.tasks.size()) + " addresses."};
  }
  if (seen.tooMuch) {
    return findingOfCount(recording.tasks[*seen.tooMuch], seen);
  }
  if (!seen.stuck) {
    const bool connected = any(seen.connected);
    const std::string advice =
        connected ? "Read until every server has closed its connection. A program that starts "
                    "processes must wait for them to exit."
                  : "The last words of its command line are the addresses, such as 127.0.0.1:PORT.";
    return {connected ? "It ended before all servers had sent their poems."
                      : "It ended without connecting to a server.",
            run.ending == Ending::code(0) ? advice : ""};
  }
  return seen.connectedInTime[*seen.stuck] ? findingOfReports(run, seen)
                                           : findingOfConnections(seen);
}

}  // namespace

const char* inWords(Judgement judgement) {
  constexpr std::array<const char*, 3> kWords = {"asynchronous", "not asynchronous",
                                                 "cannot be judged"};
  return kWords[static_cast<std::size_t>(judgement)];
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
  const bool cutsLetters = std::any_of(run.saved.begin(), run.saved.end(), [](const Saved& saved) {
    return saved.difference.find("instead of '\\x") != std::string::npos &&
           saved.difference.find("is '\\n'") == std::string::npos;
  });
  if (failsToDecode || cutsLetters) {
    verdict.advice += (verdict.advice.empty() ? "" : " ") + std::string(kDecode);
  }
}

}  // namespace poetry
