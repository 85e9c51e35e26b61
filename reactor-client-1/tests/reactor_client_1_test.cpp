// What lesson 4 promises: a descriptor that the reactor calls back. The broken variant downloads the
// poems, too, but it is not asynchronous.
#include "support/client_suite.hpp"

#include <csignal>

namespace poetry::testing {

const ClientUnderTest kReactorClient1{.program = POETRY_BIN_DIR "/reactor-client-1",
                                      .reportsChunks = true,
                                      .reportsFinished = true,
                                      .isReactor = true};
const ClientUnderTest kBroken{.program = POETRY_BIN_DIR "/reactor-client-1-broken",
                              .reportsFinished = true,
                              .isReactor = true};

INSTANTIATE_TEST_SUITE_P(ReactorClient1, EveryClient, ::testing::Values(kReactorClient1, kBroken),
                         nameOf);
INSTANTIATE_TEST_SUITE_P(ReactorClient1, AsynchronousClient, ::testing::Values(kReactorClient1),
                         nameOf);
INSTANTIATE_TEST_SUITE_P(ReactorClient1, ImpatientClient,
                         ::testing::Values(kReactorClient1, kBroken), nameOf);
INSTANTIATE_TEST_SUITE_P(ReactorClient1, ReactorClient, ::testing::Values(kReactorClient1, kBroken),
                         nameOf);
INSTANTIATE_TEST_SUITE_P(ReactorClient1, ClientThatReportsWhenInterrupted,
                         ::testing::Values(kReactorClient1), nameOf);

class ReactorClient1 : public ClientTest {
 protected:
  [[nodiscard]] const ClientUnderTest& client() const override { return kReactorClient1; }
};

TEST_F(ReactorClient1, ServesAThousandConnectionsAtOnce) {
  constexpr std::size_t kMany = 1000;
  ManyConnections server(scenario_, kMany);
  if (!server.fits()) {
    GTEST_SKIP() << "the hard limit of descriptors is too low (ulimit -Hn)";
  }
  for (const char* name : {"epoll", "poll"}) {
    SCOPED_TRACE(name);
    std::vector<std::string> words = server.addresses();
    words.insert(words.begin(), {"--reactor", name});
    const auto program = start(words);

    server.acceptAll();
    server.sendToAll("half ");
    server.sendToAll("whole");
    server.closeAll();

    expectPoems(*program, std::vector<std::size_t>(kMany, 10));
  }
}

TEST_F(ReactorClient1, NamesItsTasksInTheTrace) {
  ScriptedServer server(scenario_);
  const auto program = start({"--trace", server.address(), server.address()});
  server.accept().sendAndClose("verse");
  ScriptedConnection& second = server.accept();
  program->waitUntilIdle();
  second.sendAndClose("verse");
  EXPECT_EQ(program->wait(), Ending::code(0));
  for (const std::string task : {"[Task 1]", "[Task 2]"}) {
    EXPECT_NE(program->errors().find("reactor: " + task + " readable -> doRead\n"),
              std::string::npos)
        << program->errors();
    EXPECT_NE(program->errors().find("reactor: " + task +
                                     " doRead returned: Connection was closed cleanly -> "
                                     "connectionLost\n"),
              std::string::npos)
        << program->errors();
  }
}

class ReactorClient1Broken : public ClientTest {
 protected:
  [[nodiscard]] const ClientUnderTest& client() const override { return kBroken; }
};

TEST_F(ReactorClient1Broken, LeavesTheOthersUnreadWhileOneServerStalls) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  const auto program = start({first.address(), second.address()});
  ScriptedConnection& one = first.accept();
  ScriptedConnection& two = second.accept();
  one.send("half ");
  program->waitUntilIdle();
  two.sendAndClose("all of it");
  program->waitUntilIdle();

  EXPECT_FALSE(two.hasEnded()) << "it has read the second poem to its end";
  EXPECT_EQ(program->unreadLines(), std::vector<std::string>());

  one.sendAndClose("whole");
  program->expectLine(gotLine(1, 10, first.address()));
  program->expectLine("Task 1 finished");
  program->expectLine(gotLine(2, 9, second.address()));
  program->expectLine("Task 2 finished");
  expectPoems(*program, {10, 9});
}

TEST_F(ReactorClient1Broken, IgnoresCtrlCUntilItsPoemHasEnded) {
  for (const int number : {SIGINT, SIGTERM}) {
    ScriptedServer first(scenario_);
    ScriptedServer second(scenario_);
    const auto program = start({first.address(), second.address()});
    ScriptedConnection& one = first.accept();
    second.accept();
    one.send("half ");
    program->waitUntilIdle();

    program->signal(number);
    program->waitUntilIdle();  // fails if it has ended
    one.sendAndClose("whole");

    EXPECT_EQ(program->wait(), Ending::bySignal(number));
    expectReport(*program, {{1, 10}}, 2);
  }
}

TEST_F(ReactorClient1Broken, EndsAtTheSecondCtrlC) {
  ScriptedServer server(scenario_);
  const auto program = start({server.address()});
  server.accept().send("half ");
  program->waitUntilIdle();
  program->signal(SIGINT);
  program->waitUntilIdle();

  program->signal(SIGINT);

  EXPECT_EQ(program->wait(), Ending::bySignal(SIGINT));
  EXPECT_EQ(program->output(), "");
}

}  // namespace poetry::testing
