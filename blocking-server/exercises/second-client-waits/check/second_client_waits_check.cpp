// The answers are compared with a run of the server, and then the server must say when a client waits.
#include "exercises/support/check.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace poetry::testing {

/// 35 bytes: four sends.
constexpr const char* kPoem = "Science! true daughter of Old Time\n";
constexpr std::size_t kSends = 4;

class SecondClientWaits : public Check {
 protected:
  SecondClientWaits() {
    setActor("The server");
    setQuietTime(std::chrono::milliseconds(100));  // the server sleeps for 1 ms after a send
  }

  /// Starts the server, lets client 1 connect, and waits until the server has sent it 10 bytes.
  void serveFirstClient() {
    setCommandsByHand({"{program} --port 10000 poetry/science.txt",
                       "./lesson run blocking-client 10000", "./lesson run blocking-client 10000"});
    const std::filesystem::path file = folder() / "poem.txt";
    std::ofstream(file, std::ios::binary) << kPoem;
    start({"--num-bytes", "10", "--delay", "0.001", file.string()}, faults_.options());
    const std::string head = "Serving " + file.string() + " on port ";
    const auto isServing = [&] {
      const std::vector<std::string> printed = lines();
      return !printed.empty() && printed[0].starts_with(head);
    };
    require(await(isServing),
            {.headline = "The server did not print \"Serving ... on port ...\"."});
    port_ = static_cast<std::uint16_t>(std::stoul(lines()[0].substr(head.size())));
    note("the check", "holds the server in each sleep, so that all happens in this order");
    first_.emplace(scenario_, port_, "127.0.0.1", SourceLine::here());
    requireSend();
  }

  /// Client 2 connects, while the server sleeps. Its `connect` returns.
  void connectSecondClient() { second_.emplace(scenario_, port_, "127.0.0.1", SourceLine::here()); }

  /// Lets the server continue, and waits until it sleeps after the next send.
  void sendNext() {
    if (sends() == kSends) {
      first_->closeInOrder();  // it has the whole poem
    }
    ::kill(program().pid(), SIGCONT);
    requireSend();
  }

  /// Client 2 must get its first byte after the poem of client 1.
  void sendToSecondClient() {
    while (!second_->hasNews() && sends() <= kSends) {
      sendNext();
    }
  }

  /// The lines "Sending ..." so far.
  [[nodiscard]] std::vector<std::string> sendLines() {
    std::vector<std::string> found = lines();
    std::erase_if(found, [](const std::string& line) { return !line.starts_with("Sending "); });
    return found;
  }
  [[nodiscard]] std::size_t sends() { return sendLines().size(); }

  /// The sends to client 1 since client 2 called `connect`, which was after the first one.
  [[nodiscard]] std::size_t moreSends() {
    bool isFirst = false;
    std::size_t count = 0;
    for (const std::string& line : lines()) {
      if (line.starts_with("Somebody at ")) {
        isFirst = count == 0;
      } else if (isFirst && line.starts_with("Sending ")) {
        ++count;
      }
    }
    return count - 1;
  }

  /// The number in answers.txt for (a) or (b).
  std::size_t answer(const std::string& name) {
    isPrediction_ = true;
    std::istringstream file(fileUnderTest("answers.txt"));
    std::string text;
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with(name)) {
        text = line.substr(std::min(line.rfind(':'), line.size() - 1) + 1);
      }
    }
    std::istringstream number(text);
    std::size_t value = 0;
    require(static_cast<bool>(number >> value),
            {.headline = "answers.txt has no number after the colon in line " + name + "."});
    return value;
  }

  static std::string timesSent(std::size_t count, const std::string& more = "") {
    return std::to_string(count) + more + (count == 1 ? " send" : " sends");
  }

  Faults faults_{"nanosleep:SIGSTOP"};
  std::uint16_t port_ = 0;
  std::optional<ScriptedConnection> first_;
  std::optional<ScriptedConnection> second_;

 private:
  bool isPrediction_ = false;

  /// Waits until the server sleeps. Fails if it does something else.
  void requireSend() {
    const bool sleeps = await([&] { return program().hasStopped(); });
    require(!second_ || !second_->hasEnded(),
            {.headline = "Client 2 waited, and the server closed its connection.",
             .cause = "`accept` takes a client out of the listen queue. `poll` only looks."});
    const std::string doing = activity();
    const std::string cause =
        std::string(isPrediction_ ? "Your answer is not compared yet. " : "") +
        (doing.find("`poll`") != std::string::npos
             ? "`poll` waits for a client until its timeout is over. With a timeout of 0 it only "
               "looks."
         : doing.find("`accept`") != std::string::npos
             ? "`accept` waits for a client and takes it out of the listen queue. `poll` only "
               "looks."
             : "");
    require(sleeps || second_.has_value(),
            {.headline = "No other client waits. After " + timesSent(sends()) + " the server " +
                         doing + ".",
             .cause = cause});
    require(sleeps, {.headline = "Client 2 waited, and got no byte. The server " + doing + ".",
                     .cause = cause});
    require(!faults_.met().empty(), {.headline = "The server does not sleep after a send."});
  }
};

TEST_F(SecondClientWaits, PredictsWhenTheSecondClientIsConnected) {
  const std::size_t answered = answer("(a)");
  serveFirstClient();
  connectSecondClient();
  const std::size_t seen = moreSends();
  require(answered == seen, {.headline = "You wrote " + std::to_string(answered) +
                                         " for (a). Client 2 was connected after " +
                                         timesSent(seen, " more") + " to client 1.",
                             .cause = "The kernel completes the connection and puts it into the "
                                      "listen queue. It does not need the server for that."});
}

TEST_F(SecondClientWaits, PredictsWhenTheSecondClientGetsItsFirstByte) {
  const std::size_t answered = answer("(b)");
  serveFirstClient();
  connectSecondClient();
  sendToSecondClient();
  const std::size_t seen = moreSends();
  require(answered == seen,
          {.headline = "You wrote " + std::to_string(answered) +
                       " for (b). Client 2 got its first byte after " + timesSent(seen, " more") +
                       " to client 1.",
           .cause = answered + 1 < seen
                        ? "The server calls `accept` again only when the first poem is complete."
                    : answered + 1 == seen ? "The last 5 bytes of the poem need a send, too."
                    : answered == kSends   ? "Did you also count the send before client 2 came?"
                                           : "Count only the sends to client 1."});
}

TEST_F(SecondClientWaits, SaysThatAClientWaits) {
  serveFirstClient();
  connectSecondClient();
  while (sends() < kSends) {
    sendNext();
    const std::string got = sendLines().back();
    const std::string wanted =
        std::string("Sending ") + (sends() < kSends ? "10" : "5") + " bytes; a client waits";
    require(got == wanted, {.headline = "Client 2 waits, and the server printed \"" + got + "\".",
                            .cause = "Is `events` POLLIN, and the number of elements 1?",
                            .expected = wanted,
                            .got = got});
  }
}

TEST_F(SecondClientWaits, SaysNothingWhenNoClientWaits) {
  serveFirstClient();
  const std::string got = sendLines().front();
  require(got == "Sending 10 bytes",
          {.headline = "No other client waits, and the server printed \"" + got + "\"."});
  connectSecondClient();
  sendToSecondClient();
  const std::string last = sendLines().back();
  require(last == "Sending 10 bytes",
          {.headline =
               "The server serves client 2, no other client waits. It printed \"" + last + "\"."});
}

TEST_F(SecondClientWaits, SendsThePoemToBothClients) {
  serveFirstClient();
  connectSecondClient();
  while (sends() < 2 * kSends) {
    sendNext();
  }
  for (ScriptedConnection* client : {&*first_, &*second_}) {
    const std::string got = receive(*client, std::string(kPoem).size());
    require(got == kPoem, {.headline = "C" + client->name().substr(1) + " received another poem.",
                           .expected = kPoem,
                           .got = got});
  }
}

}  // namespace poetry::testing
