// The clients of chapters 4 and 6: lesson 4 on the small reactor, and getPoem in three ways.
#include "support/client_suite.hpp"
#include "support/scripted_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

namespace poetry::testing {

// The client of lesson 4 on this reactor keeps the promises of lesson 4's client.

const ClientUnderTest kSmallReactorClient{.program = POETRY_BIN_DIR "/small-reactor-client",
                                          .reportsChunks = true,
                                          .reportsFinished = true};

INSTANTIATE_TEST_SUITE_P(SmallReactorClient, EveryClient, ::testing::Values(kSmallReactorClient),
                         nameOf);
INSTANTIATE_TEST_SUITE_P(SmallReactorClient, AsynchronousClient,
                         ::testing::Values(kSmallReactorClient), nameOf);
INSTANTIATE_TEST_SUITE_P(SmallReactorClient, ImpatientClient,
                         ::testing::Values(kSmallReactorClient), nameOf);

// === The three programs =========================================================================

/// They print the same lines, except that the coroutine waits for the poems in their order.
class GetPoemPrograms : public ClientTest, public ::testing::WithParamInterface<const char*> {
 protected:
  GetPoemPrograms()
      : client_{.program = std::string(POETRY_BIN_DIR "/") + GetParam(), .isReactor = true} {}
  [[nodiscard]] const ClientUnderTest& client() const override { return client_; }

  [[nodiscard]] bool isCoroutine() const { return client_.name() == "get-poem-coroutine"; }
  [[nodiscard]] std::string message(int task, const std::string& why) const {
    return client_.name() + ": Task " + std::to_string(task) + ": no poetry: " + why;
  }

 private:
  ClientUnderTest client_;
};

TEST_P(GetPoemPrograms, DownloadsThreePoemsAtOnce) {
  ScriptedServer server(scenario_);
  const auto program =
      start({"--output", folder().string(), server.address(), server.address(), server.address()});
  ScriptedConnection& first = server.accept();
  ScriptedConnection& second = server.accept();
  ScriptedConnection& third = server.accept();
  const auto expectFinished = [&](int task) {
    program->expectLine("Task " + std::to_string(task) + " finished");
  };

  third.sendAndClose("third");
  if (isCoroutine()) {
    program->waitUntilIdle();
    EXPECT_TRUE(third.hasEnded()) << "it has not read the third poem";
    EXPECT_EQ(program->unreadLines(), std::vector<std::string>()) << "it waits for the first";
  } else {
    expectFinished(3);
  }
  second.sendAndClose("second poem");
  if (!isCoroutine()) {
    expectFinished(2);
  }
  program->waitUntilIdle();
  first.sendAndClose("one");
  expectFinished(1);
  if (isCoroutine()) {
    expectFinished(2);
    expectFinished(3);
  }
  program->expectLine("Task 1: 3 bytes of poetry");
  program->expectLine("Task 2: 11 bytes of poetry");
  program->expectLine("Task 3: 5 bytes of poetry");
  EXPECT_TRUE(program->readLine().starts_with("Got 3 poems in "));
  EXPECT_EQ(program->wait(), Ending::code(0));
  EXPECT_EQ(program->errors(), "");
  EXPECT_EQ(contentsOf(poemFile(2)), "second poem");
}

TEST_P(GetPoemPrograms, ReportsARefusedAndAResetConnectionAndDownloadsTheOthers) {
  const RefusingPort refusing;
  ScriptedServer second(scenario_);
  ScriptedServer third(scenario_);
  const auto program = start({refusing.address(), second.address(), third.address()});
  EXPECT_EQ(program->readErrorLine(), message(1, "Connection refused"));
  second.accept().sendAndReset("half a po");
  EXPECT_EQ(program->readErrorLine(), message(2, "Connection reset by peer"));
  third.serve("verse");

  program->expectLine("Task 3 finished");
  program->expectLine("Task 3: 5 bytes of poetry");
  EXPECT_TRUE(program->readLine().starts_with("Got 1 of 3 poems in "));
  EXPECT_EQ(program->wait(), Ending::code(1));
}

TEST_P(GetPoemPrograms, ReportsWhatHasArrivedWhenASignalEndsIt) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  ScriptedServer third(scenario_);
  const auto program = start({first.address(), second.address(), third.address()});
  first.serve("verse");
  second.accept().send("half a po");
  third.accept();
  program->expectLine("Task 1 finished");
  program->waitUntilIdle();

  program->signal(SIGINT);

  program->expectLine("Task 1: 5 bytes of poetry");
  EXPECT_TRUE(program->readLine().starts_with("Got 1 of 3 poems in "));
  EXPECT_EQ(program->wait(), Ending::bySignal(SIGINT));
  std::vector<std::string> lines = program->errorLines();
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(lines, (std::vector<std::string>{message(2, "the reactor was stopped"),
                                             message(3, "the reactor was stopped")}));
}

INSTANTIATE_TEST_SUITE_P(Book, GetPoemPrograms,
                         ::testing::Values("get-poem-callback", "get-poem-deferred",
                                           "get-poem-coroutine"),
                         [](const ::testing::TestParamInfo<const char*>& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace poetry::testing
