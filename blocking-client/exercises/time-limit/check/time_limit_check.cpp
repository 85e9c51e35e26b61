// The client must give up a poem when its limit is over, whatever arrives.
#include "exercises/support/check.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace poetry::testing {

using namespace std::chrono_literals;

class TimeLimit : public Check {
 protected:
  /// Starts the client, which saves its poems: one of server 1, then one of server 2.
  ScriptedConnection& begin(const std::string& limit) {
    start({"--limit", limit, "--output", folder().string(), first_.address(), second_.address()});
    return accept(first_);
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

  /// The client must have printed that task 1 timed out. `sent`: "20 bytes".
  void requireTimedOut(const std::string& sent) {
    require(!hasReportedPoem(1), {.headline = "Server 1 sent " + sent +
                                              " and is still connected. The client reported a "
                                              "complete poem.",
                                  .cause = "A poem is complete only after the end of file. The end "
                                           "of the limit is not the end of the poem."});
    const std::string reason = reasonOf(1);
    require(!reason.empty(),
            {.headline = "Server 1 sent " + sent + ". The client " + activity() + '.'});
    const bool isOfErrno = reason == "Success" || reason == "Resource temporarily unavailable";
    require(
        reason == "timed out",
        {.headline = "Task 1 timed out. The reason that the client prints is \"" + reason + "\".",
         .cause = isOfErrno ? "A time-out is no error of `recv`: `isWouldBlock()` is true, and "
                              "`error` is 0."
                            : "",
         .expected = "timed out",
         .got = reason});
  }

  /// Server 2 has sent "a whole poem". The client must save it and end with exit code 1.
  void requireOnlyPoem2() {
    requireExitCode(1);
    requireSaved(2, "a whole poem");
    const std::vector<std::string> printed = lines();
    require(!printed.empty() && printed.back().starts_with("Got 1 of 2 poems in "),
            {.headline = "The last line of the client is not \"Got 1 of 2 poems in ...\"."});
  }

  void requireSaved(int task, const std::string& poem) {
    const std::string number = std::to_string(task);
    const std::string saved = fileIn(folder(), "poem-" + number + ".txt");
    require(saved == poem,
            {.headline = "Server " + number + " sent a whole poem. The client saved another one.",
             .expected = poem,
             .got = saved});
  }

  static constexpr const char* kBlocks =
      "While `recv` blocks, the client cannot look at the time. Limit how long `recv` may block.";

  ScriptedServer first_{scenario_};
  ScriptedServer second_{scenario_};
};

TEST_F(TimeLimit, GivesUpOnASilentServer) {
  setCommandsByHand({"./lesson run blocking-server --port 10000 --delay 9 poetry/science.txt",
                     "{program} --limit 2 10000"});
  ScriptedConnection& connection = begin("0.5");
  connection.send("twenty bytes, and no");
  setQuietTime(2s);  // four times the limit
  require(await([&] { return isTask1Over(); }),
          {.headline =
               "The limit is 0.5 s. Server 1 has been silent for 2 s, and the client still waits.",
           .cause = kBlocks});
  requireTimedOut("20 bytes");
  const std::string line = "blocking-client: Task 1: connection to " + first_.address() +
                           " lost after 20 bytes: timed out";
  require(contains(errorLines(), line), {.headline = "The client lost bytes of poem 1.",
                                         .expected = line + '\n',
                                         .got = program().errors()});
  static_cast<void>(accept(second_));  // the client continues with the next poem
}

TEST_F(TimeLimit, GivesUpWhileBytesStillArrive) {
  setCommandsByHand({"./lesson run blocking-server --port 10000 poetry/science.txt",
                     "{program} --limit 2 10000"});
  ScriptedConnection& connection = begin("1");
  // Each step takes 0.06 s at least, so all take more than twice the limit. Each step is far shorter than
  // the limit.
  setQuietTime(60ms);
  int sent = 0;
  while (sent < 40 && !isTask1Over() && connection.trySend("x")) {
    ++sent;
    letRun();
  }
  if (!isTask1Over()) {
    note("server 1", "sends nothing more");
    setQuietTime(4s);
    require(await([&] { return isTask1Over(); }),
            {.headline = "Server 1 sent bytes for over 2 s. The limit is 1 s, and the client still "
                         "waits.",
             .cause = kBlocks});
    fail({.headline = "Server 1 sent bytes for over 2 s. The limit is 1 s. The client gave up only "
                      "when they stopped.",
          .cause = "Each byte starts the limit again. But the limit is for the poem: how much of "
                   "it is left?"});
  }
  requireTimedOut(std::to_string(sent) + " bytes");
  static_cast<void>(accept(second_));  // the client continues with the next poem
}

TEST_F(TimeLimit, GivesUpInTimeAfterALateByte) {
  ScriptedConnection& connection = begin("1.5");
  setQuietTime(1200ms);
  letRun();
  note("the clock", "more than 1.2 s have passed");
  setQuietTime(900ms);  // less than 0.3 s are left of the limit
  require(
      isTask1Over() || !connection.trySend("x") || await([&] { return isTask1Over(); }),
      {.headline = "The limit is 1.5 s. Server 1 sent a byte after 1.2 s. The client waits more "
                   "than 0.9 s.",
       .cause = "After this byte, `recv` may block only for the rest of the limit."});
  requireTimedOut("1 byte");
}

TEST_F(TimeLimit, GivesTheNextPoemAWholeLimit) {
  static_cast<void>(begin("1"));
  setQuietTime(4s);  // four times the limit
  require(await([&] { return isTask1Over(); }),
          {.headline =
               "The limit is 1 s. Server 1 has been silent for 4 s, and the client still waits.",
           .cause = kBlocks});
  requireTimedOut("0 bytes");
  setQuietTime(30ms);  // far shorter than the limit
  ScriptedConnection& connection = accept(second_);
  letRun();
  require(reasonOf(2).empty() && !hasReportedPoem(2),
          {.headline = "Task 1 used up its limit, and the client gave up task 2 at once.",
           .cause = "The limit of a poem begins when its own connection is established."});
  connection.sendAndClose("a whole poem");
  requireOnlyPoem2();
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
  accept(second_).sendAndClose("a whole poem");
  requireExitCode(0);
  requireSaved(1, "ten bytes, ten more, and these.");
  requireSaved(2, "a whole poem");
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
  accept(second_).sendAndClose("a whole poem");
  requireOnlyPoem2();
}

}  // namespace poetry::testing
