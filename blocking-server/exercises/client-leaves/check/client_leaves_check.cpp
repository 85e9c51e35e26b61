// A client leaves in the middle of its poem. The server must serve the next one.
#include "exercises/support/check.hpp"
#include "support/descriptors.hpp"

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

/// 50 bytes: five sends.
constexpr const char* kPoem = "Our eye-beams twisted, and did thread our eyes up.";

class ClientLeaves : public Check {
 protected:
  ClientLeaves() {
    setActor("The server");
    setQuietTime(std::chrono::milliseconds(100));  // the server sleeps for 1 ms after a send
  }

  /// Starts the server, lets client 1 connect, and waits until the server has sent it 10 bytes.
  void serveFirstClient() {
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
    letRun();
    before_ = descriptors();
    note("the check", "holds the server in each sleep, so that all happens in this order");
    connect(first_);
    require(await([&] { return program().hasStopped(); }),
            {.headline = "Client 1 connected. The server " + activity() + '.'});
    require(!faults_.met().empty(), {.headline = "The server does not sleep after a send."});
  }

  void connect(std::optional<ScriptedConnection>& client) {
    client.emplace(scenario_, port_, "127.0.0.1", SourceLine::here());
  }

  /// `client` must get the whole poem. `before`: what happened before that.
  void requirePoem(ScriptedConnection& client, const std::string& before) {
    const std::string poem = kPoem;
    std::string got = client.received();
    bool sleeps = true;
    while (got.size() < poem.size() && sleeps) {
      ::kill(program().pid(), SIGCONT);
      sleeps = await([&] { return program().hasStopped(); });
      got += client.received();
    }
    requireRunning(before);
    const std::string name = "C" + client.name().substr(1);
    require(got.size() >= poem.size(),
            {.headline = before + ". " + name + " received " + std::to_string(got.size()) +
                         " of 50 bytes. The server " + activity() + '.'});
    require(got == poem,
            {.headline = name + " received another poem.", .expected = poem, .got = got});
    client.closeInOrder();
  }

  /// Client 1 closes its connection.
  void closeFirst() {
    static_cast<void>(receive(*first_, 10));  // a close with unread bytes would be a reset
    first_->closeInOrder();
    first_.reset();
  }

  /// Lets the server continue to its `accept`.
  void letAccept() {
    ::kill(program().pid(), SIGCONT);
    letRun();
  }

  /// Fails if the server has ended.
  void requireRunning(const std::string& before) {
    if (isRunning()) {
      return;
    }
    const bool isSignal = finish().signal == SIGPIPE;
    const std::string cause =
        isSignal ? "The system of the peer answers a write after the close with a reset. The next "
                   "write raises SIGPIPE, which no `catch` takes."
                 : "The loop of `serve` has ended. Catch what `sendPoem` throws inside the loop, "
                   "whatever the error is, and go on.";
    fail({.headline = before + ", and the server " + activity() + '.', .cause = cause});
  }

  /// Fails if the server has tried all sends to client 1, although it has left after the first one.
  void requireFewerSends() {
    std::size_t clients = 0;
    std::size_t sends = 0;
    for (const std::string& line : lines()) {
      if (line.starts_with("Somebody at ")) {
        ++clients;
      } else if (clients == 1 && line.starts_with("Sending ")) {
        ++sends;
      }
    }
    require(sends < 5,
            {.headline = "Client 1 left after the first send, and the server tried all 4 others.",
             .cause = "After a send has failed, this poem is lost. Go on with the next client."});
  }

  /// Fails unless `got` says why the client with this name and address gets no more.
  void requireError(const std::string& name, const std::string& address, const std::string& got,
                    const std::string& reason) {
    const std::string begin = "blocking-server: no more poetry for " + address + ": ";
    require(got.starts_with(begin) && (got.ends_with(kClosed) || got.ends_with(kReset)),
            {.headline = name + " left. The server printed another error about it.",
             .expected = begin + "send: " + reason,
             .got = got});
  }

  static constexpr const char* kClosed = "Broken pipe";
  static constexpr const char* kReset = "Connection reset by peer";

  [[nodiscard]] std::size_t descriptors() { return openDescriptors(program().pid()).size(); }

  Faults faults_{"nanosleep:SIGSTOP"};
  std::uint16_t port_ = 0;
  std::size_t before_ = 0;  ///< the descriptors of the server without a client
  std::optional<ScriptedConnection> first_;
  std::optional<ScriptedConnection> second_;
  std::optional<ScriptedConnection> third_;
};

TEST_F(ClientLeaves, ServesTheNextWhenAClientCloses) {
  setCommandsByHand({"{program} --port 10000 poetry/science.txt",
                     "./lesson run blocking-client 10000   (end it with Ctrl-C)",
                     "./lesson run blocking-client 10000"});
  serveFirstClient();
  connect(second_);
  closeFirst();
  requirePoem(*second_, "Client 1 closed its connection");
  requireFewerSends();
}

TEST_F(ClientLeaves, ServesTheNextWhenAClientResets) {
  serveFirstClient();
  connect(second_);
  first_->reset();
  requirePoem(*second_, "Client 1 reset its connection");
  requireFewerSends();
}

TEST_F(ClientLeaves, ServesTheNextWhenAWaitingClientLeaves) {
  serveFirstClient();
  connect(second_);
  connect(third_);
  second_->reset();
  requirePoem(*first_, "Client 2 reset its connection");
  requirePoem(*third_, "Client 2 reset its connection");
}

TEST_F(ClientLeaves, SaysWhichClientHasLeft) {
  serveFirstClient();
  const std::string address1 = first_->address();
  connect(second_);
  const std::string address2 = second_->address();
  connect(third_);
  closeFirst();
  second_->reset();
  requirePoem(*third_, "Client 1 closed and client 2 reset its connection");
  letAccept();
  const std::vector<std::string> printed = lines();
  require(std::none_of(printed.begin(), printed.end(),
                       [](const auto& line) { return line.find("more poetry") != line.npos; }),
          {.headline = "The error about a client is on standard output.",
           .cause = "`printError` prints on standard error."});
  const std::vector<std::string> errors = errorLines();
  require(errors.size() == 2,
          {.headline = "Two clients left. The server printed " + std::to_string(errors.size()) +
                       (errors.size() == 1 ? " error." : " errors.")});
  requireError("Client 1", address1, errors[0], kClosed);
  requireError("Client 2", address2, errors[1], kReset);
}

TEST_F(ClientLeaves, ClosesTheDescriptorOfAClientThatHasLeft) {
  serveFirstClient();
  connect(second_);
  connect(third_);
  first_->reset();
  second_->reset();
  requirePoem(*third_, "Clients 1 and 2 reset their connections");
  letAccept();
  require(descriptors() <= before_,
          {.headline = "3 clients have left, and the server has " +
                       std::to_string(descriptors() - before_) + " descriptors too many."});
}

TEST_F(ClientLeaves, SendsThePoemToAClientThatStays) {
  serveFirstClient();
  connect(second_);
  requirePoem(*first_, "Two clients are connected");
  requirePoem(*second_, "Client 1 has the whole poem");
}

}  // namespace poetry::testing
