// What happened to the poems, from the bytes that a client prints.

#include "recording.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

namespace poetry {
namespace {

constexpr const char* kAddress = "127.0.0.1:10000";

std::string gotLine(int task, int bytes) {
  return "Task " + std::to_string(task) + ": got " + std::to_string(bytes) +
         " bytes of poetry from " + kAddress + '\n';
}

TEST(Recording, ALineHasTheTimeWhenItsNewlineArrived) {
  Recorder recorder({40, 40});
  const std::string line = gotLine(1, 30);
  recorder.received(Stream::kOutput, line.substr(0, 10), Duration(1));
  EXPECT_TRUE(recorder.recording().lines.empty());
  recorder.received(Stream::kOutput, line.substr(10) + gotLine(2, 7) + "Task", Duration(2));
  const Recording& recording = recorder.recording();
  ASSERT_EQ(recording.lines.size(), 2U);
  EXPECT_EQ(recording.lines[0].at, Duration(2));
  EXPECT_EQ(recording.lines[0].text + '\n', line);
  ASSERT_EQ(recording.tasks[0].chunks.size(), 1U);
  EXPECT_EQ(recording.tasks[0].chunks[0].bytes, 30U);
  EXPECT_EQ(recording.tasks[1].bytes, 7U);
}

TEST(Recording, TheLastLineNeedsNoNewline) {
  Recorder recorder({40});
  recorder.received(Stream::kOutput, "Task 1 finished", Duration(1));
  recorder.finish(Duration(2));
  EXPECT_EQ(recorder.recording().tasks[0].outcome, Outcome::kComplete);
}

TEST(Recording, ALineMayEndAsOnWindows) {
  Recorder recorder({40});
  recorder.received(Stream::kOutput, "Task 1 finished\r\nTask 1: 40 bytes of poetry\r\n",
                    Duration(1));
  EXPECT_EQ(recorder.recording().tasks[0].outcome, Outcome::kComplete);
  EXPECT_EQ(recorder.recording().tasks[0].total, 40U);
  EXPECT_EQ(recorder.recording().strangeLines, 0U);
}

TEST(Recording, ALineOfOneStreamDoesNotInterruptALineOfTheOther) {
  Recorder recorder({40});
  recorder.received(Stream::kOutput, "Task 1 fin", Duration(1));
  recorder.received(Stream::kErrors, "a message\n", Duration(1));
  recorder.received(Stream::kOutput, "ished\n", Duration(1));
  EXPECT_EQ(recorder.recording().tasks[0].outcome, Outcome::kComplete);
  EXPECT_EQ(recorder.recording().messages, std::deque<std::string>{"a message"});
}

TEST(Recording, WithoutAReportedEndAPoemEndsWithItsLastByte) {
  Recorder recorder({30, 10});
  recorder.received(Stream::kOutput, gotLine(1, 20), Duration(1));
  recorder.received(Stream::kOutput, gotLine(2, 10), Duration(2));
  recorder.received(Stream::kOutput, gotLine(1, 10), Duration(3));
  recorder.received(Stream::kOutput, "Task 1: 30 bytes of poetry\nTask 2: 10 bytes of poetry\n",
                    Duration(4));
  EXPECT_EQ(recorder.recording().tasks[0].end, Duration(3));
  EXPECT_EQ(recorder.recording().tasks[1].end, Duration(2));
  EXPECT_EQ(finishedOrder(recorder.recording()), (std::vector<std::size_t>{2, 1}));
}

TEST(Recording, TasksThatEndAtTheSameTimeEndInTheOrderOfTheirLines) {
  Recorder recorder({10, 10, 10});
  recorder.received(Stream::kOutput,
                    gotLine(1, 10) + gotLine(3, 10) + gotLine(2, 10) +
                        "Task 3 finished\nTask 1 finished\nTask 2 finished\n",
                    Duration(1));
  EXPECT_EQ(finishedOrder(recorder.recording()), (std::vector<std::size_t>{3, 1, 2}));
}

TEST(Recording, LostConnectionsAndFailedAttemptsEndTheirTasks) {
  Recorder recorder({10, 10});
  recorder.received(Stream::kErrors,
                    "mine: Task 1: connection to 127.0.0.1:1 lost after 5 bytes: Reset\n"
                    "mine: Task 2: failed to connect to 127.0.0.1:1: Connection refused\n",
                    Duration(1));
  EXPECT_EQ(recorder.recording().tasks[0].outcome, Outcome::kLost);
  EXPECT_EQ(recorder.recording().tasks[1].outcome, Outcome::kFailed);
  EXPECT_TRUE(recorder.recording().messages.empty());
}

TEST(Recording, OtherLinesAreCountedAndTheFirstAreKept) {
  Recorder recorder({10});
  for (int i = 0; i < 1000; ++i) {
    recorder.received(Stream::kOutput, "garbage\n", Duration(1));
    recorder.received(Stream::kErrors, "trouble\n", Duration(1));
  }
  const Recording& recording = recorder.recording();
  EXPECT_EQ(recording.strangeLines, 1000U);
  EXPECT_EQ(recording.messageCount, 1000U);
  EXPECT_LE(recording.lines.size(), 100U);
  EXPECT_EQ(recording.messages.size(), 200U);
  EXPECT_EQ(recording.firstStrange, "garbage");
  EXPECT_EQ(recorder.progress(), 0U);
}

TEST(Recording, ALineWithoutAnEndIsCut) {
  Recorder recorder({10});
  const std::string much(65536, 'x');
  for (int i = 0; i < 100; ++i) {
    recorder.received(Stream::kOutput, much, Duration(1));
  }
  recorder.finish(Duration(2));
  ASSERT_EQ(recorder.recording().lines.size(), 1U);
  EXPECT_LT(recorder.recording().lines[0].text.size(), 1000U);
  EXPECT_TRUE(recorder.recording().lines[0].text.ends_with("..."));
}

TEST(Recording, ALineThatCannotBeTrueIsNoProgress) {
  Recorder recorder({10, 10});
  recorder.received(Stream::kOutput, gotLine(1, 0), Duration(1));
  recorder.received(Stream::kOutput, gotLine(3, 5), Duration(1));
  recorder.received(Stream::kOutput, gotLine(0, 5), Duration(1));
  EXPECT_EQ(recorder.progress(), 0U) << "no bytes, and tasks that do not exist";
  EXPECT_EQ(recorder.recording().strangeTask, 0U);
  recorder.received(Stream::kOutput, "Task 1 finished\n", Duration(1));
  EXPECT_EQ(recorder.progress(), 1U);
  recorder.received(Stream::kOutput, gotLine(1, 5) + "Task 1 finished\n", Duration(1));
  EXPECT_EQ(recorder.progress(), 1U) << "the task has ended";
  EXPECT_EQ(recorder.recording().strangeLines, 5U);
}

TEST(Recording, OfVeryManyLinesTheFirstAreKeptAndAllChunks) {
  constexpr std::size_t kTasks = 200;
  constexpr std::size_t kRounds = 101;
  Recorder recorder(std::vector<std::size_t>(kTasks, 10 * kRounds));
  for (std::size_t round = 0; round < kRounds; ++round) {
    for (std::size_t task = 1; task <= kTasks; ++task) {
      recorder.received(Stream::kOutput, gotLine(static_cast<int>(task), 10),
                        Duration(1) * static_cast<double>(round));
    }
  }
  const Recording& recording = recorder.recording();
  EXPECT_EQ(recording.lines.size(), 10000U);
  EXPECT_EQ(recording.linesNotKept, kTasks * kRounds - 10000);
  for (const TaskRecord& task : recording.tasks) {
    ASSERT_EQ(task.chunks.size(), kRounds);
    EXPECT_EQ(task.chunks.back().bytes, 10U);
    EXPECT_EQ(task.chunks[60].at, Duration(60));
  }
}

TEST(Recording, AClientThatHasBytesCannotAskForThem) {
  Recorder recorder({10});
  recorder.received(Stream::kOutput, gotLine(1, 10), Duration(1));
  recorder.received(Stream::kOutput, "Task 1: get poetry from: x:1\nTask 1: 10 bytes of poetry\n",
                    Duration(2));
  EXPECT_EQ(recorder.recording().tasks[0].asked, std::nullopt);
  EXPECT_EQ(recorder.recording().tasks[0].end, Duration(1));
  EXPECT_EQ(recorder.recording().strangeLines, 1U);
}

TEST(Recording, ALineForTheWholePoemAfterItsChunksIsNoFurtherChunk) {
  Recorder recorder({30});
  recorder.received(Stream::kOutput, gotLine(1, 10) + gotLine(1, 20), Duration(1));
  recorder.received(Stream::kOutput, "Task 1: got 30 bytes of poetry from x:1 in 0:00:01.000000\n",
                    Duration(2));
  const TaskRecord& task = recorder.recording().tasks[0];
  EXPECT_EQ(task.bytes, 30U);
  EXPECT_EQ(task.chunks.size(), 2U);
  EXPECT_EQ(task.total, 30U);
  EXPECT_EQ(task.end, Duration(2));
  EXPECT_EQ(task.outcome, Outcome::kComplete);
}

TEST(Recording, OnlyOneChunkBeyondTheEndOfThePoemIsKept) {
  Recorder recorder({10});
  for (int i = 0; i < 1000; ++i) {
    recorder.received(Stream::kOutput, gotLine(1, 6), Duration(1));
  }
  EXPECT_EQ(recorder.recording().tasks[0].chunks.size(), 2U);
  EXPECT_EQ(recorder.recording().tasks[0].bytes, 12U) << "so that the mistake is seen";
}

TEST(Recording, OnlyATracedRunKeepsTheTrace) {
  Recorder untraced({10});
  Recorder traced({10}, true);
  for (Recorder* recorder : {&untraced, &traced}) {
    for (int i = 0; i < 1000; ++i) {
      recorder->received(Stream::kOutput, "reactor: timer due -> call\n", Duration(1));
    }
  }
  EXPECT_EQ(untraced.recording().strangeLines, 1000U);
  EXPECT_EQ(traced.recording().lines.size(), 1000U);
  EXPECT_EQ(traced.recording().strangeLines, 0U);
}

}  // namespace
}  // namespace poetry
