// What is drawn and printed in the terminal.

#include "terminal.hpp"

#include "judge.hpp"
#include "net/unique_fd.hpp"
#include "samples.hpp"
#include "table.hpp"
#include "timeline.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

#include <fcntl.h>
#include <stdlib.h>  // posix_openpt
#include <unistd.h>

namespace poetry {
namespace {

using testing::comparisonOf;

using Lines = std::vector<std::string>;

/// The timelines in ASCII.
Lines timelinesOf(const Comparison& comparison) {
  return drawTimelines(comparison, {});
}

/// The rows of one client: the lines below its name.
Lines rowsOf(const Lines& lines, const std::string& client) {
  auto line = std::find_if(lines.begin(), lines.end(),
                           [&](const std::string& text) { return text.starts_with(client + ' '); });
  Lines rows;
  for (; line != lines.end() && !line->empty(); ++line) {
    if (!line->starts_with(client)) {
      rows.push_back(*line);
    }
  }
  return rows;
}

std::string joined(const Lines& lines) {
  return std::accumulate(
      lines.begin(), lines.end(), std::string(),
      [](const std::string& all, const std::string& line) { return all + line + '\n'; });
}

void expectPart(const Lines& lines, const std::string& part) {
  EXPECT_NE(joined(lines).find(part), std::string::npos) << part << "\nin\n" << joined(lines);
}

TEST(Timeline, ABlockingClientIsAStaircase) {
  const Lines rows = rowsOf(timelinesOf(comparisonOf(3)), "staircase");
  ASSERT_EQ(rows.size(), 3U);
  std::size_t endBefore = 0;
  for (const std::string& row : rows) {
    const std::size_t begin = row.find('-');
    const std::size_t end = row.find('@');
    EXPECT_EQ(row.substr(begin, end - begin), std::string(end - begin, '-')) << row;
    EXPECT_TRUE(endBefore == 0 || begin == endBefore) << "begins where the last one ended: " << row;
    endBefore = end;
  }
}

TEST(Timeline, AnAsynchronousClientHasMarksInAllRowsFromTheStart) {
  const Lines rows = rowsOf(timelinesOf(comparisonOf(3)), "interleaved");
  ASSERT_EQ(rows.size(), 3U);
  const auto isMark = [](char c) { return std::string(".:+ox*#").find(c) != std::string::npos; };
  EXPECT_EQ(std::count_if(rows[0].begin(), rows[0].end(), isMark), 10) << "one for each chunk";
  EXPECT_EQ(rows[0].find('@'), std::string::npos) << "no chunk is a whole poem";
  EXPECT_EQ(rows[0].substr(4), rows[1].substr(4));
}

TEST(Timeline, AWaitBeginsWhereItIsKnown) {
  Comparison comparison;
  comparison.poems = testing::poemsOfASecond(1);
  Recorder recorder({100});
  recorder.received(Stream::kOutput, "Task 1: got 100 bytes of poetry from 127.0.0.1:1\n",
                    Duration(0.5));
  recorder.received(Stream::kOutput, "Task 1 finished\n", Duration(1));
  const poetry::Run run{.recording = recorder.take(), .elapsed = Duration(1)};
  comparison.clients = {{.name = "ours", .model = Model::kReactor, .run = run, .succeeded = true},
                        {.name = "theirs", .run = run, .succeeded = true}};
  const Lines lines = timelinesOf(comparison);
  EXPECT_EQ(rowsOf(lines, "ours").at(0).find('-'), 4U) << "it asks at the start";
  const std::string theirs = rowsOf(lines, "theirs").at(0);
  EXPECT_GT(theirs.find('-'), theirs.find('@')) << "it is not known when it asked: " << theirs;
}

TEST(Timeline, AllClientsShareOneAxisWithTheTwoTimes) {
  const Lines lines = timelinesOf(comparisonOf(3));
  EXPECT_NE(lines[1].find("slowest 1.00 s"), std::string::npos) << lines[1];
  EXPECT_NE(lines[1].find("sum 3.00 s"), std::string::npos) << lines[1];
  const Lines rows = rowsOf(lines, "staircase");
  EXPECT_EQ(rows[0].find('@'), lines[2].find('v')) << "its first poem ends with the slowest";
  EXPECT_EQ(rows[2].find('@'), lines[2].rfind('v')) << "its last one with the sum";
}

TEST(Timeline, TwoTimesThatAreCloseHaveOneMark) {
  expectPart(timelinesOf(comparisonOf(1)), "slowest and sum 1.00 s");
}

TEST(Timeline, ManyTasksShareRows) {
  const Lines lines = timelinesOf(comparisonOf(200));
  EXPECT_TRUE(lines[0].ends_with("200 tasks, 20 in each row.")) << lines[0];
  const Lines rows = rowsOf(lines, "staircase");
  ASSERT_EQ(rows.size(), 10U);
  EXPECT_TRUE(rows[0].starts_with("  1-20 "));
  EXPECT_TRUE(rows[9].starts_with("  181-200 "));
}

TEST(Timeline, AFailedClientHasItsProblemInPlaceOfItsTime) {
  expectPart(timelinesOf(comparisonOf(3)),
             "\nfailed                   FAILED: ended by signal 11 (Segmentation fault)\n");
  Comparison comparison = comparisonOf(3);
  comparison.clients[2].problems = {"a problem in so many words that they need a second line"};
  expectPart(
      timelinesOf(comparison),
      "\nfailed                   FAILED: a problem in so many words that they need a ...\n");
}

TEST(Timeline, AWaitThatBeginsAfterTheEndOfItsPoemIsNotDrawn) {
  Comparison comparison = comparisonOf(3);
  TaskRecord& task = comparison.clients[1].run.recording.tasks[0];
  task.asked = Duration(2.9);
  task.end = Duration(0.1);
  const Lines rows = rowsOf(timelinesOf(comparison), "interleaved");
  EXPECT_EQ(rows[0].find('-'), std::string::npos) << rows[0];
}

TEST(Timeline, ShowsInWhichOrderThePoemsFinishedAsFarAsItFits) {
  expectPart(timelinesOf(comparisonOf(3)),
             "\ninterleaved              1.00 s, close to the slowest poem; finished 3 2 1\n");
  const std::string margin = '\n' + std::string(25, ' ');
  expectPart(timelinesOf(comparisonOf(8)), margin + "finished 8 7 6 5 4 3 2 1\n");
  expectPart(timelinesOf(comparisonOf(20)),
             margin + "finished 20 19 18 17 16 15 14 13 12 11 10 9 8 7 6 5 ...\n");
  Comparison comparison = comparisonOf(3);
  comparison.clients[1].run.ending = Ending::code(1);
  judge(comparison.clients[1], comparison.poems);
  expectPart(timelinesOf(comparison),
             "\ninterleaved              FAILED: exit code 1; finished 3 2 1\n");
}

TEST(Timeline, RowsHaveColoursOfTheirOwnInATerminalWithColours) {
  const std::string coloured = joined(drawTimelines(comparisonOf(2), {.colour = true}));
  EXPECT_NE(coloured.find("\033[36m"), std::string::npos);
  EXPECT_NE(coloured.find("\033[33m"), std::string::npos);
  EXPECT_EQ(joined(timelinesOf(comparisonOf(2))).find('\033'), std::string::npos);
  const Lines lines = drawTimelines(comparisonOf(25), {.colour = true});
  const auto last = std::find_if(lines.begin(), lines.end(),
                                 [](const std::string& line) { return line.starts_with("  25 "); });
  ASSERT_NE(last, lines.end());
  EXPECT_NE(last->find("\033[35m"), std::string::npos) << "the ninth row: " << *last;
}

/// Checks the width of all lines. In UTF-8, a character has one byte that is no continuation.
void expectNarrow(const Comparison& comparison, const Terminal& terminal) {
  for (const Lines& lines :
       {drawTimelines(comparison, terminal), drawTable(comparison), explain(comparison),
        describePoems(comparison), describeDelivery(comparison),
        Lines{describeRun(comparison.clients.back())}}) {
    for (const std::string& line : lines) {
      EXPECT_LE(
          std::count_if(line.begin(), line.end(),
                        [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }),
          static_cast<std::ptrdiff_t>(kWidth))
          << line;
    }
  }
}

TEST(Table, EverythingFitsInto80Columns) {
  for (const std::size_t tasks : {1U, 3U, 11U, 200U}) {
    for (const bool unicode : {false, true}) {
      expectNarrow(comparisonOf(tasks), {.unicode = unicode});
    }
  }
  Comparison comparison = comparisonOf(3);
  for (Poem& poem : comparison.poems) {
    poem.file = "/a/long/path/to/the/name/of/a-poem-whose-name-is-longer-than-others.txt";
    poem.size = 10485760;
    poem.numBytes = 65536;
    poem.delay = Duration(100);
  }
  for (ClientResult& client : comparison.clients) {
    client.name = "a-client-with-a-name-that-is-longer-than-others";
    client.run.elapsed = Duration(123456);
    client.run.usage.user = Duration(12345);
    client.run.usage.wakeUps = 123456789;
    client.run.usage.peakMemory = 123456789012;
    client.run.recording.tasks[0].bytes = 999999999;
  }
  expectNarrow(comparison, {});
}

TEST(Table, ShowsWhichTimeAClientIsCloseTo) {
  const Lines lines = drawTable(comparisonOf(3));
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_NE(lines[1].find("3.00 s       sum"), std::string::npos) << lines[1];
  EXPECT_NE(lines[2].find("1.00 s   slowest"), std::string::npos) << lines[2];
  EXPECT_NE(lines[2].find("4.2 MB"), std::string::npos) << lines[2];
  EXPECT_NE(lines[2].find("30 x 10 B"), std::string::npos) << lines[2];
  EXPECT_NE(lines[3].find("0.50 s         -"), std::string::npos) << lines[3];
}

TEST(Table, EveryRemarkNamesItsClient) {
  Comparison comparison = comparisonOf(3);
  comparison.clients[0].remarks = {"It reads one server at a time."};
  expectPart(explain(comparison), "staircase: It reads one server at a time.");
}

TEST(Table, EveryProblemNamesItsClient) {
  const Lines lines = describeDelivery(comparisonOf(3));
  EXPECT_EQ(lines[0], "failed: ended by signal 11 (Segmentation fault)");
  EXPECT_EQ(lines[1],
            "failed: Task 1: the client did not report the end of the poem; it reported 10 of");
  EXPECT_EQ(lines[2], "100 bytes");
}

TEST(Terminal, FormatsTextAndNumbers) {
  EXPECT_EQ(padded("ab", 4), "ab  ");
  EXPECT_EQ(padded("abc", 2), "ab");
  EXPECT_EQ(rightAligned("a", 3), "  a");
  EXPECT_EQ(wrapped("one two three", 2, 9), (Lines{"  one two", "  three"}));
  EXPECT_EQ(wrapped("abcdefghij", 1, 5), (Lines{" abcd", " efgh", " ij"}));
  EXPECT_EQ(inBytes(999), "999 B");
  EXPECT_EQ(inBytes(1400), "1.4 kB");
  EXPECT_EQ(inBytes(10485760), "10 MB");
  EXPECT_EQ(inBytes(1234567890), "1.2 GB");
  EXPECT_EQ(inSeconds(Duration(2.526)), "2.53 s");
  EXPECT_EQ(inSeconds(Duration(1.515)), "1.52 s") << "as on the page";
  EXPECT_EQ(inSeconds(Duration(1234.25)), "1234 s");
}

TEST(Terminal, EscapesBytesThatAreNotPrintableAscii) {
  EXPECT_EQ(printable(std::string("a~\0b\x1b[2J\t\r\x7f\xc3\xa9", 13)),
            "a~\\x00b\\x1b[2J\\t\\r\\x7f\\xc3\\xa9");
}

TEST(Terminal, HasColoursOnlyIfItIsATerminalAndTheyAreWanted) {
  ::setenv("TERM", "xterm", 1);
  ::unsetenv("NO_COLOR");
  EXPECT_FALSE(Terminal::ofStandardOutput().colour) << "here, it is a pipe";
  const UniqueFd control(::posix_openpt(O_RDWR | O_NOCTTY));
  ::grantpt(control.get());
  ::unlockpt(control.get());
  const char* name = ::ptsname(control.get());
  const UniqueFd terminal(name != nullptr ? ::open(name, O_RDWR | O_NOCTTY) : -1);
  if (!terminal.valid()) {
    GTEST_SKIP() << "this system has no pseudoterminals";
  }
  std::fflush(stdout);
  const UniqueFd before(::dup(STDOUT_FILENO));
  if (!before.valid()) {
    FAIL() << "no descriptor is left";
  }
  ::dup2(terminal.get(), STDOUT_FILENO);
  const bool wanted = Terminal::ofStandardOutput().colour;
  ::setenv("NO_COLOR", "1", 1);
  const bool noColor = Terminal::ofStandardOutput().colour;
  ::setenv("NO_COLOR", "", 1);
  const bool emptyNoColor = Terminal::ofStandardOutput().colour;
  ::setenv("TERM", "dumb", 1);
  const bool dumb = Terminal::ofStandardOutput().colour;
  ::dup2(before.get(), STDOUT_FILENO);
  EXPECT_TRUE(wanted);
  EXPECT_FALSE(noColor);
  EXPECT_TRUE(emptyNoColor);
  EXPECT_FALSE(dumb);
}

TEST(Readable, KeepsTextAndEscapesEverythingElse) {
  EXPECT_EQ(readable("a\\b \u00e9 \u674e \U0001f600"), "a\\b \u00e9 \u674e \U0001f600");
  EXPECT_EQ(readable("\t\n\x7f"), "\\t\\x0a\\x7f");
  EXPECT_EQ(readable("\xc2\x85"), "\\xc2\\x85") << "a control character";
  EXPECT_EQ(readable("\u202e"), "\\xe2\\x80\\xae") << "would reverse the rest of the line";
  EXPECT_EQ(readable("\uffff"), "\\xef\\xbf\\xbf");
  for (const char* wrong :
       {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8"}) {
    EXPECT_TRUE(readable(wrong).starts_with("\\x")) << wrong;
  }
  EXPECT_EQ(readable("\xe2\x82"), "\\xe2\\x82") << "cut";
}

TEST(Columns, ATextIsCutBetweenCharactersThatMayTakeTwoColumns) {
  EXPECT_EQ(columnsOf("a\u00e9\u674e"), 4U);
  EXPECT_EQ(padded("\u00e9\u674e", 4), "\u00e9\u674e ");
  EXPECT_EQ(padded("\u00e9\u674e", 2), "\u00e9 ");
  EXPECT_EQ(shortened("\u674e\u674e\u674e\u674e", 8), "\u674e\u674e\u674e\u674e");
  EXPECT_EQ(shortened("\u674e\u674e\u674e\u674e", 7), "\u674e ...");
  EXPECT_EQ(wrapped("\u674e\u674e\u674e \u00e9", 1, 5), (Lines{" \u674e\u674e", " \u674e \u00e9"}));
}

}  // namespace
}  // namespace poetry
