// The client must give up a poem when its limit is over, whatever arrives.
#include "exercises/support/client_check.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <string>
#include <vector>

namespace poetry::testing {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class TimeLimit : public ClientCheck {
 protected:
  /// Starts the client for two poems, and waits until it connects to server 1.
  ScriptedConnection& begin(const std::string& limit, const ChildOptions& options = {}) {
    startFor(2, {"--limit", limit}, options);
    return accept(listener(1));
  }

  /// Why the poem was lost: the rest of the line "... lost after 20 bytes: REASON". Empty if there is none.
  [[nodiscard]] std::string reasonOf(int task) {
    const std::string head = "blocking-client: Task " + std::to_string(task) + ": connection to ";
    for (const std::string& line : errorLines()) {
      if (line.starts_with(head) && line.find(" bytes: ") != std::string::npos) {
        return line.substr(line.find(" bytes: ") + 8);
      }
    }
    return "";
  }

  [[nodiscard]] bool hasReportedPoem(int task) {
    const std::vector<std::string> printed = lines();
    const std::string head = "Task " + std::to_string(task) + ": got ";
    return std::any_of(printed.begin(), printed.end(),
                       [&](const std::string& line) { return line.starts_with(head); });
  }

  /// True if the client no longer waits for the poem of server 1.
  [[nodiscard]] bool isTask1Over() {
    return !isRunning() || hasReportedPoem(1) || !reasonOf(1).empty();
  }

  /// The client must have printed that this task timed out. `sent`: "20 bytes".
  void requireTimedOut(int task, const std::string& sent) {
    const std::string number = std::to_string(task);
    require(!hasReportedPoem(task), {.headline = "Server " + number + " sent " + sent +
                                                 " and is still connected. The client reported a "
                                                 "complete poem.",
                                     .cause = "A poem is complete only after the end of file. The "
                                              "end of the limit is not the end of the poem."});
    const std::string reason = reasonOf(task);
    require(!reason.empty(), {.headline = "Server " + number + " sent " + sent + ". The client " +
                                          activity() + '.'});
    const bool isOfErrno = reason == "Success" || reason == "Resource temporarily unavailable";
    require(reason == "timed out",
            {.headline = "Task " + number + " timed out. The reason that the client prints is \"" +
                         reason + "\".",
             .cause = isOfErrno ? "A time-out is no error of `receive`: `error` is 0. Report the "
                                  "reason \"timed out\"."
                                : "",
             .expected = "timed out",
             .got = reason});
  }

  /// Server 2 has sent "a whole poem". The client must save it and end with exit code 1.
  void requireOnlyPoem2() {
    requireExitCode(1);
    requirePoem(2, "a whole poem");
    const std::vector<std::string> printed = lines();
    require(!printed.empty() && printed.back().starts_with("Got 1 of 2 poems in "),
            {.headline = "The last line of the client is not \"Got 1 of 2 poems in ...\"."});
  }

  static constexpr const char* kBlocks =
      "While `recv` blocks, the client cannot look at the time. Limit how long `recv` may block.";
};

TEST_F(TimeLimit, GivesUpOnASilentServer) {
  setCommandsByHand({"./lesson run blocking-server --port 10000 --delay 9 poetry/science.txt",
                     "{program} --limit 2 10000"});
  const Faults faults("recv:SIGSTOP@1");  // so the bytes arrive before the limit is over
  begin("0.5", faults.options()).send("twenty bytes, and no");
  static_cast<void>(await([&] { return program().hasStopped(); }));
  ::kill(program().pid(), SIGCONT);
  setQuietTime(2s);  // four times the limit
  require(await([&] { return isTask1Over(); }),
          {.headline =
               "The limit is 0.5 s. Server 1 has been silent for 2 s, and the client still waits.",
           .cause = kBlocks});
  requireTimedOut(1, "20 bytes");
  const std::string line = "blocking-client: Task 1: connection to " + listener(1).address() +
                           " lost after 20 bytes: timed out";
  require(contains(errorLines(), line), {.headline = "The client lost bytes of poem 1.",
                                         .expected = line + '\n',
                                         .got = program().errors()});
  static_cast<void>(accept(listener(2)));  // the client continues with the next poem
}

TEST_F(TimeLimit, GivesUpWhileBytesStillArrive) {
  setCommandsByHand({"./lesson run blocking-server --port 10000 poetry/science.txt",
                     "{program} --limit 2 10000"});
  const Faults faults("recv:SIGSTOP");
  ScriptedConnection& connection = begin("0.2", faults.options());
  note("the check", "holds the client at each `recv` until a byte is there");
  connection.send("x");
  const auto reachesRecv = [&] { return await([&] { return program().hasStopped(); }); };
  require(reachesRecv(), {.headline = "Server 1 sent a byte. The client " + activity() + '.'});
  const Clock::time_point held = Clock::now();  // the limit began before the first `recv`
  static_cast<void>(await([&] { return Clock::now() - held > 250ms; }));
  note("the limit", "is over");
  bool isOver = false;
  for (int bytes = 0; bytes < 3 && !isOver; ++bytes) {
    static_cast<void>(connection.trySend("x"));
    ::kill(program().pid(), SIGCONT);
    static_cast<void>(reachesRecv());
    isOver = isTask1Over();
  }
  require(isOver,
          {.headline =
               "The limit is over. A byte is there at each `recv`, and the client still calls it.",
           .cause = "`recv` does not block if a byte is there. After each chunk, look at the "
                    "clock."});
  requireTimedOut(1, "bytes without pause");
  static_cast<void>(accept(listener(2)));  // the client continues with the next poem
}

TEST_F(TimeLimit, GivesUpInTimeAfterALateByte) {
  ScriptedConnection& connection = begin("1.5");
  setQuietTime(1200ms);
  letRun();
  note("more than 1.2 s", "have passed");
  setQuietTime(900ms);  // less than 0.3 s are left of the limit
  require(
      isTask1Over() || !connection.trySend("x") || await([&] { return isTask1Over(); }),
      {.headline = "The limit is 1.5 s. Server 1 sent a byte after 1.2 s. The client waits more "
                   "than 0.9 s.",
       .cause = "After this byte, `recv` may block only for the rest of the limit."});
  requireTimedOut(1, "1 byte");
}

TEST_F(TimeLimit, GivesTheNextPoemAWholeLimit) {
  const Faults faults("connect:SIGSTOP@2");
  static_cast<void>(begin("0.5", faults.options()));
  setQuietTime(2s);  // four times the limit
  require(await([&] { return isTask1Over(); }),
          {.headline =
               "The limit is 0.5 s. Server 1 has been silent for 2 s, and the client still waits.",
           .cause = kBlocks});
  requireTimedOut(1, "0 bytes");
  static_cast<void>(await([&] { return program().hasStopped(); }));
  note("the check", "holds the client before it connects to server 2");
  const Clock::time_point begin = Clock::now();
  ::kill(program().pid(), SIGCONT);
  static_cast<void>(accept(listener(2)));
  requireExitCode(1);
  requireTimedOut(2, "0 bytes");
  require(
      Clock::now() - begin > 250ms,  // a busy machine only makes it longer
      {.headline = "The limit is 0.5 s. Server 2 was silent, and the client gave up in less than "
                   "0.25 s.",
       .cause = "The limit of a poem begins when its own connection is established."});
}

TEST_F(TimeLimit, TakesAPoemThatArrivesInTime) {
  ScriptedConnection& connection = begin("30");
  setQuietTime(60ms);
  for (const char* chunk : {"ten bytes,", " ten more,", " and these."}) {
    connection.send(chunk);
    letRun();
    require(!hasReportedPoem(1),
            {.headline = "Server 1 is still connected. The client reported a complete poem."});
    require(!isTask1Over(),
            {.headline = "The limit is 30 s. The client gave up after less than 1 s."});
  }
  connection.closeInOrder();
  accept(listener(2)).sendAndClose("a whole poem");
  requireExitCode(0);
  requirePoem(1, "ten bytes, ten more, and these.");
  requirePoem(2, "a whole poem");
}

TEST_F(TimeLimit, StillReportsAReset) {
  ScriptedConnection& connection = begin("30");
  connection.send("Busy o");
  letRun();
  connection.reset();
  letRun();
  require(
      !hasReportedPoem(1),
      {.headline =
           "Server 1 reset the connection after 6 bytes. The client reported a complete poem."});
  require(reasonOf(1) == "Connection reset by peer",
          {.headline = "Server 1 reset the connection. The client gave another reason.",
           .cause = reasonOf(1) == "timed out" ? "An error is not a time-out. `isError()` tells "
                                                 "them apart."
                                               : "",
           .expected = "Connection reset by peer",
           .got = reasonOf(1)});
  accept(listener(2)).sendAndClose("a whole poem");
  requireOnlyPoem2();
}

}  // namespace poetry::testing
