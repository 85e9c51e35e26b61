#include "server_faults.hpp"

#include "support/child_process.hpp"
#include "support/descriptors.hpp"
#include "support/faults.hpp"
#include "support/scenario.hpp"
#include "support/scripted_server.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <list>
#include <regex>

namespace poetry::testing {

namespace fs = std::filesystem;

namespace {

const std::string kPoem = "fifteen bytes..";
const std::string kOtherPoem = "another poem, and longer";

void writeFile(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

}  // namespace

/// A server that sends its poem five bytes at a time, and its clients.
class ServerRun {
 public:
  explicit ServerRun(const std::string& script);

  /// Starts the server and waits until it accepts connections.
  void start(std::size_t numBytes = 5);
  ScriptedConnection& connect();
  /// Waits until the script has stopped the server, calls `act` and lets the server continue.
  void whileStopped(const std::function<void()>& act);
  /// Waits for the end of the connection: "the poem" or "5 bytes and a reset".
  std::string deliveryTo(ScriptedConnection& client);
  /// Expects that a second client gets the poem, and that the server closes all that it has opened.
  void serveNext();

  [[nodiscard]] const fs::path& poem() const { return poem_; }
  [[nodiscard]] ChildProcess& server() { return *server_; }
  [[nodiscard]] bool metItsFault() const { return !faults_.met().empty(); }
  [[nodiscard]] std::string messages();
  [[nodiscard]] std::string story() const { return scenario_.story(); }

 private:
  TemporaryDirectory directory_;
  fs::path poem_ = directory_.path() / "poem.txt";
  Faults faults_;
  Scenario scenario_;
  std::unique_ptr<ChildProcess> server_ = {};
  std::uint16_t port_ = 0;
  std::list<ScriptedConnection> clients_ = {};
};

ServerRun::ServerRun(const std::string& script) : faults_(script) {
  writeFile(poem_, kPoem);
}

void ServerRun::start(std::size_t numBytes) {
  // The shortest delay for which the server still sleeps.
  const std::vector<std::string> arguments{"--delay", "0.000001", "--num-bytes",
                                           std::to_string(numBytes), poem_.string()};
  server_ = scenario_.start(POETRY_BIN_DIR "/blocking-server", arguments, faults_.options());
  const std::string serving = server_->readLine();
  port_ = static_cast<std::uint16_t>(std::stoul(serving.substr(serving.rfind(' '))));
}

ScriptedConnection& ServerRun::connect() {
  // A running server could reset the connection before the test knows that it was made.
  server_->pause();
  ScriptedConnection& client =
      clients_.emplace_back(scenario_, port_, "127.0.0.1", SourceLine::here());
  server_->resume();
  return client;
}

void ServerRun::whileStopped(const std::function<void()>& act) {
  scenario_.waitUntil([this] { return server_->hasStopped(); }, SourceLine::here(),
                      "the script has stopped the server");
  act();
  server_->resume();
}

std::string ServerRun::deliveryTo(ScriptedConnection& client) {
  const ScriptedConnection::Delivery delivery = client.receiveToTheEnd();
  if (!delivery.inOrder) {
    return std::to_string(delivery.bytes.size()) + " bytes and a reset";
  }
  EXPECT_EQ(delivery.bytes, kPoem) << "the connection has an orderly close\n" << story();
  return "the poem";
}

void ServerRun::serveNext() {
  writeFile(poem_, kPoem);
  EXPECT_EQ(deliveryTo(connect()), "the poem") << story();
  // A server that waits for a client has its three standard streams open, and its listening socket.
  scenario_.waitUntil([this] { return openDescriptors(server_->pid()).size() == 4; },
                      SourceLine::here(), "the server has closed all that it opened for a client");
}

/// Standard error without the program's name, and with words for what differs from run to run.
std::string ServerRun::messages() {
  static const std::regex kPort(R"(127\.0\.0\.1:\d+)");
  std::string text;
  for (std::string line : server_->errorLines()) {
    EXPECT_TRUE(line.starts_with("blocking-server: ")) << line;
    line = std::regex_replace(line.substr(17), kPort, "127.0.0.1:PORT");
    if (const std::size_t at = line.find(poem_.string()); at != std::string::npos) {
      line.replace(at, poem_.string().size(), "POEM");
    }
    text += (text.empty() ? "`" : "<br>`") + line + '`';
  }
  return text;
}

namespace {

/// Calls `change` while the server sleeps after the first five bytes.
std::string changePoem(ServerRun& run, void (*change)(const fs::path& poem)) {
  run.start();
  ScriptedConnection& client = run.connect();
  run.whileStopped([&] { change(run.poem()); });
  return run.deliveryTo(client);
}

std::string replacePoem(ServerRun& run) {
  return changePoem(run, [](const fs::path& poem) {
    const fs::path other = poem.parent_path() / "other.txt";
    writeFile(other, kOtherPoem);
    fs::rename(other, poem);
  });
}

std::string rewritePoem(ServerRun& run) {
  return changePoem(run, [](const fs::path& poem) { writeFile(poem, kOtherPoem); });
}

std::string leaveInTheMiddle(ServerRun& run) {
  constexpr std::size_t kMoreThanTheKernelBuffers = std::size_t{16} << 20;
  writeFile(run.poem(), std::string(kMoreThanTheKernelBuffers, 'x'));
  run.start(65536);
  ScriptedConnection& client = run.connect();
  client.receiveExactly(5);
  client.reset();
  run.server().readErrorLine();
  return "5 bytes";
}

std::string leaveAfterTheLastByte(ServerRun& run) {
  run.start();
  ScriptedConnection& client = run.connect();
  run.whileStopped([&] {
    client.receiveExactly(kPoem.size());
    client.reset();
  });
  run.server().readErrorLine();
  return "15 bytes";
}

}  // namespace

const std::vector<ServerFault>& serverFaults() {
  static const std::vector<ServerFault> all{
      {"NoDescriptorToAccept", "no descriptor is left to accept a client (EMFILE)",
       "accept:EMFILE@1"},
      {"NoDescriptorToOpen", "no descriptor is left to open the poem (EMFILE)", "open:EMFILE@2"},
      {"ReadFails", "the disk fails in the middle of the poem (EIO)", "read:EIO@2"},
      {"PoemReplaced", "another file takes the poem's name while it is sent", "nanosleep:SIGSTOP@1",
       false, &replacePoem},
      {"PoemRewritten", "the poem's file is rewritten while it is sent", "nanosleep:SIGSTOP@1",
       false, &rewritePoem},
      {"ClientLeaves", "the client resets the connection in the middle of the poem", "", false,
       &leaveInTheMiddle},
      {"ClientLeavesAtTheEnd",
       "the client resets the connection after the last byte, before the orderly close",
       "nanosleep:SIGSTOP@3", false, &leaveAfterTheLastByte},
      {"OutputFull", "standard output becomes full in the middle of the poem (ENOSPC)",
       "print:ENOSPC@4", true},
      {"Interrupted", "a signal interrupts every second call that can wait (EINTR)",
       "accept:EINTR@*2,close:EINTR@*2,nanosleep:EINTR@*2,open:EINTR@*2,print:EINTR@*2,"
       "read:EINTR@*2,send:EINTR@*2"},
  };
  return all;
}

Outcome outcomeOf(const ServerFault& fault) {
  ServerRun run(fault.script);
  std::string receives;
  if (fault.play != nullptr) {
    receives = fault.play(run);
  } else {
    run.start();
    receives = run.deliveryTo(run.connect());
  }
  if (!fault.ends) {
    run.serveNext();
    run.server().signal(SIGTERM);
  }
  const Ending ending = run.server().wait();
  EXPECT_EQ(run.metItsFault(), !fault.script.empty()) << "the fault did not happen\n"
                                                      << run.story();
  const std::string then = fault.ends ? ending.toString() : "serves the next client";
  return {"blocking-server", {run.messages(), receives, then}, run.story()};
}

}  // namespace poetry::testing
