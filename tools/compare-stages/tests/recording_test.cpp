// From the bytes that a client prints to what became of its poems.

#include "recording.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace poetry {
namespace {

constexpr const char* kAddress = "127.0.0.1:10000";

std::string gotLine(int task, int bytes) {
  return "Task " + std::to_string(task) + ": got " + std::to_string(bytes) +
         " bytes of poetry from " + kAddress + '\n';
}

TEST(Recording, LinesAreStampedWhenTheyAreWhole) {
  Recorder recorder({40, 40});
  const std::string line = gotLine(1, 30);
  recorder.received(Stream::kOutput, line.substr(0, 10), Seconds(1));
  EXPECT_TRUE(recorder.recording().lines.empty());
  recorder.received(Stream::kOutput, line.substr(10) + gotLine(2, 7) + "Task", Seconds(2));
  const Recording& recording = recorder.recording();
  ASSERT_EQ(recording.lines.size(), 2U);
  EXPECT_EQ(recording.lines[0].at, Seconds(2));
  EXPECT_EQ(recording.lines[0].text + '\n', line);
  ASSERT_EQ(recording.tasks[0].chunks.size(), 1U);
  EXPECT_EQ(recording.tasks[0].chunks[0].bytes, 30U);
  EXPECT_EQ(recording.tasks[1].bytes, 7U);
}

TEST(Recording, TheLastLineNeedsNoNewline) {
  Recorder recorder({40});
  recorder.received(Stream::kOutput, "Task 1 finished", Seconds(1));
  recorder.finish(Seconds(2));
  EXPECT_EQ(recorder.recording().tasks[0].outcome, Outcome::kComplete);
}

TEST(Recording, TwoStreamsDoNotCutEachOthersLines) {
  Recorder recorder({40});
  recorder.received(Stream::kOutput, "Task 1 fin", Seconds(1));
  recorder.received(Stream::kErrors, "a message\n", Seconds(1));
  recorder.received(Stream::kOutput, "ished\n", Seconds(1));
  EXPECT_EQ(recorder.recording().tasks[0].outcome, Outcome::kComplete);
  EXPECT_EQ(recorder.recording().messages, std::vector<std::string>{"a message"});
}

TEST(Recording, AClientThatDoesNotTellTheEndOfAPoemHasItWithTheLastByte) {
  Recorder recorder({30, 10});
  recorder.received(Stream::kOutput, gotLine(1, 20), Seconds(1));
  recorder.received(Stream::kOutput, gotLine(2, 10), Seconds(2));
  recorder.received(Stream::kOutput, gotLine(1, 10), Seconds(3));
  recorder.received(Stream::kOutput, "Task 1: 30 bytes of poetry\nTask 2: 10 bytes of poetry\n",
                    Seconds(4));
  EXPECT_EQ(recorder.recording().tasks[0].end, Seconds(3));
  EXPECT_EQ(recorder.recording().tasks[1].end, Seconds(2));
  EXPECT_EQ(finishedOrder(recorder.recording()), (std::vector<std::size_t>{2, 1}));
}

TEST(Recording, WhatEndsAtTheSameTimeEndsInTheOrderOfTheLines) {
  Recorder recorder({10, 10, 10});
  recorder.received(Stream::kOutput,
                    gotLine(1, 10) + gotLine(3, 10) + gotLine(2, 10) +
                        "Task 3 finished\nTask 1 finished\nTask 2 finished\n",
                    Seconds(1));
  EXPECT_EQ(finishedOrder(recorder.recording()), (std::vector<std::size_t>{3, 1, 2}));
}

TEST(Recording, LostAndFailedTasksAreTold) {
  Recorder recorder({10, 10});
  recorder.received(Stream::kErrors,
                    "mine: Task 1: connection to 127.0.0.1:1 lost after 5 bytes: Reset\n"
                    "mine: Task 2: failed to connect to 127.0.0.1:1: Connection refused\n",
                    Seconds(1));
  EXPECT_EQ(recorder.recording().tasks[0].outcome, Outcome::kLost);
  EXPECT_EQ(recorder.recording().tasks[1].outcome, Outcome::kFailed);
  EXPECT_TRUE(recorder.recording().messages.empty());
}

TEST(Recording, GarbageIsCountedAndItsBeginningKept) {
  Recorder recorder({10});
  for (int i = 0; i < 100000; ++i) {
    recorder.received(Stream::kOutput, "garbage\n", Seconds(1));
    recorder.received(Stream::kErrors, "trouble\n", Seconds(1));
  }
  const Recording& recording = recorder.recording();
  EXPECT_EQ(recording.strangeLines, 100000U);
  EXPECT_EQ(recording.messageCount, 100000U);
  EXPECT_LE(recording.lines.size(), 100U);
  ASSERT_TRUE(recording.firstStrange.has_value());
  EXPECT_EQ(recording.firstStrange->text, "garbage");
  EXPECT_EQ(recorder.progress(), 0U);
}

TEST(Recording, ALineWithoutAnEndTakesLittleMemory) {
  Recorder recorder({10});
  const std::string much(65536, 'x');
  for (int i = 0; i < 100; ++i) {
    recorder.received(Stream::kOutput, much, Seconds(1));
  }
  recorder.finish(Seconds(2));
  ASSERT_EQ(recorder.recording().lines.size(), 1U);
  EXPECT_LT(recorder.recording().lines[0].text.size(), 1000U);
  EXPECT_TRUE(recorder.recording().lines[0].text.ends_with("..."));
}

TEST(Recording, WhatCannotBeTrueIsNoProgress) {
  Recorder recorder({10, 10});
  recorder.received(Stream::kOutput, gotLine(1, 0), Seconds(1));
  recorder.received(Stream::kOutput, gotLine(3, 5), Seconds(1));
  recorder.received(Stream::kOutput, gotLine(0, 5), Seconds(1));
  EXPECT_EQ(recorder.progress(), 0U) << "no bytes, and tasks that are not there";
  recorder.received(Stream::kOutput, "Task 1 finished\n", Seconds(1));
  EXPECT_EQ(recorder.progress(), 1U);
  recorder.received(Stream::kOutput, gotLine(1, 5) + "Task 1 finished\n", Seconds(1));
  EXPECT_EQ(recorder.progress(), 1U) << "it is over already";
  EXPECT_EQ(recorder.recording().strangeLines, 5U);
}

TEST(Recording, OfVeryManyLinesTheFirstAreKeptAndTheChunksOfAll) {
  constexpr std::size_t kTasks = 200;
  constexpr std::size_t kRounds = 101;
  Recorder recorder(std::vector<std::size_t>(kTasks, 10 * kRounds));
  for (std::size_t round = 0; round < kRounds; ++round) {
    for (std::size_t task = 1; task <= kTasks; ++task) {
      recorder.received(Stream::kOutput, gotLine(static_cast<int>(task), 10),
                        Seconds(1) * static_cast<double>(round));
    }
  }
  const Recording& recording = recorder.recording();
  EXPECT_EQ(recording.lines.size(), 10000U);
  EXPECT_EQ(recording.linesNotKept, kTasks * kRounds - 10000);
  for (const TaskRecord& task : recording.tasks) {
    ASSERT_EQ(task.chunks.size(), kRounds);
    EXPECT_EQ(task.chunks.back().bytes, 10U);
    EXPECT_EQ(task.chunks[60].at, Seconds(60));
  }
}

TEST(Recording, OfAVeryLongPoemSeveralChunksStandAsOne) {
  constexpr std::size_t kChunks = 120000;
  Recorder recorder({10 * kChunks, 10});
  for (std::size_t i = 0; i < kChunks; ++i) {
    recorder.received(Stream::kOutput, gotLine(1, 10), Seconds(1) * static_cast<double>(i));
  }
  recorder.received(Stream::kOutput, gotLine(2, 10) + "Task 2 finished\nTask 1 finished\n",
                    Seconds(kChunks));
  const Recording& recording = recorder.recording();
  const TaskRecord& task = recording.tasks[0];
  EXPECT_EQ(task.bytes, 10 * kChunks);
  EXPECT_EQ(task.pieces, kChunks);
  EXPECT_LE(task.chunks.size(), 50000U);
  EXPECT_GE(task.chunks.size(), 25000U);
  std::size_t sum = 0;
  for (const Chunk& chunk : task.chunks) {
    sum += chunk.bytes;
    EXPECT_LE(chunk.bytes, 80U) << "neighbours alone, nowhere a lump";
    EXPECT_EQ(chunk.at, Seconds(1) * static_cast<double>(sum / 10 - 1))
        << "when all of it had come, and not before";
  }
  EXPECT_EQ(sum, task.bytes);
  EXPECT_EQ(recording.tasks[1].chunks.size(), 1U) << "a task that comes late has its bytes";
  EXPECT_EQ(finishedOrder(recording), (std::vector<std::size_t>{2, 1}));
}

TEST(Recording, ATraceThatIsVeryLongIsKeptInPart) {
  Recorder recorder({10}, true);
  for (int i = 0; i < 30000; ++i) {
    recorder.received(Stream::kOutput, "reactor: timer due -> call\n", Seconds(1));
  }
  EXPECT_EQ(recorder.recording().lines.size(), 10000U);
  EXPECT_EQ(recorder.recording().linesNotKept, 20000U);
}

TEST(Recording, ALongTraceCostsNoChunk) {
  Recorder recorder({100}, true);
  for (int i = 0; i < 10000; ++i) {
    recorder.received(Stream::kOutput, "reactor: timer due -> call\n", Seconds(1));
  }
  recorder.received(Stream::kOutput, gotLine(1, 10), Seconds(2));
  recorder.received(Stream::kOutput, gotLine(1, 20), Seconds(3));
  const TaskRecord& task = recorder.recording().tasks[0];
  ASSERT_EQ(task.chunks.size(), 2U);
  EXPECT_EQ(task.chunks[0].at, Seconds(2));
  EXPECT_EQ(task.chunks[1].bytes, 20U);
}

TEST(Recording, WhoHasBytesAlreadyCannotAskForThem) {
  Recorder recorder({10});
  recorder.received(Stream::kOutput, gotLine(1, 10), Seconds(1));
  recorder.received(Stream::kOutput, "Task 1: get poetry from: x:1\nTask 1: 10 bytes of poetry\n",
                    Seconds(2));
  EXPECT_EQ(recorder.recording().tasks[0].asked, std::nullopt);
  EXPECT_EQ(recorder.recording().tasks[0].end, Seconds(1));
  EXPECT_EQ(recorder.recording().strangeLines, 1U);
}

TEST(Recording, AWholePoemAfterItsChunksIsTheirSumAndNoFurtherChunk) {
  Recorder recorder({30});
  recorder.received(Stream::kOutput, gotLine(1, 10) + gotLine(1, 20), Seconds(1));
  recorder.received(Stream::kOutput, "Task 1: got 30 bytes of poetry from x:1 in 0:00:01.000000\n",
                    Seconds(2));
  const TaskRecord& task = recorder.recording().tasks[0];
  EXPECT_EQ(task.bytes, 30U);
  EXPECT_EQ(task.pieces, 2U);
  EXPECT_EQ(task.total, 30U);
  EXPECT_EQ(task.end, Seconds(2));
  EXPECT_EQ(task.outcome, Outcome::kComplete);
}

TEST(Recording, ChunksBeyondTheEndOfThePoemAreNotKeptForEver) {
  Recorder recorder({10});
  for (int i = 0; i < 1000; ++i) {
    recorder.received(Stream::kOutput, gotLine(1, 6), Seconds(1));
  }
  EXPECT_EQ(recorder.recording().tasks[0].chunks.size(), 2U);
  EXPECT_EQ(recorder.recording().tasks[0].bytes, 12U) << "so that it can be told";
}

TEST(Recording, OnlyATracedRunKeepsTheTrace) {
  Recorder untraced({10});
  Recorder traced({10}, true);
  for (Recorder* recorder : {&untraced, &traced}) {
    for (int i = 0; i < 1000; ++i) {
      recorder->received(Stream::kOutput, "reactor: timer due -> call\n", Seconds(1));
    }
  }
  EXPECT_EQ(untraced.recording().strangeLines, 1000U);
  EXPECT_EQ(traced.recording().lines.size(), 1000U);
  EXPECT_EQ(traced.recording().strangeLines, 0U);
}

}  // namespace
}  // namespace poetry
