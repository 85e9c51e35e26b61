// The server must send slowly, to many clients at once, and survive what they do.
#include "exercises/support/check.hpp"
#include "support/descriptors.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace poetry::testing {

class ServePoetry : public Check {
 protected:
  ServePoetry() {
    setActor("The server");
    setCauseOfCrash("heap-use-after-free",
                    "Does a timer call a protocol that is destroyed? Cancel it in connectionLost.");
    // Between two sends, the server sleeps for 0.05 s or 30 s. If it sleeps for longer than 0.15 s, it is idle.
    setQuietTime(std::chrono::milliseconds(150));
  }

  /// Starts the server and waits until it serves `poem`.
  void serve(const std::string& poem, const std::string& numBytes, const std::string& delay) {
    poem_ = poem;
    const std::filesystem::path file = folder() / "poem.txt";
    std::ofstream(file, std::ios::binary) << poem;
    start({"--port", "0", "--num-bytes", numBytes, "--delay", delay, file.string()});
    const std::string head = "Serving " + file.string() + " on port ";
    std::string port;
    const auto isServing = [&] {
      for (const std::string& line : lines()) {
        port = line.starts_with(head) ? line.substr(head.size()) : port;
      }
      return !port.empty();
    };
    require(await(isServing),
            {.headline = "The server did not print \"Serving ... on port ...\"."});
    port_ = static_cast<std::uint16_t>(std::stoul(port));
  }

  ScriptedConnection connect() { return scenario_.connect(port_); }

  /// "Client 1", for the beginning of a headline.
  static std::string nameOf(const ScriptedConnection& client) {
    return "C" + client.name().substr(1);
  }

  /// Fails if a function of the server has thrown an exception, which the reactor reports.
  void requireNoException() {
    for (const std::vector<std::string>& printed : {lines(), errorLines()}) {
      for (const std::string& line : printed) {
        const std::size_t at = line.rfind("] ");
        require(line.find(" failed: ") == std::string::npos || !line.starts_with("reactor: "),
                {.headline =
                     "A callback threw: " + line.substr(at == std::string::npos ? 0 : at + 2, 80)});
      }
    }
  }

  /// Fails unless the server has printed an error about the client at `address`.
  void requireMessage(const std::string& address, const std::string& whatItDid) {
    requireNoException();
    const std::string begin = "no more poetry for " + address + ": ";
    const std::vector<std::string> messages = errorLines();
    const auto isMessage = [&](const std::string& line) {
      return line.starts_with("poetry-server: " + begin) && !line.ends_with(": ");
    };
    const std::vector<std::string> printed = lines();
    const auto isOnOutput = [&](const std::string& line) {
      return line.find(begin) != std::string::npos;
    };
    require(std::none_of(printed.begin(), printed.end(), isOnOutput),
            {.headline = "The error about a client is on standard output.",
             .cause = "printError prints on standard error."});
    require(std::any_of(messages.begin(), messages.end(), isMessage),
            {.headline =
                 whatItDid + ", and the server did not print \"no more poetry for ...: REASON\".",
             .cause = "Unless all of the poem was sent, print the error, even if the reason is "
                      "ConnectionDone."});
  }

  /// The client must receive 10 bytes and no more. `sent`: what the server must have sent to all clients.
  void expectOneChunk(ScriptedConnection& client, std::size_t sent) {
    std::string got = receive(client, 10);
    letRun();
    got += client.received();
    require(!got.empty(),
            {.headline = nameOf(client) + " received nothing. The server " + activity() + '.',
             .cause = "`write` only fills the output buffer. The reactor sends after your function "
                      "returns."});
    require(!client.hasEnded(),
            {.headline = nameOf(client) + " received " + std::to_string(got.size()) +
                         " of 40 bytes, and then the close."});
    require(got.size() == 10,
            {.headline = nameOf(client) + " received " + std::to_string(got.size()) +
                         " bytes; expected: 10, and then a pause of 30 s.",
             .cause = "Send one chunk. Let callLater call the function that sends the next one."});
    require(sends() == sent,
            {.headline = "Lines \"Sending ... bytes\": the server printed " +
                         std::to_string(sends()) + "; expected: " + std::to_string(sent) + '.'});
    require(contains(lines(), "Sending 10 bytes"),
            {.headline = "The server sent 10 bytes, and did not print \"Sending 10 bytes\"."});
  }

  /// Waits for the rest of the poem, after `before`, and the orderly close.
  void expectRest(ScriptedConnection& client, const std::string& before) {
    const std::string got = before + receive(client, poem_.size() - before.size());
    const std::string sizes =
        std::to_string(got.size()) + " of " + std::to_string(poem_.size()) + " bytes";
    require(got == poem_,
            {.headline = nameOf(client) + (got.size() < poem_.size()
                                               ? " received " + sizes + ", and no more came."
                                               : " received another poem."),
             .expected = poem_,
             .got = got});
    require(await([&] { return client.hasEnded(); }),
            {.headline = nameOf(client) + " has the whole poem, and the server does not close.",
             .cause = "The close is the end of the poem. Call `loseConnection`."});
    require(client.received().empty(), {.headline = nameOf(client) + " received too many bytes."});
    requireNoException();
  }

  [[nodiscard]] std::size_t sends() {
    const std::vector<std::string> all = lines();
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [](const auto& line) {
      return line.starts_with("Sending ") && line.ends_with(" bytes");
    }));
  }

  [[nodiscard]] std::size_t descriptors() { return openDescriptors(program().pid()).size(); }

  std::string poem_;
  std::uint16_t port_ = 0;
};

/// 40 different bytes, so that each part of the poem occurs in it only once.
constexpr const char* kShortPoem = "0123456789abcdefghijABCDEFGHIJ!?.,:;+-*/";

TEST_F(ServePoetry, SendsOneChunkAndWaits) {
  serve(kShortPoem, "10", "30");
  setCommandsByHand({"{program} --port 10000 --delay 30 poetry/science.txt",
                     "./lesson run async-client 10000", "./lesson run async-client 10000"});
  ScriptedConnection first = connect();
  expectOneChunk(first, 1);
  ScriptedConnection second = connect();
  expectOneChunk(second, 2);
}

TEST_F(ServePoetry, ServesTwoClientsAtTheSameTime) {
  serve(kShortPoem, "10", "0.05");
  program().pause();  // both clients are there when the server looks
  ScriptedConnection first = connect();
  ScriptedConnection second = connect();
  program().resume();
  const std::string got = receive(first, 40);
  for (std::size_t i = 10; i < got.size(); i += 10) {
    const std::size_t at = poem_.find(got.substr(i, 10));
    require(
        at == i || at == std::string::npos,
        {.headline = "Client 1 received bytes " + std::to_string(i - 10) + '-' +
                     std::to_string(i - 1) + " and then " + std::to_string(at) + '-' +
                     std::to_string(at + 9) + '.',
         .cause = "The position in the poem is shared by both clients: keep it in the protocol."});
  }
  expectRest(first, got);
  expectRest(second, "");
  for (const ScriptedConnection* client : {&first, &second}) {
    const std::string line = "Somebody at " + client->address() + " wants poetry!";
    require(contains(lines(), line),
            {.headline = "The server did not print that " + client->name() + " wants poetry."});
  }
  require(sends() == 8, {.headline = "8 sends were due, and the server printed " +
                                     std::to_string(sends()) + " lines \"Sending ...\"."});
}

TEST_F(ServePoetry, ContinuesWhenAClientLeaves) {
  serve(kShortPoem, "10", "0.05");
  ScriptedConnection first = connect();
  ScriptedConnection second = connect();
  static_cast<void>(receive(first, 10));
  static_cast<void>(receive(second, 10));
  const std::string resets = first.address();
  const std::string closes = second.address();
  first.reset();
  second.closeInOrder();
  ScriptedConnection third = connect();
  expectRest(third, "");
  requireMessage(resets, "Client 1 reset the connection");
  requireMessage(closes, "Client 2 closed after 10 of 40 bytes");
  const std::vector<std::string> messages = errorLines();
  const auto count = std::count_if(messages.begin(), messages.end(), [](const std::string& line) {
    return line.starts_with("poetry-server: no more poetry for ");
  });
  require(count == 2, {.headline = "Two clients left, and the server printed " +
                                   std::to_string(count) + " errors.",
                       .cause = "`connectionLost` is also called when the poem is complete."});
}

TEST_F(ServePoetry, ContinuesWhenAClientNeverReads) {
  // More than the buffers of the kernel take.
  serve(randomBytes(std::size_t{6} << 20, 24), "1048576", "0.05");
  const ScriptedConnection first = connect();
  ScriptedConnection second = connect();
  const std::string got = receive(second, poem_.size());
  require(got == poem_,
          {.headline = "Client 1 does not read. Client 2 received " + std::to_string(got.size()) +
                       " of " + std::to_string(poem_.size()) + " bytes."});
}

TEST_F(ServePoetry, ClosesTheDescriptorOfEachClient) {
  serve(kShortPoem, "10", "0.05");
  const std::size_t before = descriptors();
  ScriptedConnection first = connect();
  expectRest(first, "");
  ScriptedConnection second = connect();
  static_cast<void>(receive(second, 10));
  second.reset();
  ScriptedConnection third = connect();
  expectRest(third, "");
  require(await([&] { return descriptors() <= before; }),
          {.headline = "3 clients have left, and the server has " +
                       std::to_string(descriptors() - before) + " descriptors too many."});
}

TEST_F(ServePoetry, EndsAtCtrlC) {
  serve(kShortPoem, "10", "0.05");
  ScriptedConnection client = connect();
  const std::string got = receive(client, 20);
  require(got == poem_.substr(0, 20),
          {.headline = "Client 1 received " + std::to_string(got.size()) +
                       " of 40 bytes, and no more came."});
  program().signal(SIGINT);
  const Ending ending = finish();
  require(
      ending == Ending::bySignal(SIGINT),
      {.headline = "After Ctrl-C, the server did not end by SIGINT: " + ending.toString() + "."});
}

}  // namespace poetry::testing
