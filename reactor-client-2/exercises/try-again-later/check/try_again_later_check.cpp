// The client must try again, later each time, until it has the poem or has made five attempts.
#include "exercises/support/client_check.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace poetry::testing {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class TryAgainLater : public ClientCheck {
 protected:
  TryAgainLater() {
    setCauseOfCrash(
        "heap-use-after-free",
        "Is the connector destroyed while the timer runs? Keep what connectTCP returns.");
    setQuietTime(kLongerThanEachDelay);
  }

  static constexpr std::chrono::milliseconds kLongerThanEachDelay{3200};

  void begin(const std::string& server, const ChildOptions& options = {}) {
    start({"--output", folder().string(), server}, options);
  }

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

  /// Waits until the client has read 6 bytes.
  void sendSixBytes(ScriptedConnection& connection) {
    const std::size_t before = bytesReported(1);
    connection.send("Busy o");
    require(await([&] { return bytesReported(1) > before; }),
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
    requirePoem(1, "a whole poem");
  }

  /// The client has ended after four delays, and the check has set its clock forward. `ours` is the time
  /// that its run took by our clock. The client must have waited for as long as it has printed.
  ///
  /// The client's own time is ours at most, plus what the clock was set forward: by no more than the
  /// delays. So both comparisons hold on a slow machine, too.
  void requireDelays(Clock::duration ours) {
    const auto toMs = [](auto time) { return std::chrono::round<std::chrono::milliseconds>(time); };
    constexpr std::chrono::milliseconds kDelays{1500};
    constexpr std::chrono::milliseconds kRounding{10};
    const ReportLine summary = parseReportLine(lines().back());
    require(summary.elapsed.has_value(), {.headline = "The last line is not the time of the run."});
    const std::string cause = "Does `callLater` get the delay that was printed?";
    require(*summary.elapsed >= kDelays,
            {.headline = "The four delays are 1500 ms in all. The client ended after " +
                         std::to_string(toMs(*summary.elapsed).count()) + " ms.",
             .cause = cause});
    const auto setForward = toMs(*summary.elapsed - ours);
    // Was its clock set forward while it was connecting? Then by the 30 s that connecting may take.
    const std::vector<std::string> messages = errorLines();
    const bool wasConnecting =
        std::any_of(messages.begin(), messages.end(),
                    [](const std::string& line) { return line.ends_with(": timed out"); });
    require(setForward <= kDelays + kRounding || wasConnecting,
            {.headline = "The four delays are 1500 ms in all. The client waited for more than " +
                         std::to_string(setForward.count()) + " ms.",
             .cause = cause});
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
  const Faults setForward("epoll_wait:SUSPEND");
  const Clock::time_point beginning = Clock::now();
  begin(port.address(), setForward.options());
  note("the server", "refuses the connection");
  setQuietTime(0ms);  // it sleeps until its timer is due, so it looks idle at once
  require(comesToRest() && failedAttempts() < 5,
          {.headline = "The server refused, and the client tried again without a pause.",
           .cause = "`callLater` calls a function after a delay. Call `connect` there."});
  require(isRunning() || retries().empty(),
          {.headline = "The client printed \"retrying in ...\" and " + activity() + '.',
           .cause = "The task is not over while the timer runs: do not call `poemFinished`."});
  const std::size_t attempts = failedAttempts();
  require(isRunning(),
          {.headline = "The server refused. The client ended after " + std::to_string(attempts) +
                       (attempts == 1 ? " attempt" : " attempts") + "; expected: 5."});
  const std::string state = activity();
  require(state.find("`sleep`") == std::string::npos,
          {.headline = "The client " + state + ", and the reactor waits for it.",
           .cause = "No callback may sleep. `callLater` calls a function after a delay."});
  const std::vector<std::string> expected{retryLine(100), retryLine(200), retryLine(400),
                                          retryLine(800)};
  for (std::size_t delay = 0; delay < expected.size() && isRunning(); ++delay) {
    program().pause();
    note("the clock", "is set forward to the client's next timer");
    program().resume();
    letRun();
  }
  setQuietTime(kLongerThanEachDelay);
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
                       " lines \"retrying in ...\"; expected: 4.",
           .cause = found.size() == 3 ? "Wait for kLastDelay, too. Give up only after it." : ""});
  require(!isRunning(),
          {.headline = "The server refused five attempts. The client " + activity() + '.',
           .cause = "Is `poemFinished` called when the client gives up?"});
  requireExitCode(1);
  require(failedAttempts() == 5,
          {.headline =
               "The client made " + std::to_string(failedAttempts()) + " attempts; expected: 5."});
  requireDelays(Clock::now() - beginning);
}

TEST_F(TryAgainLater, ConnectsWhenTheServerIsThere) {
  const RefusingPort port;
  begin(port.address());
  require(prints(retryLine(100)),
          {.headline = "The server refused. The client did not print \"" + retryLine(100) + "\"."});
  std::optional<ScriptedServer> server;
  whileStopped([&] {
    server.emplace(scenario_, "127.0.0.1", port.port());
    note("server 1", "listens on the port that has refused");
  });
  expectPoem(accept(*server));
}

TEST_F(TryAgainLater, AsksAgainAfterAReset) {
  ScriptedServer server(scenario_);
  begin(server.address());
  ScriptedConnection& first = accept(server);
  sendSixBytes(first);
  first.reset();
  require(prints(retryLine(100)),
          {.headline = "Server 1 reset the connection. The client did not print \"" +
                       retryLine(100) + "\".",
           .cause = retries().empty() ? "A connection that was lost counts like a failed attempt. "
                                        "Does `clientConnectionLost` try again?"
                                      : ""});
  expectPoem(accept(server));
}

TEST_F(TryAgainLater, StartsAgainWithTheFirstDelay) {
  const RefusingPort port;  // its number stays free for the next server
  std::optional<ScriptedServer> server(std::in_place, scenario_, "127.0.0.1", port.port());
  begin(server->address());
  ScriptedConnection& first = accept(*server);
  sendSixBytes(first);
  whileStopped([&] {
    first.reset();
    server.reset();
    note("server 1", "does not listen any more");
  });
  require(prints(retryLine(200)),
          {.headline =
               "Server 1 stopped listening. The client did not print \"" + retryLine(200) + "\"."});
  whileStopped([&] {
    server.emplace(scenario_, "127.0.0.1", port.port());
    note("server 2", "listens on the same port");
  });
  ScriptedConnection& second = accept(*server);
  sendSixBytes(second);
  const std::size_t before = retries().size();
  whileStopped([&] {
    second.reset();
    server.reset();
    note("server 2", "does not listen any more");
  });
  require(await([&] { return retries().size() > before; }),
          {.headline = "A good connection was reset. The client " + activity() + '.',
           .cause = "After a success, five attempts are left again."});
  const std::string line = retries().at(before);
  require(
      line == retryLine(100),
      {.headline = "After a good connection, the client printed \"" + line.substr(0, 30) + "\".",
       .cause = "A connection is a success: start again with the first delay.",
       .expected = retryLine(100),
       .got = line});
  static_cast<void>(await([&] { return retries().size() > before + 4; }));
  require(retries().size() == before + 4,
          {.headline = "A good connection was lost. The client printed " +
                       std::to_string(retries().size() - before) + " delays; expected: 4.",
           .cause = "The lost connection is the first of five attempts again."});
  requireExitCode(1);
}

TEST_F(TryAgainLater, DoesNotRetryAfterCtrlC) {
  ScriptedServer server(scenario_);
  begin(server.address());
  sendSixBytes(accept(server));
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
