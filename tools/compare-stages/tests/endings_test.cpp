// However a run ends, nobody is left behind.

#include "compare_stages_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace poetry::testing {
namespace {

namespace fs = std::filesystem;

TEST_F(CompareStages, AServerThatIsGoneEndsEverything) {
  const std::string server = poem(1000, ":10:1");
  const auto program = start({"--server", server, "--stage", "async-client"});
  std::vector<pid_t> servers;
  scenario_.waitUntil(
      [&] {
        // There may be servers of others on this machine; ours is the one who has the poem's name.
        servers = livingWithWord(POETRY_BIN_DIR "/blocking-server");
        std::erase_if(servers, [&](pid_t pid) {
          const auto ours = livingWithWord(folder_.string());
          return std::find(ours.begin(), ours.end(), pid) == ours.end();
        });
        return !servers.empty();
      },
      SourceLine::here(), "the server runs");
  ::kill(servers.front(), SIGKILL);
  EXPECT_EQ(program->wait(), Ending::code(1));
  EXPECT_NE(program->errors().find("is gone: ended by signal 9 (Killed)\n"), std::string::npos)
      << program->errors();
  expectNobodyIsLeft();
}

/// A signal in the middle of a run; or two of them, one after the other.
class CompareStagesSignal : public CompareStages,
                            public ::testing::WithParamInterface<std::vector<int>> {};

TEST_P(CompareStagesSignal, LeavesNobodyBehind) {
  const fs::path pid = folder_ / "pid";
  const auto program = start({"--server", poem(100), "--stage", "none", "--client",
                              "mine=echo $$ > " + pid.string() + ".new; mv " + pid.string() +
                                  ".new " + pid.string() + "; sleep 1000 & sleep 1000; :"});
  scenario_.waitUntil([&] { return fs::exists(pid); }, SourceLine::here(), "the client runs");
  // Both are there when it looks.
  program->pause();
  for (const int signal : GetParam()) {
    program->signal(signal);
  }
  program->resume();
  EXPECT_EQ(program->wait(), Ending::bySignal(GetParam().front()));
  const pid_t group = static_cast<pid_t>(std::stoi(contentsOf(pid)));
  scenario_.waitUntil([&] { return livingInGroup(group).empty(); }, SourceLine::here(),
                      "the client's group is gone");
  expectNobodyIsLeft();
}

INSTANTIATE_TEST_SUITE_P(, CompareStagesSignal,
                         ::testing::Values(std::vector{SIGINT}, std::vector{SIGTERM},
                                           std::vector{SIGHUP}, std::vector{SIGQUIT},
                                           std::vector{SIGINT, SIGTERM}),
                         [](const auto& instance) {
                           std::string name = "signal";
                           for (const int signal : instance.param) {
                             name += std::to_string(signal);
                           }
                           return name;
                         });

TEST_F(CompareStages, EvenASignalThatCannotBeHandledLeavesNoServerBehind) {
  const auto program = start({"--server", poem(1000, ":10:1"), "--stage", "async-client"});
  scenario_.waitUntil([&] { return livingWithWord(folder_.string()).size() >= 2; },
                      SourceLine::here(), "the server runs");
  program->signal(SIGKILL);
  program->wait();
  expectNobodyIsLeft();
}

TEST_F(CompareStages, IntoAPipeThatNobodyReadsItEndsLikeAnyTool) {
  ChildOptions options;
  options.output = Stream::kNoReader;
  const auto program = start({"--server", poem(100)}, options);
  EXPECT_EQ(program->wait(), Ending::bySignal(SIGPIPE));
  expectNobodyIsLeft();
}

}  // namespace
}  // namespace poetry::testing
