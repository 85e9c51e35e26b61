// A server that cannot be reached must cost its own poem, and no other.
#include "exercises/support/client_check.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace poetry::testing {

/// A server that refuses the connection. It has a name, so that server 3 is the third of a command line.
class DeadServer {
 public:
  explicit DeadServer(Scenario& scenario) : name_(scenario.nextName("server")) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& address() const { return port_.address(); }

 private:
  std::string name_;
  RefusingPort port_;
};

class OneDeadServer : public ClientCheck {
 protected:
  /// Starts the client, which saves its poems.
  void begin(const std::vector<std::string>& addresses, const ChildOptions& options = {}) {
    std::vector<std::string> arguments = {"--output", folder().string()};
    arguments.insert(arguments.end(), addresses.begin(), addresses.end());
    start(arguments, options);
  }

  /// Waits until the client connects to `server`, which comes after one that it cannot reach. `failure` is
  /// what happened there: "Server 2 refused".
  ScriptedConnection& acceptAfter(const std::string& failure, ScriptedServer& server,
                                  const std::string& causeOfTheEnd) {
    if (!await([&] { return server.hasCaller(); })) {
      require(!hasTotal(),
              {.headline = failure + ", and the client never connected to " + server.name() + '.',
               .cause = kEndsTheLoop});
      require(isRunning(),
              {.headline = failure + ", and the client ended.", .cause = causeOfTheEnd});
    }
    return accept(server);
  }

  /// The client must have printed one error about `task`, at once: "failed to connect to ADDRESS: WHY".
  void requireError(int task, const std::string& failure, const std::string& address,
                    const std::string& why) {
    letRun();
    const std::string number = "Task " + std::to_string(task) + ": ";
    const std::string wanted =
        "blocking-client: " + number + "failed to connect to " + address + ": " + why;
    std::string found;
    for (const std::string& line : errorLines()) {
      if (line.find(number) != std::string::npos) {
        found += (found.empty() ? "" : "\n") + line;
      }
    }
    for (const std::string& line : lines()) {
      require(!line.starts_with(number + "got "),
              {.headline = failure + ", and the client reported a poem."});
      require(line.find(kPhrase) == std::string::npos,
              {.headline = failure + ". The client printed the error on standard output.",
               .cause = "`printError` prints on standard error."});
    }
    require(!found.empty(), {.headline = failure + ", and the client printed no error about task " +
                                         std::to_string(task) + '.'});
    require(found.find(" lost after ") == std::string::npos,
            {.headline = failure + ". The client also reported that the connection was lost.",
             .cause = "There is no connection. Does `getPoem` continue after the refusal?"});
    require(
        found.find(kPhrase) == found.rfind(kPhrase),
        {.headline = failure + ". The error says \"failed to connect\" twice.",
         .cause = "The text of this exception is already the whole message. Print it as it is."});
    require(found == wanted, {.headline = failure + ". The client printed another error.",
                              .expected = wanted,
                              .got = found});
  }

  /// The client must have begun a task with this number at this server.
  void requireTask(int task, const std::string& before, const ScriptedServer& server) {
    const std::string rest = ": get poetry from: " + server.address();
    const std::string number = std::to_string(task);
    require(!contains(lines(), "Task " + std::to_string(task - 1) + rest),
            {.headline = "The client gave the number " + std::to_string(task - 1) + " to " +
                         before + " and to " + server.name() + '.',
             .cause = "After an exception, the rest of the `try` block does not run. Is the task "
                      "counted there?"});
    require(
        contains(lines(), "Task " + number + rest),
        {.headline = "The client did not print \"Task " + number + ": get poetry from: ...\"."});
  }

  /// Waits for the end. The last line must report `count` poems, "2 of 3", and the exit code must be 1.
  void requireEnd(const std::string& count) {
    const Ending ending = finish();
    const std::vector<std::string> printed = lines();
    require(!printed.empty() && printed.back().starts_with("Got " + count + " poems in "),
            {.headline = "The last line of the client is not \"Got " + count + " poems in ...\".",
             .expected = "Got " + count + " poems in ",
             .got = printed.empty() ? "" : printed.back()});
    require(ending == Ending::code(1),
            {.headline = count + " poems arrived. The client ended with " + ending.toString() +
                         "; expected: 1."});
  }

  /// True if the client has printed its last line.
  [[nodiscard]] bool hasTotal() {
    const std::vector<std::string> printed = lines();
    return std::any_of(printed.begin(), printed.end(),
                       [](const std::string& line) { return line.starts_with("Got "); });
  }

  static constexpr const char* kEndsTheLoop =
      "One refusal must not end the loop: catch the std::runtime_error inside it, and go on.";
  static constexpr const char* kPhrase = "failed to connect";
  static constexpr const char* kRefused = "Connection refused";
};

TEST_F(OneDeadServer, ContinuesWhenTheSecondServerRefuses) {
  setCommandsByHand({"./lesson run blocking-server --port 10000 poetry/science.txt",
                     "{program} 10000 10009 10000"});
  ScriptedServer first(scenario_);
  const DeadServer second(scenario_);
  ScriptedServer third(scenario_);
  begin({first.address(), second.address(), third.address()});
  accept(first).sendAndClose("the first poem");
  note(second.name(), "refuses the connection");
  ScriptedConnection& connection = acceptAfter("Server 2 refused", third, kEndsTheLoop);
  requireError(2, "Server 2 refused", second.address(), kRefused);
  requireTask(3, second.name(), third);
  connection.sendAndClose("the third poem");
  requireEnd("2 of 3");
  requirePoem(1, "the first poem");
  requirePoem(3, "the third poem");
}

TEST_F(OneDeadServer, ContinuesWhenTheFirstServerRefuses) {
  const DeadServer first(scenario_);
  ScriptedServer second(scenario_);
  note(first.name(), "refuses the connection");
  begin({first.address(), second.address()});
  ScriptedConnection& connection = acceptAfter("Server 1 refused", second, kEndsTheLoop);
  requireError(1, "Server 1 refused", first.address(), kRefused);
  requireTask(2, first.name(), second);
  connection.sendAndClose("the second poem");
  requireEnd("1 of 2");
  requirePoem(2, "the second poem");
}

TEST_F(OneDeadServer, ReportsEachServerWhenAllRefuse) {
  const DeadServer first(scenario_);
  const DeadServer second(scenario_);
  note("each server", "refuses the connection");
  begin({first.address(), second.address()});
  static_cast<void>(finish());
  requireError(1, "Server 1 refused", first.address(), kRefused);
  requireError(2, "Server 2 refused", second.address(), kRefused);
  requireEnd("0 of 2");
}

TEST_F(OneDeadServer, ContinuesWhenANameIsUnknown) {
  const Faults faults("getaddrinfo:EAI_AGAIN");
  const std::string unknown = "nowhere.invalid:10000";
  static_cast<void>(scenario_.nextName("server"));  // the first one
  ScriptedServer second(scenario_);
  note("server 1", "has the name nowhere.invalid, which does not exist");
  begin({unknown, second.address()}, faults.options());
  const std::string failure = "The name of server 1 is unknown";
  ScriptedConnection& connection =
      acceptAfter(failure, second, "This is an exception, too. Is there a `catch` for its type?");
  require(!faults.met().empty(), {.headline = "The client did not look up the name of server 1."});
  requireError(1, failure, unknown, "Temporary failure in name resolution");
  connection.sendAndClose("the second poem");
  requireEnd("1 of 2");
  requirePoem(2, "the second poem");
}

TEST_F(OneDeadServer, StillReportsALostPoem) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  begin({first.address(), second.address()});
  ScriptedConnection& connection = accept(first);
  connection.send("Busy o");
  letRun();
  connection.reset();
  accept(second).sendAndClose("the second poem");
  requireEnd("1 of 2");
  const std::string wanted = "blocking-client: Task 1: connection to " + first.address() +
                             " lost after 6 bytes: Connection reset by peer";
  require(errorLines() == std::vector<std::string>{wanted},
          {.headline = "Server 1 reset the connection. The client printed another error.",
           .expected = wanted + '\n',
           .got = program().errors()});
  requirePoem(2, "the second poem");
}

}  // namespace poetry::testing
