// What lesson 5 promises: protocols and factories. A server that does not answer costs one task.
#include "support/client_suite.hpp"
#include "support/faults.hpp"

#include <algorithm>
#include <csignal>

namespace poetry::testing {

const ClientUnderTest kReactorClient2{
    .program = POETRY_BIN_DIR "/reactor-client-2", .reportsChunks = true, .isReactor = true};

INSTANTIATE_TEST_SUITE_P(ReactorClient2, EveryClient, ::testing::Values(kReactorClient2), nameOf);
INSTANTIATE_TEST_SUITE_P(ReactorClient2, AsynchronousClient, ::testing::Values(kReactorClient2),
                         nameOf);
INSTANTIATE_TEST_SUITE_P(ReactorClient2, ReactorClient, ::testing::Values(kReactorClient2), nameOf);
INSTANTIATE_TEST_SUITE_P(ReactorClient2, ClientThatReportsWhenInterrupted,
                         ::testing::Values(kReactorClient2), nameOf);

class ReactorClient2 : public ClientTest {
 protected:
  [[nodiscard]] const ClientUnderTest& client() const override { return kReactorClient2; }
};

TEST_F(ReactorClient2, DownloadsTheOthersWhenOneServerRefuses) {
  const RefusingPort refusing;
  ScriptedServer second(scenario_);
  ScriptedServer third(scenario_);
  const auto program =
      start({"--output", folder().string(), refusing.address(), second.address(), third.address()});
  EXPECT_EQ(program->readErrorLine(), refusedLine(1, refusing.address()));

  // The task numbers follow the command line, not the order of failures and ends.
  third.accept().sendAndClose("third");
  program->expectLine(gotLine(3, 5, third.address()));
  second.accept().sendAndClose("the second");
  program->expectLine(gotLine(2, 10, second.address()));

  EXPECT_EQ(program->wait(), Ending::code(1));
  expectMessages(*program, {refusedLine(1, refusing.address())});
  expectReport(*program, {{2, 10}, {3, 5}}, 3);
  EXPECT_FALSE(std::filesystem::exists(poemFile(1)));
  EXPECT_EQ(contentsOf(poemFile(2)), "the second");
  EXPECT_EQ(contentsOf(poemFile(3)), "third");
}

TEST_F(ReactorClient2, EndsWhenAllServersRefuse) {
  const RefusingPort first;
  const RefusingPort second;
  for (const char* name : {"epoll", "poll", "select"}) {
    const auto program = start({"--reactor", name, first.address(), second.address()});

    EXPECT_EQ(program->wait(), Ending::code(1));
    std::vector<std::string> lines = program->errorLines();
    std::vector<std::string> expected{refusedLine(1, first.address()),
                                      refusedLine(2, second.address())};
    std::sort(lines.begin(), lines.end());
    EXPECT_EQ(lines, expected);
    expectReport(*program, {}, 2);
  }
}

TEST_F(ReactorClient2, DownloadsTheOthersWhenANameDoesNotExist) {
  const std::string label(70, 'a');  // longer than a name may be, so no name server is asked
  ScriptedServer server(scenario_);
  const auto program = start({label + ":10000", server.address()});
  server.serve("verse");

  EXPECT_EQ(program->wait(), Ending::code(1));
  ASSERT_EQ(program->errorLines().size(), 1U) << program->errors();
  EXPECT_TRUE(program->errors().starts_with("reactor-client-2: Task 1: failed to connect to " +
                                            label + ":10000: "))
      << program->errors();
  expectReport(*program, {{2, 5}}, 2);
}

TEST_F(ReactorClient2, DownloadsTheOthersWhenNoThreadCanBeStartedForALookUp) {
  const Faults faults("pthread_create:EAGAIN");
  ScriptedServer server(scenario_);
  const auto program = start({"poems.invalid:10000", server.address()}, faults.options());
  server.serve("verse");

  EXPECT_EQ(program->wait(), Ending::code(1));
  expectMessages(
      *program,
      {"reactor-client-2: Task 1: failed to connect to poems.invalid:10000: no thread for "
       "the look-up: Resource temporarily unavailable"});
  expectReport(*program, {{2, 5}}, 2);
}

TEST_F(ReactorClient2, DownloadsTheOthersWhileOneServerDoesNotAnswer) {
  const SilentPort silent;
  ScriptedServer server(scenario_);
  const auto program = start({silent.address(), server.address()});
  server.serve("verse");
  program->expectLine(gotLine(2, 5, server.address()));
  program->waitUntilIdle();

  program->signal(SIGINT);  // otherwise it waits for 30 s

  EXPECT_EQ(program->wait(), Ending::bySignal(SIGINT));
  expectReport(*program, {{2, 5}}, 2);
}

TEST_F(ReactorClient2, ReportsEachTaskThatGetsNoDescriptorAndGoesOnWithTheOthers) {
  constexpr std::size_t kTasks = 20;
  ScriptedServer server(scenario_);
  ChildOptions options;
  options.descriptorLimit = 16;
  const auto program = start(std::vector<std::string>(kTasks, server.address()), options);
  while (ScriptedConnection* connection = server.acceptUnlessEnded()) {
    connection->sendAndClose("verse");
  }

  EXPECT_EQ(program->wait(), Ending::code(1));
  const Transcript transcript(client(), program->outputLines());
  std::map<int, std::size_t> arrived;
  for (const int task : transcript.reported) {
    arrived.emplace(task, 5);
  }
  EXPECT_GT(arrived.size(), 0U);
  EXPECT_LT(arrived.size(), kTasks);
  expectReport(*program, arrived, kTasks);
  std::vector<std::string> expected;
  for (int task = 1; task <= static_cast<int>(kTasks); ++task) {
    if (!arrived.contains(task)) {
      expected.push_back("reactor-client-2: Task " + std::to_string(task) +
                         ": failed to connect to " + server.address() + ": Too many open files");
    }
  }
  std::vector<std::string> lines = program->errorLines();
  std::sort(lines.begin(), lines.end());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(lines, expected);
}

TEST_F(ReactorClient2, ServesTenThousandConnectionsAtOnce) {
  constexpr std::size_t kMany = 10'000;
  ManyConnections server(scenario_, kMany);
  if (!server.fits()) {
    GTEST_SKIP() << "the hard limit of descriptors is too low (ulimit -Hn)";
  }
  ChildOptions options;
  options.descriptorLimit = 1024;  // the usual limit; the program must raise it
  options.hardDescriptorLimit = false;
  const auto program = start(server.addresses(), options);

  server.acceptAll();
  server.sendToAll("half ");
  server.sendToAll("whole");
  server.closeAll();

  expectPoems(*program, std::vector<std::size_t>(kMany, 10));
}

TEST_F(ReactorClient2, NamesItsProtocolInTheTrace) {
  ScriptedServer server(scenario_);
  const auto program = start({"--trace", server.address()});
  server.serve("verse");
  EXPECT_EQ(program->wait(), Ending::code(0));
  EXPECT_NE(program->errors().find("reactor: [PoetryProtocol,client] readable -> doRead\n"),
            std::string::npos)
      << program->errors();
}

TEST_F(ReactorClient2, ReadsOnceForEachReadinessSoThatOneServerCannotBlockTheOthers) {
  ScriptedServer hog(scenario_);
  ScriptedServer other(scenario_);
  const auto program = start({hog.address(), other.address()});
  ScriptedConnection& flood = hog.accept();
  ScriptedConnection& drop = other.accept();
  program->waitUntilIdle();
  program->pause();                      // so that both are ready when it continues
  const std::string much(100'000, 'x');  // more than one recv takes, less than the system buffers
  flood.send(much);
  drop.send("verse");
  scenario_.waitUntil([&] { return drop.isDelivered(); }, SourceLine::here(),
                      "the other poem has arrived");
  program->resume();

  const std::vector<std::string> firstTwo{program->readLine(), program->readLine()};
  EXPECT_EQ(std::count(firstTwo.begin(), firstTwo.end(), gotLine(2, 5, other.address())), 1)
      << "called recv twice before it read the other poem\n"
      << scenario_.story();
  flood.closeInOrder();
  drop.closeInOrder();
  expectPoems(*program, {much.size(), 5});
  const Transcript transcript(client(), program->outputLines());
  for (const std::size_t chunk : transcript.tasks.at(1).chunks) {
    EXPECT_LE(chunk, 65536U);
  }
}

class ReactorClient2Stack : public ClientTest {
 protected:
  const ClientUnderTest& client() const override { return client_; }

 private:
  ClientUnderTest client_{.program = POETRY_BIN_DIR "/reactor-client-2-stack", .isReactor = true};
};

TEST_F(ReactorClient2Stack, PrintsTheWayFromMainToDataReceived) {
  ScriptedServer server(scenario_);
  const auto program = start({server.address()});
  ScriptedConnection& connection = server.accept();
  connection.send("verse");  // the connection stays open: the program must end by itself

  EXPECT_EQ(program->wait(), Ending::code(0));
  EXPECT_EQ(program->errors(), "");
  const std::vector<std::string> lines = program->outputLines();
  std::vector<std::size_t> places;
  for (const char* frame : {"main", "poetry::Reactor::run(", "poetry::TcpConnection::doRead(",
                            "PoetryProtocol::dataReceived("}) {
    const auto isFrame = [&](const std::string& line) {
      const std::size_t at = line.find(frame);
      // A whole name: neither __libc_start_main nor a lambda in what is looked for.
      return at != std::string::npos && (at == 0 || line[at - 1] == ' ' || line[at - 1] == ':');
    };
    const auto found = std::find_if(lines.begin(), lines.end(), isFrame);
    ASSERT_NE(found, lines.end()) << frame << " is not in\n" << program->output();
    places.push_back(static_cast<std::size_t>(found - lines.begin()));
  }
  EXPECT_TRUE(std::is_sorted(places.begin(), places.end())) << program->output();
  EXPECT_EQ(places.back(), lines.size() - 1) << "dataReceived comes last\n" << program->output();
  EXPECT_EQ(program->output().find("_ZN"), std::string::npos) << "contains a mangled name";
}

}  // namespace poetry::testing
