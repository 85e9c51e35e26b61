// A server that refuses must cost its own poem, and the client must still end.
#include "exercises/support/check.hpp"

#include <algorithm>
#include <cstddef>
#include <list>
#include <map>
#include <string>
#include <vector>

namespace poetry::testing {

enum class Kind { kServes, kRefuses };

class SurviveRefused : public Check {
 protected:
  /// Starts the client, which saves its poems, with these servers. They are numbered from 1.
  void begin(const std::vector<Kind>& kinds) {
    std::vector<std::string> arguments{"--output", folder().string()};
    for (const Kind kind : kinds) {
      const std::size_t number = addresses_.size() + 1;
      addresses_.push_back(kind == Kind::kServes
                               ? servers_.try_emplace(number, scenario_).first->second.address()
                               : refuse());
      arguments.push_back(addresses_.back());
    }
    start(arguments);
  }

  /// Accepts the client at each server that serves.
  void acceptAll() {
    for (auto& [number, server] : servers_) {
      connections_[number] = &accept(server);
    }
    letRun();
  }

  [[nodiscard]] ScriptedServer& server(std::size_t number) { return servers_.at(number); }
  [[nodiscard]] ScriptedConnection& connection(std::size_t number) {
    return *connections_.at(number);
  }

  /// The line for a server that has refused.
  [[nodiscard]] std::string failure(std::size_t number) const {
    return "reactor-client-1: Task " + std::to_string(number) + ": failed to connect to " +
           addresses_.at(number - 1) + ": Connection refused";
  }

  /// The client must report that this server has refused, once.
  void expectFailure(std::size_t number) {
    const std::string who = "Server " + std::to_string(number) + " refused";
    const std::string expected = failure(number);
    const std::vector<std::string> errors = errorLines();
    for (const std::string& line : errors) {
      require(
          line == expected || line.find(addresses_.at(number - 1)) == std::string::npos,
          {.headline = who + ". The client reported it in another way.",
           .cause = !line.starts_with("reactor-client-1: ")
                        ? "`report.failedToConnect` prints the line, with the name of the program."
                    : line.ends_with(expected.substr(expected.find("Task")))
                        ? "The message of connectTask is this whole line. Take the reason from "
                          "connectTo."
                    : line.ends_with(": connect: Connection refused")
                        ? "`describe(error)` is the reason without the name of the call."
                        : "",
           .expected = expected,
           .got = line});
    }
    const auto count = std::count(errors.begin(), errors.end(), expected);
    require(count == 1, {.headline = who + ". The client reported it " + std::to_string(count) +
                                     " times; expected: once."});
  }

  /// All connections have ended. The client must end, with so many poems.
  void expectEnd(std::size_t poems, const Finding& otherwise) {
    letRun();
    require(!isRunning(), otherwise);
    require(!contains(errorLines(),
                      "reactor-client-1: the reactor is not running, or is stopping already"),
            {.headline = "The client called `stop` of a reactor that is not running, which throws.",
             .cause = "`stop` is only allowed during `run`."});
    std::string count = std::to_string(poems);
    count += poems < addresses_.size() ? " of " + std::to_string(addresses_.size()) : "";
    const std::vector<std::string> printed = lines();
    const std::string last = printed.empty() ? "" : printed.back();
    require(last.starts_with("Got " + count + " poems in "),
            {.headline = "The last line does not begin with \"Got " + count + " poems\"."});
    requireExitCode(poems < addresses_.size() ? 1 : 0);
  }

  void expectPoem(std::size_t number, const std::string& poem) {
    const std::string name = "poem-" + std::to_string(number) + ".txt";
    const std::string saved = fileIn(folder(), name);
    require(saved == poem,
            {.headline = "The client saved another poem of server " + std::to_string(number) + '.',
             .expected = poem,
             .got = saved});
  }

 private:
  std::string refuse() {
    note(scenario_.nextName("server"), "refuses every connection");
    return refusing_.emplace_back().address();
  }

  std::vector<std::string> addresses_;
  std::map<std::size_t, ScriptedServer> servers_;
  std::list<RefusingPort> refusing_;
  std::map<std::size_t, ScriptedConnection*> connections_;
};

TEST_F(SurviveRefused, DownloadsAllPoemsWhenAllServersAnswer) {
  begin({Kind::kServes, Kind::kServes, Kind::kServes});
  acceptAll();
  for (const std::size_t number : {2U, 1U, 3U}) {
    connection(number).sendAndClose("poem " + std::to_string(number));
    letRun();
  }
  expectEnd(3, {.headline = "All servers have closed. The client " + activity() + '.'});
  expectPoem(1, "poem 1");
  expectPoem(3, "poem 3");
}

TEST_F(SurviveRefused, AsksTheNextServerAfterARefusal) {
  setCommandsByHand(
      {"./lesson run blocking-server --port 10000 poetry/science.txt", "{program} 10009 10000"});
  begin({Kind::kServes, Kind::kRefuses, Kind::kServes});
  accept(server(1));
  const bool isAsked = await([&] { return server(3).hasCaller(); });
  require(isAsked, {.headline = "Server 2 refused, and the client never asked server 3.",
                    .cause = "Did the refusal end the loop over the servers?"});
}

TEST_F(SurviveRefused, ReportsTheRefusal) {
  begin({Kind::kServes, Kind::kRefuses, Kind::kServes});
  acceptAll();
  expectFailure(2);
}

TEST_F(SurviveRefused, KeepsTheNumbersOfTheTasks) {
  begin({Kind::kRefuses, Kind::kServes});
  acceptAll();
  connection(2).send("ten bytes,");
  letRun();
  const std::string rest = ": got 10 bytes of poetry from " + server(2).address();
  require(!contains(lines(), "Task 1" + rest),
          {.headline = "Server 1 refused. What server 2 sent was reported for task 1.",
           .cause = "The number of a task is its place on the command line, not the number of "
                    "sockets."});
  require(contains(lines(), "Task 2" + rest),
          {.headline = "Server 1 refused. What server 2 sent was not reported for task 2."});
  expectFailure(1);
}

TEST_F(SurviveRefused, EndsAfterTheOtherPoems) {
  begin({Kind::kServes, Kind::kRefuses, Kind::kServes});
  acceptAll();
  connection(1).sendAndClose("poem 1");
  letRun();
  require(isRunning(), {.headline = "Server 3 is still connected. The client " + activity() + '.',
                        .cause = "The last poem has not ended. Is the refused one counted twice?"});
  connection(3).sendAndClose("poem 3");
  expectEnd(2, {.headline = "Server 2 refused. The client has the other poems, and waits for ever.",
                .cause = "A failed attempt also ends a poem, so count it."});
  expectPoem(1, "poem 1");
  expectPoem(3, "poem 3");
}

TEST_F(SurviveRefused, EndsWhenAllServersRefuse) {
  begin({Kind::kRefuses, Kind::kRefuses, Kind::kRefuses});
  letRun();
  for (const std::size_t number : {1U, 2U, 3U}) {
    expectFailure(number);
  }
  expectEnd(0, {.headline = "All servers refused, and the client waits for ever.",
                .cause = "No socket is registered, so no callback can call stop()."});
}

}  // namespace poetry::testing
