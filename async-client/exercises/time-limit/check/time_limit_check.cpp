// Each poem has a time limit of its own, whatever its server and the other servers send.
#include "exercises/support/client_check.hpp"
#include "support/report_lines.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace poetry::testing {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

class TimeLimit : public ClientCheck {
 protected:
  TimeLimit() {
    setCauseOfCrash("heap-use-after-free", "Did the loop erase a task while it iterated?");
    setCauseOfCrash(
        "Undefined behaviour",
        "Does the loop use a task whose socket is closed, or erase tasks while it iterates?");
  }

  /// Starts the client, which saves its poems.
  void begin(const std::string& limit, const std::vector<std::string>& servers,
             const ChildOptions& options = {}) {
    std::vector<std::string> arguments{"--limit", limit, "--output", folder().string()};
    arguments.insert(arguments.end(), servers.begin(), servers.end());
    start(arguments, options);
  }

  /// The line for `task` on standard error if there is one, or an empty line.
  [[nodiscard]] ReportLine lossOf(std::size_t task) {
    for (const std::string& text : errorLines()) {
      const ReportLine line = parseReportLine(text);
      if (line.kind == ReportLine::Kind::kLost && line.task == task) {
        return line;
      }
    }
    return {};
  }

  [[nodiscard]] bool isLost(std::size_t task) { return lossOf(task).task == task; }
  [[nodiscard]] bool hasEnded(std::size_t task) {
    return isLost(task) || isFinished(task) || !isRunning();
  }

  /// The client stops at a fault. After this time it continues.
  void stopFor(milliseconds time, const std::string& when) {
    scenario_.waitUntil([&] { return program().hasStopped(); }, SourceLine::here(),
                        "the client stops");
    note("the client", "is stopped " + when + ", until the limit has passed");
    const Clock::time_point until = Clock::now() + time;
    scenario_.waitUntil([&] { return Clock::now() >= until; }, SourceLine::here(),
                        "the limit has passed");
    program().resume();
  }

  /// The limit of `task` has passed, and the client has reacted. It must have reported the loss once.
  void expectTimedOut(std::size_t task, const ScriptedServer& server) {
    const std::string name = "Task " + std::to_string(task);
    const std::vector<std::string> messages = errorLines();
    for (const std::string& message : messages) {
      const std::string error = message.substr(message.find(' ') + 1);
      require(!error.starts_with("select: "),
              {.headline = "The client ended with \"" + error + "\".",
               .cause = error.ends_with("Invalid argument")
                            ? "`select` refuses a time below 0: the deadline had passed before "
                              "the call."
                            : "Did `select` return 0? That is no error: the time has passed."});
    }
    require(!isFinished(task),
            {.headline = name + " timed out, and the client reported it finished.",
             .cause = "The poem is not complete. Report it as lost."});
    const std::string begin =
        "async-client: " + name + ": connection to " + server.address() + " lost after ";
    const auto isAbout = [&](const std::string& line) {
      return line.find(name + ':') != std::string::npos;
    };
    const auto message = std::find_if(messages.begin(), messages.end(), isAbout);
    require(message != messages.end(),
            {.headline = name + " timed out, and the client did not report it as lost."});
    const std::string beforeReason = begin + std::to_string(bytesReported(task)) + " bytes: ";
    const std::string expected = beforeReason + "timed out";
    require(
        *message == expected,
        {.headline = name + " timed out. The client reported it in another way.",
         .cause =
             message->starts_with(beforeReason) ? "The page asks for the reason `timed out`." : "",
         .expected = expected,
         .got = *message});
    require(std::count_if(messages.begin(), messages.end(), isAbout) == 1,
            {.headline = name + " timed out, and the client reported it as lost more than once.",
             .cause = "Its socket is open, so the task is still in the list. Close the socket."});
  }
};

// The signal of these faults has no effect, but each call of `select` adds an entry to met().
constexpr const char* kCountSelect = "select:SIGCONT";

TEST_F(TimeLimit, SleepsWhileNoLimitPasses) {
  const Faults faults(kCountSelect);
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  begin("30", {first.address(), second.address()}, faults.options());
  ScriptedConnection& one = accept(first);
  ScriptedConnection& two = accept(second);
  setQuietTime(milliseconds(300));
  const bool callsAgain = await([&] { return faults.met().size() > 3; });
  require(isRunning() && !isLost(1) && !isFinished(1),
          {.headline = "The limit is 30 s, and the client gave up at once.",
           .cause = "A timeval has seconds and microseconds; `options.limit` is in milliseconds."});
  setQuietTime(milliseconds(0));
  require(comesToRest(),
          {.headline = "No server has sent a byte, and the client runs without pause.",
           .cause = "`select` overwrites its timeval with the time that is left. Set it again "
                    "before each call."});
  require(!callsAgain,
          {.headline = "No server has sent a byte, and the client calls `select` again and again.",
           .cause = "No limit passes for 30 s. Let `select` wait until the earliest deadline."});
  require(!faults.met().empty(), {.headline = "The client does not call `select`."});
  one.sendAndClose("poem one");
  two.sendAndClose("poem two");
  requireExitCode(0);
  requirePoem(1, "poem one");
  requirePoem(2, "poem two");
}

TEST_F(TimeLimit, GivesUpOnASilentServer) {
  const Faults faults(kCountSelect);
  ScriptedServer server(scenario_);
  setCommandsByHand({"./lesson run blocking-server --port 10000 --delay 30 poetry/science.txt",
                     "{program} --limit 2 10000"});
  begin("0.5", {server.address()}, faults.options());
  const ScriptedConnection& connection = accept(server);
  note(connection.name(), "is silent");
  setQuietTime(milliseconds(2500));
  const auto isOften = [&] { return faults.met().size() > 1000; };
  if (await([&] { return hasEnded(1) || isOften(); }) && !hasEnded(1)) {
    // Each call returns false after 0.3 s of processor time. After both, the limit has passed.
    const bool isLate = !comesToRest() && !comesToRest();
    require(
        !isLate || hasEnded(1),
        {.headline = "The limit of 0.5 s has passed. The client calls `select` again and again.",
         .cause = "The deadline has passed, and the task is still in the list."});
  }
  require(hasEnded(1),
          {.headline = "Server 1 was silent for 2.5 s. The limit is 0.5 s, and the client " +
                       activity() + '.'});
  setQuietTime(milliseconds(0));
  static_cast<void>(await([&] { return errorLines().size() > 1; }));
  expectTimedOut(1, server);
  require(!isOften(),
          {.headline = "Server 1 is silent. The client called `select` over 1000 times in 0.5 s.",
           .cause = "The timeout of `select` was shorter than the time that was left. A timeval "
                    "has microseconds, too."});
  requireExitCode(1);
}

// In the next two checks, each round takes 50 ms at least, so all rounds together take 3 s at least.
constexpr milliseconds kRound{50};
constexpr int kRounds = 60;

TEST_F(TimeLimit, GivesUpOnASilentServerWhileAnotherSends) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  begin("1", {first.address(), second.address()});
  const ScriptedConnection& silent = accept(first);
  note(silent.name(), "is silent");
  ScriptedConnection& sender = accept(second);
  setQuietTime(kRound);
  for (int round = 0; round < kRounds && !hasEnded(1) && sender.trySend("."); ++round) {
    static_cast<void>(await([&] { return hasEnded(1); }));
  }
  require(hasEnded(1),
          {.headline =
               "The limit is 1 s. Server 1 was silent for 3 s while server 2 sent, and task 1 has "
               "not ended.",
           .cause = "Does each byte start the wait again? Wait for the time that is left until the "
                    "deadline."});
  setQuietTime(milliseconds(0));
  letRun();
  expectTimedOut(1, first);
}

TEST_F(TimeLimit, GivesUpOnAServerThatSendsByteByByte) {
  ScriptedServer server(scenario_);
  begin("1", {server.address()});
  ScriptedConnection& connection = accept(server);
  setQuietTime(kRound);
  for (int round = 0; round < kRounds && !hasEnded(1) && connection.trySend("."); ++round) {
    static_cast<void>(await([&] { return hasEnded(1); }));
  }
  require(hasEnded(1),
          {.headline = "Server 1 sent byte by byte for 3 s. The limit is 1 s, and the "
                       "client still waits.",
           .cause = "Does each byte start the limit again? It is a limit for the poem, "
                    "not for a chunk."});
  setQuietTime(milliseconds(0));
  letRun();
  expectTimedOut(1, server);
  requireExitCode(1);
}

TEST_F(TimeLimit, GivesUpTwoTasksAndKeepsTheThird) {
  const Faults faults("connect:SIGSTOP@3");
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  ScriptedServer third(scenario_);
  begin("1", {first.address(), second.address(), third.address()}, faults.options());
  static_cast<void>(accept(first));
  static_cast<void>(accept(second));
  stopFor(milliseconds(1100), "before it connects to server 3");
  ScriptedConnection& connection = accept(third);
  setQuietTime(milliseconds(300));
  static_cast<void>(await([&] { return hasEnded(1) && hasEnded(2); }));
  setQuietTime(milliseconds(0));
  letRun();
  require(hasEnded(1) && hasEnded(2),
          {.headline = "The limits of tasks 1 and 2 have passed. The client " + activity() + '.',
           .cause = "Does `select` wait until the earliest deadline, counted from now?"});
  expectTimedOut(1, first);
  expectTimedOut(2, second);
  require(!faults.met().empty(), {.headline = "The client did not connect three times."});
  require(!hasEnded(3), {.headline = "Tasks 1 and 2 timed out, and the client gave up task 3, too.",
                         .cause = "Each task has a deadline. That of task 3 is 1 s later."});
  connection.sendAndClose("poem three");
  requireExitCode(1);
  requirePoem(3, "poem three");
}

TEST_F(TimeLimit, EndsATaskOnce) {
  const Faults faults("select:SIGSTOP@1");
  ScriptedServer server(scenario_);
  begin("0.1", {server.address()}, faults.options());
  ScriptedConnection& connection = accept(server);
  connection.sendAndClose("poem one");
  stopFor(milliseconds(200), "before it calls `select`");
  static_cast<void>(finish());
  require(!isFinished(1) || !isLost(1),
          {.headline = "The client reported task 1 as finished and as lost.",
           .cause = "Does the loop test the deadline of a task that `doRead` has ended?"});
  if (isFinished(1)) {
    requirePoem(1, "poem one");
  } else {
    expectTimedOut(1, server);
  }
}

}  // namespace poetry::testing
