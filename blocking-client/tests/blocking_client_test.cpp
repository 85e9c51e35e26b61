// What lesson 2 promises: one poem after the other.
#include "support/client_suite.hpp"

namespace poetry::testing {

const ClientUnderTest kBlockingClient{.program = POETRY_BIN_DIR "/blocking-client",
                                      .oneAfterTheOther = true};

INSTANTIATE_TEST_SUITE_P(BlockingClient, EveryClient, ::testing::Values(kBlockingClient), nameOf);
INSTANTIATE_TEST_SUITE_P(BlockingClient, ImpatientClient, ::testing::Values(kBlockingClient),
                         nameOf);
INSTANTIATE_TEST_SUITE_P(BlockingClient, ClientThatEndsWhenInterrupted,
                         ::testing::Values(kBlockingClient), nameOf);

class BlockingClient : public ClientTest {
 protected:
  [[nodiscard]] const ClientUnderTest& client() const override { return kBlockingClient; }
};

TEST_F(BlockingClient, DoesNotEvenAskTheSecondServerBeforeTheFirstPoemIsWhole) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  const auto program = start({first.address(), second.address()});
  ScriptedConnection& one = first.accept();
  one.send("half ");
  program->waitUntilIdle();

  EXPECT_EQ(one.unreadByPeer(), 0U) << "it has read all there is, and waits for more of the same";
  EXPECT_FALSE(second.hasCaller());

  one.sendAndClose("whole");
  second.serve("verse");
  expectPoems(*program, {10, 5});
}

TEST_F(BlockingClient, CannotFollowTheScriptOfTheAsynchronousClients) {
  EXPECT_EQ(playGatedScript(4), 0U);
}

TEST_F(BlockingClient, TellsOfEachPoemWhenItIsWhole) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  const auto program = start({first.address(), second.address()});

  program->expectLine("Task 1: get poetry from: " + first.address());
  first.serve("verse");
  EXPECT_TRUE(program->readLine().starts_with(gotLine(1, 5, first.address()) + " in 0:00:"));
  program->expectLine("Task 2: get poetry from: " + second.address());
  second.serve("");
  EXPECT_TRUE(program->readLine().starts_with(gotLine(2, 0, second.address()) + " in 0:00:"));
  EXPECT_TRUE(program->readLine().starts_with("Got 2 poems in 0:00:"));

  expectPoems(*program, {5, 0});
}

TEST_F(BlockingClient, NeedsOneSocketHoweverManyPoemsThereAre) {
  ScriptedServer server(scenario_);
  const auto program = start({server.address(), server.address(), server.address()});
  std::vector<std::size_t> counts;
  for (int i = 0; i < 3; ++i) {
    ScriptedConnection& connection = server.accept();
    program->waitUntilIdle();
    counts.push_back(openDescriptors(program->pid()).size());
    connection.sendAndClose("verse");
  }
  expectPoems(*program, {5, 5, 5});
  EXPECT_EQ(counts, std::vector<std::size_t>(3, counts[0]));
}

}  // namespace poetry::testing
