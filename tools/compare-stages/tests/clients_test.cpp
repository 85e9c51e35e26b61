// The clients of others, good ones and bad ones.

#include "compare_stages_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <filesystem>
#include <string>

#include <sys/types.h>

namespace poetry::testing {
namespace {

using nlohmann::json;

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

}  // namespace
}  // namespace poetry::testing
