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
  // 127.0.0.1, the other address of localhost, refuses the connection. Without this, another test could
  // listen there on the same port.
  const RefusingPort refusing;
  ScriptedServer server(scenario_, "::1", refusing.port());
  const auto program = start({server.address(), "localhost:" + std::to_string(server.port())});

  server.serve("over");
  server.serve("again");

  expectPoems(*program, {4, 5});
  const Transcript transcript(client(), program->outputLines());
  EXPECT_EQ(transcript.tasks.at(1).address, "[::1]:" + std::to_string(server.port()));
  EXPECT_EQ(transcript.tasks.at(2).address, server.address());
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

TEST_P(EveryClient, LeavesAnOldFileAsItWasWhenTheDiskIsFull) {
  const Faults faults("reserve:ENOSPC");
  std::ofstream(poemFile(1)) << "old";
  ScriptedServer server(scenario_);
  const auto program = start({"--output", folder().string(), server.address()}, faults.options());
  server.serve("a new poem");

  EXPECT_EQ(program->wait(), Ending::code(1));
  expectMessages(*program, {client().name() + ": Task 1: cannot save " + poemFile(1).string() +
                            ": No space left on device"});
  EXPECT_EQ(contentsOf(poemFile(1)), "old");
  expectReport(*program, {{1, 10}}, 1);
}

// The tests of common/cli have all wrong words. One of each kind shows here that the client uses that
// parser.
TEST_P(EveryClient, RefusesAWrongCommandLineBeforeItConnects) {
  ScriptedServer server(scenario_);
  const std::string address = server.address();
  struct Wrong {
    std::vector<std::string> words;
    std::string named;  ///< the word that the message names
  };
  std::vector<Wrong> all{
      {{}, ""}, {{address, "99999"}, "99999"}, {{"--frobnicate"}, "--frobnicate"}};
  if (client().isReactor) {
    all.push_back({{address, "--reactor", "kqueue"}, "kqueue"});  // Linux does not have it
    all.push_back({{address, "--reactor", "nonsense"}, "nonsense"});
  } else {
    all.push_back({{address, "--trace"}, "--trace"});
    all.push_back({{address, "--reactor", "poll"}, "--reactor"});
  }
  for (const auto& [words, named] : all) {
    SCOPED_TRACE(::testing::PrintToString(words));
    const auto program = start(words, {.directory = folder().string()});

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
  expectMessages(*program, {});
  const std::vector<std::string> lines = program->outputLines();
  ASSERT_FALSE(lines.empty());
  EXPECT_NE(lines.back().find("build/bin/" + client().name() + ' '), std::string::npos)
      << lines.back();
}

TEST_P(EveryClient, FailsAndSendsNothingToItsServersWhenItsStandardStreamsAreClosed) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  const auto program =
      start({first.address(), second.address()},
            {.input = Stream::kClosed, .output = Stream::kClosed, .errors = Stream::kClosed});
  // The reset gives the client a message to print, while the second connection may be open.
  if (ScriptedConnection* lost = first.acceptUnlessEnded()) {
    lost->sendAndReset("ver");
  }
  ScriptedConnection* whole = second.acceptUnlessEnded();
  if (whole != nullptr) {
    whole->sendAndClose("verse");
  }

  EXPECT_EQ(program->wait(), Ending::code(1));
  if (whole != nullptr) {
    EXPECT_EQ(whole->received(), "");
  }
}

// AsynchronousClient

TEST_P(AsynchronousClient, ReportsEachChunkWhileAnotherServerStalls) {
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

TEST_P(ReactorClient, RefusesADemultiplexerThatTheSystemRefuses) {
  for (const auto& [name, script] : std::vector<std::pair<std::string, std::string>>{
           {"epoll", "epoll_create:EPERM"}, {"poll", "poll:ENOSYS"}, {"select", "select:ENOSYS"}}) {
    SCOPED_TRACE(name);
    const Faults faults(script);
    ScriptedServer server(scenario_);
    const auto program = start({"--reactor", name, server.address()}, faults.options());
    EXPECT_EQ(program->wait(), Ending::code(2));
    // libevent prints its own lines before it.
    EXPECT_TRUE(program->errors().ends_with(client().name() + ": '" + name +
                                            "' is not available on this system; try '" +
                                            client().name() + " --help'\n"))
        << program->errors();
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
