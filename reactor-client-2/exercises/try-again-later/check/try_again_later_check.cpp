// The client must try again, later each time, until it has the poem or has made five attempts.
#include "exercises/support/check.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace poetry::testing {

using namespace std::chrono_literals;

class TryAgainLater : public Check {
 protected:
  TryAgainLater() {
    setCauseOfCrash(
        "heap-use-after-free",
        "Is the connector destroyed while the timer runs? Keep what connectTCP returns.");
    setQuietTime(kLongerThanEachDelay);
  }

  static constexpr std::chrono::milliseconds kLongerThanEachDelay{3200};

  void begin(const std::string& server) { start({"--output", folder().string(), server}); }

  static std::string retryLine(int delay) {
    return "Task 1: retrying in " + std::to_string(delay) + " ms";
  }

  /// The lines about a retry that the client has printed so far.
  [[nodiscard]] std::vector<std::string> retries() {
    std::vector<std::string> found = lines();
    std::erase_if(found, [](const std::string& line) {
      return line.find(": retrying in ") == std::string::npos;
    });
    return found;
  }

  [[nodiscard]] std::size_t failedAttempts() {
    const std::vector<std::string> messages = errorLines();
    return static_cast<std::size_t>(
        std::count_if(messages.begin(), messages.end(), [](const std::string& line) {
          return line.find("failed to connect") != std::string::npos;
        }));
  }

  /// Waits until the client has read 6 bytes of this server.
  void sendSixBytes(ScriptedConnection& connection, const ScriptedServer& server) {
    const std::size_t before = chunks(server);
    connection.send("Busy o");
    require(await([&] { return chunks(server) > before; }),
            {.headline = "Server 1 sent 6 bytes, and the client did not report them."});
  }

  /// The server sends a whole poem. The client must keep it and end.
  void expectPoem(ScriptedConnection& connection) {
    const std::size_t before = retries().size();
    connection.sendAndClose("a whole poem");
    static_cast<void>(await([&] { return retries().size() > before; }));
    const std::string sent = "The server sent a whole poem. The client ";
    require(retries().size() == before,
            {.headline = sent + "tries again.", .cause = "ConnectionDone is the end of the poem."});
    require(!isRunning(), {.headline = sent + activity() + '.',
                           .cause = "Is `poemFinished` called once for each task?"});
    requireExitCode(0);
    const std::string saved = fileIn(folder(), "poem-1.txt");
    require(
        saved == "a whole poem",
        {.headline = "The client saved another poem.", .expected = "a whole poem", .got = saved});
  }

 private:
  [[nodiscard]] std::size_t chunks(const ScriptedServer& server) {
    const std::vector<std::string> printed = lines();
    return static_cast<std::size_t>(std::count(
        printed.begin(), printed.end(), "Task 1: got 6 bytes of poetry from " + server.address()));
  }
};

TEST_F(TryAgainLater, KeepsACompletePoem) {
  ScriptedServer server(scenario_);
  begin(server.address());
  expectPoem(accept(server));
}

TEST_F(TryAgainLater, MakesFiveAttemptsWithLongerDelays) {
  setCommandsByHand({"{program} 10009"});
  const RefusingPort port;
  begin(port.address());
  note("the server", "refuses the connection");
  setQuietTime(0ms);  // it sleeps until its timer is due, so it looks idle at once
  require(comesToRest() && failedAttempts() < 5,
          {.headline = "The server refused, and the client tried again without a pause.",
           .cause = "`callLater` calls a function after a delay. Call `connect` there."});
  require(isRunning() || retries().empty(),
          {.headline = "The client printed \"retrying in ...\" and " + activity() + '.',
           .cause = "The task is not over while the timer runs: do not call `poemFinished`."});
  require(isRunning(), {.headline = "The server refused. The client " + activity() + '.'});
  const std::string state = activity();
  require(state.find("`sleep`") == std::string::npos,
          {.headline = "The client " + state + ", and the reactor waits for it.",
           .cause = "No callback may sleep. `callLater` calls a function after a delay."});
  setQuietTime(kLongerThanEachDelay);
  const std::vector<std::string> expected{retryLine(100), retryLine(200), retryLine(400),
                                          retryLine(800)};
  static_cast<void>(await([&] { return retries().size() > expected.size(); }));
  const std::vector<std::string> found = retries();
  for (std::size_t i = 0; i < std::min(found.size(), expected.size()); ++i) {
    require(found[i] == expected[i],
            {.headline = "Before attempt " + std::to_string(i + 2) + ", the client printed \"" +
                         found[i].substr(0, 30) + "\".",
             .cause = i == 0 ? "The first delay is kFirstDelay. Double it after its use."
                             : "Each delay is twice as long as the one before.",
             .expected = expected[i],
             .got = found[i]});
  }
  require(found.size() <= expected.size(),
          {.headline = "The server refused five attempts. The client does not give up."});
  require(found.size() == expected.size(),
          {.headline = "The client printed " + std::to_string(found.size()) +
                       " lines \"retrying in ...\"; expected: 4."});
  requireExitCode(1);
  require(failedAttempts() == 5,
          {.headline =
               "The client made " + std::to_string(failedAttempts()) + " attempts; expected: 5."});
}

TEST_F(TryAgainLater, ConnectsWhenTheServerIsThere) {
  const RefusingPort port;
  begin(port.address());
  require(prints(retryLine(100)),
          {.headline = "The server refused. The client did not print \"" + retryLine(100) + "\"."});
  program().pause();
  ScriptedServer server(scenario_, "127.0.0.1", port.port());
  note("server 1", "listens on the port that has refused");
  program().resume();
  expectPoem(accept(server));
}

TEST_F(TryAgainLater, AsksAgainAfterAReset) {
  ScriptedServer server(scenario_);
  begin(server.address());
  ScriptedConnection& first = accept(server);
  sendSixBytes(first, server);
  first.reset();
  require(prints(retryLine(100)),
          {.headline = "Server 1 reset the connection. The client did not print \"" +
                       retryLine(100) + "\"."});
  expectPoem(accept(server));
}

TEST_F(TryAgainLater, StartsAgainWithTheFirstDelay) {
  const RefusingPort port;  // its number stays free for the next server
  std::optional<ScriptedServer> server(std::in_place, scenario_, "127.0.0.1", port.port());
  begin(server->address());
  ScriptedConnection& first = accept(*server);
  sendSixBytes(first, *server);
  program().pause();
  first.reset();
  server.reset();
  note("server 1", "does not listen any more");
  program().resume();
  require(prints(retryLine(200)),
          {.headline =
               "Server 1 stopped listening. The client did not print \"" + retryLine(200) + "\"."});
  program().pause();
  server.emplace(scenario_, "127.0.0.1", port.port());
  note("server 2", "listens on the same port");
  program().resume();
  ScriptedConnection& second = accept(*server);
  sendSixBytes(second, *server);
  const std::size_t before = retries().size();
  second.reset();
  require(await([&] { return retries().size() > before; }),
          {.headline = "A good connection was reset. The client " + activity() + '.',
           .cause = "After a success, five attempts are left again."});
  const std::string line = retries().back();
  require(
      line == retryLine(100),
      {.headline = "After a good connection, the client printed \"" + line.substr(0, 30) + "\".",
       .cause = "A connection is a success: start again with the first delay.",
       .expected = retryLine(100),
       .got = line});
  expectPoem(accept(*server));
}

TEST_F(TryAgainLater, DoesNotRetryAfterCtrlC) {
  ScriptedServer server(scenario_);
  begin(server.address());
  sendSixBytes(accept(server), server);
  program().signal(SIGINT);
  const Ending ending = finish();
  require(retries().empty(),
          {.headline = "After Ctrl-C, the client printed \"retrying in ...\".",
           .cause = "At the end of the run, each connection ends. Ask `running`."});
  require(
      ending == Ending::bySignal(SIGINT),
      {.headline = "After Ctrl-C, the client did not end by SIGINT: " + ending.toString() + '.'});
}

}  // namespace poetry::testing
