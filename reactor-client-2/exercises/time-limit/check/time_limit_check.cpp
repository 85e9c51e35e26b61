// The client must give up a poem when its limit has passed, whatever arrives, and say so.
#include "exercises/support/client_check.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace poetry::testing {

using namespace std::chrono_literals;

class TimeLimit : public ClientCheck {
 protected:
  TimeLimit() {
    setCauseOfCrash("heap-use-after-free",
                    "Does a timer call a protocol that is destroyed? Cancel it in connectionLost.");
    // The limit is 0.2 s, unless a check says otherwise. The client sleeps until then.
    setQuietTime(800ms);
  }

  static std::string beginOfLost(std::size_t task) {
    return "reactor-client-2: Task " + std::to_string(task) + ": connection to ";
  }

  /// The lines that report this task as lost.
  [[nodiscard]] std::vector<std::string> losses(std::size_t task) {
    std::vector<std::string> found = errorLines();
    std::erase_if(found, [&](const std::string& line) {
      return !line.starts_with(beginOfLost(task)) || line.find(" lost after ") == std::string::npos;
    });
    return found;
  }

  [[nodiscard]] bool isComplete(std::size_t task) {
    const std::vector<std::string> printed = lines();
    const std::string head = "Task " + std::to_string(task) + ": ";
    return std::any_of(printed.begin(), printed.end(), [&](const std::string& line) {
      return line.starts_with(head) && line.ends_with(" bytes of poetry");
    });
  }

  /// Fails if a callback has thrown an exception, which the reactor reports.
  void requireNoException() {
    for (const std::string& line : errorLines()) {
      const std::string mark = " failed: ";
      const std::size_t at = line.find(mark);
      if (!line.starts_with("reactor: ") || at == std::string::npos) {
        continue;
      }
      const std::size_t blank = line.rfind(' ', at - 1);
      const std::string callback = line.substr(blank + 1, at - blank - 1);
      const std::string reason = line.substr(at + mark.size());
      const auto says = [&](const char* part) { return reason.find(part) != std::string::npos; };
      fail({.headline = (callback == "callLater" ? "The function of the timer" : callback) +
                        " threw: " + reason + '.',
            .cause = says("called already")
                         ? "The timer has fired. Ask `active` before you cancel it."
                     : says("stopping")
                         ? "`stop` was called twice. Only poemFinished may stop the reactor."
                         : ""});
    }
  }

  /// The limit has passed. The client must have reported the task as lost, after `bytes`.
  void expectTimedOut(std::size_t task, const ScriptedServer& server, std::size_t bytes) {
    const std::string name = "Task " + std::to_string(task);
    const std::string expected = beginOfLost(task) + server.address() + " lost after " +
                                 std::to_string(bytes) + " bytes: timed out";
    requireNoException();
    require(
        !isComplete(task),
        {.headline = name + " timed out, and the client reported it complete.",
         .cause = "After `loseConnection`, the reason is ConnectionDone, as for a whole poem."});
    const std::vector<std::string> found = losses(task);
    require(!found.empty(), {.headline = "The limit has passed. The client did not report task " +
                                         std::to_string(task) + " as lost."});
    require(
        found.front() == expected,
        {.headline = name + " timed out, and the client reported it in another way.",
         .cause = found.front().ends_with(": Connection was aborted")
                      ? "After `abortConnection`, the reason is ConnectionAborted. The task asks "
                        "for `timed out`."
                      : "",
         .expected = expected,
         .got = found.front()});
    require(found.size() == 1,
            {.headline = name + " timed out, and the client reported it as lost " +
                         std::to_string(found.size()) + " times.",
             .cause = "`connectionLost` is also called after `abortConnection`."});
  }

  /// The client waits for a connection that is never made. Ends it.
  void interrupt() {
    program().signal(SIGINT);
    require(finish() == Ending::bySignal(SIGINT),
            {.headline = "After Ctrl-C, the client did not end by SIGINT."});
  }
};

TEST_F(TimeLimit, GivesUpOnASilentServer) {
  // A web server waits for a request, and the client sends none.
  setCommandsByHand({"python3 -m http.server 10008", "{program} --limit 2 10008"});
  startFor(1, {"--limit", "0.2"});
  acceptAll();
  note("server 1", "is silent");
  letRun();
  requireNoException();
  require(!isRunning(), {.headline = "Server 1 sends nothing. The limit has passed. The client " +
                                     activity() + '.'});
  expectTimedOut(1, listener(1), 0);
  requireExitCode(1);
}

TEST_F(TimeLimit, GivesUpAlthoughBytesArrive) {
  constexpr std::size_t kMostBytes = 30;
  setQuietTime(100ms);
  startFor(1, {"--limit", "1"});
  acceptAll();
  for (std::size_t sent = 0; sent < kMostBytes && server(1).trySend("x"); ++sent) {
    letRun();
  }
  setQuietTime(800ms);
  letRun();
  require(!isRunning(),
          {.headline = "Server 1 sent a byte every 0.1 s for 3 s. The limit is 1 s; the client "
                       "still waits.",
           .cause = "The limit is for the poem. Does each byte start it again?"});
  expectTimedOut(1, listener(1), bytesReported(1));
  requireExitCode(1);
  require(bytesReported(1) > 0,
          {.headline = "Server 1 sent bytes, and the client did not report one."});
  require(!std::filesystem::exists(folder() / "poem-1.txt"),
          {.headline = "Task 1 timed out, and the client saved its poem."});
}

TEST_F(TimeLimit, CancelsTheLimitOfACompletePoem) {
  const SilentPort silent;
  ScriptedServer server(scenario_);
  // The poem has arrived before the client sees that it is connected, so the limit cannot pass.
  const Faults faults("connect:SIGSTOP@2");
  start({"--limit", "0.2", server.address(), silent.address()}, faults.options());
  require(await([&] { return program().hasStopped(); }),
          {.headline = "The client did not connect to two servers. It " + activity() + '.'});
  ScriptedConnection& connection = server.accept();
  connection.sendAndClose("a whole poem");
  scenario_.waitUntil([&] { return scenario_.allDelivered(); }, SourceLine::here(),
                      "the poem has arrived");
  program().resume();
  note("the other server", "does not answer");
  letRun();
  requireNoException();
  require(losses(1).empty(),
          {.headline = "Server 1 sent a whole poem. After the limit, task 1 was reported as lost.",
           .cause = "The timer was still active. Cancel it when the connection ends."});
  require(isRunning(),
          {.headline = "Task 2 is still connecting, and the client " + activity() + '.'});
  interrupt();
  require(isComplete(1), {.headline = "Server 1 sent a whole poem. The client did not count it."});
}

TEST_F(TimeLimit, StartsTheLimitWithTheConnection) {
  const SilentPort silent;
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  start({"--limit", "0.2", first.address(), second.address(), silent.address()});
  ScriptedConnection& one = accept(first);
  ScriptedConnection& two = accept(second);
  note("the third server", "does not answer");
  letRun();
  expectTimedOut(1, first, 0);
  expectTimedOut(2, second, 0);
  for (const std::string& line : errorLines()) {
    const bool isThird = line.find("Task 3") != std::string::npos;
    require(!isThird || !line.ends_with(": the reactor was stopped"),
            {.headline = "Task 3 was still connecting, and the client stopped the reactor.",
             .cause = "Is `poemFinished` called twice for a task?"});
    require(!isThird, {.headline = "Task 3 is still connecting, and the client gave it up.",
                       .cause = "Connecting has a time limit of its own. Start yours in "
                                "connectionMade."});
  }
  require(isRunning(),
          {.headline = "Task 3 is still connecting, and the client " + activity() + '.',
           .cause = "Only poemFinished may stop the reactor, once for each task."});
  for (const ScriptedConnection* connection : {&one, &two}) {
    require(connection->hasEnded(),
            {.headline = "The limit has passed. The client has not closed its connection to " +
                         connection->name() + '.'});
  }
  interrupt();
}

TEST_F(TimeLimit, ReportsAResetWithItsReason) {
  startFor(2);
  acceptAll();
  server(1).send("Busy o");
  static_cast<void>(await([&] { return bytesReported(1) == 6; }));
  server(1).reset();
  const std::string expected =
      beginOfLost(1) + listener(1).address() + " lost after 6 bytes: Connection reset by peer";
  static_cast<void>(await([&] { return !losses(1).empty(); }));
  requireNoException();
  require(!losses(1).empty(),
          {.headline = "Server 1 reset the connection. The client did not report task 1 as lost."});
  require(losses(1).front() == expected,
          {.headline = "Server 1 reset the connection. The client reported it in another way.",
           .cause = losses(1).front().ends_with(": timed out")
                        ? "The limit has not passed. Only a time-out has this reason."
                        : "",
           .expected = expected,
           .got = losses(1).front()});
  server(2).sendAndClose("a whole poem");
  requireExitCode(1);
  requirePoem(2, "a whole poem");
}

}  // namespace poetry::testing
