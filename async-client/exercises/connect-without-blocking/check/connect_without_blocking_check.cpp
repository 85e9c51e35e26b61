// The client must connect to all servers at once, and report how each attempt ended.
#include "exercises/support/check.hpp"
#include "support/report_lines.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace poetry::testing {

class ConnectWithoutBlocking : public Check {
 protected:
  ConnectWithoutBlocking() {
    setCauseOfCrash("Undefined behaviour", "Is FD_ISSET called for a socket that is closed?");
  }

  /// Starts the client, which saves its poems.
  void begin(const std::vector<std::string>& servers, const ChildOptions& options = {}) {
    std::vector<std::string> arguments{"--output", folder().string()};
    arguments.insert(arguments.end(), servers.begin(), servers.end());
    start(arguments, options);
  }

  /// No server has sent anything yet. The client must have started all attempts, and sleep.
  void expectRest() {
    require(comesToRest(),
            {.headline = "No server has sent a byte, and the client runs without pause.",
             .cause = "A connected socket is nearly always writable. Does the client stop watching "
                      "it for that?"});
  }

  /// Adds a server that is no ScriptedServer to the story, so that it has a number, too.
  void noteServer(const std::string& what) { note(scenario_.nextName("server"), what); }

  /// The client must have reported that `task` has failed to connect, and nothing else.
  void expectFailure(std::size_t task, const std::string& address, const std::string& reason,
                     const std::string& seen,
                     const std::string& causeOfLoss =
                         "There was no connection to lose. Before you read, ask SO_ERROR.") {
    const std::string name = "Task " + std::to_string(task);
    const std::string expected =
        "async-client: " + name + ": failed to connect to " + address + ": " + reason;
    const bool isReported = contains(errorLines(), expected);
    require(!isReported || !contains(lines(), name + " finished"),
            {.headline = seen + " The client reported that, and then a complete poem.",
             .cause = "The socket is still open, so the task is still in the list. Close the "
                      "socket."});
    require(!contains(lines(), name + " finished"),
            {.headline = seen + " The client reported a complete poem.",
             .cause = "Writable only means that the attempt has ended. The error number that "
                      "SO_ERROR gave says how."});
    std::string got;
    for (const std::string& text : errorLines()) {
      const ReportLine line = parseReportLine(text);
      require(
          line.kind != ReportLine::Kind::kLost || line.task != task,
          {.headline = seen + " The client reported that a connection was lost.",
           .cause = text.ends_with(": Transport endpoint is not connected")
                        ? "`connect` returned -1, and errno was not EINPROGRESS: no attempt was "
                          "started."
                        : causeOfLoss,
           .expected = expected,
           .got = text});
      got = text.find(name + ':') != std::string::npos ? text : got;
    }
    require(!got.empty(),
            {.headline = seen + " The client did not report it.",
             .cause = isRunning() || hasSummary()
                          ? ""
                          : "The client ended early. Did an exception leave the loop?"});
    require(got == expected, {.headline = seen + " The client reported it in another way.",
                              .cause = got.ends_with(": Operation now in progress")
                                           ? "Is this the number that SO_ERROR gave?"
                                           : "",
                              .expected = expected,
                              .got = got});
  }

  /// `connection` sends a poem and closes. The client must report and save it.
  void expectPoem(std::size_t task, ScriptedConnection& connection, const std::string& poem,
                  const std::string& cause = {}) {
    const std::string name = "Server " + std::to_string(task);
    connection.sendAndClose(poem);
    require(comesToRest(), {.headline = name + " sent a poem. The client runs without pause."});
    require(contains(lines(), "Task " + std::to_string(task) + " finished"),
            {.headline = name + " sent a poem. Task " + std::to_string(task) +
                         " is not finished: the client " + activity() + '.',
             .cause = cause});
    const std::string saved = fileIn(folder(), "poem-" + std::to_string(task) + ".txt");
    require(saved == poem, {.headline = name + " sent a poem. The client saved another one.",
                            .expected = poem,
                            .got = saved});
  }

 private:
  /// True if the client has printed its last line: Got 1 of 2 poems in ...
  [[nodiscard]] bool hasSummary() {
    const std::vector<std::string> printed = lines();
    return !printed.empty() && parseReportLine(printed.back()).kind == ReportLine::Kind::kSummary;
  }
};

TEST_F(ConnectWithoutBlocking, AsksTheOthersWhenAServerDoesNotAnswer) {
  const SilentPort silent;
  noteServer("is at " + silent.address() + " and does not answer");
  ScriptedServer second(scenario_);
  begin({silent.address(), second.address()});
  expectRest();
  for (const std::string& line : errorLines()) {
    require(
        !line.ends_with(": Operation now in progress"),
        {.headline = "The client reported \"Operation now in progress\" as a failure.",
         .cause = "After `connect`, EINPROGRESS is no failure. After `select`, ask SO_ERROR, not "
                  "`errno`."});
  }
  require(second.hasCaller(),
          {.headline = "Server 1 does not answer. The client " + activity() +
                       " and has not asked server 2.",
           .cause = activity().find("`connect`") != std::string::npos
                        ? "The socket is in blocking mode when the client calls `connect`."
                        : "Start all attempts first, then wait for all of them together."});
  expectPoem(2, accept(second), "poem two",
             "Does the client read only after all attempts have ended?");
  require(isRunning(), {.headline = "Server 1 may still answer. The client " + activity() + '.'});
}

TEST_F(ConnectWithoutBlocking, ReportsAServerThatRefuses) {
  const RefusingPort refusing;
  noteServer("is at " + refusing.address() + " and refuses");
  ScriptedServer second(scenario_);
  setCommandsByHand(
      {"./lesson run blocking-server --port 10001 poetry/science.txt", "{program} 10009 10001"});
  begin({refusing.address(), second.address()});
  ScriptedConnection& connection = accept(second);
  expectRest();
  expectFailure(1, refusing.address(), "Connection refused", "Server 1 refuses.");
  require(isRunning(), {.headline = "Server 1 refuses. The client " + activity() + '.'});
  expectPoem(2, connection, "poem two");
  requireExitCode(1);
}

TEST_F(ConnectWithoutBlocking, EndsWhenAllServersRefuse) {
  const RefusingPort first;
  const RefusingPort second;
  for (const RefusingPort* port : {&first, &second}) {
    noteServer("is at " + port->address() + " and refuses");
  }
  begin({first.address(), second.address()});
  expectRest();
  require(!isRunning(), {.headline = "All servers refuse. The client " + activity() + '.',
                         .cause = "Is a task that has failed still in the list?"});
  expectFailure(1, first.address(), "Connection refused", "Both servers refuse.");
  expectFailure(2, second.address(), "Connection refused", "Both servers refuse.");
  requireExitCode(1);
}

TEST_F(ConnectWithoutBlocking, ReportsAServerThatRefusesLater) {
  SilentPort first;
  noteServer("is at " + first.address() + " and does not answer");
  ScriptedServer second(scenario_);
  begin({first.address(), second.address()});
  expectPoem(2, accept(second), "poem two");
  first.refuse();
  note("server 1", "refuses from now on");
  setQuietTime(std::chrono::seconds(10));  // the kernel tries again after 1, 3 and 7 s
  static_cast<void>(await([&] { return !errorLines().empty(); }));
  setQuietTime(std::chrono::seconds(0));
  expectRest();
  expectFailure(1, first.address(), "Connection refused", "Server 1 refuses later.",
                "SO_ERROR is 0 while an attempt lasts. Did the client ask before the socket was "
                "writable?");
  requireExitCode(1);
}

TEST_F(ConnectWithoutBlocking, ReadsFromAServerThatSendsAtOnce) {
  const Faults faults("select:SIGSTOP@1");
  ScriptedServer server(scenario_);
  begin({server.address()}, faults.options());
  scenario_.waitUntil([&] { return program().hasStopped() || !isRunning(); }, SourceLine::here(),
                      "the client calls `select`");
  require(!faults.met().empty(),
          {.headline = "The client did not call `select`. It " + activity() + '.'});
  note("the client", "is stopped before it calls `select`");
  ScriptedConnection& connection = accept(server);
  connection.sendAndClose("poem one");
  scenario_.waitUntil([&] { return scenario_.allDelivered(); }, SourceLine::here(),
                      "all of it has arrived");
  program().resume();
  requireExitCode(0);
  require(fileIn(folder(), "poem-1.txt") == "poem one",
          {.headline = "Server 1 sent a poem at once. The client saved another one."});
}

TEST_F(ConnectWithoutBlocking, ReportsAnAttemptThatFailsAtOnce) {
  const Faults faults("connect:ENETUNREACH@1");
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  note("the kernel", "answers the first `connect` with \"Network is unreachable\"");
  begin({first.address(), second.address()}, faults.options());
  ScriptedConnection& connection = accept(second);
  expectRest();
  require(!faults.met().empty(), {.headline = "The client did not call `connect`."});
  expectFailure(1, first.address(), "Network is unreachable",
                "The first `connect` failed at once.");
  expectPoem(2, connection, "poem two");
  requireExitCode(1);
}

}  // namespace poetry::testing
