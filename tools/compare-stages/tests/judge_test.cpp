// What the numbers say.

#include "judge.hpp"

#include "cli/output.hpp"
#include "client_run.hpp"
#include "samples.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

#include <sys/stat.h>  // mkfifo

namespace poetry {
namespace {

TEST(Judge, SaysWhichOfTheTwoTimesIsClose) {
  constexpr Seconds kSlowest(2);
  constexpr Seconds kSum(6);
  const auto of = [&](double elapsed) { return closeness(Seconds(elapsed), kSlowest, kSum); };
  EXPECT_EQ(of(2.0), Closeness::kSlowest);
  EXPECT_EQ(of(2.9), Closeness::kSlowest);
  EXPECT_EQ(of(4.0), Closeness::kNeither);
  EXPECT_EQ(of(5.5), Closeness::kSum);
  EXPECT_EQ(of(6.9), Closeness::kSum);
  EXPECT_EQ(of(9.0), Closeness::kNeither);
  EXPECT_EQ(of(1.0), Closeness::kNeither) << "quicker than can be";
}

TEST(Judge, TimesThatAreTheSameAreBothClose) {
  EXPECT_EQ(closeness(Seconds(2), Seconds(2), Seconds(2)), Closeness::kBoth);
  EXPECT_EQ(closeness(Seconds(0.1), Seconds(0), Seconds(0)), Closeness::kBoth) << "no delay";
  EXPECT_EQ(closeness(Seconds(20), Seconds(2), Seconds(2)), Closeness::kNeither) << "far from both";
  EXPECT_EQ(closeness(Seconds(1), Seconds(2), Seconds(2)), Closeness::kNeither) << "too quick";
}

TEST(Judge, APoemNeedsOnePauseForEachSend) {
  Poem poem{.file = "any", .size = 100, .numBytes = 10, .delay = Seconds(0.1)};
  EXPECT_DOUBLE_EQ(poem.needs().count(), 1.0);
  poem.size = 101;
  EXPECT_DOUBLE_EQ(poem.needs().count(), 1.1);
  poem.size = 0;
  EXPECT_DOUBLE_EQ(poem.needs().count(), 0.0);
}

/// Compares two files with these contents.
Saved compareBytes(const std::string& saved, const std::string& poem) {
  const PoemFolder folder;
  saveFile(folder.poem(1), saved);
  saveFile(folder.poem(2), poem);
  return compareSaved(folder.poem(1), folder.poem(2));
}

TEST(Judge, SaysWhereASavedPoemDiffers) {
  const std::string poem(200000, 'e');
  EXPECT_EQ(compareBytes(poem, poem).same, true);
  EXPECT_EQ(compareBytes("", "").same, true);
  std::string other = poem;
  other[131072] = ' ';
  EXPECT_EQ(compareBytes(other, poem).difference, "byte 131072: ' ' instead of 'e'");
  other[131072] = '\xff';
  EXPECT_EQ(compareBytes(other, poem).difference, "byte 131072: '\\xff' instead of 'e'");
  EXPECT_EQ(compareBytes(poem.substr(0, 100000), poem).difference, "ends after 100000 bytes");
  EXPECT_EQ(compareBytes(poem, poem.substr(0, 65536)).difference, "goes on after 65536 bytes");
  EXPECT_EQ(compareSaved("no/such/file", "no/such/poem").difference, "no such file was saved");
}

TEST(Judge, ANamedPipeInPlaceOfAPoemIsNotWaitedFor) {
  const PoemFolder folder;
  ASSERT_EQ(::mkfifo(folder.poem(1).c_str(), 0600), 0);
  saveFile(folder.poem(2), "poem");
  EXPECT_EQ(compareSaved(folder.poem(1), folder.poem(2)).difference,
            "what was saved is no regular file");
}

/// A stage in which one task of 100 bytes has printed this.
StageResult afterPrinting(const std::string& text, const std::string& errors = "") {
  Recorder recorder({100});
  recorder.received(Stream::kOutput, text, Seconds(1));
  recorder.received(Stream::kErrors, errors, Seconds(1));
  StageResult stage{.name = "mine",
                    .run = {.recording = recorder.take(), .elapsed = Seconds(1), .saved = {{}}}};
  judge(stage, testing::poemsOfASecond(1));
  return stage;
}

const std::string kGot = "Task 1: got 100 bytes of poetry from 127.0.0.1:1\n";

TEST(Judge, AClientWithAllItsPoemsHasSucceeded) {
  EXPECT_TRUE(afterPrinting(kGot + "Task 1 finished\n").succeeded);
  EXPECT_TRUE(afterPrinting(kGot + "Task 1: 100 bytes of poetry\n").succeeded);
  EXPECT_TRUE(afterPrinting("Task 1: 100 bytes of poetry\n").succeeded) << "without its chunks";
}

TEST(Judge, StrangeLinesAreToldAndForgiven) {
  const StageResult stage = afterPrinting("one\ntwo\n" + kGot + "Task 1 finished\n", "a warning\n");
  EXPECT_TRUE(stage.succeeded);
  EXPECT_EQ(stage.problems,
            (std::vector<std::string>{"it says: a warning",
                                      "2 lines of no shape that we know; the first: one"}));
  EXPECT_EQ(afterPrinting("one\n").problems.back(), "a line of no shape that we know: one");
}

TEST(Judge, LinesThatAreNotKeptAreToldAndNoFailure) {
  StageResult stage = afterPrinting(kGot + "Task 1 finished\n");
  stage.run.recording.linesNotKept = 12;
  judge(stage, testing::poemsOfASecond(1));
  EXPECT_TRUE(stage.succeeded);
  EXPECT_EQ(stage.problems, std::vector<std::string>{"12 further lines are counted, and not kept"});
}

TEST(Judge, AMarkThatStandsForSeveralChunksIsTold) {
  StageResult stage = afterPrinting(kGot + "Task 1 finished\n");
  stage.run.recording.tasks[0].pieces = 7;
  judge(stage, testing::poemsOfASecond(1));
  EXPECT_TRUE(stage.succeeded);
  EXPECT_EQ(stage.problems, std::vector<std::string>{
                                "it told of 7 chunks; in the pictures they are 1, so that a mark "
                                "may stand for several"});
}

TEST(Judge, WhatIsMissingIsNamed) {
  EXPECT_EQ(afterPrinting(kGot).problems.at(0),
            "Task 1: nothing was said of its end; 100 bytes of 100 had come");
  EXPECT_EQ(afterPrinting("Task 1: got 30 bytes of poetry from 127.0.0.1:1\nTask 1 finished\n")
                .problems.at(0),
            "Task 1: the client counts 30 bytes, the poem has 100");
  EXPECT_EQ(afterPrinting(kGot + kGot).problems.at(0),
            "Task 1: got 200 bytes and more of a poem that has 100");
  EXPECT_EQ(afterPrinting("", "mine: Task 1: failed to connect to 127.0.0.1:1: x\n").problems.at(0),
            "Task 1: failed to connect");
}

TEST(Judge, ABadEndingIsAFailure) {
  StageResult stage = afterPrinting(kGot + "Task 1 finished\n");
  stage.run.exit.signal = SIGSEGV;
  judge(stage, testing::poemsOfASecond(1));
  EXPECT_FALSE(stage.succeeded);
  EXPECT_EQ(stage.problems.at(0), "ended by signal 11 (Segmentation fault)");
  stage.run.exit = {};
  stage.run.exit.exitCode = 3;
  judge(stage, testing::poemsOfASecond(1));
  EXPECT_EQ(stage.problems.at(0), "exit code 3");
  stage.run.hung = true;
  judge(stage, testing::poemsOfASecond(1));
  EXPECT_EQ(stage.problems.at(0), "hung, and was killed");
}

TEST(Judge, OfManyProblemsOfAKindTheFirstAreTold) {
  StageResult stage{.name = "mine"};
  stage.run.recording.tasks.resize(200);
  stage.run.saved.resize(200);
  judge(stage, testing::poemsOfASecond(200));
  ASSERT_EQ(stage.problems.size(), 4U);
  EXPECT_EQ(stage.problems.back(), "and 197 more like that");
}

}  // namespace
}  // namespace poetry
