// The server must send every byte once, although `send` takes only some of them, or is interrupted.
#include "exercises/support/check.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace poetry::testing {

/// 40 different bytes, so that each part of the poem occurs in it only once.
constexpr const char* kShortPoem = "0123456789abcdefghijABCDEFGHIJ!?.,:;+-*/";
/// More than the buffers of the kernel take.
constexpr std::size_t kLong = std::size_t{6} << 20;

class SendAll : public Check {
 protected:
  SendAll() { setActor("The server"); }

  /// Starts the server, which sends `poem` with `numBytes` for each call of sendEveryByte.
  void serve(const std::string& poem, std::size_t numBytes, const ChildOptions& options = {}) {
    poem_ = poem;
    const std::filesystem::path file = folder() / "poem.txt";
    std::ofstream(file, std::ios::binary) << poem;
    start({"--num-bytes", std::to_string(numBytes), "--delay", "0", file.string()}, options);
    const std::string head = "Serving " + file.string() + " on port ";
    const auto isServing = [&] {
      const std::vector<std::string> printed = lines();
      return !printed.empty() && printed[0].starts_with(head);
    };
    require(await(isServing),
            {.headline = "The server did not print \"Serving ... on port ...\"."});
    port_ = static_cast<std::uint16_t>(std::stoul(lines()[0].substr(head.size())));
  }

  ScriptedConnection& connect() {
    program().pause();  // a running server may reset the connection before we know that it was made
    client_.emplace(scenario_, port_, "127.0.0.1", SourceLine::here());
    program().resume();
    return *client_;
  }

  /// All that the client receives, up to the end of the connection or a poem that is much too long.
  std::string receiveAll(ScriptedConnection& client) {
    std::string got;
    static_cast<void>(await([&] {
      const bool hasEnded = client.hasEnded();
      got += client.received();
      return hasEnded || got.size() > 3 * poem_.size();
    }));
    note(client.name(), "receives " + escaped(got));
    return got;
  }

  /// True if the server has printed that a client gets no more.
  [[nodiscard]] bool hasGivenUp() {
    const std::vector<std::string> errors = errorLines();
    return std::any_of(errors.begin(), errors.end(), [](const std::string& line) {
      return line.find("no more poetry for ") != std::string::npos;
    });
  }

  /// `got` must be the poem. `causeOfRest`: why its end may be missing.
  void requirePoem(const std::string& got, const std::string& causeOfRest) {
    const std::string sizes =
        std::to_string(got.size()) + " of " + std::to_string(poem_.size()) + " bytes";
    require(
        !hasGivenUp(),
        {.headline = "Client 1 did not leave, and the server gave up its poem after " + sizes + '.',
         .cause = "A short send is no error. Send the rest."});
    require(got.size() >= poem_.size() || got != poem_.substr(0, got.size()),
            {.headline = "Client 1 received " + sizes + ". The server never sent the rest.",
             .cause = causeOfRest});
    // How much of the poem had arrived when its first byte came again?
    const std::size_t again =
        got.size() < 10 ? std::string::npos : got.find(poem_.substr(0, 10), 1);
    require(
        again == std::string::npos,
        {.headline = "Client 1 received bytes 0 to " + std::to_string(again - 1) + " twice.",
         .cause =
             "After a short send, continue with the byte after the last one that `send` took."});
    require(got == poem_,
            {.headline = "Client 1 received another poem, " + std::to_string(got.size()) +
                         " bytes instead of " + std::to_string(poem_.size()) + '.',
             .cause = got.size() > poem_.size() ? "`errno` says something only after -1." : "",
             .expected = poem_,
             .got = got});
  }

  std::string poem_;
  std::uint16_t port_ = 0;
  std::optional<ScriptedConnection> client_;
};

TEST_F(SendAll, SendsTheRestAfterAShortSend) {
  const Faults faults("send:SHORT@1");
  setCauseOfCrash(
      "heap-buffer-overflow",
      "After a short send, fewer bytes are left. Does the next `send` get their number?");
  serve(kShortPoem, 40, faults.options());
  note("the kernel", "will take 20 of 40 bytes at the first `send`");
  ScriptedConnection& client = connect();
  const std::string got = receiveAll(client);
  require(!faults.met().empty(), {.headline = "The server did not call `send`."});
  requirePoem(got, "`send` returns how many bytes it took. That may be fewer than it was given.");
}

TEST_F(SendAll, SendsTheRestHoweverOftenASendIsShort) {
  const Faults faults("send:SHORT");
  serve(kShortPoem, 40, faults.options());
  note("the kernel", "will take half of the bytes at each `send`, but at least one");
  ScriptedConnection& client = connect();
  const std::string got = receiveAll(client);
  require(!faults.met().empty(), {.headline = "The server did not call `send`."});
  requirePoem(got, "The second `send` may be short, too. Repeat it until no byte is left.");
}

TEST_F(SendAll, SendsAgainAfterASignal) {
  const Faults faults("send:EINTR@2");
  setCauseOfCrash("heap-buffer-overflow", "`send` returned -1. Is it used as a number of bytes?");
  serve(kShortPoem, 20, faults.options());
  note("a signal", "will interrupt the second `send`");
  ScriptedConnection& client = connect();
  const std::string got = receiveAll(client);
  require(!faults.met().empty(), {.headline = "The server called `send` only once."});
  require(!hasGivenUp(),
          {.headline = "A signal interrupted `send`, and the server gave up the poem.",
           .cause = "`send` returned -1 with EINTR in errno. It took no byte: call it again."});
  requirePoem(got,
              "`send` returned -1 with EINTR: it took no byte. Does your code see the -1, and call "
              "`send` again?");
}

TEST_F(SendAll, SendsALongPoemToASlowClient) {
  serve(randomBytes(kLong, 24), kLong);
  ScriptedConnection& client = connect();
  letRun();
  require(activity().find("`send`") != std::string::npos,
          {.headline = "Client 1 does not read. The server " + activity() + '.'});
  program().pause();  // this signal interrupts `send`, which has taken some of the bytes
  program().resume();
  setQuietTime(std::chrono::seconds(1));  // the kernel may still transmit while the server is idle
  requirePoem(
      receiveAll(client),
      "A signal interrupted `send` after it had taken some bytes, and it returned their number.");
}

TEST_F(SendAll, ReportsAClientThatLeaves) {
  serve(randomBytes(kLong, 24), kLong);
  ScriptedConnection& client = connect();
  letRun();
  client.closeInOrder();  // after a close and a reset, `send` may raise SIGPIPE at once
  client.reset();
  require(comesToRest(),
          {.headline = "Client 1 reset the connection. The server runs without pause.",
           .cause = "`send` returns -1, again and again. Does the loop end then?"});
  require(isRunning() || finish().signal != SIGPIPE,
          {.headline = "Client 1 reset the connection. The server " + activity() + '.',
           .cause = "With MSG_NOSIGNAL, `send` returns -1 instead."});
  require(
      hasGivenUp(),
      {.headline =
           "Client 1 reset the connection. The server did not print \"no more poetry for ...\".",
       .cause = "If `send` returns -1, and it was no signal, throw the exception."});
}

}  // namespace poetry::testing
