// One client after the other, with programs in the place of ours that do what ours never do.

#include "stage_runner.hpp"

#include "cli/output.hpp"
#include "cli/tests/temporary_directory.hpp"
#include "loop.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace poetry {
namespace {

namespace fs = std::filesystem;

TEST(StageRunner, ATracedRunThatFailsIsTheFirstProblemOfItsClient) {
  const testing::TemporaryDirectory programs;
  fs::create_symlink(POETRY_BIN_DIR "/blocking-server", programs.path() / "blocking-server");
  const fs::path client = programs.path() / "reactor-client-1";
  saveFile(client,
           "#!/bin/sh\n"
           "[ \"$1\" = --trace ] && exit 3\n"
           "echo 'a warning' >&2\n"
           "printf poem > \"$2/poem-1.txt\"\n"
           "echo 'Task 1: got 4 bytes of poetry from x:1'\n"
           "echo 'Task 1 finished'\n");
  fs::permissions(client, fs::perms::owner_all);
  saveFile(programs.path() / "poem", "poem");
  const CompareOptions options{.stages = {ourStages(programs.path())[2]}, .json = "wanted"};
  Comparison comparison{.poems = {{.file = programs.path() / "poem", .size = 4}}};
  Loop loop;
  Progress progress({.live = false});
  StageRunner runner(
      loop.reactor(), loop.processes(), options, programs.path(), comparison, progress,
      [&] { loop.end(); }, [&](const std::string& why) { loop.fail(why); });
  loop.reactor().callWhenRunning([&] { runner.start(); });
  loop.run();
  ASSERT_EQ(comparison.stages.size(), 1U);
  EXPECT_FALSE(comparison.stages[0].succeeded);
  EXPECT_EQ(
      comparison.stages[0].problems,
      (std::vector<std::string>{"the run with --trace failed: exit code 3", "it says: a warning"}));
}

}  // namespace
}  // namespace poetry
