// The coroutine must ask for all poems, wait for each, and continue with a poem or an exception.
#include "exercises/support/check.hpp"

#include <csignal>
#include <cstddef>
#include <string>
#include <vector>

namespace poetry::testing {

constexpr const char* kMustThrow = "await_resume must throw the failure of the Deferred.";

class GetPoemCoroutine : public Check {
 protected:
  GetPoemCoroutine() {
    setCauseOfCrash("stack-use-after-return at coroutine.hpp",
                    "A parameter of await_suspend is destroyed when await_suspend returns: do not "
                    "capture it by reference.");
    for (const char* kind : {"stack-use-after-return at get_poem", "stack-use-after-scope"}) {
      setCauseOfCrash(kind,
                      "A coroutine uses its lambda until it ends, but the lambda is destroyed "
                      "earlier: use parameters, not captures.");
    }
  }

  /// Waits for the line that a poem is there.
  void expectFinished(int task, const std::string& whatHappened) {
    require(prints("Task " + std::to_string(task) + " finished"),
            {.headline = whatHappened + ", and the coroutine did not continue."});
  }

  /// Waits for the line that a poem did not come.
  void expectReason(int task, const std::string& reason, const std::string& whatHappened) {
    const std::string head = "get-poem-coroutine: Task " + std::to_string(task) + ": no poetry: ";
    std::string got;
    const auto isThere = [&] {
      for (const std::string& line : errorLines()) {
        got = line.starts_with(head) ? line.substr(head.size()) : got;
      }
      return !got.empty();
    };
    static_cast<void>(await(isThere));
    require(!contains(lines(), "Task " + std::to_string(task) + " finished"),
            {.headline = whatHappened + ", and `co_await` returned a value.", .cause = kMustThrow});
    require(
        !got.empty(),
        {.headline = whatHappened + ", and the coroutine did not continue.",
         .cause = isRunning() ? "Did you add a callback only? Only errbacks get a failure." : ""});
    require(got == reason, {.headline = whatHappened + ", and `co_await` threw another reason.",
                            .cause = kMustThrow,
                            .expected = reason,
                            .got = got});
  }
};

TEST_F(GetPoemCoroutine, ContinuesWhenThePoemIsThere) {
  ScriptedServer server(scenario_);
  start({server.address()});
  ScriptedConnection& connection = accept(server);
  connection.send("Busy old ");
  letRun();
  require(isRunning() && lines().empty(),
          {.headline = "Server 1 sent a part of the poem, and the coroutine continued."});
  connection.sendAndClose("fool");
  expectFinished(1, "Poem 1 is complete");
  requireExitCode(0);
  require(contains(lines(), "Task 1: 13 bytes of poetry"),
          {.headline = "Server 1 sent 13 bytes, and the client does not have all of them."});
}

TEST_F(GetPoemCoroutine, AsksForAllPoemsBeforeItWaits) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  ScriptedServer third(scenario_);
  start({first.address(), second.address(), third.address()});
  ScriptedConnection& one = accept(first);
  for (ScriptedServer* server : {&second, &third}) {
    require(await([&] { return server->hasCaller(); }),
            {.headline = "Server 1 is silent, and the client does not ask " + server->name() + '.',
             .cause = "Ask for all poems before the first `co_await`."});
  }
  one.sendAndClose("one");
  expectFinished(1, "Poem 1 is complete");
  second.serve("two");
  expectFinished(2, "Poem 2 is complete");
  third.serve("three");
  expectFinished(3, "Poem 3 is complete");
  requireExitCode(0);
}

TEST_F(GetPoemCoroutine, TakesPoemsThatAreThereBeforeItWaitsForThem) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  start({first.address(), second.address()});
  ScriptedConnection& one = accept(first);
  ScriptedConnection& two = accept(second);
  two.sendAndClose("two");
  require(await([&] { return two.hasEnded(); }),
          {.headline = "The client waits for poem 1 and does not read poem 2."});
  one.sendAndClose("one");
  expectFinished(1, "Poem 1 is complete");
  expectFinished(2, "Poem 2 was complete before poem 1");
  requireExitCode(0);
}

TEST_F(GetPoemCoroutine, CatchesARefusalAndAReset) {
  ScriptedServer first(scenario_);
  const RefusingPort refusing;
  scenario_.nextName("server");  // the number of the port, so that server 3 sends poem 3
  ScriptedServer third(scenario_);
  ScriptedServer fourth(scenario_);
  start({first.address(), refusing.address(), third.address(), fourth.address()});
  ScriptedConnection& one = accept(first);
  note("port 2", "refuses the connection");
  letRun();  // the failure is there before the coroutine waits for it
  one.sendAndClose("one");
  expectFinished(1, "Poem 1 is complete");
  setCauseOfCrash("The client crashed",
                  "Did an exception leave the coroutine? Then `Task` ends the program: catch it.");
  setCauseOfCrash("bad optional access", kMustThrow);
  expectReason(2, "Connection refused", "Port 2 refused");
  letRun();
  require(isRunning(),
          {.headline = "Poem 2 did not come, and the client ended before it had poems 3 and 4.",
           .cause = "Is the `try` block outside the loop? Then the first failure ends the loop."});
  accept(third).sendAndReset("half a po");
  expectReason(3, "Connection reset by peer", "Server 3 reset the connection");
  accept(fourth).sendAndClose("four");
  expectFinished(4, "Poem 4 is complete");
  requireExitCode(1);
  require(!contains(errorLines(), "Deferred: unhandled failure: Connection refused"),
          {.headline = "`co_await` threw the refusal, and the Deferred reported it as unhandled.",
           .cause = "No errback got the failure. Does await_resume add one before it throws?"});
  require(errorLines().size() == 2, {.headline = "Two poems did not come, and the client printed " +
                                                 std::to_string(errorLines().size()) + " errors."});
}

TEST_F(GetPoemCoroutine, EndsAtCtrlC) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  start({first.address(), second.address()});
  accept(first).sendAndClose("one");
  expectFinished(1, "Poem 1 is complete");
  accept(second).send("half a po");
  letRun();
  setCauseOfCrash("The client crashed",
                  "Did an exception leave the coroutine? `stop` throws one if the reactor is "
                  "stopping already.");
  program().signal(SIGINT);
  expectReason(2, "the reactor was stopped", "Ctrl-C stopped the reactor");
  const Ending ending = finish();
  require(
      ending == Ending::bySignal(SIGINT),
      {.headline = "After Ctrl-C, the client did not end by SIGINT: " + ending.toString() + '.'});
  require(contains(lines(), "Task 1: 3 bytes of poetry"),
          {.headline = "After Ctrl-C, the client did not report the poem that was complete."});
}

}  // namespace poetry::testing
