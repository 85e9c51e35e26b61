// The answers are compared with runs of a factory and a protocol that record their calls.
#include "exercises/support/check.hpp"
#include "reactor/protocol.hpp"
#include "reactor/reactor.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <iterator>
#include <map>
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

  /// The list of `letter` in answers.txt. Fails if the file has a line that is no heading and no call.
  Calls answer(char letter) {
    std::map<char, Calls> lists;
    char current = ' ';
    std::istringstream file(fileUnderTest("answers.txt"));
    for (std::string line; std::getline(file, line);) {
      std::vector<std::string> words = wordsOf(line);
      if (words.empty() || words[0].starts_with('#')) {
        continue;
      }
      if (words[0].starts_with('(')) {
        current = words[0].size() == 3 ? words[0][1] : ' ';
        require(std::string_view("abcd").find(current) != std::string_view::npos,
                {.headline = "answers.txt has the line \"" + line.substr(0, 30) + "\".",
                 .cause = "The cases are (a), (b), (c) and (d)."});
        require(lists.count(current) == 0,
                {.headline = "answers.txt has case (" + std::string(1, current) + ") twice."});
        lists[current];
      } else {
        require(current != ' ', {.headline = "answers.txt has a function above case (a)."});
        addLine(lists[current], words, current);
      }
    }
    const std::string name = "(" + std::string(1, letter) + ")";
    require(lists.count(letter) == 1, {.headline = "answers.txt has no case " + name + "."});
    require(!lists[letter].empty(), {.headline = "List " + name + " in answers.txt is empty."});
    return lists[letter];
  }

  /// Compares the answer for a case with its runs, which differ at most in their counts.
  void compare(const Calls& answered, const std::vector<Calls>& runs) {
    Calls seen = runs.front();
    for (const Calls& run : runs) {
      for (std::size_t i = 0; i < seen.size(); ++i) {
        seen[i].counts.insert(run.at(i).counts.begin(), run.at(i).counts.end());
      }
    }
    for (std::size_t i = 0; i < std::max(answered.size(), seen.size()); ++i) {
      const std::string mine = i < answered.size() ? textOf(answered[i]) : "nothing more";
      const std::string real = i < seen.size() ? textOf(seen[i]) : "nothing more";
      note("the run:", real + "; you: " + mine);
      const std::string answeredName = i < answered.size() ? answered[i].name : mine;
      const std::string seenName = i < seen.size() ? seen[i].name : real;
      require(answeredName == seenName,
              {.headline = "You wrote " + answeredName + ". In the run: " + seenName + ".",
               .cause = causeOf(answeredName, seenName)});
      compareCounts(answered[i], seen[i]);
    }
  }

 private:
  static std::vector<std::string> wordsOf(const std::string& line) {
    std::istringstream stream(line);
    return {std::istream_iterator<std::string>(stream), {}};
  }

  /// Adds the call of one line: a function, and perhaps "1 or more".
  void addLine(Calls& calls, std::vector<std::string>& words, char letter) {
    constexpr std::array kFunctions = {
        "startedConnecting",      "buildProtocol",        "connectionMade", "dataReceived",
        "clientConnectionFailed", "clientConnectionLost", "connectionLost"};
    const std::string list = "List (" + std::string(1, letter) + ")";
    std::string& name = words[0];
    if (name.ends_with("()")) {
      name.resize(name.size() - 2);
    }
    require(std::find(kFunctions.begin(), kFunctions.end(), name) != kFunctions.end(),
            {.headline = list + " has a line that begins with \"" + name.substr(0, 30) + "\".",
             .cause = "Write one of the seven functions on each line, and nothing else."});
    const bool isOrMore = words.size() == 4 &&
                          (words[1] == "1" || words[1] == "once" || words[1] == "one") &&
                          words[2] == "or" && words[3] == "more";
    require(words.size() == 1 || isOrMore,
            {.headline =
                 list + " has \"" + words.back().substr(0, 20) + "\" in the line of " + name + ".",
             .cause = "Write one function on each line, and after it nothing or \"1 or more\"."});
    const bool isRepeated = !calls.empty() && calls.back().name == name;
    require(!isRepeated || (!isOrMore && !calls.back().orMore),
            {.headline = list + " has " + name + " twice, and \"1 or more\".",
             .cause = "\"1 or more\" stands for all calls in a row."});
    add(calls, name, isOrMore);
  }

  void compareCounts(const Call& answered, const Call& seen) {
    const std::size_t count = *answered.counts.begin();
    const std::string wrote = "You wrote " + answered.name + ' ' + times(count);
    if (seen.counts.size() > 1) {
      require(answered.orMore,
              {.headline = wrote + " for two sends. It was called " + times(*seen.counts.begin()) +
                           ", and in another run " + times(*seen.counts.rbegin()) + ".",
               .cause = "TCP keeps no borders. Two sends can arrive together."});
    } else if (seen.name == "dataReceived") {
      require(
          answered.orMore || seen.counts == answered.counts,
          {.headline = wrote + ". In the run it was called " + times(*seen.counts.begin()) + "."});
    } else {
      require(!answered.orMore && count == 1,
              {.headline = "You wrote " + textOf(answered) + ". It is called once."});
    }
  }

  /// Why `seen` was called, where the answer has another function.
  static std::string causeOf(const std::string& answered, const std::string& seen) {
    if (seen == "startedConnecting") {
      return "connectTCP first calls startedConnecting of the factory.";
    }
    if (seen == "clientConnectionFailed") {
      return answered == "connectionLost"
                 ? "No connection was made, so there was no protocol to call."
                 : "No connection was made: the attempt failed.";
    }
    if (answered == "clientConnectionFailed") {
      return "The attempt succeeded. The connection was made, and then it was lost.";
    }
    if (answered == "clientConnectionLost" && seen == "connectionLost") {
      return "The library calls the protocol before the factory.";
    }
    if (seen == "clientConnectionLost" && answered == "nothing more") {
      return "At the end, the library also calls the factory.";
    }
    if (seen == "clientConnectionLost" && answered.starts_with("connection")) {
      return "buildProtocol made no protocol. Only the factory can be called.";
    }
    return {};
  }
};

TEST_F(PredictTheCallbacks, PredictsARefusedConnection) {
  const Calls answered = answer('a');
  const RefusingPort port;
  note("the server", "refuses the connection");
  compare(answered, {run(port.port())});
}

TEST_F(PredictTheCallbacks, PredictsTwoSendsAndAClose) {
  const Calls answered = answer('b');
  ScriptedServer server(scenario_);
  note("run 1:", "both sends arrive before the client reads");
  const Calls together = run(server.port(), {.whenMade = [&] {
                               ScriptedConnection& connection = server.accept();
                               connection.send("Science! ");
                               connection.send("true");
                               scenario_.waitUntil([&] { return connection.isDelivered(); },
                                                   SourceLine::here(), "the bytes");
                               connection.closeInOrder();
                             }});
  note("run 2:", "the client reads the first send before the second arrives");
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
  compare(answered, {together, apart});
}

TEST_F(PredictTheCallbacks, PredictsAResetInTheMiddle) {
  const Calls answered = answer('c');
  ScriptedServer server(scenario_);
  ScriptedConnection* connection = nullptr;
  const Calls calls = run(server.port(), {.whenMade =
                                              [&] {
                                                connection = &server.accept();
                                                connection->send("Busy o");
                                              },
                                          .whenReceived = [&] { connection->reset(); }});
  compare(answered, {calls});
}

TEST_F(PredictTheCallbacks, PredictsABuildProtocolThatReturnsNullptr) {
  const Calls answered = answer('d');
  const ScriptedServer server(scenario_);
  note("the server", "accepts the connection");
  compare(answered, {run(server.port(), {.makesProtocol = false})});
}

}  // namespace poetry::testing
