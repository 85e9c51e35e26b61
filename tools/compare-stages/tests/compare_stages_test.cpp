// The whole program with our own clients: what it measures, and what it says.

#include "compare_stages_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace poetry::testing {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

TEST_F(CompareStages, AllStagesDeliverTheSameBytes) {
  run({"--server", poem(600), "--server", poem(200), "--server", poem(0)}, 0);
  EXPECT_EQ(errors_, "");
  EXPECT_TRUE(printed("All delivered the same bytes"));
  ASSERT_EQ(result_["stages"].size(), 5U);
  for (const json& stage : result_["stages"]) {
    EXPECT_TRUE(stage["succeeded"]) << stage["name"];
    EXPECT_EQ(stage["problems"], json::array()) << stage["name"];
    EXPECT_EQ(stage["tasks"][0]["bytes"], 600) << stage["name"];
    EXPECT_EQ(stage["tasks"][2]["outcome"], "complete") << stage["name"];
    for (const json& task : stage["tasks"]) {
      EXPECT_EQ(task["same"], true) << stage["name"];
      EXPECT_FALSE(task["end"].is_null()) << stage["name"];
    }
    EXPECT_FALSE(stage["reported"].is_null()) << stage["name"];
    EXPECT_GT(stage["wakeUps"], 0) << stage["name"];
  }
}

TEST_F(CompareStages, TheLoopOfAReactorClientIsRecordedInARunOfItsOwn) {
  run({"--server", poem(300), "--server", poem(200)}, 0);
  for (const char* name : {"reactor-client-1", "reactor-client-1-broken", "reactor-client-2"}) {
    const json loop = stage(name)["loop"];
    EXPECT_EQ(loop["traced"], true) << name;
    EXPECT_EQ(loop["tasks"][0]["bytes"], 300) << name;
    std::size_t prints = 0;
    for (const json& step : loop["steps"]) {
      EXPECT_EQ(step["stack"][0], "main") << name;
      prints += step["kind"] == "print" ? 1U : 0U;
    }
    std::size_t chunks = 0;
    for (const json& task : loop["tasks"]) {
      chunks += task["chunks"].size();
    }
    EXPECT_GE(prints, chunks + 3) << name << ": each chunk, two totals and the last line";
    const json measured = stage(name);
    for (const json& line : measured["lines"]) {
      EXPECT_FALSE(line["text"].get<std::string>().starts_with("reactor: "))
          << name << ": the measured run is not traced";
    }
  }
  for (const char* name : {"blocking-client", "async-client"}) {
    EXPECT_EQ(stage(name)["loop"]["traced"], false) << name;
  }
}

TEST_F(CompareStages, ABlockingClientFinishesInOrderAndAnAsynchronousOneWithTheShortestFirst) {
  run({"--server", poem(400, ":10:0.02"), "--server", poem(10, ":10:0.02"), "--stage",
       "blocking-client", "--stage", "reactor-client-2"},
      0);
  EXPECT_EQ(stage("blocking-client")["finished"], json::parse("[1, 2]"));
  EXPECT_EQ(stage("reactor-client-2")["finished"], json::parse("[2, 1]"));
  EXPECT_EQ(result_["slowest"], 0.8);
  EXPECT_EQ(result_["sum"], 0.82);
}

TEST_F(CompareStages, AHundredTasksFitOnAScreen) {
  std::vector<std::string> words = {"--stage", "async-client"};
  for (int task = 0; task < 100; ++task) {
    words.insert(words.end(), {"--server", poem(30, ":10:0")});
  }
  run(words, 0);
  EXPECT_LT(lines_.size(), 60U);
  EXPECT_TRUE(printed("100 tasks, 10 in a row"));
  EXPECT_EQ(stage("async-client")["tasks"].size(), 100U);
}

TEST_F(CompareStages, APoemOf10MiBIsWholeAndOnlyItsBeginningIsShown) {
  constexpr std::size_t kSize = std::size_t{10} * 1024 * 1024;
  run({"--server", poem(kSize, ":65536:0"), "--stage", "reactor-client-2"}, 0);
  EXPECT_EQ(stage("reactor-client-2")["tasks"][0]["bytes"], kSize);
  EXPECT_EQ(stage("reactor-client-2")["tasks"][0]["same"], true);
  EXPECT_EQ(result_["servers"][0]["text"].get<std::string>().size(), (65536U + 2) / 3 * 4);
}

TEST_F(CompareStages, AFullDiskIsNoSuccess) {
  ChildOptions options;
  options.output = Stream::kFull;
  const auto program = start({"--server", poem(100), "--stage", "async-client"}, options);
  EXPECT_EQ(program->wait(), Ending::code(1));
  EXPECT_NE(program->errors().find("No space left on device"), std::string::npos);
}

TEST_F(CompareStages, WithoutStandardOutputItFailsAndServesItsConnectionsAllTheSame) {
  ChildOptions options;
  options.output = Stream::kClosed;
  const auto program = start({"--check", "--stage", "reactor-client-2"}, options);
  EXPECT_EQ(program->wait(), Ending::code(1));
  EXPECT_EQ(program->errors(),
            "compare-stages: cannot write to standard output: Bad file descriptor\n");
  ASSERT_TRUE(fs::exists(json_));
  EXPECT_EQ(json::parse(std::ifstream(json_))["verdicts"][0]["succeeded"], true);
}

TEST_F(CompareStages, AMistakeInTheCommandLineStartsNothing) {
  run({"--server", "no-such-poem"}, 2);
  EXPECT_EQ(errors_,
            "compare-stages: --server: cannot read 'no-such-poem': No such file or directory; try "
            "'compare-stages --help'\n");
  EXPECT_TRUE(lines_.empty());
}

TEST_F(CompareStages, AFileThatCannotBeWrittenIsNamed) {
  run({"--server", poem(100), "--stage", "async-client", "--junit", "/dev/full"}, 1);
  EXPECT_EQ(errors_, "compare-stages: cannot write /dev/full: No space left on device\n");
  EXPECT_EQ(result_["stages"].size(), 1U) << "what can be written is";
}

TEST_F(CompareStages, OffATerminalALineSaysThatALongerThingBegins) {
  run({"--server", poem(100), "--stage", "reactor-client-2"}, 0);
  EXPECT_TRUE(printed("  reactor-client-2 --trace"));
  run({"--check", "--stage", "reactor-client-2"}, 0);
  EXPECT_TRUE(printed("  checking reactor-client-2"));
}

TEST_F(CompareStages, HelpIsOnStandardOutput) {
  run({"--help"}, 0);
  EXPECT_TRUE(printed("Usage: compare-stages"));
}

}  // namespace
}  // namespace poetry::testing
