// The whole program, with small poems that come fast: what it measures, what it prints, and that no
// process is left behind.

#include "cli/output.hpp"
#include "json_value.hpp"
#include "support/child_process.hpp"
#include "support/client_test.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <sys/types.h>

namespace poetry::testing {
namespace {

namespace fs = std::filesystem;

const std::string kPrograms = POETRY_BIN_DIR;

/// The running processes whose command lines contain both texts. (A zombie has no command line.)
std::vector<pid_t> processesWith(const std::string& one, const std::string& other = "") {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    // The process may end now: then an istreambuf_iterator would throw, and << sets a flag.
    std::ostringstream text;
    text << std::ifstream(entry.path() / "cmdline", std::ios::binary).rdbuf();
    const std::string line = text.str();
    const int pid = std::atoi(entry.path().filename().c_str());  // 0 for what is no process
    if (pid > 0 && line.find(one) != std::string::npos && line.find(other) != std::string::npos) {
      found.push_back(pid);
    }
  }
  return found;
}

class CompareStages : public ::testing::Test {
 protected:
  CompareStages() {
    // Beside the programs: one test runs programs in it, and the system may forbid that in /tmp.
    std::string name = kPrograms + "/../compare a blank-XXXXXX";
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

  /// The value of --server for a poem of this size.
  std::string poem(std::size_t size, const std::string& numbers = ":10:0.001") {
    const fs::path file = folder_ / ("poem-of-" + std::to_string(size));
    saveFile(file, randomBytes(size, 1));
    return file.string() + numbers;
  }

  /// A run that a signal kills leaves its temporary folder in ours.
  std::unique_ptr<ChildProcess> start(std::vector<std::string> words, ChildOptions options = {},
                                      SourceLine where = SourceLine::here()) {
    words.insert(words.begin(), {"--json", json_.string()});
    options.environment.try_emplace("TMPDIR", folder_.string());
    return std::make_unique<ChildProcess>(scenario_, kPrograms + "/compare-stages", words, options,
                                          where);
  }

  void run(const std::vector<std::string>& words, int exitCode) {
    const auto program = start(words);
    EXPECT_EQ(program->wait(), Ending::code(exitCode));
    output_ = program->output();
    errors_ = program->errors();
    result_ = JsonFile(json_);
    expectNoProcessIsLeft();
  }

  /// Runs a client against two poems.
  void runClient(std::vector<std::string> command, int exitCode,
                 const std::string& patience = "30") {
    std::vector<std::string> words = {"--server", poem(200),    "--server", poem(100), "--stage",
                                      "none",     "--patience", patience,   "--client"};
    command.front().insert(0, "mine=");
    words.insert(words.end(), command.begin(), command.end());
    run(words, exitCode);
  }

  /// The same for a shell script. "$@" in it are the addresses.
  void runScript(const std::string& script, int exitCode, const std::string& patience = "30") {
    runClient({"/bin/sh", "-c", script, "sh"}, exitCode, patience);
  }

  /// Everything that compare-stages starts has the folder on its command line.
  void expectNoProcessIsLeft() {
    scenario_.waitUntil([&] { return processesWith(folder_.string()).empty(); }, SourceLine::here(),
                        "no process is left");
  }

  [[nodiscard]] std::string value(const std::string& pointer) const { return result_.at(pointer); }
  /// `text` may be broken into lines.
  void expectPrinted(const std::string& text) const {
    std::string all = output_;
    std::replace(all.begin(), all.end(), '\n', ' ');
    EXPECT_NE(all.find(text), std::string::npos) << text << "\nis not in\n" << output_;
  }

  Scenario scenario_;
  fs::path folder_;
  fs::path json_;
  JsonFile result_;  ///< what the last run wrote
  std::string output_;
  std::string errors_;
};

// === The clients of the lessons ===============================================================

TEST_F(CompareStages, AllClientsDeliverTheSameBytes) {
  run({"--server", poem(600), "--server", poem(200), "--server", poem(0)}, 0);
  EXPECT_EQ(errors_, "");
  expectPrinted("All delivered poems are identical to their files.");
  expectPrinted("  reactor-client-2 again, with --trace");
  ASSERT_EQ(result_.sizeOf("/stages"), 5U);
  for (const std::string client : {"0", "1", "2", "3", "4"}) {
    const std::string stage = "/stages/" + client;
    EXPECT_EQ(value(stage + "/problems"), "[]");
    EXPECT_EQ(value(stage + "/tasks/0/bytes"), "600") << stage;
    EXPECT_EQ(value(stage + "/tasks/2/outcome"), "\"complete\"") << stage;
    for (const std::string task : {"0", "1", "2"}) {
      EXPECT_EQ(value(stage + "/tasks/" + task + "/same"), "true") << stage;
      EXPECT_NE(value(stage + "/tasks/" + task + "/end"), "null") << stage;
    }
    EXPECT_NE(value(stage + "/reported"), "null") << stage;
    EXPECT_NE(value(stage + "/wakeUps"), "0") << stage;
  }
}

TEST_F(CompareStages, RecordsTheLoopOfAReactorClientInASecondRun) {
  run({"--server", poem(300), "--server", poem(200), "--stage", "async-client", "--stage",
       "reactor-client-1", "--stage", "reactor-client-1-broken", "--stage", "reactor-client-2"},
      0);
  EXPECT_EQ(value("/stages/0/loop/traced"), "false");
  for (const std::string stage : {"/stages/1", "/stages/2", "/stages/3"}) {
    EXPECT_EQ(value(stage + "/loop/traced"), "true") << stage;
    EXPECT_EQ(value(stage + "/loop/tasks/0/bytes"), "300") << stage;
    EXPECT_EQ(value(stage + "/loop/steps/0/stack/0"), "\"main\"") << stage;
    EXPECT_EQ(value(stage + "/lines").find("reactor: "), std::string::npos)
        << stage << ": the measured run is not traced";
    EXPECT_NE(value(stage + "/loop/steps").find("\"print\""), std::string::npos) << stage;
  }
}

TEST_F(CompareStages, ABlockingClientFinishesInOrderAndAnAsynchronousOneWithTheShortestFirst) {
  run({"--server", poem(400, ":10:0.02"), "--server", poem(10, ":10:0.02"), "--stage",
       "blocking-client", "--stage", "reactor-client-2"},
      0);
  EXPECT_EQ(value("/stages/0/finished"), "[1,2]");
  EXPECT_EQ(value("/stages/1/finished"), "[2,1]");
  EXPECT_EQ(value("/slowest"), "0.8");
  EXPECT_EQ(value("/sum"), "0.82");
}

TEST_F(CompareStages, AHundredTasksFitOnAScreen) {
  std::vector<std::string> words = {"--stage", "async-client"};
  for (int task = 0; task < 100; ++task) {
    words.insert(words.end(), {"--server", poem(30, ":10:0")});
  }
  run(words, 0);
  EXPECT_LT(std::count(output_.begin(), output_.end(), '\n'), 60);
  expectPrinted("100 tasks, 10 in each row.");
  EXPECT_EQ(result_.sizeOf("/stages/0/tasks"), 100U);
}

TEST_F(CompareStages, APoemOfAMebibyteIsComparedAsAWholeAndItsBeginningIsInTheJson) {
  constexpr std::size_t kSize = std::size_t{1024} * 1024;
  run({"--server", poem(kSize, ":65536:0"), "--stage", "reactor-client-2"}, 0);
  EXPECT_EQ(value("/stages/0/tasks/0/bytes"), std::to_string(kSize));
  EXPECT_EQ(value("/stages/0/tasks/0/same"), "true");
  EXPECT_EQ(value("/servers/0/text").size(), (65536U + 2) / 3 * 4 + 2);
}

// === Other clients ============================================================================

TEST_F(CompareStages, AClientOfTheUserGetsItsWordsAsTheyAre) {
  const fs::path program = folder_ / "my client";  // with a blank, as its directory
  fs::copy_file(kPrograms + "/async-client", program);
  runClient({program.string(), "--output", "{output}"}, 0);
  EXPECT_EQ(value("/stages/0/tasks/0/same"), "true");
  EXPECT_EQ(value("/stages/0/model"), "\"unknown\"");
  EXPECT_EQ(value("/stages/0/loop"), "null");
}

TEST_F(CompareStages, OfAClientThatSavesNoPoemsTheBytesAreCounted) {
  runClient({kPrograms + "/async-client"}, 0);
  EXPECT_EQ(value("/stages/0/tasks/0/same"), "null");
  expectPrinted("only the reported bytes were counted");
}

TEST_F(CompareStages, FindsWhereASavedPoemDiffers) {
  runClient({"/bin/sh", "-c",
             "program=$1; output=$2; shift 2\n"
             "\"$program\" --output \"$output\" \"$@\"\n"
             "head -c 42 \"$output/poem-2.txt\" > \"$output/x\"\n"
             "mv \"$output/x\" \"$output/poem-2.txt\"",
             "sh", kPrograms + "/async-client", "{output}"},
            1);
  EXPECT_EQ(value("/stages/0/tasks/0/same"), "true");
  EXPECT_EQ(value("/stages/0/tasks/1/difference"), "\"it ends after 42 bytes\"");
  expectPrinted("it ends after 42 bytes");
}

TEST_F(CompareStages, FindsWrongCounts) {
  runScript(
      "echo \"Task 1: got 7 bytes of poetry from $1\"; echo 'Task 1: 7 bytes of poetry'; "
      "echo 'Got 1 of 2 poems in 0:00:00.100000'",
      1);
  EXPECT_EQ(value("/stages/0/problems/0"),
            "\"Task 1: the client reported 7 bytes, the poem has 200\"");
  EXPECT_EQ(value("/stages/0/reported"), "0.1");
}

TEST_F(CompareStages, CountsLinesInAnUnknownFormatAndShowsTheFirst) {
  runScript("printf 'one \\001\\377 two\\n'; yes | head -n 3000; head -c 300000 /dev/zero", 1);
  expectPrinted("lines that do not count: 3002; the first: one \\x01\\xff two");
  EXPECT_LT(result_.sizeOf("/stages/0/lines"), 50U);
}

TEST_F(CompareStages, KillsAClientThatHangsWithEverythingThatItStarted) {
  const std::string file = poem(1, "");
  runClient({"/bin/sh", "-c", "tail -f \"$1\" & wait", "sh", file}, 1, "1");
  EXPECT_EQ(value("/stages/0/ending"), R"({"hung":true})");
  expectPrinted("made no progress for ");
}

TEST_F(CompareStages, LinesInAnUnknownFormatAreNoProgress) {
  runClient({"yes"}, 1, "1");
  EXPECT_EQ(value("/stages/0/ending"), R"({"hung":true})");
}

TEST_F(CompareStages, NamesTheSignalThatEndedAClient) {
  runScript("kill -SEGV $$", 1);
  EXPECT_EQ(value("/stages/0/ending"), R"({"name":"Segmentation fault","signal":11})");
}

TEST_F(CompareStages, AClientThatCannotBeStartedFails) {
  runClient({"./no-such-client"}, 1);
  EXPECT_EQ(value("/stages/0/ending"), R"({"exitCode":127})");
  expectPrinted("cannot start ./no-such-client: No such file or directory");
}

TEST_F(CompareStages, AClientThatFailsDoesNotAffectTheNextOne) {
  run({"--server", poem(300), "--server", poem(200), "--stage", "none", "--client", "bad=/bin/sh",
       "-c", "program=$1; shift; \"$program\" \"$@\" | head -n 1; kill -KILL $$", "sh",
       kPrograms + "/async-client", "--client", "good=" + kPrograms + "/async-client", "--output",
       "{output}"},
      1);
  EXPECT_EQ(value("/stages/0/ending/signal"), "9");
  EXPECT_EQ(value("/stages/1/succeeded"), "true");
}

TEST_F(CompareStages, ATracedRunThatFailsIsTheFirstProblemOfItsClient) {
  // A copy of compare-stages looks for the clients in its own directory.
  for (const char* program : {"compare-stages", "blocking-server"}) {
    fs::copy_file(kPrograms + '/' + program, folder_ / program);
  }
  saveFile(folder_ / "reactor-client-1",
           "#!/bin/sh\n"
           "[ \"$1\" = --trace ] && exit 3\n"
           "echo 'a warning' >&2\n"
           "printf poem > \"$2/poem-1.txt\"\n"
           "echo 'Task 1: got 4 bytes of poetry from x:1'\n"
           "echo 'Task 1 finished'\n");
  fs::permissions(folder_ / "reactor-client-1", fs::perms::owner_all);
  saveFile(folder_ / "poem", "poem");
  ChildProcess program(scenario_, (folder_ / "compare-stages").string(),
                       {"--json", json_.string(), "--stage", "reactor-client-1", "--server",
                        (folder_ / "poem").string()},
                       {}, SourceLine::here());
  EXPECT_EQ(program.wait(), Ending::code(1));
  result_ = JsonFile(json_);
  EXPECT_EQ(value("/stages/0/closeTo"), "null");
  EXPECT_EQ(value("/stages/0/problems"),
            R"(["the run with --trace failed: exit code 3","on standard error: a warning"])");
}

// === --check ==================================================================================

TEST_F(CompareStages, CheckFindsAsynchronousClients) {
  run({"--check", "--stage", "async-client", "--stage", "reactor-client-1", "--stage",
       "reactor-client-2", "--client", "mine=" + kPrograms + "/async-client", "--output",
       "{output}"},
      0);
  ASSERT_EQ(result_.sizeOf("/verdicts"), 4U);
  for (const std::string verdict : {"/verdicts/0", "/verdicts/1", "/verdicts/2", "/verdicts/3"}) {
    EXPECT_EQ(value(verdict + "/asynchronous"), "true") << verdict;
    EXPECT_EQ(value(verdict + "/succeeded"), "true") << verdict;
  }
  EXPECT_TRUE(output_.starts_with("Each client has three servers. Server 1 is silent.")) << output_;
  expectPrinted("4 of 4: ");
  expectPrinted("4 of 4 clients passed. 4 asynchronous.");
}

TEST_F(CompareStages, CheckExpectsThatTwoClientsOfTheLessonsAreNotAsynchronous) {
  run({"--check", "--stage", "blocking-client", "--stage", "reactor-client-1-broken", "--patience",
       "1"},
      0);
  expectPrinted("blocking-client: not asynchronous, as its lesson shows");
  expectPrinted("It connected to server 1, and to servers 2 and 3 only after server 1 had sent");
  expectPrinted("reactor-client-1-broken: not asynchronous, as its lesson shows");
  EXPECT_EQ(value("/verdicts/1/succeeded"), "true") << "in the end it has its poems";
}

TEST_F(CompareStages, CheckFailsForABlockingClientOfTheUser) {
  const fs::path junit = folder_ / "junit.xml";
  run({"--check", "--stage", "none", "--patience", "1", "--junit", junit.string(), "--client",
       "mine=" + kPrograms + "/blocking-client"},
      1);
  expectPrinted("mine: not asynchronous, but it should be");
  EXPECT_NE(contentsOf(junit).find("tests=\"3\" failures=\"1\""), std::string::npos);
}

TEST_F(CompareStages, CheckComparesTheSavedPoemsAndKeepsTheLastMessages) {
  const fs::path junit = folder_ / "junit.xml";
  run({"--check", "--stage", "none", "--junit", junit.string(), "--client", "mine=/bin/sh", "-c",
       "program=$1; output=$2; shift 2\n"
       "\"$program\" --output \"$output\" \"$@\"\n"
       "printf x > \"$output/poem-2.txt\"\n"
       "seq 300 >&2; exit 3",
       "sh", kPrograms + "/async-client", "{output}"},
      1);
  EXPECT_EQ(value("/verdicts/0/judgement"), "\"asynchronous\"");
  EXPECT_EQ(value("/verdicts/0/run/ending"), R"({"exitCode":3})");
  EXPECT_EQ(value("/verdicts/0/run/tasks/0/same"), "true");
  EXPECT_EQ(value("/verdicts/0/run/tasks/1/difference"), R"("byte 0 is 'x' instead of 'v'")");
  EXPECT_EQ(result_.sizeOf("/verdicts/0/run/messages"), 200U);
  EXPECT_EQ(value("/verdicts/0/run/messages/199"), "\"300\"");
  const std::string report = contentsOf(junit);
  for (const char* part :
       {"tests=\"3\" failures=\"2\"", "<property name=\"ending\" value=\"exit code 3\"/>",
        "message=\"Task 2: byte 0 is 'x' instead of 'v'\"", "\n300</system-err>"}) {
    EXPECT_NE(report.find(part), std::string::npos) << part << "\nis not in\n" << report;
  }
}

TEST_F(CompareStages, CheckFindsAClientThatReportsWhatWasNeverSent) {
  run({"--check", "--stage", "none", "--client", "mine=/bin/sh", "-c",
       "for i in 1 2 3; do echo \"Task $i: got 20 bytes of poetry from x:1\"; done", "sh"},
      1);
  expectPrinted("mine: cannot be judged, and it failed");
  expectPrinted("It reported bytes for task 1, and did not connect to server 1.");
}

TEST_F(CompareStages, AClientThatFailsAfterTheCheckIsStillAsynchronous) {
  run({"--check", "--stage", "none", "--patience", "2", "--client", "mine=/bin/sh", "-c",
       "program=$1; shift; \"$program\" \"$@\" | grep --line-buffered -v 'Task 1'", "sh",
       kPrograms + "/async-client"},
      1);
  expectPrinted("mine: asynchronous, and it failed");
}

TEST_F(CompareStages, CheckSaysWhenAClientEndsTooEarly) {
  run({"--check", "--stage", "none", "--client", "mine=/bin/sh", "-c", "exit 4"}, 1);
  expectPrinted("It ended without connecting to a server");
  expectPrinted("exit code 4");
}

// === --check --clients ========================================================================

/// Clients that are shell scripts, in a folder of their own.
class CompareClass : public CompareStages {
 protected:
  CompareClass() { fs::create_directory_symlink(kPrograms, folder_ / "bin"); }

  void hand(const std::string& name, const std::string& script) {
    const fs::path file = class_ / name;
    fs::create_directories(file.parent_path());
    saveFile(file, script + '\n');
  }
  /// A client that is right. It runs in the folder of its file.
  static std::string right() { return "exec ../bin/async-client \"$@\""; }

  void check(const std::vector<std::string>& options, int exitCode) {
    std::vector<std::string> words = {"--check", "--patience", "30", "--clients", class_.string()};
    words.insert(words.end(), options.begin(), options.end());
    run(words, exitCode);
  }

  const fs::path class_ = folder_ / "class";
};

TEST_F(CompareClass, GetsAVerdictOnEachOfThirtyClientsInTheOrderOfNames) {
  for (int i = 10; i < 40; ++i) {
    hand(std::to_string(i) + ".sh", i % 3 == 0 ? "exit 4" : right());
  }
  hand("README.md", "text");
  const fs::path csv = folder_ / "class.csv";
  const fs::path junit = folder_ / "class.xml";
  check({"--csv", csv.string(), "--junit", junit.string()}, 1);
  ASSERT_EQ(result_.sizeOf("/verdicts"), 30U);
  EXPECT_EQ(value("/verdicts/0/client"), "\"10.sh\"");
  EXPECT_EQ(value("/verdicts/0/isAsItShouldBe"), "true");
  EXPECT_EQ(value("/verdicts/2/run/ending"), R"({"exitCode":4})");
  EXPECT_EQ(value("/verdicts/29/client"), "\"39.sh\"");
  EXPECT_EQ(value("/skipped"), "[\"README.md\"]");
  expectPrinted("Left out: README.md");
  expectPrinted("30 of 30: ");
  expectPrinted("20 of 30 clients passed.");
  const std::string rows = contentsOf(csv);
  EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n'), 31);
  EXPECT_NE(contentsOf(junit).find("tests=\"90\""), std::string::npos) << contentsOf(junit);
}

TEST_F(CompareClass, ChecksSeveralClientsAtTheSameTime) {
  const std::string meet = ": > met-$MINE; until [ -e met-$OTHER ]; do sleep 0.01; done; exit 7";
  hand("a.sh", "MINE=a OTHER=b; " + meet);
  hand("b.sh", "MINE=b OTHER=a; " + meet);
  check({"--jobs", "2"}, 1);
  EXPECT_EQ(value("/verdicts/0/run/ending"), R"({"exitCode":7})");
  EXPECT_EQ(value("/verdicts/1/run/ending"), R"({"exitCode":7})");
}

TEST_F(CompareClass, AClientHasItsOwnServersAndItsOwnFolderForItsPoems) {
  hand("a.sh", right());
  hand("b.sh", right());
  check({"--run", ".sh=sh {file} --output {output}"}, 0);
  EXPECT_NE(value("/verdicts/0/run/command"), value("/verdicts/1/run/command"));
  EXPECT_EQ(value("/verdicts/0/run/tasks/0/same"), "true");
  EXPECT_EQ(value("/verdicts/1/run/tasks/0/same"), "true");
}

TEST_F(CompareClass, AClientRunsInTheFolderOfItsFile) {
  hand("anna/client.sh", "read -r code < settings.txt; exit \"$code\"");
  hand("anna/settings.txt", "42");
  check({}, 1);
  EXPECT_EQ(value("/verdicts/0/client"), "\"anna\"");
  EXPECT_EQ(value("/verdicts/0/run/ending"), R"({"exitCode":42})");
}

TEST_F(CompareClass, ANameMayHoldAnyCharacter) {
  const fs::path html = folder_ / "class.html";
  const std::vector<std::string> names = {"-a.sh",       "=b,\"c\".sh", "d\ne.sh",
                                          "f\xff.sh",    "{file}.sh",   "{output}.sh",
                                          "Zo\u00eb.sh", "<i>'&amp;.sh"};
  for (const std::string& name : names) {
    hand(name, right());
  }
  check({"--html", html.string()}, 0);
  EXPECT_EQ(result_.sizeOf("/verdicts"), names.size());
  EXPECT_NE(contentsOf(html).find("\\u003ci>'&amp;.sh"), std::string::npos);
  expectPrinted("The page for your browser: file:///");
}

TEST_F(CompareStages, NamesNoFileIfLessonShowsThePage) {
  ChildOptions options;
  options.environment = {{"POETRY_SERVED", "yes"}};
  const auto program = start(
      {"--server", poem(20), "--stage", "5", "--html", (folder_ / "x.html").string()}, options);
  EXPECT_EQ(program->wait(), Ending::code(0));
  EXPECT_EQ(program->output().find("browser"), std::string::npos) << program->output();
  EXPECT_TRUE(fs::exists(folder_ / "x.html"));
}

TEST_F(CompareClass, AClientThatCannotBeRunIsAVerdictAndTheOthersRun) {
  hand("a.c", "int main");
  hand("b.sh", right());
  hand("c/notes.txt", "none");
  const fs::path junit = folder_ / "class.xml";
  check({"--junit", junit.string()}, 1);
  expectPrinted("a.c: cannot be judged");
  expectPrinted("It was not run.");
  expectPrinted("  a.c must be built first");
  EXPECT_NE(contentsOf(junit).find("name=\"ending\" value=\"not run\""), std::string::npos);
  EXPECT_EQ(value("/verdicts/1/isAsItShouldBe"), "true");
  EXPECT_EQ(value("/verdicts/2/judgement"), "\"cannot be judged\"");
}

TEST_F(CompareClass, KillsWhatAClientHasStartedAndLeftBehind) {
  hand("a.sh", "tail -f " + ('\'' + (class_ / "a.sh").string() + '\'') + " & exit 0");
  check({}, 1);
  EXPECT_EQ(value("/verdicts/0/run/ending"), R"({"exitCode":0})");
}

TEST_F(CompareClass, ClientsThatNeverEndLeaveNoProcessWhenASignalEndsTheCheck) {
  hand("a.sh", "tail -f \"$0\" & wait");
  hand("b.sh", "tail -f \"$0\" & wait");
  const auto program = start({"--check", "--jobs", "2", "--clients", class_.string()});
  scenario_.waitUntil([&] { return processesWith(class_.string(), "tail").size() == 2; },
                      SourceLine::here(), "both clients have started a program");
  program->signal(SIGINT);
  EXPECT_EQ(program->wait(), Ending::bySignal(SIGINT));
  expectNoProcessIsLeft();
}

// === Failures and signals =====================================================================

TEST_F(CompareStages, AMistakeInTheCommandLineStartsNothing) {
  run({"--server", "no-such-poem"}, 2);
  EXPECT_EQ(errors_,
            "compare-stages: --server: cannot read 'no-such-poem': No such file or directory; try "
            "'compare-stages --help'\n");
  EXPECT_EQ(output_, "");
}

TEST_F(CompareStages, PrintsItsHelp) {
  run({"--help"}, 0);
  expectPrinted("Usage: compare-stages");
}

TEST_F(CompareStages, NamesAFileThatItCannotWriteAndWritesTheOthers) {
  run({"--server", poem(100), "--stage", "async-client", "--junit", "/dev/full"}, 1);
  EXPECT_EQ(errors_, "compare-stages: cannot write '/dev/full': No space left on device\n");
  EXPECT_EQ(result_.sizeOf("/stages"), 1U);
}

TEST_F(CompareStages, NamesTheFolderInWhichItCannotMakeOne) {
  const std::string missing = (folder_ / "missing").string();
  ChildOptions options;
  options.environment = {{"TMPDIR", missing}};
  const auto program = start({"--server", poem(100), "--stage", "async-client"}, options);
  EXPECT_EQ(program->wait(), Ending::code(1));
  EXPECT_EQ(program->errors(), "compare-stages: cannot make a folder in '" + missing +
                                   "' (set TMPDIR to another): No such file or directory\n");
  expectNoProcessIsLeft();
}

TEST_F(CompareStages, WithoutStandardOutputItFailsAfterTheRun) {
  ChildOptions options;
  options.output = Stream::kClosed;
  const auto program = start({"--check", "--stage", "reactor-client-2"}, options);
  EXPECT_EQ(program->wait(), Ending::code(1));
  EXPECT_EQ(program->errors(),
            "compare-stages: cannot write to standard output: Bad file descriptor\n");
  result_ = JsonFile(json_);
  EXPECT_EQ(value("/verdicts/0/succeeded"), "true");
}

TEST_F(CompareStages, FailsWhenAServerEnds) {
  const auto program = start({"--server", poem(1000, ":10:1"), "--stage", "async-client"});
  std::vector<pid_t> servers;
  scenario_.waitUntil(
      [&] {
        servers = processesWith(folder_.string(), "/blocking-server");
        return !servers.empty();
      },
      SourceLine::here(), "the server runs");
  ::kill(servers.front(), SIGKILL);
  EXPECT_EQ(program->wait(), Ending::code(1));
  EXPECT_NE(program->errors().find(": ended by signal 9 (Killed)\n"), std::string::npos)
      << program->errors();
  expectNoProcessIsLeft();
}

class CompareStagesSignal : public CompareStages, public ::testing::WithParamInterface<int> {};

TEST_P(CompareStagesSignal, LeavesNoProcessAndNoFolderBehind) {
  const std::string file = poem(100, "");
  fs::create_directory(folder_ / "temporary");
  ChildOptions options;
  options.environment = {{"TMPDIR", (folder_ / "temporary").string()}};
  const auto program = start({"--server", file, "--stage", "none", "--client", "mine=/bin/sh", "-c",
                              "tail -f \"$1\" & wait", "sh", file},
                             options);
  // The words of tail itself: with a blank between them, they are also on other command lines.
  const std::string words("tail\0-f", 7);
  scenario_.waitUntil([&] { return !processesWith(file, words).empty(); }, SourceLine::here(),
                      "the client has started a program");
  program->signal(GetParam());
  EXPECT_EQ(program->wait(), Ending::bySignal(GetParam() == SIGINT ? SIGINT : SIGTERM));
  expectNoProcessIsLeft();
  EXPECT_TRUE(fs::is_empty(folder_ / "temporary"));
}

INSTANTIATE_TEST_SUITE_P(, CompareStagesSignal, ::testing::Values(SIGHUP, SIGINT, SIGQUIT, SIGTERM),
                         [](const auto& instance) {
                           return "Signal" + std::to_string(instance.param);
                         });

TEST_F(CompareStages, KilledItLeavesNoServerBehind) {
  const auto program = start({"--server", poem(1000, ":10:1"), "--stage", "async-client"});
  scenario_.waitUntil([&] { return !processesWith(folder_.string(), "/blocking-server").empty(); },
                      SourceLine::here(), "the server runs");
  program->signal(SIGKILL);
  program->wait();
  expectNoProcessIsLeft();
}

TEST_F(CompareStages, EndsLikeOtherToolsWhenNoProcessReadsItsOutput) {
  ChildOptions options;
  options.output = Stream::kNoReader;
  const auto program = start({"--server", poem(100)}, options);
  EXPECT_EQ(program->wait(), Ending::bySignal(SIGPIPE));
  expectNoProcessIsLeft();
}

}  // namespace
}  // namespace poetry::testing
