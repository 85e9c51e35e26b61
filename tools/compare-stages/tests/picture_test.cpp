// What is drawn and printed in the terminal.

#include "judge.hpp"
#include "look.hpp"
#include "progress.hpp"
#include "samples.hpp"
#include "table.hpp"
#include "timeline.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <fcntl.h>
#include <stdlib.h>  // posix_openpt
#include <sys/ioctl.h>
#include <unistd.h>

namespace poetry {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the samples

constexpr Look kAsciiLook = {};

/// The lines of one stage: those below its heading.
std::vector<std::string> rowsOf(const std::vector<std::string>& lines, const std::string& stage) {
  auto line = std::find_if(lines.begin(), lines.end(),
                           [&](const std::string& text) { return text.starts_with(stage + ' '); });
  std::vector<std::string> rows;
  for (; line != lines.end() && !line->empty(); ++line) {
    if (!line->starts_with(stage)) {
      rows.push_back(*line);
    }
  }
  return rows;
}

std::size_t columnOfFirst(const std::string& row, const std::string& marks) {
  return row.find_first_of(marks, 4);
}

TEST(Timeline, ABlockingClientIsAStaircase) {
  const auto rows = rowsOf(drawTimelines(comparisonOf(3), kAsciiLook), "staircase");
  ASSERT_EQ(rows.size(), 3U);
  std::size_t endBefore = 0;
  for (const std::string& row : rows) {
    const std::size_t begin = columnOfFirst(row, "-");
    const std::size_t end = row.find('@');
    EXPECT_EQ(row.substr(begin, end - begin), std::string(end - begin, '-')) << row;
    EXPECT_TRUE(endBefore == 0 || begin == endBefore) << "begins where the one before ended:\n"
                                                      << row;
    endBefore = end;
  }
}

TEST(Timeline, AnAsynchronousClientHasMarksInAllRowsFromTheStart) {
  const auto rows = rowsOf(drawTimelines(comparisonOf(3), kAsciiLook), "interleaved");
  ASSERT_EQ(rows.size(), 3U);
  for (const std::string& row : rows) {
    EXPECT_EQ(
        std::count_if(row.begin(), row.end(),
                      [](char c) { return std::string(".:+ox*#@").find(c) != std::string::npos; }),
        10)
        << "one for each chunk:\n"
        << row;
    EXPECT_EQ(row.find('@'), std::string::npos) << "no chunk is a whole poem:\n" << row;
  }
  EXPECT_EQ(rows[0].substr(4), rows[1].substr(4));
}

TEST(Timeline, AWaitIsDrawnFromWhereItIsKnown) {
  Comparison comparison;
  comparison.poems = poemsOfASecond(1);
  Recorder recorder({100});
  recorder.received(Stream::kOutput, "Task 1: got 100 bytes of poetry from 127.0.0.1:1\n",
                    Seconds(0.5));
  recorder.received(Stream::kOutput, "Task 1 finished\n", Seconds(1));
  const poetry::Run run{.recording = recorder.take(), .elapsed = Seconds(1)};
  comparison.stages = {{.name = "ours", .model = Model::kReactor, .run = run, .succeeded = true},
                       {.name = "theirs", .run = run, .succeeded = true}};
  const auto lines = drawTimelines(comparison, kAsciiLook);
  const std::string ours = rowsOf(lines, "ours").at(0);
  const std::string theirs = rowsOf(lines, "theirs").at(0);
  EXPECT_EQ(ours.find('-'), 4U) << "by its source it asks at once:\n" << ours;
  EXPECT_GT(theirs.find('-'), theirs.find('@')) << "nobody knows since when:\n" << theirs;
  EXPECT_NE(theirs.find('-'), std::string::npos) << theirs;
}

TEST(Timeline, AllStagesShareOneAxisWithTheTwoTimesOnIt) {
  const std::vector<std::string> lines = drawTimelines(comparisonOf(3), kAsciiLook);
  const auto axis = std::find_if(lines.begin(), lines.end(), [](const std::string& line) {
    return line.find("slowest 1.00 s") != std::string::npos;
  });
  ASSERT_NE(axis, lines.end());
  EXPECT_NE(axis->find("sum 3.00 s"), std::string::npos);
  const std::string& pointers = *(axis + 1);
  const std::size_t slowest = pointers.find('v');
  const std::size_t sum = pointers.rfind('v');
  EXPECT_LT(slowest, sum);
  const auto steps = rowsOf(lines, "staircase");
  EXPECT_EQ(steps[0].find('@'), slowest) << "its first poem ends with the slowest";
  EXPECT_EQ(steps[2].find('@'), sum) << "its last one with the sum";
}

TEST(Timeline, TwoTimesThatAreCloseHaveOneMark) {
  const std::vector<std::string> lines = drawTimelines(comparisonOf(1), kAsciiLook);
  EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
    return line.find("slowest and sum 1.00 s") != std::string::npos;
  }));
}

TEST(Timeline, ManyTasksShareRowsAndWordsSaySo) {
  const std::vector<std::string> lines = drawTimelines(comparisonOf(200), kAsciiLook);
  EXPECT_TRUE(lines[0].ends_with("There are 200 tasks, 20 in a row.")) << lines[0];
  const auto rows = rowsOf(lines, "staircase");
  ASSERT_EQ(rows.size(), 10U);
  EXPECT_TRUE(rows[0].starts_with("  1-20 "));
  EXPECT_TRUE(rows[9].starts_with("  181-200 "));
}

TEST(Timeline, EverythingFitsInto80Columns) {
  for (const std::size_t tasks : {1U, 3U, 11U, 200U}) {
    for (const bool unicode : {false, true}) {
      const Comparison comparison = comparisonOf(tasks);
      for (const auto& lines :
           {drawTimelines(comparison, {.unicode = unicode}), drawTable(comparison),
            explain(comparison), describePoems(comparison)}) {
        for (const std::string& line : lines) {
          EXPECT_LE(columnsOf(line), kWidth) << line;
        }
      }
    }
  }
}

TEST(Table, LongNamesAndLongTimesFitInto80Columns) {
  Comparison comparison = comparisonOf(3);
  for (Poem& poem : comparison.poems) {
    poem.file = "/a/long/way/to/the/name/of/a-poem-whose-name-is-longer-than-it-is.txt";
    poem.size = 10485760;
    poem.numBytes = 65536;
    poem.delay = Seconds(100);
  }
  for (StageResult& stage : comparison.stages) {
    stage.run.elapsed = Seconds(123456);
    stage.run.exit.user = Seconds(12345);
    stage.run.exit.wakeUps = 123456789;
    stage.run.exit.peakMemory = 123456789012;
    stage.run.recording.tasks[0].pieces = 123456;
    stage.run.recording.tasks[0].bytes = 999999999999999999;
  }
  for (const auto& lines : {drawTimelines(comparison, kAsciiLook), drawTable(comparison),
                            explain(comparison), describePoems(comparison)}) {
    for (const std::string& line : lines) {
      EXPECT_LE(columnsOf(line), kWidth) << line;
    }
  }
}

TEST(Timeline, AFailedClientSaysSoInPlaceOfItsTime) {
  const std::vector<std::string> lines = drawTimelines(comparisonOf(3), kAsciiLook);
  EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
    return line.starts_with("failed ") &&
           line.find("ended by signal 11 (Segmentation fault)") != std::string::npos;
  }));
}

TEST(Timeline, AQuestionAfterTheEndOfItsPoemIsNotDrawn) {
  Comparison comparison = comparisonOf(3);
  TaskRecord& task = comparison.stages[1].run.recording.tasks[0];
  task.asked = Seconds(2.9);
  task.end = Seconds(0.1);
  const auto rows = rowsOf(drawTimelines(comparison, kAsciiLook), "interleaved");
  EXPECT_EQ(rows[0].find('-'), std::string::npos) << rows[0];
}

/// The line that tells in which order the poems of the second stage were complete.
std::string orderOf(const std::vector<std::string>& lines) {
  const auto heading = std::find_if(lines.begin(), lines.end(), [](const std::string& line) {
    return line.starts_with("interleaved ");
  });
  return heading->find("finished") != std::string::npos ? *heading : *(heading + 1);
}

TEST(Timeline, TheOrderOfFinishingIsWholeOrSaysThatItGoesOn) {
  const std::string margin(25, ' ');
  EXPECT_EQ(orderOf(drawTimelines(comparisonOf(3), kAsciiLook)),
            "interleaved              1.00 s, close to the slowest poem; finished 3 2 1");
  EXPECT_EQ(orderOf(drawTimelines(comparisonOf(8), kAsciiLook)),
            margin + "finished 8 7 6 5 4 3 2 1");
  EXPECT_EQ(orderOf(drawTimelines(comparisonOf(20), kAsciiLook)),
            margin + "finished 20 19 18 17 16 15 14 13 12 11 10 9 8 7 6 5 ...");
}

TEST(Timeline, AlsoOfAFailedClientItIsToldWhichPoemsWereComplete) {
  Comparison comparison = comparisonOf(3);
  comparison.stages[1].run.exit.exitCode = 1;
  judge(comparison.stages[1], comparison.poems);
  EXPECT_EQ(orderOf(drawTimelines(comparison, kAsciiLook)),
            "interleaved              exit code 1; finished 3 2 1");
}

TEST(Timeline, ARowHasTheColourOfItsPlaceAlsoIfItHasFewerTasks) {
  const auto lines = drawTimelines(comparisonOf(25), {.colour = true});
  const auto last = std::find_if(lines.begin(), lines.end(),
                                 [](const std::string& line) { return line.starts_with("  25 "); });
  ASSERT_NE(last, lines.end());
  EXPECT_NE(last->find("\033[35m"), std::string::npos) << "the ninth row: " << *last;
}

TEST(Timeline, TasksHaveColoursOfTheirOwnWhereThereAreColours) {
  std::string all;
  for (const std::string& line : drawTimelines(comparisonOf(2), {.colour = true})) {
    all += line + '\n';
  }
  EXPECT_NE(all.find("\033[36m"), std::string::npos);
  EXPECT_NE(all.find("\033[33m"), std::string::npos);
  for (const std::string& line : drawTimelines(comparisonOf(2), kAsciiLook)) {
    EXPECT_EQ(line.find('\033'), std::string::npos) << line;
  }
}

TEST(Table, SaysInWordsWhichTimeAClientIsCloseTo) {
  const std::vector<std::string> lines = drawTable(comparisonOf(3));
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_NE(lines[1].find("3.00 s       sum"), std::string::npos) << lines[1];
  EXPECT_NE(lines[2].find("1.00 s   slowest"), std::string::npos) << lines[2];
  EXPECT_NE(lines[2].find("4.2 MB"), std::string::npos) << lines[2];
  EXPECT_NE(lines[2].find("30 x 10 B"), std::string::npos) << lines[2];
  EXPECT_NE(lines[3].find("0.50 s         -"), std::string::npos) << lines[3];
}

TEST(Table, TellsOfAClientThatIsQuickButTellsWholePoemsOnly) {
  Comparison comparison = comparisonOf(3);
  comparison.stages = {staircase(comparison.poems)};
  comparison.stages[0].closeTo = Closeness::kSlowest;
  std::string all;
  for (const std::string& line : explain(comparison)) {
    all += line + ' ';
  }
  EXPECT_NE(all.find("staircase tells of each poem only when it has all of it"), std::string::npos)
      << all;
}

TEST(Table, EveryProblemNamesItsClient) {
  const std::vector<std::string> lines = describeDelivery(comparisonOf(3));
  EXPECT_EQ(lines.front(), "failed: ended by signal 11 (Segmentation fault)");
  EXPECT_EQ(lines[1], "failed: Task 1: nothing was said of its end; 10 bytes of 100 had come");
}

TEST(Look, TextIsMeasuredInCharacters) {
  EXPECT_EQ(columnsOf("█▁ é"), 4U);
  EXPECT_EQ(padded("█▁", 4), "█▁  ");
  EXPECT_EQ(padded("█▁é", 2), "█▁");
  EXPECT_EQ(rightAligned("█", 3), "  █");
  EXPECT_EQ(inBytes(999), "999 B");
  EXPECT_EQ(inBytes(1400), "1.4 kB");
  EXPECT_EQ(inBytes(10485760), "10 MB");
  EXPECT_EQ(inBytes(1234567890), "1.2 GB");
  EXPECT_EQ(inBytes(999999999999999999.0), "1.0 EB");
  EXPECT_EQ(inSeconds(Seconds(2.526)), "2.53 s");
  EXPECT_EQ(inSeconds(Seconds(1.515)), "1.52 s") << "as on the page";
  EXPECT_EQ(inSeconds(Seconds(1234.5)), "1234 s");
  EXPECT_EQ(wrapped("one two three", 2, 9), (std::vector<std::string>{"  one two", "  three"}));
  EXPECT_EQ(columnsOf("詩a🎭é"), 6U) << "two for the wide ones";
  EXPECT_EQ(padded("詩詩", 3), "詩 ");
  EXPECT_EQ(wrapped("詩詩詩a", 0, 3), (std::vector<std::string>{"詩", "詩", "詩a"}));
  EXPECT_EQ(wrapped("abcdefghij", 1, 5), (std::vector<std::string>{" abcd", " efgh", " ij"}));
}

/// Makes standard output a terminal for as long as it lives.
class Terminal {
 public:
  Terminal()
      : control_(::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK)), old_(::dup(STDOUT_FILENO)) {
    std::fflush(stdout);
    ::grantpt(control_.get());
    ::unlockpt(control_.get());
    const char* name = ::ptsname(control_.get());  // none where /dev/pts is not mounted
    const UniqueFd terminal(name != nullptr ? ::open(name, O_RDWR | O_NOCTTY) : -1);
    isThere_ = ::dup2(terminal.get(), STDOUT_FILENO) == STDOUT_FILENO;
  }
  ~Terminal() { ::dup2(old_.get(), STDOUT_FILENO); }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  [[nodiscard]] bool isThere() const { return isThere_; }

  void resize(unsigned short columns) const {
    const winsize size{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    ::ioctl(control_.get(), TIOCSWINSZ, &size);
  }

  /// What was written to it since the last time.
  [[nodiscard]] std::string shown() const {
    std::string text(4096, '\0');
    const ssize_t count = ::read(control_.get(), text.data(), text.size());
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    return text;
  }

 private:
  UniqueFd control_;
  UniqueFd old_;
  bool isThere_ = false;
};

TEST(Progress, ALineFitsIntoTheTerminalAndGoesWithItsOwner) {
  std::string begun;
  std::string updated;
  std::string gone;
  {
    const Terminal terminal;  // what gtest prints would go there, too
    if (!terminal.isThere()) {
      GTEST_SKIP() << "no terminals to be had here";
    }
    terminal.resize(30);
    {
      Progress progress({.live = true});
      progress.begins("a-client-with-a-name-that-is-long");
      begun = terminal.shown();
      progress.update(Seconds(1), comparisonOf(1).stages[0].run.recording, comparisonOf(1));
      updated = terminal.shown();
    }
    gone = terminal.shown();
  }
  EXPECT_EQ(begun, "\r  a-client-with-a-name-that-i\033[K");
  EXPECT_EQ(updated, "\r  a-client-with-a-name-that-i\033[K");
  EXPECT_EQ(gone, "\r\033[K");
}

TEST(Look, ColoursAreForTerminalsAlone) {
  ::setenv("TERM", "xterm", 1);
  ::unsetenv("NO_COLOR");
  EXPECT_FALSE(Look::ofStandardOutput(true).colour) << "ctest reads what we print";
  Look asWanted;
  Look unwanted;
  Look noColour;
  Look emptyNoColour;
  Look dumb;
  {
    const Terminal terminal;
    if (!terminal.isThere()) {
      GTEST_SKIP() << "no terminals to be had here";
    }
    asWanted = Look::ofStandardOutput(true);
    unwanted = Look::ofStandardOutput(false);
    ::setenv("NO_COLOR", "1", 1);
    noColour = Look::ofStandardOutput(true);
    ::setenv("NO_COLOR", "", 1);
    emptyNoColour = Look::ofStandardOutput(true);
    ::setenv("TERM", "dumb", 1);
    dumb = Look::ofStandardOutput(true);
  }
  EXPECT_TRUE(asWanted.colour);
  EXPECT_TRUE(asWanted.live);
  EXPECT_FALSE(unwanted.colour);
  EXPECT_FALSE(noColour.colour);
  EXPECT_TRUE(noColour.live) << "a line can be written over without a colour";
  EXPECT_TRUE(emptyNoColour.colour) << "NO_COLOR counts unless it is empty";
  EXPECT_FALSE(dumb.live);
}

}  // namespace
}  // namespace poetry
