// The two servers of chapters 5 and 6: they write, and they serve many clients at the same time.
#include "support/child_process.hpp"
#include "support/descriptors.hpp"
#include "support/scenario.hpp"
#include "support/scripted_server.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <sys/stat.h>  // mkfifo

namespace poetry::testing {

/// A scenario with a server.
class ServerTest : public ::testing::Test {
 protected:
  void TearDown() override {
    if (HasFailure()) {
      std::fprintf(stderr, "The story of this test:\n%s", scenario_.story().c_str());
    }
  }

  /// Starts the server and reads its first line, which ends with its port and a full stop.
  std::unique_ptr<ChildProcess> start(const std::string& name,
                                      const std::vector<std::string>& words,
                                      const std::string& head,
                                      SourceLine where = SourceLine::here()) {
    auto server = scenario_.start(std::string(POETRY_BIN_DIR "/") + name, words, {}, where);
    const std::string line = server->readLine(where);
    if (!line.starts_with(head)) {
      scenario_.fail(where, "not the first line of the server: " + line);
    }
    port_ = static_cast<std::uint16_t>(std::stoul(line.substr(head.size())));
    EXPECT_EQ(line, head + std::to_string(port_) + '.');
    return server;
  }

  [[nodiscard]] ScriptedConnection connect(SourceLine where = SourceLine::here()) {
    return scenario_.connect(port_, "127.0.0.1", where);
  }

  /// Starts the server with a full device as its standard output.
  void expectEndWithoutOutput(const std::string& name, const std::string& poem = "") {
    const std::string program = POETRY_BIN_DIR "/" + name;
    const auto server =
        scenario_.start("/bin/sh", {"-c", "exec \"$0\" ${1:+\"$1\"} > /dev/full", program, poem});
    EXPECT_EQ(server->wait(), Ending::code(1));
    EXPECT_EQ(server->errors(),
              name + ": cannot write to standard output: No space left on device\n");
  }

  Scenario scenario_;
  std::uint16_t port_ = 0;
};

// === The echo server ============================================================================

class EchoServer : public ServerTest {
 protected:
  std::unique_ptr<ChildProcess> startEcho(const std::vector<std::string>& words = {}) {
    return start("echo-server", words, "Echo server on 127.0.0.1:");
  }
};

TEST_F(EchoServer, SendsBackEveryByte) {
  const auto server = startEcho();
  ScriptedConnection client = connect();
  const std::string bytes = randomBytes(20'000, 1593);
  client.send(bytes);
  EXPECT_TRUE(client.receiveExactly(bytes.size()) == bytes);
  client.send("no newline");
  EXPECT_EQ(client.receiveExactly(10), "no newline");
}

TEST_F(EchoServer, ClosesInOrderAfterALineByeAndSendsThatLineBack) {
  const auto server = startEcho();
  for (const std::string bye : {"bye\n", "bye\r\n", "hello\nbye\n", "hello\nbye\nand more\n"}) {
    ScriptedConnection client = connect();
    client.send(bye);
    EXPECT_EQ(client.receiveAll(), bye);
    server->expectLine(client.address() + " is connected.");
    server->expectLine(client.address() + " is disconnected: Connection was closed cleanly.");
  }
}

TEST_F(EchoServer, RecognizesALineThatArrivesInPieces) {
  const auto server = startEcho();
  ScriptedConnection client = connect();
  for (const char* piece : {"hello\nb", "y", "e"}) {
    client.send(piece);
    EXPECT_EQ(client.receiveExactly(std::string(piece).size()), piece);
  }
  client.send("\n");
  EXPECT_EQ(client.receiveAll(), "\n");
}

TEST_F(EchoServer, TakesByeForTheEndOnlyIfTheLineContainsNothingElse) {
  const auto server = startEcho();
  ScriptedConnection client = connect();
  const std::string lines = "goodbye\nbyebye\nbye \n bye\n\n";
  client.send(lines);
  EXPECT_EQ(client.receiveExactly(lines.size()), lines);
  server->waitUntilIdle();
  EXPECT_FALSE(client.hasEnded());
}

TEST_F(EchoServer, SendsBackAllBytesToAClientThatReadsLate) {
  const auto server = startEcho();
  ScriptedConnection client = connect();
  const std::string much = randomBytes(std::size_t{1} << 20, 1594);  // without a line "bye"
  client.send(much);
  client.send("\nbye\n");
  EXPECT_TRUE(client.receiveAll() == much + "\nbye\n");
}

TEST_F(EchoServer, ServesOthersWhileOneClientSendsNothing) {
  const auto server = startEcho();
  ScriptedConnection silent = connect();
  ScriptedConnection other = connect();
  other.send("bye\n");
  EXPECT_EQ(other.receiveAll(), "bye\n");
  EXPECT_FALSE(silent.hasNews());
}

TEST_F(EchoServer, ReportsAReset) {
  const auto server = startEcho();
  ScriptedConnection client = connect();
  const std::string address = client.address();
  server->expectLine(address + " is connected.");
  client.reset();
  server->expectLine(address + " is disconnected: Connection reset by peer.");
}

TEST_F(EchoServer, TracesThatTheReactorWrites) {
  const auto server = startEcho({"--trace"});
  ScriptedConnection client = connect();
  client.send("bye\n");
  client.receiveAll();
  server->expectLine(client.address() + " is connected.");
  server->expectLine(client.address() + " is disconnected: Connection was closed cleanly.");
  const std::string trace = server->errors();
  const std::size_t received = trace.find("doRead -> dataReceived");
  const std::size_t written = trace.find("writable -> doWrite");
  EXPECT_NE(received, std::string::npos) << trace;
  EXPECT_NE(written, std::string::npos) << trace;
  EXPECT_LT(received, written) << "write() does not send: the loop does, later";
}

TEST_F(EchoServer, EndsBySignal) {
  const auto server = startEcho();
  server->waitUntilIdle();
  server->signal(SIGINT);
  EXPECT_EQ(server->wait(), Ending::bySignal(SIGINT));
}

TEST_F(EchoServer, EndsIfItCannotPrintItsPort) {
  expectEndWithoutOutput("echo-server");
}

TEST_F(EchoServer, RefusesAWrongCommandLineAndAPortThatIsInUse) {
  const std::string program = POETRY_BIN_DIR "/echo-server";
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"10000"}, {"--port"}, {"--port", "99999"}}) {
    const auto server = scenario_.start(program, words);
    EXPECT_EQ(server->wait(), Ending::code(2));
    EXPECT_TRUE(server->errors().starts_with("echo-server: ")) << server->errors();
  }
  const ScriptedServer other(scenario_);
  const auto server =
      scenario_.start(program, {"--port", std::to_string(other.port()), "--iface", "127.0.0.1"});
  EXPECT_EQ(server->wait(), Ending::code(1));
  EXPECT_EQ(server->errors(), "echo-server: cannot listen on " + other.address() +
                                  " (end the program that uses this port, or choose another port): "
                                  "Address already in use\n");
}

// === The poetry server ==========================================================================

class PoetryServer : public ServerTest {
 protected:
  /// Starts the server with this poem.
  std::unique_ptr<ChildProcess> startWith(const std::string& poem, std::vector<std::string> words) {
    const std::string file = (folder_.path() / "poem.txt").string();
    std::ofstream(file, std::ios::binary) << poem;
    words.push_back(file);
    return start("poetry-server", words, "Serving " + file + " on port ");
  }

 private:
  TemporaryDirectory folder_;
};

TEST_F(PoetryServer, SendsThePoemByteForByteAndClosesInOrder) {
  const std::string bytes = randomBytes(100'000, 1633);
  const auto server = startWith(bytes, {"--delay", "0", "--num-bytes", "1000"});
  EXPECT_TRUE(connect().receiveAll() == bytes);
  EXPECT_TRUE(connect().receiveAll() == bytes);
}

TEST_F(PoetryServer, PrintsTheLinesOfLessonOne) {
  const auto server = startWith("twenty-five bytes in all.", {"--delay", "0"});
  ScriptedConnection client = connect();
  client.receiveAll();
  server->expectLine("Somebody at " + client.address() + " wants poetry!");
  server->expectLine("Sending 10 bytes");
  server->expectLine("Sending 10 bytes");
  server->expectLine("Sending 5 bytes");
  server->waitUntilIdle();
  EXPECT_EQ(server->unreadLines(), std::vector<std::string>());
  EXPECT_EQ(server->errors(), "");
}

TEST_F(PoetryServer, ServesASecondClientWhileTheFirstHasOnlyAPart) {
  const auto server = startWith("twenty-five bytes in all.", {"--delay", "3600"});
  ScriptedConnection first = connect();
  EXPECT_EQ(first.receiveExactly(10), "twenty-fiv");
  ScriptedConnection second = connect();
  EXPECT_EQ(second.receiveExactly(10), "twenty-fiv");
  server->waitUntilIdle();
  EXPECT_FALSE(first.hasNews());
  EXPECT_FALSE(second.hasNews());
}

TEST_F(PoetryServer, ServesTwoClientsAtTheSameTime) {
  const auto server = startWith(std::string(50, 'a'), {"--delay", "0"});
  server->pause();  // until both clients are in the listen queue
  ScriptedConnection first = connect();
  ScriptedConnection second = connect();
  server->resume();
  first.receiveAll();
  second.receiveAll();
  server->waitUntilIdle();
  const std::vector<std::string> lines = server->unreadLines();
  ASSERT_EQ(lines.size(), 12U);
  // Both are greeted, and sent to, before either gets more.
  EXPECT_EQ(lines[0], "Somebody at " + first.address() + " wants poetry!");
  EXPECT_EQ(lines[1], "Sending 10 bytes");
  EXPECT_EQ(lines[2], "Somebody at " + second.address() + " wants poetry!");
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "Sending 10 bytes"), 10);
}

TEST_F(PoetryServer, CancelsTheNextSendWhenAClientLeaves) {
  const auto server = startWith(std::string(20, 'a'), {"--delay", "0.5"});
  ScriptedConnection staying = connect();
  server->expectLine("Somebody at " + staying.address() + " wants poetry!");
  server->expectLine("Sending 10 bytes");
  server->pause();  // so that the server finds the next client and its end at the same time
  std::string address;
  {
    ScriptedConnection leaving = connect();
    address = leaving.address();
  }
  server->resume();
  EXPECT_EQ(server->readErrorLine(),
            "poetry-server: no more poetry for " + address + ": Connection was closed cleanly");

  EXPECT_EQ(staying.receiveAll(), std::string(20, 'a'));
  server->waitUntilIdle();
  std::vector<std::string> lines = server->unreadLines();
  EXPECT_EQ(std::erase(lines, "Sending 10 bytes"), 2U) << "it still sends to the client that left";
  EXPECT_EQ(lines, std::vector<std::string>{"Somebody at " + address + " wants poetry!"});
}

TEST_F(PoetryServer, ServesOthersWhileOneClientDoesNotRead) {
  const std::string much = randomBytes(std::size_t{8} << 20, 1634);
  const auto server = startWith(much, {"--delay", "0", "--num-bytes", "1000000"});
  ScriptedConnection lazy = connect();
  EXPECT_TRUE(connect().receiveAll() == much);
  EXPECT_TRUE(lazy.receiveAll() == much);
}

TEST_F(PoetryServer, KeepsNoDescriptorOfAServedClient) {
  const auto server = startWith("verse", {"--delay", "0"});
  server->waitUntilIdle();
  const std::vector<std::string> before = openDescriptors(server->pid());
  std::list<ScriptedConnection> clients;
  for (int i = 0; i < 20; ++i) {
    clients.emplace_back(scenario_, port_, "127.0.0.1", SourceLine::here());
  }
  for (ScriptedConnection& client : clients) {
    EXPECT_EQ(client.receiveAll(), "verse");
  }
  server->waitUntilIdle();
  EXPECT_EQ(openDescriptors(server->pid()), before);
}

TEST_F(PoetryServer, EndsBySignal) {
  for (const int number : {SIGINT, SIGTERM}) {
    const auto server = startWith("twenty-five bytes in all.", {"--delay", "3600"});
    ScriptedConnection client = connect();
    client.receiveExactly(10);
    server->signal(number);
    EXPECT_EQ(server->wait(), Ending::bySignal(number));
  }
}

TEST_F(PoetryServer, EndsIfItCannotPrintItsPort) {
  expectEndWithoutOutput("poetry-server", POETRY_POETRY_DIR "/science.txt");
}

TEST_F(PoetryServer, RefusesAPoemThatItCannotReadAndSaysWhy) {
  const TemporaryDirectory folder;
  const std::string pipe = (folder.path() / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const auto& [file, why] : std::vector<std::pair<std::string, std::string>>{
           {"/no/such/poem.txt", "No such file or directory"},
           {folder.path().string(), "not a regular file"},
           {pipe, "not a regular file"}}) {
    const auto server = scenario_.start(POETRY_BIN_DIR "/poetry-server", {file});
    EXPECT_EQ(server->wait(), Ending::code(2));
    EXPECT_EQ(server->errors(),
              "poetry-server: cannot read " + file + ": " + why + "; try 'poetry-server --help'\n");
  }
}

}  // namespace poetry::testing
