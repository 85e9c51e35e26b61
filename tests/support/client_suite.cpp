#include "support/client_suite.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <regex>
#include <set>

namespace poetry::testing {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EveryClient);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(AsynchronousClient);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ImpatientClient);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ReactorClient);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ClientThatReportsWhenInterrupted);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ClientThatEndsWhenInterrupted);

namespace {

// Bytes that a client which decodes or counts characters gets wrong: U+2019 is three bytes long.
constexpr std::string_view kTypographic = "Don\xe2\x80\x99t\n";

/// Replaces ports and times, which differ from run to run.
std::string normalized(const std::string& text) {
  static const std::regex kPort(R"((127\.0\.0\.1):\d+)");
  static const std::regex kElapsed(R"(\d+:\d\d:\d\d\.\d{6})");
  return std::regex_replace(std::regex_replace(text, kPort, "$1:PORT"), kElapsed, "ELAPSED");
}

}  // namespace

std::string nameOf(const ::testing::TestParamInfo<ClientUnderTest>& info) {
  std::string name = info.param.name();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

// What it prints, and what it saves

TEST_P(EveryClient, ReportsEachPoemAndSavesItByteForByte) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  ScriptedServer third(scenario_);
  const std::filesystem::path deep = folder() / "made" / "on the way";
  const auto program =
      start({"--output", deep.string(), first.address(), second.address(), third.address()});

  const std::array<std::string, 3> poems{"Where, like a pillow on a bed\n",
                                         std::string(kTypographic), std::string("\0\r\n\xff", 4)};
  first.serve(poems[0]);
  second.serve(poems[1]);
  third.serve(poems[2]);

  expectPoems(*program, {poems[0].size(), poems[1].size(), poems[2].size()});
  EXPECT_EQ(contentsOf(deep / "poem-1.txt"), poems[0]);
  EXPECT_EQ(contentsOf(deep / "poem-2.txt"), poems[1]);
  EXPECT_EQ(contentsOf(deep / "poem-3.txt"), poems[2]);
}

TEST_P(EveryClient, TakesSixteenMebibytesOfRandomBytes) {
  const std::string bytes = randomBytes(std::size_t{16} << 20, 1572);
  ScriptedServer server(scenario_);
  const auto program = start({"--output", folder().string(), server.address()});

  server.serve(bytes);

  expectPoems(*program, {bytes.size()});
  EXPECT_TRUE(contentsOf(poemFile(1)) == bytes) << "the file is not what was sent";
}

TEST_P(EveryClient, CountsAnEmptyPoem) {
  ScriptedServer empty(scenario_);
  ScriptedServer other(scenario_);
  const auto program = start({"--output", folder().string(), empty.address(), other.address()});

  empty.serve("");
  other.serve("verse");

  expectPoems(*program, {0, 5});
  EXPECT_EQ(contentsOf(poemFile(1)), "");
}

TEST_P(EveryClient, TakesAPoemByteByByteAndInTheMiddleOfACharacter) {
  ScriptedServer server(scenario_);
  const auto program = start({"--output", folder().string(), server.address()});
  ScriptedConnection& connection = server.accept();
  if (client().oneAfterTheOther) {
    program->expectLine("Task 1: get poetry from: " + server.address());
  }
  for (const char byte : kTypographic) {
    connection.send({&byte, 1});
    expectNoticed(*program, 1, 1, server);
  }
  connection.closeInOrder();

  expectPoems(*program, {kTypographic.size()});
  EXPECT_EQ(contentsOf(poemFile(1)), kTypographic);
}

TEST_P(EveryClient, EndsWhenTheLastBytesAndTheEndComeTogether) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  const auto program = start({first.address(), second.address()});

  first.accept().sendAndClose("the whole poem");
  ScriptedConnection& connection = second.accept();
  connection.send("one half, ");
  connection.sendAndClose("the other half");

  expectPoems(*program, {14, 24});
}

TEST_P(EveryClient, EndsWhenTheEndComesAlone) {
  ScriptedServer server(scenario_);
  const auto program = start({server.address()});
  if (client().oneAfterTheOther) {
    program->expectLine("Task 1: get poetry from: " + server.address());
  }
  ScriptedConnection& connection = server.accept();
  connection.send("verse");
  expectNoticed(*program, 1, 5, server);
  program->waitUntilIdle();

  connection.closeInOrder();

  expectPoems(*program, {5});
}

TEST_P(EveryClient, LeavesOutChunksAndEndsWithQuiet) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  const auto program = start({first.address(), second.address(), "--quiet"});

  first.serve("verse");
  second.serve("");

  EXPECT_EQ(program->wait(), Ending::code(0));
  const std::string inTime = client().oneAfterTheOther ? " in ELAPSED" : "";
  const auto line = [&](int task, std::size_t bytes) {
    return client().oneAfterTheOther ? gotLine(task, bytes, "127.0.0.1:PORT") + " in ELAPSED\n"
                                     : "Task " + std::to_string(task) + ": " +
                                           std::to_string(bytes) + " bytes of poetry\n";
  };
  EXPECT_EQ(normalized(program->output()), line(1, 5) + line(2, 0) + "Got 2 poems in ELAPSED\n");
  expectMessages(*program, {});
}

TEST_P(EveryClient, TakesTheSameAddressSeveralTimes) {
  ScriptedServer server(scenario_);
  const auto program = start({server.address(), server.address(), server.address()});

  for (int i = 0; i < 3; ++i) {
    server.serve("again");
  }

  expectPoems(*program, {5, 5, 5});
}

TEST_P(EveryClient, FindsTheServerHoweverItsAddressIsTyped) {
  ScriptedServer server(scenario_);
  const std::string port = std::to_string(server.port());
  const auto program = start({port, ":" + port, "localhost:" + port});

  for (int i = 0; i < 3; ++i) {
    server.serve("verse");
  }

  expectPoems(*program, {5, 5, 5});
  const Transcript transcript(client(), program->outputLines());
  for (const auto& [task, found] : transcript.tasks) {
    EXPECT_EQ(found.address, server.address()) << "once connected it is the numeric address";
  }
  if (client().oneAfterTheOther) {
    EXPECT_EQ(transcript.tasks.at(1).asked, "127.0.0.1:" + port);
    EXPECT_EQ(transcript.tasks.at(2).asked, "127.0.0.1:" + port);
    EXPECT_EQ(transcript.tasks.at(3).asked, "localhost:" + port);
  }
}

TEST_P(EveryClient, SpeaksIpv6AndTriesAllAddressesOfAName) {
  if (!hasIpv6()) {
    GTEST_SKIP() << "this machine has no ::1";
  }
  ScriptedServer server(scenario_, "::1");
  const auto program = start({server.address(), "localhost:" + std::to_string(server.port())});

  server.serve("over");
  server.serve("again");  // 127.0.0.1 is the first address of localhost, and refuses

  expectPoems(*program, {4, 5});
  const Transcript transcript(client(), program->outputLines());
  EXPECT_EQ(transcript.tasks.at(1).address, "[::1]:" + std::to_string(server.port()));
  EXPECT_EQ(transcript.tasks.at(2).address, server.address());
}

TEST_P(EveryClient, ClosesAConnectionAsSoonAsItsPoemHasEnded) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  const auto program = start({first.address(), second.address()});
  ScriptedConnection& ended = first.accept();
  ended.sendAndClose("verse");

  ended.waitUntilPeerIsGone();  // while the other poem has not begun

  second.serve("verse");
  expectPoems(*program, {5, 5});
  EXPECT_EQ(ended.received(), "") << "a client has nothing to send";
}

// When things go wrong

TEST_P(EveryClient, TellsHowMuchCameBeforeAResetAndGoesOnWithTheOthers) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  ScriptedServer third(scenario_);
  const auto program =
      start({"--output", folder().string(), first.address(), second.address(), third.address()});
  first.serve("first");
  ScriptedConnection& lost = second.accept();
  lost.send(std::string(100, 'a'));
  program->waitUntilIdle();
  lost.send(std::string(20, 'b'));
  program->waitUntilIdle();
  lost.reset();
  EXPECT_EQ(program->readErrorLine(), lostLine(2, 120, second.address()));
  third.serve("third");

  EXPECT_EQ(program->wait(), Ending::code(1));
  expectMessages(*program, {lostLine(2, 120, second.address())});
  expectReport(*program, {{1, 5}, {3, 5}}, 3);
  EXPECT_EQ(contentsOf(poemFile(1)), "first");
  EXPECT_FALSE(std::filesystem::exists(poemFile(2))) << "what is cut short is not a poem";
  EXPECT_EQ(contentsOf(poemFile(3)), "third");
}

TEST_P(EveryClient, CountsTheBytesThatCameRightBeforeAReset) {
  ScriptedServer server(scenario_);
  const auto program = start({server.address()});

  server.accept().sendAndReset(std::string(120, 'a'));

  EXPECT_EQ(program->wait(), Ending::code(1));
  expectMessages(*program, {lostLine(1, 120, server.address())});
  expectReport(*program, {}, 1);
}

TEST_P(EveryClient, SurvivesAResetBeforeTheFirstByte) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  const auto program = start({first.address(), second.address()});
  ScriptedConnection& lost = first.accept();
  program->waitUntilIdle();

  lost.reset();
  second.serve("verse");

  EXPECT_EQ(program->wait(), Ending::code(1));
  expectMessages(*program, {lostLine(1, 0, first.address())});
  expectReport(*program, {{2, 5}}, 2);
}

TEST_P(EveryClient, SaysThatNothingArrivedWhenNothingDid) {
  ScriptedServer server(scenario_);
  const auto program = start({server.address(), server.address()});
  for (int i = 0; i < 2; ++i) {
    server.accept().sendAndReset("ver");
  }
  EXPECT_EQ(program->wait(), Ending::code(1));
  expectReport(*program, {}, 2);  // Got 0 of 2 poems
}

TEST_P(EveryClient, RefusesAWrongCommandLineAndConnectsToNobody) {
  ScriptedServer server(scenario_);
  const std::string port = std::to_string(server.port());
  std::vector<std::vector<std::string>> wrong{
      {"abc"},
      {"99999"},
      {"65536"},
      {"0"},
      {":"},
      {""},
      {"-1"},
      {"+80"},
      {" " + port},
      {port + " "},
      {port + "x"},
      {"0x50"},
      {"1e3"},
      {"127.0.0.1:"},
      {"127.0.0.1:0"},
      {"127.0.0.1:99999"},
      {"::1"},
      {"::1:" + port},
      {"[::1]"},
      {"[::1]:"},
      {"[::1:" + port},
      {"[]:" + port},
      {"[127.0.0.1]:" + port},
      {"a:b:" + port},
      {"4294967376"},
      {"--frobnicate"},
      {"-q"},
  };
  if (!client().isReactor) {
    wrong.push_back({"--trace"});
    wrong.push_back({"--reactor"});
  }
  for (const std::vector<std::string>& words : wrong) {
    SCOPED_TRACE("word: " + escaped(words[0]));
    const auto program = start({server.address(), words[0]});

    EXPECT_EQ(program->wait(), Ending::code(2));
    EXPECT_EQ(program->output(), "");
    const std::vector<std::string> lines = program->errorLines();
    ASSERT_EQ(lines.size(), 1U) << program->errors();
    EXPECT_TRUE(lines[0].starts_with(client().name() + ": ")) << lines[0];
    EXPECT_NE(lines[0].find(words[0]), std::string::npos) << "does not name the word: " << lines[0];
    EXPECT_NE(lines[0].find("--help"), std::string::npos) << "does not say who helps: " << lines[0];
    EXPECT_FALSE(server.hasCaller()) << "connected before the command line was understood";
  }
}

TEST_P(EveryClient, AsksForAnAddressWhenThereIsNone) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{}, {"--quiet"}, {"--output"}, {"--output", "x"}}) {
    ChildOptions inFolder;
    inFolder.directory = folder().string();
    const auto program = start(words, inFolder);

    EXPECT_EQ(program->wait(), Ending::code(2));
    EXPECT_EQ(program->output(), "");
    EXPECT_EQ(program->errorLines().size(), 1U) << program->errors();
    EXPECT_TRUE(std::filesystem::is_empty(folder())) << "left something behind";
  }
}

TEST_P(EveryClient, HelpsOnStandardOutputAndEndsWithAnExample) {
  const auto program = start({"--help"});

  EXPECT_EQ(program->wait(), Ending::code(0));
  EXPECT_EQ(program->errors(), "");
  const std::vector<std::string> lines = program->outputLines();
  ASSERT_FALSE(lines.empty());
  EXPECT_NE(lines.back().find("build/bin/" + client().name()), std::string::npos) << lines.back();
  EXPECT_EQ(lines.back().find("build/bin/" + client().name() + ":"), std::string::npos);
  for (const char* option : {"--quiet", "--output"}) {
    EXPECT_NE(program->output().find(option), std::string::npos) << option;
  }
  for (const char* option : {"--trace", "--reactor"}) {
    EXPECT_EQ(program->output().find(option) != std::string::npos, client().isReactor) << option;
  }
}

TEST_P(EveryClient, DoesNotClaimSuccessWhenStandardOutputTakesNothing) {
  for (const Stream stream : {Stream::kClosed, Stream::kFull}) {
    for (const bool quiet : {false, true}) {
      SCOPED_TRACE(std::string(stream == Stream::kClosed ? "closed" : "full") +
                   (quiet ? ", quiet" : ""));
      ScriptedServer server(scenario_);
      ChildOptions options;
      options.output = stream;
      std::vector<std::string> words{server.address()};
      if (quiet) {
        words.push_back("--quiet");
      }
      const auto program = start(words, options);
      if (ScriptedConnection* connection = server.acceptUnlessEnded()) {
        connection->send("verse");
        connection->closeInOrder();
        connection->waitUntilPeerIsGone();
        EXPECT_EQ(connection->received(), "") << "its lines went into the connection";
      }
      EXPECT_EQ(program->wait(), Ending::code(1));
      ASSERT_EQ(program->errorLines().size(), 1U) << program->errors();
      EXPECT_TRUE(program->errors().starts_with(client().name() + ": ")) << program->errors();
    }
  }
  ChildOptions options;
  options.output = Stream::kFull;
  EXPECT_EQ(start({"--help"}, options)->wait(), Ending::code(1)) << "help that nobody can read";
}

TEST_P(EveryClient, EndsLikeAnyToolWhenNobodyReadsItsPipe) {
  ScriptedServer server(scenario_);
  ChildOptions options;
  options.output = Stream::kNoReader;
  const auto program = start({server.address()}, options);
  if (ScriptedConnection* connection = server.acceptUnlessEnded()) {
    connection->sendAndClose("verse");
  }
  EXPECT_EQ(program->wait(), Ending::bySignal(SIGPIPE));
}

TEST_P(EveryClient, KeepsItsMessagesOutOfConnectionsWhenStandardStreamsAreClosed) {
  for (int closed = 1; closed < 8; ++closed) {
    ChildOptions options;
    options.input = (closed & 1) != 0 ? Stream::kClosed : Stream::kNothing;
    options.output = (closed & 2) != 0 ? Stream::kClosed : Stream::kPipe;
    options.errors = (closed & 4) != 0 ? Stream::kClosed : Stream::kPipe;
    SCOPED_TRACE("closed: bit set " + std::to_string(closed));
    ScriptedServer lost(scenario_);
    ScriptedServer second(scenario_);
    ScriptedServer third(scenario_);
    const auto program = start({lost.address(), second.address(), third.address()}, options);
    std::vector<ScriptedConnection*> connections;
    // One that is lost, for a message, while the others are open wherever they are open at a time.
    if (ScriptedConnection* connection = lost.acceptUnlessEnded()) {
      connection->sendAndReset("ver");
    }
    for (ScriptedServer* server : {&second, &third}) {
      if (ScriptedConnection* connection = server->acceptUnlessEnded()) {
        connection->send("verse");
        connection->closeInOrder();
        connections.push_back(connection);
      }
    }
    EXPECT_EQ(program->wait(), Ending::code(1));
    for (ScriptedConnection* connection : connections) {
      EXPECT_EQ(connection->received(), "");
    }
    if (options.output == Stream::kPipe) {
      EXPECT_EQ(connections.size(), 2U) << "a closed stream is no reason to give up";
      expectReport(*program, {{2, 5}, {3, 5}}, 3);
    }
  }
}

TEST_P(EveryClient, DoesNotNeedStandardInput) {
  ScriptedServer server(scenario_);
  ChildOptions options;
  options.input = Stream::kClosed;
  const auto program = start({server.address()}, options);
  server.serve("verse");
  expectPoems(*program, {5});
}

TEST_P(EveryClient, ConnectsToNobodyWhenItsFolderCannotBeMade) {
  std::ofstream(folder() / "file") << "in the way";
  ScriptedServer server(scenario_);
  for (const std::filesystem::path& path : {folder() / "file", folder() / "file" / "below"}) {
    const auto program = start({"--output", path.string(), server.address()});

    EXPECT_EQ(program->wait(), Ending::code(1));
    EXPECT_EQ(program->output(), "");
    ASSERT_EQ(program->errorLines().size(), 1U) << program->errors();
    EXPECT_TRUE(program->errors().starts_with(client().name() + ": ")) << program->errors();
    EXPECT_NE(program->errors().find(path.string()), std::string::npos) << program->errors();
    EXPECT_FALSE(server.hasCaller());
  }
}

TEST_P(EveryClient, SavesTheOtherPoemsWhenOneFileCannotBeWritten) {
  std::filesystem::create_directory(poemFile(2));                // nobody can write a folder
  std::filesystem::create_symlink("/dev/full", poemFile(3));     // can be opened, takes no byte
  std::ofstream(poemFile(4)) << std::string(1000, 'x') << '\n';  // the poem of yesterday
  ScriptedServer server(scenario_);
  std::vector<std::string> words(4, server.address());
  words.insert(words.begin(), {"--output", folder().string()});
  const auto program = start(words);

  for (int i = 0; i < 4; ++i) {
    server.serve("verse");
  }

  EXPECT_EQ(program->wait(), Ending::code(1));
  EXPECT_EQ(contentsOf(poemFile(1)), "verse");
  EXPECT_EQ(contentsOf(poemFile(4)), "verse");
  std::vector<std::string> lines = program->errorLines();
  ASSERT_EQ(lines.size(), 2U) << program->errors();
  std::sort(lines.begin(), lines.end());
  EXPECT_TRUE(lines[0].starts_with(client().name() + ": ")) << lines[0];
  EXPECT_NE(lines[0].find("poem-2.txt"), std::string::npos) << lines[0];
  EXPECT_NE(lines[1].find("poem-3.txt"), std::string::npos) << lines[1];
  expectReport(*program, {{1, 5}, {2, 5}, {3, 5}, {4, 5}}, 4);
}

// AsynchronousClient

TEST_P(AsynchronousClient, KeepsReadingOthersWhenOneServerStalls) {
  // Each chunk waits for the report of the one before, of another poem, so that a client that
  // stays with one poem until its end gets no further than the second.
  EXPECT_EQ(playGatedScript(4), 12U);
}

TEST_P(AsynchronousClient, TellsEachStepAsItHappens) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  const auto program = start({first.address(), second.address()});
  ScriptedConnection& one = first.accept();
  ScriptedConnection& two = second.accept();

  const auto expectFinished = [&](int task) {
    if (client().reportsFinished) {
      program->expectLine("Task " + std::to_string(task) + " finished");
    }
  };
  two.send("chunk");
  program->expectLine(gotLine(2, 5, second.address()));
  one.send(kTypographic.substr(0, 4));
  program->expectLine(gotLine(1, 4, first.address()));
  two.closeInOrder();
  expectFinished(2);
  one.send(kTypographic.substr(4));
  program->expectLine(gotLine(1, kTypographic.size() - 4, first.address()));
  one.closeInOrder();
  expectFinished(1);
  program->expectLine("Task 1: " + std::to_string(kTypographic.size()) + " bytes of poetry");
  program->expectLine("Task 2: 5 bytes of poetry");

  expectPoems(*program, {kTypographic.size(), 5});
}

TEST_P(AsynchronousClient, TellsInOneLineOfAllThatIsThere) {
  ScriptedServer server(scenario_);
  const auto program = start({server.address()});
  ScriptedConnection& connection = server.accept();
  program->pause();
  connection.send(std::string(3000, 'a'));
  connection.send("bye");
  scenario_.waitUntil([&] { return connection.unreadByPeer() == 3003; }, SourceLine::here(),
                      "all of it has arrived");
  program->resume();

  program->expectLine(gotLine(1, 3003, server.address()));
  connection.closeInOrder();
  expectPoems(*program, {3003});
}

TEST_P(AsynchronousClient, ReportsInTheOrderOfTheCommandLineWhoeverIsFirst) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  ScriptedServer third(scenario_);
  const auto program = start({first.address(), second.address(), third.address()});
  ScriptedConnection& slowest = first.accept();
  second.accept().sendAndClose("two");
  third.accept().sendAndClose("three");
  program->waitUntilIdle();

  slowest.sendAndClose("one");

  expectPoems(*program, {3, 3, 5});
}

TEST_P(AsynchronousClient, TellsOfALossAtOnceAndGoesOnInTheMiddleOfTheOthers) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  const auto program = start({first.address(), second.address()});
  ScriptedConnection& one = first.accept();
  ScriptedConnection& two = second.accept();
  one.send("half ");
  program->expectLine(gotLine(1, 5, first.address()));
  two.send("half ");
  program->expectLine(gotLine(2, 5, second.address()));

  two.reset();
  EXPECT_EQ(program->readErrorLine(), lostLine(2, 5, second.address()));
  one.send("whole");
  program->expectLine(gotLine(1, 5, first.address()));
  one.closeInOrder();

  EXPECT_EQ(program->wait(), Ending::code(1));
  expectReport(*program, {{1, 10}}, 2);
}

TEST_P(AsynchronousClient, HoldsOneDescriptorForEachPoemThatIsOpen) {
  std::vector<std::unique_ptr<ScriptedServer>> servers;
  std::vector<std::string> addresses;
  for (int i = 0; i < 3; ++i) {
    servers.push_back(std::make_unique<ScriptedServer>(scenario_));
    addresses.push_back(servers.back()->address());
  }
  const auto program = start(addresses);
  std::vector<ScriptedConnection*> connections;
  for (const auto& server : servers) {
    connections.push_back(&server->accept());
  }
  program->waitUntilIdle();
  const std::size_t atFirst = openDescriptors(program->pid()).size();
  for (std::size_t ended = 1; ended < 3; ++ended) {
    connections[ended]->sendAndClose("verse");
    program->waitUntilIdle();
    EXPECT_EQ(openDescriptors(program->pid()).size(), atFirst - ended);
  }
  connections[0]->sendAndClose("verse");
  expectPoems(*program, {5, 5, 5});
}

// ImpatientClient

TEST_P(ImpatientClient, EndsAtTheFirstServerThatRefuses) {
  ScriptedServer server(scenario_);
  const RefusingPort refusing;
  const auto program = start({server.address(), refusing.address(), server.address()});
  // Its connection breaks when the program ends, which may be before we have sent the poem.
  ScriptedConnection& connection = server.accept();
  if (client().oneAfterTheOther) {
    connection.sendAndClose("verse");
  }

  EXPECT_EQ(program->wait(), Ending::code(1));
  expectMessages(*program, {refusedLine(2, refusing.address())});
  const Transcript transcript(client(), program->outputLines());
  EXPECT_EQ(transcript.got, "") << "no report, no last line: the flaw of this lesson";
  EXPECT_FALSE(transcript.tasks.contains(3));
  EXPECT_FALSE(server.hasCaller()) << "went on to the next task";
}

TEST_P(ImpatientClient, EndsAtANameThatIsNone) {
  const std::string label(70, 'a');  // longer than any can be, so that nobody need be asked
  const auto program = start({label + ":10000"});

  EXPECT_EQ(program->wait(), Ending::code(1));
  ASSERT_EQ(program->errorLines().size(), 1U) << program->errors();
  EXPECT_TRUE(program->errors().starts_with(client().name() + ": Task 1: failed to connect to " +
                                            label + ":10000: "))
      << program->errors();
  EXPECT_EQ(program->output().find("Got"), std::string::npos);
}

TEST_P(ImpatientClient, SaysSoWhenItIsOutOfDescriptors) {
  ScriptedServer server(scenario_);
  ChildOptions options;
  options.descriptorLimit = 16;
  // At the end of a program LeakSanitizer opens a file, and this one may not even do that.
  options.environment["ASAN_OPTIONS"] = "detect_leaks=0";
  const auto program = start(std::vector<std::string>(20, server.address()), options);
  if (client().oneAfterTheOther) {
    ScriptedConnection& first = server.accept();
    program->limitDescriptors(3);  // from now on, not even one
    first.sendAndClose("verse");
  }

  EXPECT_EQ(program->wait(), Ending::code(1));
  ASSERT_EQ(program->errorLines().size(), 1U) << program->errors();
  EXPECT_TRUE(program->errors().starts_with(client().name() + ": ")) << program->errors();
  EXPECT_NE(program->errors().find("Too many open files"), std::string::npos) << program->errors();
}

// ReactorClient

TEST_P(ReactorClient, WorksWithEachDemultiplexer) {
  for (const char* name : {"epoll", "poll", "select"}) {
    SCOPED_TRACE(name);
    ScriptedServer first(scenario_);
    ScriptedServer second(scenario_);
    const auto program = start({"--reactor", name, first.address(), second.address()});
    ScriptedConnection& one = first.accept();
    one.send("ver");
    second.serve("another");
    one.sendAndClose("se");
    expectPoems(*program, {5, 7});
  }
}

TEST_P(ReactorClient, RefusesADemultiplexerThatIsNotThere) {
  ScriptedServer server(scenario_);
  for (const std::string name : {"kqueue", "nonsense", "EPOLL", ""}) {
    SCOPED_TRACE(name);
    const auto program = start({"--reactor", name, server.address()});

    EXPECT_EQ(program->wait(), Ending::code(2));
    EXPECT_EQ(program->output(), "");
    ASSERT_EQ(program->errorLines().size(), 1U) << program->errors();
    EXPECT_TRUE(program->errors().starts_with(client().name() + ": ")) << program->errors();
    EXPECT_NE(program->errors().find(name), std::string::npos) << program->errors();
    EXPECT_FALSE(server.hasCaller());
  }
}

TEST_P(ReactorClient, TracesTheLoopOnStandardErrorAndPrintsTheSame) {
  const auto play = [&](const std::vector<std::string>& options) {
    ScriptedServer server(scenario_);
    std::vector<std::string> words = options;
    words.push_back(server.address());
    auto program = start(words);
    ScriptedConnection& connection = server.accept();
    connection.send("ver");
    expectNoticed(*program, 1, 3, server);
    program->waitUntilIdle();
    connection.closeInOrder();
    EXPECT_EQ(program->wait(), Ending::code(0));
    return program;
  };
  const auto plain = play({});
  const auto traced = play({"--trace"});

  EXPECT_EQ(normalized(traced->output()), normalized(plain->output()));
  expectMessages(*plain, {});

  // The three shapes of the contract, in the order of the picture: loop, doRead, connectionLost.
  const std::regex waiting(R"(reactor: waiting on \d+ readers, \d+ writers, \d+ timers)");
  const std::regex reading(R"(reactor: \[[^\]]+\] readable -> doRead)");
  const std::regex lost(
      R"(reactor: \[[^\]]+\] doRead returned: Connection was closed cleanly -> connectionLost)");
  std::string picture;
  for (const std::string& line : traced->errorLines()) {
    EXPECT_TRUE(line.starts_with("reactor: ")) << line;
    picture += std::regex_match(line, waiting)   ? "w"
               : std::regex_match(line, reading) ? "r"
               : std::regex_match(line, lost)    ? "l"
                                                 : "";
    EXPECT_TRUE(!line.starts_with("reactor: waiting") || std::regex_match(line, waiting)) << line;
  }
  EXPECT_TRUE(std::regex_search(picture, std::regex(client().reportsChunks ? "wr.*wrl" : "wrl")))
      << picture << '\n'
      << traced->errors();
}

// Interrupted

TEST_P(ClientThatEndsWhenInterrupted, DiesOfTheSignal) {
  for (const int number : {SIGINT, SIGTERM}) {
    SCOPED_TRACE(::strsignal(number));
    ScriptedServer server(scenario_);
    const auto program = start({server.address()});
    ScriptedConnection& connection = server.accept();
    connection.send("ver");
    program->waitUntilIdle();

    program->signal(number);

    EXPECT_EQ(program->wait(), Ending::bySignal(number));
    expectMessages(*program, {});
    EXPECT_EQ(program->output().find("Got"), std::string::npos) << program->output();
  }
}

TEST_P(ClientThatReportsWhenInterrupted, ReportsWhatHasArrivedAndDiesOfTheSignal) {
  for (const int number : {SIGINT, SIGTERM}) {
    SCOPED_TRACE(::strsignal(number));
    ScriptedServer first(scenario_);
    ScriptedServer second(scenario_);
    ScriptedServer third(scenario_);
    const auto program =
        start({"--output", folder().string(), first.address(), second.address(), third.address()});
    ScriptedConnection& one = first.accept();
    second.accept().sendAndClose("verse");
    third.accept();
    one.send("ver");
    program->waitUntilIdle();

    program->signal(number);

    EXPECT_EQ(program->wait(), Ending::bySignal(number));
    expectReport(*program, {{2, 5}}, 3);
    EXPECT_EQ(contentsOf(poemFile(2)), "verse");
    EXPECT_FALSE(std::filesystem::exists(poemFile(1)));
  }
}

TEST_P(ClientThatReportsWhenInterrupted, DiesOfTheSignalAlsoWhenThereIsNothingToReport) {
  ScriptedServer server(scenario_);
  const auto program = start({server.address()});
  server.accept();
  program->waitUntilIdle();

  program->signal(SIGINT);

  EXPECT_EQ(program->wait(), Ending::bySignal(SIGINT));
  expectReport(*program, {}, 1);
}

}  // namespace poetry::testing
