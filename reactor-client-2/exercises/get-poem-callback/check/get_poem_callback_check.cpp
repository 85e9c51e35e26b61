// getPoem must return at once, and call back once with each result.
#include "exercises/support/check.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace poetry::testing {

constexpr const char* kTimedOut = "no poetry: timed out";

class GetPoemCallback : public Check {
 protected:
  GetPoemCallback() {
    setCauseOfCrash("stack-use-after-return",
                    "The reactor only borrows a factory. A local variable of getPoem is destroyed "
                    "when getPoem returns.");
    setCauseOfCrash("heap-use-after-free",
                    "Is the factory destroyed too early? It must live until doStop, which calls "
                    "stopFactory, has returned.");
    setCauseOfCrash("Memory was never freed",
                    "Does an object own itself for ever? Give this up after stopFactory.");
    for (const char* kind : {"Undefined behaviour", "The client crashed"}) {
      setCauseOfCrash(kind,
                      "Without `--limit`, there is no limit, and no timer. Do you test for that?");
    }
  }

  /// "poem 1: \"verse\"", and so on: all results of one poem.
  std::vector<std::string> results(int number) {
    std::vector<std::string> found = lines();
    std::erase_if(found, [&](const std::string& line) {
      return !line.starts_with("poem " + std::to_string(number) + ": ");
    });
    return found;
  }

  /// Waits until the program has asked for a poem, and until it connects to its server.
  ScriptedConnection& acceptPoem(int number, ScriptedServer& server) {
    const bool isAsked = prints("asked for poem " + std::to_string(number));
    const std::string now = activity();
    require(
        isAsked || !isRunning(),
        {.headline = "Server " + std::to_string(number) +
                     " is silent. getPoem does not return: the client " + now + '.',
         .cause = now.find("recv") == std::string::npos && now.find("connect") == std::string::npos
                      ? "getPoem must not run the loop. The program that uses it does."
                      : "getPoem must not block. connectTCP and callbacks do the work."});
    return accept(server);
  }

  /// Waits for this result of a poem, which must be the first one.
  void expectResult(int number, const std::string& expected, const std::string& whatHappened,
                    const std::string& causeOfSilence = "") {
    const std::string name = "poem " + std::to_string(number) + ": ";
    static_cast<void>(await([&] { return !results(number).empty(); }));
    require(!results(number).empty(),
            {.headline = whatHappened + ", and getPoem does not call `done`.",
             .cause = causeOfSilence});
    const std::string got = results(number).front().substr(name.size());
    const bool isPoem = got.starts_with('"');
    require(
        got != "no poetry: the reactor was stopped",
        {.headline = "The reactor stopped before poem " + std::to_string(number) + " was there.",
         .cause = "getPoem must not stop the reactor. The program that uses it does."});
    require(!isPoem || expected.starts_with('"'),
            {.headline = whatHappened + ". `done` got " + got + " as a complete poem.",
             .cause = expected == kTimedOut ? "A connection that you close yourself ends with "
                                              "ConnectionDone, too: remember that you gave up."
                                            : "Only ConnectionDone is the end of a poem."});
    require(got == expected,
            {.headline = whatHappened + ". `done` got another " + (isPoem ? "poem." : "reason."),
             .expected = expected,
             .got = got});
    expectOne(number);
  }

  /// `done` must have been called once for a poem.
  void expectOne(int number) {
    const std::vector<std::string> all = results(number);
    const std::string times = all.size() == 2 ? "twice" : std::to_string(all.size()) + " times";
    require(
        all.size() <= 1,
        {.headline = "getPoem called `done` " + times + " for poem " + std::to_string(number) + '.',
         .cause = "A limit that passes and a connection that ends are two events of one "
                  "download. Only one may call `done`."});
  }

  /// Starts the program with a limit that passes only in letLimitPass().
  void startWithLimit(const std::vector<std::string>& servers) {
    std::vector<std::string> arguments{"--limit", "20"};
    arguments.insert(arguments.end(), servers.begin(), servers.end());
    start(arguments, suspension_.options());
    setCauseOfCrash("Undefined behaviour", "");
    setCauseOfCrash("The client crashed", "");
  }

  /// When the program waits for its next timer, the time of this timer comes.
  void letLimitPass() {
    letRun();
    if (isRunning()) {
      note("the clock of the client", "moves to the next timer (the limit is 20 s)");
      program().pause();
      program().resume();
      letRun();
    }
  }

  /// The program must end by itself. `poems`: as many results as there must be.
  void expectEnd(int poems) {
    requireExitCode(0);
    for (int number = 1; number <= poems; ++number) {
      expectOne(number);
    }
  }

 private:
  const Faults suspension_{"epoll_wait:SUSPEND"};
};

TEST_F(GetPoemCallback, ReturnsBeforeThePoemIsThere) {
  ScriptedServer server(scenario_);
  start({server.address()});
  ScriptedConnection& connection = acceptPoem(1, server);
  connection.send("Busy old ");
  letRun();
  require(results(1).empty(),
          {.headline = "Server 1 sent a part of the poem, and `done` was called.",
           .cause = contains(lines(), "poem 1: " + std::string(kTimedOut))
                        ? "There is no `limit` here. Do you test for that before you use it?"
                        : ""});
  connection.sendAndClose("fool");
  expectResult(1, "\"Busy old fool\"", "Server 1 sent a poem in two chunks");
  expectEnd(1);
}

TEST_F(GetPoemCallback, DownloadsTwoPoemsAtTheSameTime) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  ScriptedServer third(scenario_);
  start({first.address(), second.address(), third.address()});
  ScriptedConnection& one = acceptPoem(1, first);
  acceptPoem(2, second).sendAndClose("two");
  expectResult(2, "\"two\"", "Server 1 is silent, server 2 sent a poem");
  one.sendAndClose("one");
  expectResult(1, "\"one\"", "Server 1 sent a poem");
  acceptPoem(3, third).sendAndClose("three");
  expectResult(3, "\"three\"", "Server 3 sent a poem");
  expectEnd(3);
}

TEST_F(GetPoemCallback, AsksForAnotherPoemInACallback) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  start({first.address(), second.address()});
  accept(first).sendAndClose("one");
  expectResult(1, "\"one\"", "Server 1 sent a poem");
  letRun();
  require(isRunning(),
          {.headline = "`done` of poem 1 asked for poem 2. The loop ended before poem 2 was there.",
           .cause = "getPoem must not stop the reactor. The program that uses it does."});
  accept(second).sendAndClose("two");
  expectResult(2, "\"two\"", "Server 2 sent a poem");
  expectEnd(2);
}

TEST_F(GetPoemCallback, ReportsARefusalAndAReset) {
  const RefusingPort refusing;
  scenario_.nextName("server");  // the number of the port, so that server 2 sends poem 2
  ScriptedServer resetting(scenario_);
  start({refusing.address(), resetting.address()});
  note("port 1", "refuses the connection");
  expectResult(1, "no poetry: Connection refused", "Port 1 refused",
               "Does `clientConnectionFailed` call `done`?");
  require(lines().front() == "asked for poem 1",
          {.headline = "Port 1 refused. getPoem called `done` before it returned."});
  accept(resetting).sendAndReset("half a po");
  expectResult(2, "no poetry: Connection reset by peer", "Server 2 reset the connection");
  expectEnd(2);
}

TEST_F(GetPoemCallback, GivesUpWhenTheLimitHasPassed) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  startWithLimit({first.address(), second.address()});
  ScriptedConnection& connection = accept(first);
  connection.send("half a po");
  letLimitPass();
  expectResult(1, kTimedOut, "The limit passed",
               "Did you pass the limit to `connectTCP`? That limits only connecting.");
  accept(second);
  letRun();  // it must close before the limit of poem 2 passes
  require(connection.hasEnded(),
          {.headline = "The limit passed, and the client does not close the connection."});
  letLimitPass();
  expectResult(2, kTimedOut, "The limit of poem 2 passed");
  expectEnd(2);
}

TEST_F(GetPoemCallback, CancelsTheLimitOfACompletePoem) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  startWithLimit({first.address(), second.address()});
  accept(first).sendAndClose("one");
  expectResult(1, "\"one\"", "Server 1 sent a poem");
  setCauseOfCrash("heap-use-after-free",
                  "Does the timer of the limit call a factory that is destroyed? Cancel it when "
                  "the download ends.");
  accept(second);
  letLimitPass();
  if (results(2).empty()) {
    letLimitPass();  // the first timer was another one
  }
  expectResult(2, kTimedOut, "The limit of poem 2 passed");
  expectEnd(2);
}

}  // namespace poetry::testing
