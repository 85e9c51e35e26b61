// Which lines of a client are recognized, and what is read from them.

#include "support/report_lines.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace poetry {
namespace {

using Kind = ReportLine::Kind;
using Time = std::chrono::duration<double>;

TEST(ReportLines, EveryLineOfAClientIsRecognized) {
  const ReportLine asks = parseReportLine("Task 1: get poetry from: localhost:10000");
  EXPECT_EQ(asks.kind, Kind::kAsks);
  EXPECT_EQ(asks.address, "localhost:10000");
  const ReportLine chunk = parseReportLine("Task 12: got 30 bytes of poetry from [::1]:10000");
  EXPECT_EQ(chunk.kind, Kind::kChunk);
  EXPECT_EQ(chunk.task, 12U);
  EXPECT_EQ(chunk.bytes, 30U);
  EXPECT_EQ(chunk.address, "[::1]:10000");
  EXPECT_EQ(parseReportLine("Task 1: got 1 byte of poetry from 127.0.0.1:1").kind, Kind::kChunk);
  EXPECT_EQ(parseReportLine("Task 1: 1 byte of poetry").kind, Kind::kTotal);
  const ReportLine poem =
      parseReportLine("Task 1: got 3003 bytes of poetry from 127.0.0.1:1 in 1:02:03.500000");
  EXPECT_EQ(poem.kind, Kind::kPoem);
  EXPECT_EQ(poem.bytes, 3003U);
  EXPECT_EQ(poem.elapsed, Time(3723.5));
  EXPECT_EQ(parseReportLine("Task 3 finished").kind, Kind::kFinished);
  EXPECT_EQ(parseReportLine("Task 3: 653 bytes of poetry").kind, Kind::kTotal);
  EXPECT_EQ(parseReportLine("reactor: waiting on 3 readers, 0 writers, 1 timers").kind,
            Kind::kTrace);
}

TEST(ReportLines, TheSummaryNamesPoemsTasksAndTime) {
  const ReportLine all = parseReportLine("Got 3 poems in 0:00:02.500000");
  EXPECT_EQ(all.kind, Kind::kSummary);
  EXPECT_EQ(all.elapsed, Time(2.5));
  EXPECT_EQ(all.poems, 3U);
  EXPECT_EQ(all.tasks, 3U);
  const ReportLine some = parseReportLine("Got 2 of 3 poems in 0:00:02.500000");
  EXPECT_EQ(some.poems, 2U);
  EXPECT_EQ(some.tasks, 3U);
}

TEST(ReportLines, MessagesNameTaskAndAddress) {
  const ReportLine failed =
      parseReportLine("mine: Task 2: failed to connect to 127.0.0.1:1: Connection refused");
  EXPECT_EQ(failed.kind, Kind::kFailed);
  EXPECT_EQ(failed.task, 2U);
  EXPECT_EQ(failed.address, "127.0.0.1:1");
  const ReportLine lost =
      parseReportLine("mine: Task 2: connection to 127.0.0.1:1 lost after 120 bytes: Reset");
  EXPECT_EQ(lost.kind, Kind::kLost);
  EXPECT_EQ(lost.bytes, 120U);
  EXPECT_EQ(lost.address, "127.0.0.1:1");
}

TEST(ReportLines, ALineOfAnotherShapeIsNotRecognized) {
  for (const char* line : {"",
                           "Task",
                           "Task 1",
                           "Task one finished",
                           "Task 1 finished ",
                           " Task 1 finished",
                           "Task 01 finished",
                           "Task -1 finished",
                           "Task 1: got 30 bytes of poetry from ",
                           "Task 1: got 2 byte of poetry from 127.0.0.1:1",
                           "Task 1: got  bytes of poetry from 127.0.0.1:1",
                           "Task 1: got 3e1 bytes of poetry from 127.0.0.1:1",
                           "Task 1: got 99999999999999999999 bytes of poetry from 127.0.0.1:1",
                           "Task 1: got 30 bytes of poetry from 127.0.0.1:1 in a hurry",
                           "Task 1: got 30 bytes of poetry from 127.0.0.1:1 in 0:00:1.000000",
                           "Task 1: got 30 bytes of poetry from 127.0.0.1:1 in 0:60:00.000000",
                           "Got 3 poems",
                           "Got 3 poems in 0:00:02",
                           "Got three poems in 0:00:02.500000",
                           "Got 3 of 3 poems in 0:00:02.500000",
                           ": Task 1: failed to connect to 127.0.0.1:1: x"}) {
    EXPECT_EQ(parseReportLine(line).kind, Kind::kOther) << line;
  }
}

}  // namespace
}  // namespace poetry
