// The answers are compared with runs of a factory and a protocol that record their calls.
#include "exercises/support/check.hpp"
#include "reactor/protocol.hpp"
#include "reactor/reactor.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace poetry::testing {

/// One line of a list: a function, and how often it is called before another one follows.
struct Call {
  std::string name;
  std::set<std::size_t> counts;  ///< in an answer: one count; of runs: each count that was seen
  bool orMore = false;           ///< an answer says "1 or more"
};

using Calls = std::vector<Call>;

/// Adds a call. Calls of the same function in a row become one element.
void add(Calls& calls, const std::string& name, bool orMore = false) {
  if (calls.empty() || calls.back().name != name) {
    calls.push_back({name, {1}, orMore});
  } else {
    calls.back().counts = {*calls.back().counts.begin() + 1};
    calls.back().orMore |= orMore;
  }
}

std::string times(std::size_t count) {
  return count == 1 ? "once" : count == 2 ? "twice" : std::to_string(count) + " times";
}

std::string textOf(const Call& call) {
  const bool isPlain = call.counts == std::set<std::size_t>{1} && !call.orMore;
  const bool isMany = call.orMore || call.counts.size() > 1;
  return call.name + (isPlain ? "" : isMany ? " 1 or more" : ' ' + times(*call.counts.begin()));
}

std::string textOf(const Calls& calls) {
  std::string text;
  for (const Call& call : calls) {
    text += (text.empty() ? "" : ", ") + textOf(call);
  }
  return text;
}

/// What happens in a run, besides the attempt.
struct Script {
  bool makesProtocol = true;
  std::function<void()> whenMade = [] {};
  std::function<void()> whenReceived = [] {};  ///< at the first dataReceived
};

class RecordingProtocol : public Protocol {
 public:
  RecordingProtocol(Calls& calls, const Script& script) : calls_(calls), script_(script) {}

  void connectionMade() override {
    add(calls_, "connectionMade");
    script_.whenMade();
  }
  void dataReceived(std::string_view /*bytes*/) override {
    add(calls_, "dataReceived");
    if (!std::exchange(hasReceived_, true)) {
      script_.whenReceived();
    }
  }
  void connectionLost(const Failure& /*reason*/) override { add(calls_, "connectionLost"); }

 private:
  Calls& calls_;
  const Script& script_;
  bool hasReceived_ = false;
};

/// Stops the reactor when the connection has ended or the attempt has failed.
class RecordingFactory : public ClientFactory {
 public:
  RecordingFactory(Reactor& reactor, Calls& calls, const Script& script)
      : reactor_(reactor), calls_(calls), script_(script) {}

  void startedConnecting(IConnector& /*connector*/) override { add(calls_, "startedConnecting"); }
  std::unique_ptr<IProtocol> buildProtocol(const Address& /*peer*/) override {
    add(calls_, "buildProtocol");
    return script_.makesProtocol ? std::make_unique<RecordingProtocol>(calls_, script_) : nullptr;
  }
  void clientConnectionFailed(IConnector& /*connector*/, const Failure& /*reason*/) override {
    add(calls_, "clientConnectionFailed");
    reactor_.stop();
  }
  void clientConnectionLost(IConnector& /*connector*/, const Failure& /*reason*/) override {
    add(calls_, "clientConnectionLost");
    reactor_.stop();
  }

 private:
  Reactor& reactor_;
  Calls& calls_;
  const Script& script_;
};

class PredictTheCallbacks : public Check {
 protected:
  static Calls run(std::uint16_t port, const Script& script = {}) {
    Calls calls;
    Reactor reactor;
    RecordingFactory factory(reactor, calls, script);
    reactor.connectTCP("127.0.0.1", port, factory);
    reactor.run();
    return calls;
  }

  /// The list of `letter` in answers.txt. Fails if it is empty, or has a line that is no call.
  Calls answer(char letter) {
    constexpr std::array kFunctions = {
        "startedConnecting",      "buildProtocol",        "connectionMade", "dataReceived",
        "clientConnectionFailed", "clientConnectionLost", "connectionLost"};
    Calls calls;
    char current = ' ';
    std::istringstream file(fileUnderTest("answers.txt"));
    for (std::string line; std::getline(file, line);) {
      std::istringstream words(line);
      std::string name;
      if (!(words >> name) || name.starts_with('#')) {
        continue;
      }
      if (name.size() == 3 && name.front() == '(' && name.back() == ')') {
        current = name[1];
      } else if (current == letter) {
        std::string rest;
        std::getline(words >> std::ws, rest);
        rest.erase(rest.find_last_not_of(" \t\r") + 1);
        require(std::find(kFunctions.begin(), kFunctions.end(), name) != kFunctions.end(),
                {.headline = "List (" + std::string(1, letter) + ") has a line that begins with " +
                             name.substr(0, 30) + ".",
                 .cause = "Write one of the seven functions on each line."});
        require(rest.empty() || rest == "1 or more",
                {.headline = "List (" + std::string(1, letter) + ") has \"" + rest.substr(0, 20) +
                             "\" after " + name + ".",
                 .cause = "After a function, write nothing or \"1 or more\"."});
        add(calls, name, !rest.empty());
      }
    }
    require(!calls.empty(),
            {.headline = "List (" + std::string(1, letter) + ") in answers.txt is empty."});
    return calls;
  }

  /// Compares list `letter` with runs, which differ at most in their counts.
  void compare(char letter, const std::vector<Calls>& runs) {
    const Calls answered = answer(letter);
    Calls seen = runs.front();
    for (const Calls& run : runs) {
      for (std::size_t i = 0; i < seen.size(); ++i) {
        seen[i].counts.insert(run.at(i).counts.begin(), run.at(i).counts.end());
      }
    }
    for (std::size_t i = 0; i < std::max(answered.size(), seen.size()); ++i) {
      const std::string mine = i < answered.size() ? textOf(answered[i]) : "nothing more";
      const std::string real = i < seen.size() ? textOf(seen[i]) : "nothing more";
      note("case (" + std::string(1, letter) + ")", "the run: " + real + "; you: " + mine);
      require(i < answered.size() && i < seen.size() && answered[i].name == seen[i].name,
              {.headline = "You wrote " + (i < answered.size() ? answered[i].name : mine) +
                           ". In the run: " + (i < seen.size() ? seen[i].name : real) + ".",
               .cause = causeOf(i < answered.size() ? answered[i].name : "",
                                i < seen.size() ? seen[i].name : ""),
               .expected = textOf(seen),
               .got = textOf(answered)});
      compareCounts(answered[i], seen[i], {textOf(seen), textOf(answered)});
    }
  }

 private:
  /// Texts of all calls, for the story.
  struct Texts {
    std::string seen;
    std::string answered;
  };

  void compareCounts(const Call& answered, const Call& seen, const Texts& texts) {
    const std::size_t count = *answered.counts.begin();
    if (seen.counts.size() > 1) {
      require(answered.orMore,
              {.headline = "You wrote " + answered.name + " " + times(count) +
                           " for two sends. It was called " + times(*seen.counts.begin()) +
                           ", and in another run " + times(*seen.counts.rbegin()) + ".",
               .cause = "TCP keeps no borders. Write \"1 or more\".",
               .expected = texts.seen,
               .got = texts.answered});
    } else if (seen.name == "dataReceived") {
      require(answered.orMore || seen.counts == answered.counts,
              {.headline = "You wrote " + answered.name + " " + times(count) +
                           ". In the run it was called " + times(*seen.counts.begin()) + ".",
               .expected = texts.seen,
               .got = texts.answered});
    } else {
      require(!answered.orMore && count == 1,
              {.headline = "You wrote " + textOf(answered) + ". It is called once.",
               .expected = texts.seen,
               .got = texts.answered});
    }
  }

  static std::string causeOf(const std::string& answered, const std::string& seen) {
    if (answered == "connectionLost" && seen == "clientConnectionFailed") {
      return "No connection was made, so there was no protocol to call.";
    }
    if (answered == "connectionLost" && seen == "clientConnectionLost") {
      return "buildProtocol made no protocol. Only the factory can be called.";
    }
    return {};
  }
};

TEST_F(PredictTheCallbacks, PredictsARefusedConnection) {
  const RefusingPort port;
  compare('a', {run(port.port())});
}

TEST_F(PredictTheCallbacks, PredictsTwoSendsAndAClose) {
  ScriptedServer server(scenario_);
  // Both sends have arrived before the client reads.
  const Calls together = run(server.port(), {.whenMade = [&] {
                               ScriptedConnection& connection = server.accept();
                               connection.send("Science! ");
                               connection.send("true");
                               scenario_.waitUntil([&] { return connection.isDelivered(); },
                                                   SourceLine::here(), "the bytes");
                               connection.closeInOrder();
                             }});
  // The client has read the first send before the second comes.
  ScriptedConnection* connection = nullptr;
  const Calls apart = run(server.port(), {.whenMade =
                                              [&] {
                                                connection = &server.accept();
                                                connection->send("Science! ");
                                              },
                                          .whenReceived =
                                              [&] {
                                                connection->send("true");
                                                connection->closeInOrder();
                                              }});
  compare('b', {together, apart});
}

TEST_F(PredictTheCallbacks, PredictsAResetInTheMiddle) {
  ScriptedServer server(scenario_);
  ScriptedConnection* connection = nullptr;
  compare('c', {run(server.port(), {.whenMade =
                                        [&] {
                                          connection = &server.accept();
                                          connection->send("6 of 2");
                                        },
                                    .whenReceived = [&] { connection->reset(); }})});
}

TEST_F(PredictTheCallbacks, PredictsABuildProtocolThatReturnsNullptr) {
  const ScriptedServer server(scenario_);
  compare('d', {run(server.port(), {.makesProtocol = false})});
}

}  // namespace poetry::testing
