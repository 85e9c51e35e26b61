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
    setCauseOfCrash("Does a timer call a protocol that is destroyed? Cancel it in connectionLost.");
    // The server sleeps at most 0.2 s between two sends. If it has slept for longer, it is idle.
    setQuietTime(std::chrono::milliseconds(1000));
  }

  /// Starts the server and waits until it serves `poem`.
  void serve(const std::string& poem, const std::string& numBytes, const std::string& delay) {
    poem_ = poem;
    const std::filesystem::path file = folder() / "poem.txt";
    std::ofstream(file, std::ios::binary) << poem;
    start({"--port", "0", "--num-bytes", numBytes, "--delay", delay, file.string()});
    const std::string head = "Serving " + file.string() + " on port ";
    const auto isServing = [&] { return !lines().empty() && lines().front().starts_with(head); };
    require(await(isServing),
            {.headline = "The server did not print \"Serving ... on port ...\"."});
    port_ = static_cast<std::uint16_t>(std::stoul(lines().front().substr(head.size())));
  }

  ScriptedConnection connect() { return scenario_.connect(port_); }

  /// "Client 1", for the beginning of a headline.
  static std::string nameOf(const ScriptedConnection& client) {
    return "C" + client.name().substr(1);
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

TEST_F(ServePoetry, SendsEachChunkBeforeTheNext) {
  // 20 sends, which take 2 s.
  serve(randomBytes(653, 24), "33", "0.1");
  setCommandsByHand(
      {"{program} --port 10000 poetry/science.txt", "./lesson run blocking-client 10000"});
  ScriptedConnection client = connect();
  // A chunk that was written in one iteration has been sent before the timer of the next one is due.
  const bool hasSent = await([&] { return sends() >= 3; });
  if (hasSent && !client.hasNews() && receive(client, poem_.size()) == poem_) {
    fail({.headline = "Client 1 received nothing for 2 s and then all 653 bytes.",
          .cause = "`write` queues; the reactor sends after your function returns."});
  }
  require(hasSent, {.headline = "Client 1 received " + std::to_string(client.received().size()) +
                                " of 653 bytes, and no more came."});
}

TEST_F(ServePoetry, ServesTwoClientsAtTheSameTime) {
  serve(kShortPoem, "10", "0.2");
  program().pause();  // both clients are there when the server looks
  ScriptedConnection first = connect();
  ScriptedConnection second = connect();
  program().resume();
  const std::string begin = receive(first, 10);
  require(begin == poem_.substr(0, 10), {.headline = "Client 1 did not receive bytes 0-9 first.",
                                         .expected = poem_.substr(0, 10),
                                         .got = begin});
  const std::string next = receive(first, 10);
  const std::size_t at = poem_.find(next);
  if (next.size() == 10 && at != std::string::npos && at != 10) {
    fail({.headline = "Client 1 received bytes 0-9 and then " + std::to_string(at) + "-" +
                      std::to_string(at + 9) + ".",
          .cause = "The position in the poem is shared by both clients: keep it in the protocol."});
  }
  const bool isServed =
      await([&] { return second.hasNews() || first.hasEnded(); }) && !first.hasEnded();
  require(isServed,
          {.headline = "Client 1 received its whole poem before client 2 received a byte.",
           .cause = "The clients are served one after the other."});
  expectRest(first, begin + next);
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
  serve(kShortPoem, "10", "0.2");
  ScriptedConnection first = connect();
  const std::string begin = receive(first, 10);
  ScriptedConnection second = connect();
  const std::string address = first.address();
  first.reset();
  expectRest(second, "");
  const std::string message = "poetry-server: no more poetry for " + address + ": ";
  const std::vector<std::string> messages = errorLines();
  const auto isMessage = [&](const std::string& line) { return line.starts_with(message); };
  require(std::any_of(messages.begin(), messages.end(), isMessage),
          {.headline = "Client 1 left, and the server did not print \"no more poetry for ...\"."});
  require(messages.size() == 1,
          {.headline = "One client left, and the server printed " +
                       std::to_string(messages.size()) + " errors.",
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
  serve(kShortPoem, "10", "0.2");
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
