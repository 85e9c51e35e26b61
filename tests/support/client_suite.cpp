#include "support/client_suite.hpp"

#include "support/faults.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <list>
#include <regex>

namespace poetry::testing {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EveryClient);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(AsynchronousClient);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ImpatientClient);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ReactorClient);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ClientThatReportsWhenInterrupted);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ClientThatEndsWhenInterrupted);

namespace {

// U+2019 has three bytes, so a client that decodes or counts characters gets this wrong.
constexpr std::string_view kTypographic = "Don\xe2\x80\x99t\n";

/// Replaces ports and times, which differ in each run.
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

// What it prints and saves

TEST_P(EveryClient, ReportsEachPoemAndSavesItByteForByte) {
  const std::vector<std::string> poems{"Where, like a pillow on a bed\n", std::string(kTypographic),
                                       std::string("\0\r\n\xff", 4), ""};
  std::list<ScriptedServer> servers;
  const std::filesystem::path deep = folder() / "made" / "on the way";
  std::vector<std::string> words{"--output", deep.string()};
  for (std::size_t i = 0; i < poems.size(); ++i) {
    words.push_back(servers.emplace_back(scenario_).address());
  }
  const auto program = start(words);

  std::vector<std::size_t> sizes;
  for (ScriptedServer& server : servers) {
    const std::string& poem = poems[sizes.size()];
    server.serve(poem);
    sizes.push_back(poem.size());
  }

  expectPoems(*program, sizes);
  for (std::size_t i = 0; i < poems.size(); ++i) {
    EXPECT_EQ(contentsOf(deep / ("poem-" + std::to_string(i + 1) + ".txt")), poems[i]);
  }
}

TEST_P(EveryClient, DownloadsSixteenMebibytesOfRandomBytes) {
  const std::string bytes = randomBytes(std::size_t{16} << 20, 1572);
  ScriptedServer server(scenario_);
  const auto program = start({"--output", folder().string(), server.address()});

  server.serve(bytes);

  expectPoems(*program, {bytes.size()});
  EXPECT_TRUE(contentsOf(poemFile(1)) == bytes) << "the file is not what was sent";
}

TEST_P(EveryClient, EndsWhetherTheCloseComesWithTheLastBytesOrLater) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  const auto program = start({first.address(), second.address()});

  first.accept().sendAndClose("the whole poem");
  ScriptedConnection& connection = second.accept();
  connection.send("verse");
  program->waitUntilIdle();
  connection.closeInOrder();

  expectPoems(*program, {14, 5});
}

TEST_P(EveryClient, PrintsOnlyTheReportWithQuiet) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  const auto program = start({first.address(), second.address(), "--quiet"});

  first.serve("verse");
  second.serve("");

  EXPECT_EQ(program->wait(), Ending::code(0));
  const auto line = [&](int task, std::size_t bytes) {
    return client().oneAfterTheOther ? gotLine(task, bytes, "127.0.0.1:PORT") + " in ELAPSED\n"
                                     : "Task " + std::to_string(task) + ": " +
                                           std::to_string(bytes) + " bytes of poetry\n";
  };
  EXPECT_EQ(normalized(program->output()), line(1, 5) + line(2, 0) + "Got 2 poems in ELAPSED\n");
  expectMessages(*program, {});
}

TEST_P(EveryClient, AcceptsEachFormOfAnAddressAndTheSameOneTwice) {
  ScriptedServer server(scenario_);
  const std::string port = std::to_string(server.port());
  const auto program = start({port, ":" + port, "localhost:" + port, port});

  for (int i = 0; i < 4; ++i) {
    server.serve("verse");
  }

  expectPoems(*program, {5, 5, 5, 5});
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

TEST_P(EveryClient, ConnectsOverIpv6AndTriesAllAddressesOfAName) {
  if (!hasIpv6()) {
    GTEST_SKIP() << "this machine has no ::1";
  }
  ScriptedServer server(scenario_, "::1");
  const auto program = start({server.address(), "localhost:" + std::to_string(server.port())});

  server.serve("over");
  server.serve("again");  // 127.0.0.1, the other address of localhost, refuses the connection

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

  ended.waitUntilPeerIsGone();  // before the other poem begins

  second.serve("verse");
  expectPoems(*program, {5, 5});
  EXPECT_EQ(ended.received(), "") << "a client has nothing to send";
}

// When things go wrong

TEST_P(EveryClient, ReportsTheBytesBeforeAResetAndDownloadsTheOthers) {
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
  EXPECT_FALSE(std::filesystem::exists(poemFile(2))) << "saved a poem that is not complete";
  EXPECT_EQ(contentsOf(poemFile(3)), "third");
}

TEST_P(EveryClient, ReportsZeroPoemsWhenEveryConnectionIsReset) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  const auto program = start({first.address(), second.address()});

  ScriptedConnection& one = first.accept();
  program->waitUntilIdle();
  one.sendAndReset(std::string(120, 'a'));
  ScriptedConnection& two = second.accept();
  program->waitUntilIdle();
  two.reset();

  EXPECT_EQ(program->wait(), Ending::code(1));
  expectMessages(*program, {lostLine(1, 120, first.address()), lostLine(2, 0, second.address())});
  expectReport(*program, {}, 2);
}

TEST_P(EveryClient, TreatsAConnectionToItselfAsRefused) {
  const RefusingPort port;
  const Faults faults("connect:SELF");  // binds the client's socket to the port that it connects to
  const auto program = start({port.address()}, faults.options());

  EXPECT_EQ(program->wait(), Ending::code(1));
  expectMessages(*program, {refusedLine(1, port.address())});
  EXPECT_EQ(faults.met().size(), 1U);
}

// The parser's own tests have all wrong words; one of each kind shows that the program obeys it.
TEST_P(EveryClient, RefusesAWrongCommandLineBeforeItConnects) {
  ScriptedServer server(scenario_);
  const std::string address = server.address();
  struct Wrong {
    std::vector<std::string> words;
    std::string named;  ///< the word that the message names
  };
  std::vector<Wrong> all{
      {{}, ""}, {{address, "99999"}, "99999"}, {{"--frobnicate"}, "--frobnicate"}};
  if (!client().isReactor) {
    all.push_back({{address, "--trace"}, "--trace"});
    all.push_back({{address, "--reactor", "poll"}, "--reactor"});
  }
  for (const auto& [words, named] : all) {
    SCOPED_TRACE(::testing::PrintToString(words));
    ChildOptions inFolder;
    inFolder.directory = folder().string();
    const auto program = start(words, inFolder);

    EXPECT_EQ(program->wait(), Ending::code(2));
    EXPECT_EQ(program->output(), "");
    const std::vector<std::string> lines = program->errorLines();
    ASSERT_EQ(lines.size(), 1U) << program->errors();
    EXPECT_TRUE(lines[0].starts_with(client().name() + ": ")) << lines[0];
    EXPECT_NE(lines[0].find(named), std::string::npos) << "does not name the word: " << lines[0];
    EXPECT_NE(lines[0].find("--help"), std::string::npos) << "does not name --help: " << lines[0];
    EXPECT_FALSE(server.hasCaller()) << "connected before the command line was understood";
    EXPECT_TRUE(std::filesystem::is_empty(folder())) << "left a file behind";
  }
}

TEST_P(EveryClient, PrintsHelpThatEndsWithAnExample) {
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

TEST_P(EveryClient, FailsWhenStandardOutputIsClosedOrFull) {
  for (const Stream stream : {Stream::kClosed, Stream::kFull}) {
    for (const std::string option : {"--quiet", "--output=poems"}) {
      SCOPED_TRACE(option + (stream == Stream::kClosed ? ", closed" : ", full"));
      ScriptedServer server(scenario_);
      ChildOptions options;
      options.output = stream;
      options.directory = folder().string();
      const auto program = start({server.address(), option}, options);
      if (ScriptedConnection* connection = server.acceptUnlessEnded()) {
        connection->sendAndClose("verse");
      }
      EXPECT_EQ(program->wait(), Ending::code(1));
      ASSERT_EQ(program->errorLines().size(), 1U) << program->errors();
      EXPECT_TRUE(program->errors().starts_with(client().name() + ": ")) << program->errors();
    }
  }
  ChildOptions options;
  options.output = Stream::kFull;
  EXPECT_EQ(start({"--help"}, options)->wait(), Ending::code(1)) << "the help was not printed";
}

TEST_P(EveryClient, IsEndedBySigpipeWhenItsPipeHasNoReader) {
  ScriptedServer server(scenario_);
  ChildOptions options;
  options.output = Stream::kNoReader;
  const auto program = start({server.address()}, options);
  if (ScriptedConnection* connection = server.acceptUnlessEnded()) {
    connection->sendAndClose("verse");
  }
  EXPECT_EQ(program->wait(), Ending::bySignal(SIGPIPE));
}

TEST_P(EveryClient, NeverUsesTheNumberOfAClosedStreamForAConnection) {
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
    // The first connection is reset, so that the client prints a message while others may be open.
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
      EXPECT_EQ(connections.size(), 2U) << "gave up because a stream was closed";
      expectReport(*program, {{2, 5}, {3, 5}}, 3);
    }
  }
}

TEST_P(EveryClient, FailsBeforeItConnectsWhenItsDirectoryCannotBeMade) {
  std::ofstream(folder() / "file") << "in the way";
  const std::string path = (folder() / "file" / "below").string();
  ScriptedServer server(scenario_);
  const auto program = start({"--output", path, server.address()});

  EXPECT_EQ(program->wait(), Ending::code(1));
  EXPECT_EQ(program->output(), "");
  ASSERT_EQ(program->errorLines().size(), 1U) << program->errors();
  EXPECT_TRUE(program->errors().starts_with(client().name() + ": ")) << program->errors();
  EXPECT_NE(program->errors().find(path), std::string::npos) << program->errors();
  EXPECT_FALSE(server.hasCaller());
}

TEST_P(EveryClient, SavesTheOtherPoemsWhenOneFileCannotBeWritten) {
  std::filesystem::create_directory(poemFile(2));                // cannot be opened
  std::filesystem::create_symlink("/dev/full", poemFile(3));     // can be opened, but not written
  std::ofstream(poemFile(4)) << std::string(1000, 'x') << '\n';  // an older poem
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

TEST_P(AsynchronousClient, KeepsReadingTheOthersWhenOneServerStalls) {
  // Each chunk is sent after the client has reported the chunk before it, of another poem. A client
  // that reads one poem to its end gets no further than the second chunk.
  EXPECT_EQ(playGatedScript(4), 12U);
}

TEST_P(AsynchronousClient, ReportsEachStepAsItHappens) {
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

TEST_P(AsynchronousClient, ReadsAllThatHasArrivedBeforeItReports) {
  ScriptedServer server(scenario_);
  const auto program = start({server.address()});
  ScriptedConnection& connection = server.accept();
  program->pause();
  connection.send(std::string(3000, 'a'));
  connection.send("bye");
  scenario_.waitUntil([&] { return connection.isDelivered(); }, SourceLine::here(),
                      "all of it has arrived");
  program->resume();

  program->expectLine(gotLine(1, 3003, server.address()));
  connection.closeInOrder();
  expectPoems(*program, {3003});
}

// ImpatientClient

TEST_P(ImpatientClient, EndsWhenAServerRefuses) {
  ScriptedServer server(scenario_);
  const RefusingPort refusing;
  const auto program = start({server.address(), refusing.address(), server.address()});
  // An asynchronous client may end, and close this connection, before we could send the poem.
  ScriptedConnection& connection = server.accept();
  if (client().oneAfterTheOther) {
    connection.sendAndClose("verse");
  }

  EXPECT_EQ(program->wait(), Ending::code(1));
  expectMessages(*program, {refusedLine(2, refusing.address())});
  const Transcript transcript(client(), program->outputLines());
  EXPECT_EQ(transcript.got, "") << "no report and no last line: the known flaw of this lesson";
  EXPECT_FALSE(transcript.tasks.contains(3));
  EXPECT_FALSE(server.hasCaller()) << "went on to the next task";
}

TEST_P(ImpatientClient, EndsWhenANameDoesNotExist) {
  const std::string label(70, 'a');  // longer than a name may be, so no name server is asked
  const auto program = start({label + ":10000"});

  EXPECT_EQ(program->wait(), Ending::code(1));
  ASSERT_EQ(program->errorLines().size(), 1U) << program->errors();
  EXPECT_TRUE(program->errors().starts_with(client().name() + ": Task 1: failed to connect to " +
                                            label + ":10000: "))
      << program->errors();
  EXPECT_EQ(program->output().find("Got"), std::string::npos);
}

TEST_P(ImpatientClient, EndsWithAMessageWhenItIsOutOfDescriptors) {
  ScriptedServer server(scenario_);
  ChildOptions options;
  options.descriptorLimit = 16;
  // At the end of a program LeakSanitizer opens a file, which this limit forbids.
  options.environment["ASAN_OPTIONS"] = "detect_leaks=0";
  const auto program = start(std::vector<std::string>(20, server.address()), options);
  if (client().oneAfterTheOther) {
    ScriptedConnection& first = server.accept();
    program->limitDescriptors(3);  // from now on, no new one
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

TEST_P(ReactorClient, RefusesADemultiplexerThatIsUnknownOrUnavailable) {
  ScriptedServer server(scenario_);
  for (const std::string name : {"kqueue", "nonsense"}) {
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

TEST_P(ReactorClient, TracesTheLoopOnStandardErrorOnly) {
  const auto play = [&](const std::vector<std::string>& options) {
    ScriptedServer server(scenario_);
    std::vector<std::string> words = options;
    words.push_back(server.address());
    auto program = start(words);
    ScriptedConnection& connection = server.accept();
    connection.send("ver");
    program->waitUntilIdle();
    connection.closeInOrder();
    EXPECT_EQ(program->wait(), Ending::code(0));
    return program;
  };
  const auto plain = play({});
  const auto traced = play({"--trace"});

  EXPECT_EQ(normalized(traced->output()), normalized(plain->output()));
  expectMessages(*plain, {});

  // The three kinds of lines of the contract, in the order of the loop: wait, doRead, connectionLost.
  const std::regex waiting(R"(reactor: waiting on \d+ readers, \d+ writers, \d+ timers)");
  const std::regex reading(R"(reactor: \[[^\]]+\] readable -> doRead)");
  const std::regex lost(
      R"(reactor: \[[^\]]+\] doRead returned: Connection was closed cleanly -> connectionLost)");
  std::string steps;
  for (const std::string& line : traced->errorLines()) {
    EXPECT_TRUE(line.starts_with("reactor: ")) << line;
    steps += std::regex_match(line, waiting)   ? "w"
             : std::regex_match(line, reading) ? "r"
             : std::regex_match(line, lost)    ? "l"
                                               : "";
    EXPECT_TRUE(!line.starts_with("reactor: waiting") || std::regex_match(line, waiting)) << line;
  }
  EXPECT_TRUE(std::regex_search(steps, std::regex(client().reportsChunks ? "wr.*wrl" : "wrl")))
      << steps << '\n'
      << traced->errors();
}

// Interrupted

TEST_P(ClientThatEndsWhenInterrupted, IsEndedByTheSignal) {
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

TEST_P(ClientThatReportsWhenInterrupted, ReportsWhatHasArrivedAndIsEndedByTheSignal) {
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

}  // namespace poetry::testing
