// What a client says when the loop beneath it fails, which no network brings about.
#include "matrix.hpp"
#include "support/child_process.hpp"
#include "support/faults.hpp"
#include "support/scenario.hpp"
#include "support/scripted_server.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace poetry::testing {

namespace {

using Lines = std::vector<std::string>;

class LoopFaults : public FaultTest, public ::testing::Test {
 protected:
  Scenario scenario_;
  ScriptedServer server_{scenario_};
};

TEST_F(LoopFaults, ThatKeepItFromWaitingEndTheProgram) {
  const Faults faults(folder(), "epoll_wait:EINVAL@2");
  const auto program =
      scenario_.start(POETRY_BIN_DIR "/reactor-client-2", {server_.address()}, faults.options());
  EXPECT_EQ(program->wait(), Ending::code(1));
  EXPECT_EQ(program->errorLines(), Lines{"reactor-client-2: libevent cannot wait with epoll"});
  EXPECT_EQ(faults.met().size(), 1U);
}

TEST_F(LoopFaults, ThatKeepItFromWatchingForSignalsEndTheProgram) {
  const Faults faults(folder(), "epoll_ctl:ENOSPC@1");
  const auto program =
      scenario_.start(POETRY_BIN_DIR "/reactor-client-2", {server_.address()}, faults.options());
  EXPECT_EQ(program->wait(), Ending::code(1));
  EXPECT_EQ(program->errorLines(), Lines{"reactor-client-2: libevent cannot watch for signals"});
  EXPECT_EQ(faults.met().size(), 1U);
}

TEST_F(LoopFaults, ThatKeepItFromWatchingOneConnectionCostThatPoemAlone) {
  const Faults faults(folder(), "epoll_ctl:ENOSPC@2");
  ScriptedServer unwatched(scenario_);
  const auto program = scenario_.start(POETRY_BIN_DIR "/reactor-client-2",
                                       {unwatched.address(), server_.address()}, faults.options());
  server_.serve("verse");
  EXPECT_EQ(program->wait(), Ending::code(1));
  ASSERT_EQ(program->errorLines().size(), 1U);
  const std::string said = program->errorLines().front();
  EXPECT_TRUE(said.starts_with("reactor-client-2: Task 1: failed to connect to " +
                               unwatched.address() + ": cannot watch descriptor "))
      << said;
  EXPECT_TRUE(said.ends_with("No space left on device")) << said;
  EXPECT_EQ(faults.met().size(), 1U);
}

}  // namespace

}  // namespace poetry::testing
