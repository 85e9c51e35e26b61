// The whole program, with small poems that come fast, good clients and bad ones.

#include "cli/output.hpp"
#include "processes.hpp"
#include "testing/child_process.hpp"
#include "testing/client_test.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace poetry::testing {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const char* const kProgram = POETRY_BIN_DIR "/compare-stages";

/// What one line of the screen has at most.
constexpr std::size_t kScreen = 80;

class CompareStages : public ::testing::Test {
 protected:
  CompareStages() {
    std::string name = (fs::temp_directory_path() / "compare-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    json_ = folder_ / "result.json";
  }
  ~CompareStages() override { fs::remove_all(folder_); }
  CompareStages(const CompareStages&) = delete;
  CompareStages& operator=(const CompareStages&) = delete;

  void TearDown() override {
    if (HasFailure()) {
      std::fprintf(stderr, "The story of this test:\n%s", scenario_.story().c_str());
    }
  }

  /// A poem of this size, and what --server makes of it.
  std::string poem(std::size_t size, const std::string& numbers = ":10:0.001") {
    const fs::path file = folder_ / ("poem-of-" + std::to_string(size));
    saveFile(file, randomBytes(size, 1));
    return file.string() + numbers;
  }

  std::unique_ptr<ChildProcess> start(std::vector<std::string> words,
                                      const ChildOptions& options = {}) {
    words.insert(words.begin(), {"--json", json_.string()});
    return std::make_unique<ChildProcess>(scenario_, kProgram, words, options);
  }

  /// Runs it to its end. What it has measured is in `result_` then.
  void run(const std::vector<std::string>& words, int exitCode) {
    const auto program = start(words);
    EXPECT_EQ(program->wait(), Ending::code(exitCode));
    errors_ = program->errors();
    lines_ = program->outputLines();
    if (std::ifstream file(json_); file) {
      result_ = json::parse(file);
    }
    for (const std::string& line : lines_) {
      EXPECT_LE(columns(line), kScreen) << line;
      EXPECT_EQ(line.find('\033'), std::string::npos) << line;
    }
    expectNobodyIsLeft();
  }

  static std::size_t columns(const std::string& line) {
    return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
  }

  /// All that it starts has the folder's name on its command line.
  void expectNobodyIsLeft() {
    scenario_.waitUntil([&] { return livingWithWord(folder_.string()).empty(); },
                        SourceLine::here(), "nobody of ours is left");
  }

  [[nodiscard]] json stage(const std::string& name) const {
    for (const json& stage : result_.at("stages")) {
      if (stage.at("name") == name) {
        return stage;
      }
    }
    return {};
  }

  [[nodiscard]] bool printed(const std::string& text) const {
    return std::any_of(lines_.begin(), lines_.end(), [&](const std::string& line) {
      return line.find(text) != std::string::npos;
    });
  }

  /// Runs one client against two poems; `command` is a line of shell.
  void runClient(const std::string& command, int exitCode, const std::string& patience = "30") {
    run({"--server", poem(200), "--server", poem(100), "--stage", "none", "--patience", patience,
         "--client", "mine=" + command},
        exitCode);
  }

  Scenario scenario_;
  fs::path folder_;
  fs::path json_;
  std::string errors_;
  std::vector<std::string> lines_;
  json result_;
};

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

TEST_F(CompareStages, AClientOfYoursIsComparedLikeOurs) {
  runClient(POETRY_BIN_DIR "/async-client --output {output}", 0);
  EXPECT_EQ(stage("mine")["tasks"][0]["same"], true);
  EXPECT_EQ(stage("mine")["model"], "unknown");
  EXPECT_TRUE(stage("mine")["loop"].is_null());
}

TEST_F(CompareStages, WhoSavesNoPoemIsCounted) {
  runClient(POETRY_BIN_DIR "/async-client", 0);
  EXPECT_TRUE(stage("mine")["tasks"][0]["same"].is_null());
  EXPECT_TRUE(printed("bytes were only counted"));
}

TEST_F(CompareStages, OtherBytesAreFoundAndTheirPlaceIsTold) {
  // The second poem loses its end after it was saved.
  runClient("f() { " POETRY_BIN_DIR
            "/async-client --output {output} \"$@\"; head -c 42 {output}/poem-2.txt > {output}/x; "
            "mv {output}/x {output}/poem-2.txt; }; f",
            1);
  EXPECT_EQ(stage("mine")["tasks"][0]["same"], true);
  EXPECT_EQ(stage("mine")["tasks"][1]["same"], false);
  EXPECT_EQ(stage("mine")["tasks"][1]["difference"], "ends after 42 bytes");
  EXPECT_TRUE(printed("ends after 42 bytes"));
}

TEST_F(CompareStages, WrongCountsAreFound) {
  runClient(
      "f() { echo \"Task 1: got 7 bytes of poetry from $1\"; echo 'Task 1: 7 bytes of poetry'; "
      "echo 'Got 1 of 2 poems in 0:00:00.100000'; }; f",
      1);
  EXPECT_EQ(stage("mine")["problems"][0], "Task 1: the client counts 7 bytes, the poem has 200");
  EXPECT_EQ(stage("mine")["reported"], 0.1);
}

TEST_F(CompareStages, GarbageIsCountedShownOnceAndEscaped) {
  runClient(
      "f() { printf 'one \\001\\377 two\\n'; yes | head -n 3000; head -c 300000 /dev/zero; }; f",
      1);
  EXPECT_TRUE(printed("3002 lines of no shape that we know"));
  EXPECT_TRUE(printed("one \\x01\\xff two"));
  EXPECT_LT(stage("mine")["lines"].size(), 50U);
}

TEST_F(CompareStages, AClientThatHangsIsKilledWithAllThatItStarted) {
  runClient("echo $$ > " + (folder_ / "pid").string() + "; sleep 1000 & sleep 1000; :", 1, "1");
  EXPECT_EQ(stage("mine")["ending"], (json{{"hung", true}}));
  EXPECT_TRUE(printed("hung, and was killed"));
  const pid_t group = static_cast<pid_t>(std::stoi(contentsOf(folder_ / "pid")));
  scenario_.waitUntil([&] { return livingInGroup(group).empty(); }, SourceLine::here(),
                      "the client's group is gone");
}

TEST_F(CompareStages, AFloodOfGarbageIsNoSignOfLife) {
  runClient("yes", 1, "1");
  EXPECT_EQ(stage("mine")["ending"], (json{{"hung", true}}));
}

TEST_F(CompareStages, ASignalThatEndsAClientIsNamed) {
  runClient("kill -SEGV $$", 1);
  EXPECT_EQ(stage("mine")["ending"], (json{{"signal", SIGSEGV}, {"name", "Segmentation fault"}}));
  runClient("sh -c 'kill -SEGV $$'", 1);
  EXPECT_EQ(stage("mine")["ending"]["signal"], SIGSEGV) << "also behind a shell";
}

TEST_F(CompareStages, AnExitCodeBeyondAllSignalsIsNoSignal) {
  runClient("exit 255; :", 1);
  EXPECT_EQ(stage("mine")["ending"], (json{{"exitCode", 255}}));
}

TEST_F(CompareStages, AClientThatIsNotThereSaysSo) {
  runClient("./no-such-client", 1);
  EXPECT_EQ(stage("mine")["ending"], (json{{"exitCode", 127}}));
  EXPECT_TRUE(printed("not found"));
}

TEST_F(CompareStages, AClientThatClosesItsOutputMayLiveOn) {
  runClient("exec >&- 2>&-; exit 3; :", 1);
  EXPECT_EQ(stage("mine")["ending"], (json{{"exitCode", 3}}));
}

TEST_F(CompareStages, AClientThatFailsDoesNotSpoilTheNextOne) {
  run({"--server", poem(300), "--server", poem(200), "--stage", "none", "--client",
       "bad=f() { " POETRY_BIN_DIR "/async-client \"$@\" | head -n 1; kill -KILL $$; }; f",
       "--client", "good=" POETRY_BIN_DIR "/async-client --output {output}"},
      1);
  EXPECT_EQ(stage("good")["succeeded"], true);
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

TEST_F(CompareStages, AVeryLongPoemIsCountedToItsEnd) {
  run({"--server", poem(24000, ":1:0"), "--stage", "none", "--client",
       "mine=f() { i=0; while [ $i -lt 12000 ]; do "
       "echo 'Task 1: got 2 bytes of poetry from x:1'; i=$((i+1)); done; "
       "echo 'Task 1 finished'; }; f"},
      0);
  EXPECT_EQ(stage("mine")["problems"],
            json::array({"2001 further lines are counted, and not kept"}));
  EXPECT_EQ(stage("mine")["chunks"], 12000);
  EXPECT_EQ(stage("mine")["lines"].size(), 10000U);
  EXPECT_EQ(stage("mine")["linesNotKept"], 2001);
  EXPECT_EQ(stage("mine")["tasks"][0]["chunks"].size(), 12000U);
  EXPECT_EQ(stage("mine")["tasks"][0]["bytes"], 24000);
}

TEST_F(CompareStages, HelpIsOnStandardOutput) {
  run({"--help"}, 0);
  EXPECT_TRUE(printed("Usage: compare-stages"));
}

// --- --check ------------------------------------------------------------------------------------

TEST_F(CompareStages, AsynchronousClientsAreFoundToBeSo) {
  run({"--check", "--stage", "async-client", "--stage", "reactor-client-1", "--stage",
       "reactor-client-2", "--client", "mine=" POETRY_BIN_DIR "/async-client --output {output}"},
      0);
  ASSERT_EQ(result_["verdicts"].size(), 4U);
  for (const json& verdict : result_["verdicts"]) {
    EXPECT_EQ(verdict["asynchronous"], true) << verdict;
    EXPECT_EQ(verdict["succeeded"], true) << verdict;
  }
}

TEST_F(CompareStages, TwoOfOursAreNotAsynchronousWhichIsNoFailure) {
  run({"--check", "--stage", "blocking-client", "--stage", "reactor-client-1-broken", "--patience",
       "1"},
      0);
  EXPECT_TRUE(printed("blocking-client: not asynchronous, which is its lesson"));
  EXPECT_TRUE(printed("it did not ask server 2"));
  for (const json& verdict : result_["verdicts"]) {
    EXPECT_EQ(verdict["why"].get<std::string>().find(" at once"), std::string::npos)
        << "nobody has shown that: " << verdict["why"];
  }
  EXPECT_TRUE(printed("reactor-client-1-broken: not asynchronous, which is its lesson"));
  EXPECT_EQ(result_["verdicts"][1]["succeeded"], true) << "in the end they have their poems";
}

TEST_F(CompareStages, ABlockingClientOfYoursIsAFailure) {
  const fs::path junit = folder_ / "junit.xml";
  run({"--check", "--stage", "none", "--client", "mine=" POETRY_BIN_DIR "/blocking-client",
       "--patience", "1", "--junit", junit.string()},
      1);
  EXPECT_TRUE(printed("mine: not asynchronous, which it should be"));
  EXPECT_NE(contentsOf(junit).find("tests=\"2\" failures=\"1\""), std::string::npos);
}

TEST_F(CompareStages, WhoReportsWhatWasNeverSentIsFoundOut) {
  run({"--check", "--stage", "none", "--patience", "30", "--client",
       "mine=f() { for i in 1 2 3; do echo \"Task $i: got 20 bytes of poetry from x:1\"; done; "
       "}; f"},
      1);
  EXPECT_TRUE(printed("mine: not asynchronous, and it failed"));
  EXPECT_TRUE(printed("It reported more than server 1 had sent"));
}

TEST_F(CompareStages, WhoFailsAfterItHasShownThatItIsAsynchronousIsAsynchronous) {
  run({"--check", "--stage", "none", "--patience", "5", "--client",
       "mine=f() { " POETRY_BIN_DIR
       "/async-client \"$@\" | grep --line-buffered -v 'Task 1'; }; f"},
      1);
  EXPECT_TRUE(printed("mine: asynchronous, and it failed"));
  EXPECT_FALSE(printed("it did not report what server 1 had sent"));
}

TEST_F(CompareStages, WhoEndsTooEarlyIsToldWhy) {
  run({"--check", "--stage", "none", "--client", "mine=exit 4; :"}, 1);
  EXPECT_TRUE(printed("It ended before servers 2 and 3 had sent their poems"));
  EXPECT_TRUE(printed("exit code 4"));
}

}  // namespace
}  // namespace poetry::testing
