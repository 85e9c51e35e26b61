// What the numbers mean.

#include "judge.hpp"

#include "check_verdict.hpp"
#include "cli/output.hpp"
#include "files.hpp"
#include "samples.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace poetry {
namespace {

TEST(Judge, SaysWhichOfTheTwoTimesIsClose) {
  constexpr Duration kSlowest(2);
  constexpr Duration kSum(6);
  const auto of = [&](double elapsed) { return closeness(Duration(elapsed), kSlowest, kSum); };
  EXPECT_EQ(of(2.0), Closeness::kSlowest);
  EXPECT_EQ(of(2.9), Closeness::kSlowest);
  EXPECT_EQ(of(4.0), Closeness::kNeither);
  EXPECT_EQ(of(5.5), Closeness::kSum);
  EXPECT_EQ(of(6.9), Closeness::kSum);
  EXPECT_EQ(of(9.0), Closeness::kNeither);
  EXPECT_EQ(of(1.0), Closeness::kNeither) << "faster than possible";
}

TEST(Judge, WhereTheTimesAreTheSameBothAreClose) {
  EXPECT_EQ(closeness(Duration(2), Duration(2), Duration(2)), Closeness::kBoth);
  EXPECT_EQ(closeness(Duration(0.1), Duration(0), Duration(0)), Closeness::kBoth) << "no delay";
  EXPECT_EQ(closeness(Duration(20), Duration(2), Duration(2)), Closeness::kNeither)
      << "far from both";
  EXPECT_EQ(closeness(Duration(1), Duration(2), Duration(2)), Closeness::kNeither)
      << "faster than possible";
}

TEST(Judge, APoemTakesOnePausePerSend) {
  Poem poem{.file = "any", .size = 100, .numBytes = 10, .delay = Duration(0.1)};
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
  return compareSaved(folder.poem(1), {{.file = folder.poem(2), .size = poem.size()}}, 0);
}

TEST(Judge, SaysWhereASavedPoemDiffers) {
  const std::string poem(200000, 'e');
  EXPECT_EQ(compareBytes(poem, poem).same, true);
  EXPECT_EQ(compareBytes("", "").same, true);
  std::string other = poem;
  other[131072] = ' ';
  EXPECT_EQ(compareBytes(other, poem).difference, "byte 131072 is ' ' instead of 'e'");
  other[131072] = '\xff';
  EXPECT_EQ(compareBytes(other, poem).difference, "byte 131072 is '\\xff' instead of 'e'");
  EXPECT_EQ(compareBytes(poem.substr(0, 100000), poem).difference, "it ends after 100000 bytes");
  EXPECT_EQ(compareBytes(poem, poem.substr(0, 65536)).difference, "it goes on after 65536 bytes");
  EXPECT_EQ(compareSaved("no/such/file", {{.file = "no/such/poem"}}, 0).difference,
            "no file was saved as file in the folder that {output} names");
}

TEST(Judge, FindsThePoemOfAnotherServer) {
  const PoemFolder folder;
  saveFile(folder.poem(1), "one");
  saveFile(folder.poem(2), "two");
  const std::vector<Poem> poems = {{.file = folder.poem(1), .size = 3},
                                   {.file = folder.poem(2), .size = 3}};
  EXPECT_EQ(compareSaved(folder.poem(2), poems, 1).same, true);
  EXPECT_EQ(compareSaved(folder.poem(2), poems, 0).difference, "it is the poem of server 2");
}

TEST(Judge, ReadsNoMoreOfASavedPoemThanItNeeds) {
  const PoemFolder folder;
  saveFile(folder.poem(1), "poem");
  saveFile(folder.poem(2), "poem");
  std::filesystem::resize_file(folder.poem(1),
                               std::uintmax_t{1} << 40U);  // takes no room on the disk
  EXPECT_EQ(compareSaved(folder.poem(1), {{.file = folder.poem(2), .size = 4}}, 0).difference,
            "it goes on after 4 bytes");
}

/// A client with one task of 100 bytes that has printed this.
ClientResult afterPrinting(const std::string& text, const std::string& errors = "") {
  Recorder recorder({100});
  recorder.received(Stream::kOutput, text, Duration(1));
  recorder.received(Stream::kErrors, errors, Duration(1));
  ClientResult client{.name = "mine",
                      .run = {.recording = recorder.take(), .elapsed = Duration(1), .saved = {{}}}};
  judge(client, testing::poemsOfASecond(1));
  return client;
}

const std::string kGot = "Task 1: got 100 bytes of poetry from 127.0.0.1:1\n";

TEST(Judge, AClientWithAllItsPoemsHasSucceeded) {
  EXPECT_TRUE(afterPrinting(kGot + "Task 1 finished\n").succeeded);
  EXPECT_TRUE(afterPrinting(kGot + "Task 1: 100 bytes of poetry\n").succeeded);
  EXPECT_TRUE(afterPrinting("Task 1: 100 bytes of poetry\n").succeeded) << "without its chunks";
}

TEST(Judge, LinesInAnUnknownFormatAreReportedAndNoFailure) {
  const ClientResult client =
      afterPrinting("one\ntwo\n" + kGot + "Task 1 finished\n", "a warning\n");
  EXPECT_TRUE(client.succeeded);
  EXPECT_EQ(client.problems,
            (std::vector<std::string>{"on standard error: a warning",
                                      "lines that do not count: 2; the first: one (its format is "
                                      "unknown)"}));
  EXPECT_EQ(afterPrinting("one\n").problems.back(),
            "lines that do not count: 1; the first: one (its format is unknown)");
  EXPECT_EQ(
      afterPrinting("Got 1 poems in 0:00:01.0\n").problems.back(),
      "lines that do not count: 1; the first: Got 1 poems in 0:00:01.0 (a time has six digits "
      "after the point, as in 0:00:01.500000)");
  EXPECT_EQ(afterPrinting("Task 2 finished\n").problems.back(),
            "lines that do not count: 1; the first: Task 2 finished (what it says cannot be true)");
  EXPECT_EQ(afterPrinting("Task 1: got 0 bytes of poetry from 127.0.0.1:1\n").problems.back(),
            "lines that do not count: 1; the first: Task 1: got 0 bytes of poetry from 127.0.0.1:1 "
            "(a chunk has at least one byte)");
}

TEST(Judge, LinesThatAreNotKeptAreReportedAndNoFailure) {
  ClientResult client = afterPrinting(kGot + "Task 1 finished\n");
  client.run.recording.linesNotKept = 12;
  judge(client, testing::poemsOfASecond(1));
  EXPECT_TRUE(client.succeeded);
  EXPECT_EQ(client.problems, std::vector<std::string>{"lines counted, but not kept: 12"});
}

TEST(Judge, NamesWhatIsMissing) {
  EXPECT_EQ(afterPrinting(kGot).problems.at(0),
            "Task 1: the client reported all 100 bytes, but not the end of the poem: print 'Task 1 "
            "finished' when the server has closed the connection");
  EXPECT_EQ(afterPrinting("Task 1: got 30 bytes of poetry from 127.0.0.1:1\nTask 1 finished\n")
                .problems.at(0),
            "Task 1: the client reported 30 bytes, the poem has 100");
  EXPECT_EQ(afterPrinting(kGot + kGot).problems.at(0),
            "Task 1: the client reported 200 bytes, the poem has 100");
  EXPECT_EQ(afterPrinting("", "mine: Task 1: failed to connect to 127.0.0.1:1: x\n").problems.at(0),
            "Task 1: failed to connect");
  EXPECT_EQ(afterPrinting("").problems, std::vector<std::string>{"the client reported nothing"});
}

TEST(Judge, ABadEndingIsAFailure) {
  ClientResult client = afterPrinting(kGot + "Task 1 finished\n");
  client.run.ending = Ending::bySignal(SIGSEGV);
  judge(client, testing::poemsOfASecond(1));
  EXPECT_FALSE(client.succeeded);
  EXPECT_EQ(client.problems.at(0), "ended by signal 11 (Segmentation fault)");
  client.run.ending = Ending::code(3);
  judge(client, testing::poemsOfASecond(1));
  EXPECT_EQ(client.problems.at(0), "exit code 3");
  client.run.hung = true;
  client.run.waited = Duration(5);
  judge(client, testing::poemsOfASecond(1));
  EXPECT_EQ(client.problems.at(0), "had all 1 poems after 1.00 s and did not exit within 5.00 s");
  client.run.recording.tasks[0].outcome = Outcome::kUnfinished;
  judge(client, testing::poemsOfASecond(1));
  EXPECT_EQ(client.problems.at(0), "made no progress for 5.00 s and was killed");
}

TEST(Judge, OfManyProblemsOfOneKindTheFirstAreShown) {
  ClientResult client{.name = "mine"};
  client.run.recording.tasks.resize(200);
  client.run.recording.tasks[0].bytes = 1;
  client.run.saved.resize(200);
  judge(client, testing::poemsOfASecond(200));
  ASSERT_EQ(client.problems.size(), 4U);
  EXPECT_EQ(client.problems.back(), "and 197 more like this");
}

TEST(Judge, OfManyMessagesTheFirstAndTheLastAreShown) {
  std::string errors = "Traceback\n";
  for (int i = 0; i < 300; ++i) {
    errors += "  frame " + std::to_string(i) + "\n    ^^^^^\n";
  }
  const ClientResult client = afterPrinting(kGot + "Task 1 finished\n", errors + "the reason\n");
  ASSERT_EQ(client.problems.size(), 12U);
  EXPECT_TRUE(client.problems[3].ends_with(" messages left out)")) << client.problems[3];
  EXPECT_EQ(client.problems.back(), "on standard error: the reason");
  EXPECT_TRUE(client.succeeded);
}

TEST(Judge, RemarksThatAClientNeverSleepsWhereTheServersPause) {
  ClientResult client = afterPrinting(kGot + "Task 1 finished\n");
  EXPECT_EQ(client.remarks, std::vector<std::string>());
  client.run.usage.user = Duration(0.9);
  judge(client, testing::poemsOfASecond(1));
  ASSERT_EQ(client.remarks.size(), 1U);
  EXPECT_TRUE(client.remarks[0].starts_with("It used 0.90 s of CPU in 1.00 s: it never sleeps."));
  judge(client, {{.file = "no-such-poem.txt", .size = 100}});
  EXPECT_EQ(client.remarks, std::vector<std::string>())
      << "without pauses it may have had much to do";
}

TEST(Judge, NamesTheCpuOfAClientThatNeverSleepsOnlyIfItHadAProcessorForItself) {
  ClientResult client = afterPrinting("");
  client.run.elapsed = Duration(10);
  client.run.usage.user = Duration(9);
  client.run.usage.system = Duration(0);
  EXPECT_TRUE(
      neverSleepsInWords(client.run)
          .starts_with(
              "It used 9.00 s of CPU in 10.00 s: it never sleeps. Wait for all sockets at once"))
      << neverSleepsInWords(client.run);
  client.run.usage.user = Duration(3);  // the machine is busy
  EXPECT_TRUE(
      neverSleepsInWords(client.run)
          .starts_with(
              "It never sleeps, even while no server sends anything. Wait for all sockets at once"))
      << neverSleepsInWords(client.run);
}

TEST(Judge, AdvisesHowToDecodeOnlyWhereALetterIsBroken) {
  Verdict verdict{.client = afterPrinting(kGot + "Task 1 finished\n")};
  const auto adviceFor = [&](const std::string& difference) {
    verdict.client.run.saved = {{.same = false, .difference = difference}};
    judgeCheck(verdict, {.passed = true});
    return verdict.advice;
  };
  EXPECT_EQ(adviceFor("no file was saved"), "");
  EXPECT_EQ(adviceFor("it ends after 16 bytes"), "");
  EXPECT_EQ(adviceFor("byte 0 is '\\x00' instead of 'v'"), "");
  EXPECT_TRUE(adviceFor("byte 16 is 'e' instead of '\\xc3'").starts_with("A chunk may end inside"));
}

TEST(Judge, WhatToChangeFollowsHowFarTheClientCame) {
  Verdict verdict{.client = afterPrinting("a banner\n")};
  Observed seen;
  judgeCheck(verdict, seen);
  EXPECT_EQ(verdict.why, "It ended without connecting to a server.");
  seen.stuck = 1;
  judgeCheck(verdict, seen);
  EXPECT_NE(verdict.advice.find("needs a longer --patience"), std::string::npos) << verdict.advice;
  seen.connected = seen.connectedInTime = {true, true, true};
  judgeCheck(verdict, seen);
  EXPECT_TRUE(verdict.advice.starts_with(
      "The first line that does not count is 'a banner'. Print a line for each chunk"))
      << verdict.advice;
  seen.unread = true;
  judgeCheck(verdict, seen);
  EXPECT_TRUE(verdict.advice.starts_with("Read from each server")) << verdict.advice;
}

TEST(Judge, AClientThatCannotBeJudgedIsNotAsItShouldBe) {
  Verdict verdict{.client = afterPrinting(kGot + "Task 1 finished\n")};
  EXPECT_FALSE(verdict.isAsItShouldBe());
  verdict.judgement = Judgement::kAsynchronous;
  EXPECT_TRUE(verdict.isAsItShouldBe());
  verdict.shouldBe = false;
  EXPECT_FALSE(verdict.isAsItShouldBe());
  verdict.judgement = Judgement::kUnknown;
  EXPECT_FALSE(verdict.isAsItShouldBe()) << "also where it should not be asynchronous";
}

}  // namespace
}  // namespace poetry
