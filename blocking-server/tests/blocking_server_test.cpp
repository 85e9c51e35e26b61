// Lesson 1: the server sends a poem slowly, to one client at a time.
#include "support/child_process.hpp"
#include "support/client_test.hpp"  // contentsOf
#include "support/descriptors.hpp"
#include "support/scenario.hpp"
#include "support/scripted_server.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include <sys/stat.h>  // mkfifo
#include <unistd.h>

namespace poetry::testing {

const std::string kServer = POETRY_BIN_DIR "/blocking-server";
const std::string kPoems = POETRY_POETRY_DIR;

class BlockingServer : public ::testing::Test {
 protected:
  void TearDown() override {
    EXPECT_EQ(descriptors_.leaked(), std::vector<std::string>()) << "left open by the test itself";
    if (HasFailure()) {
      std::fprintf(stderr, "What happened in this test:\n%s", scenario_.story().c_str());
    }
  }

  /// Writes a poem, in place of an old one, and returns its path.
  std::string poem(const std::string& text) {
    std::ofstream(folder() / "poem.txt", std::ios::binary) << text;
    return (folder() / "poem.txt").string();
  }

  /// Starts the server and waits for its first line.
  std::unique_ptr<ChildProcess> start(const std::vector<std::string>& words,
                                      SourceLine where = SourceLine::here()) {
    auto server = scenario_.start(kServer, words, {}, where);
    const std::string line = server->readLine(where);
    const std::string head = "Serving " + words.back() + " on port ";
    if (!line.starts_with(head) || !line.ends_with(".")) {
      scenario_.fail(where, "not the first line of a server: " + line);
    }
    port_ = static_cast<std::uint16_t>(std::stoul(line.substr(head.size())));
    if (line != head + std::to_string(port_) + ".") {
      scenario_.fail(where, "not the first line of a server: " + line);
    }
    return server;
  }

  /// The port of the server that was started last.
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

  Scenario scenario_;

 private:
  DescriptorCheck descriptors_;
  TemporaryDirectory folder_;
  std::uint16_t port_ = 0;
};

// Serving

TEST_F(BlockingServer, SendsThePoemsAsTheyAreInTheirFiles) {
  for (const char* name : {"ecstasy.txt", "fascination.txt", "science.txt"}) {
    const std::string file = kPoems + "/" + name;
    const auto server = start({"--delay", "0", file});
    EXPECT_EQ(scenario_.connect(port()).receiveAll(), contentsOf(file));
  }
}

TEST_F(BlockingServer, SendsAnyBytes) {
  const std::string bytes = randomBytes(1 << 20, 1633);
  const auto server = start({"--delay", "0", "--num-bytes", "1000", poem(bytes)});
  EXPECT_TRUE(scenario_.connect(port()).receiveAll() == bytes);
}

TEST_F(BlockingServer, PrintsEachClientAndEachSend) {
  const auto server =
      start({"--delay", "0", "--num-bytes", "10", poem("twenty-five bytes in all.")});
  ScriptedConnection client = scenario_.connect(port());
  client.receiveAll();
  server->expectLine("Somebody at " + client.address() + " wants poetry!");
  server->expectLine("Sending 10 bytes");
  server->expectLine("Sending 10 bytes");
  server->expectLine("Sending 5 bytes");
  server->waitUntilIdle();
  EXPECT_EQ(server->unreadLines(), std::vector<std::string>());
}

TEST_F(BlockingServer, SendsTenBytesAtATimeByDefault) {
  const auto server = start({"--delay", "0", poem("fifteen bytes..")});
  scenario_.connect(port()).receiveAll();
  server->readLine();
  server->expectLine("Sending 10 bytes");
  server->expectLine("Sending 5 bytes");
}

TEST_F(BlockingServer, SleepsAfterEachSend) {
  const auto server = start({"--delay", "3600", "--num-bytes", "10", poem("twenty bytes in all.")});
  ScriptedConnection client = scenario_.connect(port());

  EXPECT_EQ(client.receiveExactly(10), "twenty byt");
  server->waitUntilIdle();

  EXPECT_FALSE(client.hasNews());
}

TEST_F(BlockingServer, SleepsAfterTheLastSendBeforeItCloses) {
  const auto server = start({"--delay", "3600", "--num-bytes", "10", poem("ten bytes.")});
  ScriptedConnection client = scenario_.connect(port());

  EXPECT_EQ(client.receiveExactly(10), "ten bytes.");
  server->waitUntilIdle();

  EXPECT_FALSE(client.hasNews());
}

TEST_F(BlockingServer, ServesOneClientAtATime) {
  const std::string much = randomBytes(std::size_t{16} << 20, 1893);  // more than a system buffers
  const auto server = start({"--delay", "0", "--num-bytes", "65536", poem(much)});
  ScriptedConnection first = scenario_.connect(port());
  server->expectLine("Somebody at " + first.address() + " wants poetry!");
  ScriptedConnection second = scenario_.connect(port());

  server->waitUntilIdle();  // it blocks in a send

  EXPECT_FALSE(second.hasNews());
  for (const std::string& line : server->unreadLines()) {
    EXPECT_EQ(line, "Sending 65536 bytes") << "it serves another client";
  }
  EXPECT_TRUE(first.receiveAll() == much);
  EXPECT_TRUE(second.receiveAll() == much);
}

TEST_F(BlockingServer, LosesNoByteWhenASendIsInterrupted) {
  const std::string much = randomBytes(std::size_t{16} << 20, 1921);
  const auto server = start({"--delay", "0", "--num-bytes", "16777216", poem(much)});
  ScriptedConnection client = scenario_.connect(port());
  server->expectLine("Somebody at " + client.address() + " wants poetry!");
  server->waitUntilIdle();  // it has sent what the system takes, and blocks

  server->pause();  // after this, send returns a part of the bytes
  server->resume();

  EXPECT_TRUE(client.receiveAll() == much);
}

TEST_F(BlockingServer, ServesAllClientsInTheListenQueue) {
  constexpr std::size_t kMany = 200;
  const auto server = start({"--delay", "0", poem("verse")});
  server->pause();  // until all clients are in the listen queue
  std::list<ScriptedConnection> clients;
  for (std::size_t i = 0; i < kMany; ++i) {
    clients.emplace_back(scenario_, port(), "127.0.0.1", SourceLine::here());
  }
  server->resume();
  while (!clients.empty()) {
    EXPECT_EQ(clients.front().receiveAll(), "verse");
    clients.pop_front();
  }
}

TEST_F(BlockingServer, OpensThePoemAgainForEachClient) {
  const auto server = start({"--delay", "0", poem("the first version")});
  EXPECT_EQ(scenario_.connect(port()).receiveAll(), "the first version");
  poem("the second");
  EXPECT_EQ(scenario_.connect(port()).receiveAll(), "the second");
}

TEST_F(BlockingServer, ClosesInOrderAfterAnEmptyPoem) {
  const auto server = start({"--delay", "3600", poem("")});
  ScriptedConnection client = scenario_.connect(port());
  EXPECT_EQ(client.receiveAll(), "");
  server->expectLine("Somebody at " + client.address() + " wants poetry!");
  server->waitUntilIdle();
  EXPECT_EQ(server->unreadLines(), std::vector<std::string>());
}

TEST_F(BlockingServer, ServesAClientThatSendsBytes) {
  const auto server = start({"--delay", "0", poem("verse")});
  server->pause();  // until the client's bytes have arrived
  ScriptedConnection client = scenario_.connect(port());
  client.send("GET / HTTP/1.0\r\n\r\n");
  server->resume();
  EXPECT_EQ(client.receiveAll(), "verse");
}

TEST_F(BlockingServer, LosesNoByteToAClientThatSendsAndReadsLate) {
  // More than the client's system takes at once, so the end of the poem is still in the server's.
  const std::string much = randomBytes(1'500'000, 1922);
  const auto server = start({"--delay", "0", "--num-bytes", "1500000", poem(much)});
  server->pause();
  ScriptedConnection talker = scenario_.connect(port());
  ScriptedConnection next = scenario_.connect(port());
  talker.send("GET / HTTP/1.0\r\n\r\n");
  server->resume();
  server->expectLine("Somebody at " + talker.address() + " wants poetry!");
  server->expectLine("Sending 1500000 bytes");
  server->waitUntilIdle();
  talker.send("are you still there?");
  talker.closeInOrder();
  server->waitUntilIdle();

  EXPECT_TRUE(talker.receiveAll() == much);
  EXPECT_TRUE(next.receiveAll() == much);
  EXPECT_EQ(server->errors(), "");
}

TEST_F(BlockingServer, ReportsAClientThatLeavesWithoutTheEndOfThePoem) {
  const auto server = start({"--delay", "0", poem("verse")});
  const auto leave = [&](const std::function<void(ScriptedConnection&)>& how) {
    server->pause();  // until the client has left
    std::string address;
    {
      ScriptedConnection client = scenario_.connect(port());
      address = client.address();
      how(client);
    }
    server->resume();
    const std::string message = server->readErrorLine();
    EXPECT_TRUE(message.starts_with("blocking-server: no more poetry for " + address + ": "))
        << message;
  };
  leave([](ScriptedConnection& client) { client.reset(); });
  leave([](ScriptedConnection&) {});  // the client is closed, and answers the poem with a reset

  EXPECT_EQ(scenario_.connect(port()).receiveAll(), "verse");
}

TEST_F(BlockingServer, ListensOn127001ByDefault) {
  const auto server = start({"--delay", "0", poem("verse")});
  EXPECT_EQ(scenario_.connect(port(), "127.0.0.1").receiveAll(), "verse");
}

TEST_F(BlockingServer, ListensOnTheGivenAddress) {
  const auto v4 = start({"--iface", "127.0.0.2", "--delay", "0", poem("verse")});
  EXPECT_EQ(scenario_.connect(port(), "127.0.0.2").receiveAll(), "verse");
  if (!hasIpv6()) {
    GTEST_SKIP() << "this machine has no ::1";
  }
  const auto v6 = start({"--iface", "::1", "--delay", "0", poem("verse")});
  ScriptedConnection client = scenario_.connect(port(), "::1");
  EXPECT_EQ(client.receiveAll(), "verse");
  v6->expectLine("Somebody at " + client.address() + " wants poetry!");
}

TEST_F(BlockingServer, CanListenOnItsOldPortAtOnce) {
  const auto server = start({"--delay", "0", poem("verse")});
  ScriptedConnection served = scenario_.connect(port());
  EXPECT_EQ(served.receiveAll(), "verse");
  served.closeInOrder();  // the server closed first, so its port is in TIME_WAIT
  ScriptedConnection open = scenario_.connect(port());
  const std::uint16_t again = port();
  server->signal(SIGINT);
  server->wait();

  const auto successor = start({"--port", std::to_string(again), "--delay", "0", poem("verse")});

  EXPECT_EQ(port(), again);
  EXPECT_EQ(scenario_.connect(again).receiveAll(), "verse");
}

TEST_F(BlockingServer, KeepsNoDescriptorOfAServedClient) {
  const auto server = start({"--delay", "0", poem("verse")});
  server->waitUntilIdle();
  const std::vector<std::string> before = openDescriptors(server->pid());
  for (int i = 0; i < 5; ++i) {
    scenario_.connect(port()).receiveAll();
  }
  server->waitUntilIdle();
  EXPECT_EQ(openDescriptors(server->pid()), before);
}

// Failures

TEST_F(BlockingServer, LosesOnlyTheConnectionWhenAClientLeaves) {
  const std::string much = randomBytes(std::size_t{16} << 20, 1914);
  const auto server = start({"--delay", "0", "--num-bytes", "65536", poem(much)});
  const auto leave = [&](const std::function<void(ScriptedConnection&)>& how) {
    std::string address;
    {
      ScriptedConnection client = scenario_.connect(port());
      address = client.address();
      client.receiveExactly(1000);
      server->waitUntilIdle();  // it blocks in a send
      how(client);
    }  // the destructor closes a socket that is still open
    const std::string message = server->readErrorLine();
    EXPECT_TRUE(message.starts_with("blocking-server: ")) << message;
    EXPECT_NE(message.find(address), std::string::npos) << message;
  };
  leave([](ScriptedConnection& client) { client.reset(); });
  leave([](ScriptedConnection&) {});
  // This order raises SIGPIPE, which ends a server that does not suppress it.
  leave([](ScriptedConnection& client) {
    client.closeInOrder();
    client.reset();
  });

  EXPECT_TRUE(scenario_.connect(port()).receiveAll() == much);
  EXPECT_EQ(server->errorLines().size(), 3U);
}

TEST_F(BlockingServer, ResetsAnUnfinishedConnectionWhenASignalEndsIt) {
  for (const int number : {SIGINT, SIGTERM, SIGKILL}) {
    SCOPED_TRACE(::strsignal(number));
    const auto server = start({"--delay", "3600", poem("Where, like a pillow on a bed")});
    ScriptedConnection client = scenario_.connect(port());
    ScriptedConnection waiting = scenario_.connect(port());
    EXPECT_EQ(client.receiveExactly(10), "Where, lik");
    server->waitUntilIdle();

    server->signal(number);

    EXPECT_EQ(client.receiveUntilReset(), "");
    EXPECT_EQ(waiting.receiveUntilReset(), "");
    EXPECT_EQ(server->wait(), Ending::bySignal(number));
    EXPECT_EQ(server->errors(), "");
  }
}

TEST_F(BlockingServer, EndsBySignalAlsoWithoutAClient) {
  for (const int number : {SIGINT, SIGTERM}) {
    const auto server = start({poem("verse")});
    server->waitUntilIdle();
    server->signal(number);
    EXPECT_EQ(server->wait(), Ending::bySignal(number));
  }
}

TEST_F(BlockingServer, ResetsAndServesTheNextClientWhenThePoemIsMissing) {
  const std::string file = poem("verse");
  const auto server = start({"--delay", "0", file});
  const auto expectReset = [&] {
    server->pause();  // until the connection is established
    ScriptedConnection client = scenario_.connect(port());
    server->resume();
    EXPECT_EQ(client.receiveUntilReset(), "") << "an empty poem would look complete";
    const std::string message = server->readErrorLine();
    EXPECT_TRUE(message.starts_with("blocking-server: ")) << message;
    EXPECT_NE(message.find(file), std::string::npos) << message;
  };
  std::filesystem::remove(file);
  expectReset();
  std::filesystem::create_directory(file);
  expectReset();
  std::filesystem::remove(file);
  poem("verse again");
  EXPECT_EQ(scenario_.connect(port()).receiveAll(), "verse again");
}

TEST_F(BlockingServer, ResetsWhenThePoemWasWrittenToWhileItWasSent) {
  const std::string much = randomBytes(std::size_t{16} << 20, 1611);
  const std::string file = poem(much);
  const auto server = start({"--delay", "0", "--num-bytes", "65536", file});
  const auto expectReset = [&](const std::function<void()>& change) {
    ScriptedConnection client = scenario_.connect(port());
    client.receiveExactly(1000);
    server->waitUntilIdle();  // it blocks in a send
    change();
    client.receiveUntilReset();
    EXPECT_EQ(server->readErrorLine(), "blocking-server: no more poetry for " + client.address() +
                                           ": " + file + " has changed while it was read");
    poem(much);
  };
  expectReset([&] { std::filesystem::resize_file(file, much.size() / 2); });
  expectReset([&] { poem(randomBytes(much.size(), 1612)); });
  expectReset([&] { poem(much + "and one more line"); });

  EXPECT_TRUE(scenario_.connect(port()).receiveAll() == much);
}

TEST_F(BlockingServer, SendsTheOldPoemToItsEndWhenAnotherFileReplacesIt) {
  const std::string much = randomBytes(std::size_t{16} << 20, 1613);
  const std::string file = poem(much);
  const auto server = start({"--delay", "0", "--num-bytes", "65536", file});
  ScriptedConnection client = scenario_.connect(port());
  const std::string head = client.receiveExactly(1000);
  server->waitUntilIdle();

  std::filesystem::rename(file, folder() / "old.txt");
  poem("another");

  EXPECT_TRUE(head + client.receiveAll() == much);
  EXPECT_EQ(scenario_.connect(port()).receiveAll(), "another");
  EXPECT_EQ(server->errors(), "");
}

TEST_F(BlockingServer, ServesAWaitingClientOnceItHasDescriptorsAgain) {
  const auto server = start({"--delay", "0", poem("verse")});
  server->waitUntilIdle();
  server->pause();  // accept(2) has reserved a descriptor, and this frees it
  server->limitDescriptors(3);
  ScriptedConnection client = scenario_.connect(port());
  server->resume();

  EXPECT_EQ(server->readErrorLine(), "blocking-server: accept: Too many open files; trying again");
  EXPECT_FALSE(client.hasNews());
  server->limitDescriptors(64);

  EXPECT_EQ(client.receiveAll(), "verse");
}

TEST_F(BlockingServer, ResetsAndServesTheNextClientWhenItHasNoDescriptorForThePoem) {
  const std::string file = poem("verse");
  const auto server = start({"--delay", "0", file});
  server->waitUntilIdle();
  const std::size_t open = openDescriptors(server->pid()).size();
  server->limitDescriptors(open + 1);  // enough for the connection
  {
    server->pause();  // until the connection is established
    ScriptedConnection client = scenario_.connect(port());
    server->resume();
    EXPECT_EQ(client.receiveUntilReset(), "");
    EXPECT_EQ(server->readErrorLine(), "blocking-server: no more poetry for " + client.address() +
                                           ": cannot read " + file + ": Too many open files");
  }
  server->limitDescriptors(64);

  EXPECT_EQ(scenario_.connect(port()).receiveAll(), "verse");
}

TEST_F(BlockingServer, RefusesAWrongCommandLine) {
  const std::string file = poem("verse");
  const std::string missing = (folder() / "missing.txt").string();
  const std::string pipe = (folder() / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  struct Wrong {
    std::vector<std::string> words;
    std::string named;  ///< by the message
  };
  const std::vector<Wrong> wrong{
      {{}, ""},
      {{file, file}, "poem.txt"},
      {{missing}, missing},
      {{folder().string()}, folder().string()},
      {{""}, "''"},
      {{pipe}, pipe + ": not a regular file"},
      {{"--iface", "*", file}, "'*'"},
      {{"--delay", "nan", file}, "nan"},
      {{"--delay", "inf", file}, "inf"},
      {{"--delay", "-1", file}, "-1"},
      {{"--delay", "abc", file}, "abc"},
      {{"--delay", "1s", file}, "1s"},
      {{"--delay", "", file}, "--delay"},
      {{"--num-bytes", "0", file}, "0"},
      {{"--num-bytes", "-5", file}, "-5"},
      {{"--num-bytes", "1.5", file}, "1.5"},
      {{"--num-bytes", "many", file}, "many"},
      {{"--port", "65536", file}, "65536"},
      {{"--port", "-1", file}, "-1"},
      {{"--port", "abc", file}, "abc"},
      {{"--frobnicate", file}, "--frobnicate"},
      {{file, "--port"}, "--port"},
  };
  for (const auto& [words, named] : wrong) {
    SCOPED_TRACE(words.empty() ? "nothing" : words[0] + ' ' + (words.size() > 1 ? words[1] : ""));
    const auto server = scenario_.start(kServer, words);
    EXPECT_EQ(server->wait(), Ending::code(2));
    EXPECT_EQ(server->output(), "");
    const std::vector<std::string> lines = server->errorLines();
    ASSERT_EQ(lines.size(), 1U) << server->errors();
    EXPECT_TRUE(lines[0].starts_with("blocking-server: ")) << lines[0];
    EXPECT_NE(lines[0].find(named), std::string::npos) << "does not name the word: " << lines[0];
    EXPECT_NE(lines[0].find("--help"), std::string::npos) << "does not name --help: " << lines[0];
  }
}

TEST_F(BlockingServer, RefusesAPoemThatItMayNotRead) {
  if (::geteuid() == 0) {
    GTEST_SKIP() << "root may read everything";
  }
  const std::string file = poem("verse");
  std::filesystem::permissions(file, std::filesystem::perms::none);
  const auto server = scenario_.start(kServer, {file});
  EXPECT_EQ(server->wait(), Ending::code(2));
  EXPECT_NE(server->errors().find(file), std::string::npos) << server->errors();
}

TEST_F(BlockingServer, NamesTheAddressAndPortThatItCannotListenOn) {
  const std::string file = poem("verse");
  const auto expectRefusal = [&](const std::vector<std::string>& words,
                                 const std::vector<std::string>& named) {
    const auto server = scenario_.start(kServer, words);
    EXPECT_EQ(server->wait(), Ending::code(1));
    EXPECT_EQ(server->output(), "");
    ASSERT_EQ(server->errorLines().size(), 1U) << server->errors();
    EXPECT_TRUE(server->errors().starts_with("blocking-server: ")) << server->errors();
    for (const std::string& word : named) {
      EXPECT_NE(server->errors().find(word), std::string::npos) << word << ": " << server->errors();
    }
  };
  ScriptedServer other(scenario_);
  const std::string taken = std::to_string(other.port());
  expectRefusal({"--iface", "127.0.0.1", "--port", taken, file}, {"127.0.0.1", taken});
  expectRefusal({"--port", taken, file}, {taken, "choose another port"});
  // No machine has an address for documentation, and no name is as long as this label.
  expectRefusal({"--iface", "203.0.113.7", file}, {"203.0.113.7"});
  const std::string label(70, 'a');
  expectRefusal({"--iface", label, file}, {label});
}

TEST_F(BlockingServer, EndsWhenItCannotWriteToStandardOutput) {
  for (const Stream stream : {Stream::kClosed, Stream::kFull}) {
    ChildOptions options;
    options.output = stream;
    const auto server = scenario_.start(kServer, {poem("verse")}, options);
    EXPECT_EQ(server->wait(), Ending::code(1));
    EXPECT_EQ(server->errorLines().size(), 1U) << server->errors();
  }
}

TEST_F(BlockingServer, PrintsHelpThatEndsWithAnExample) {
  const auto server = scenario_.start(kServer, {"--help"});
  EXPECT_EQ(server->wait(), Ending::code(0));
  EXPECT_EQ(server->errors(), "");
  const std::vector<std::string> lines = server->outputLines();
  ASSERT_FALSE(lines.empty());
  EXPECT_NE(lines.back().find("build/bin/blocking-server"), std::string::npos) << lines.back();
  for (const char* option : {"--port", "--iface", "--delay", "--num-bytes"}) {
    EXPECT_NE(server->output().find(option), std::string::npos) << option;
  }
}

}  // namespace poetry::testing
