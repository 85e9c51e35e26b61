// Right and wrong clients of students: does compare-stages say what to change?

#include "support/client_test.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <cstdlib>  // unsetenv
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

namespace poetry::testing {
namespace {

namespace fs = std::filesystem;

const std::string kFolder = POETRY_CLIENTS_DIR;
const std::string kPrograms = POETRY_BIN_DIR;

/// Whether this machine has what the client needs.
bool canRun(const std::string& client) {
  if (!client.ends_with(".py")) {
    return true;
  }
  std::istringstream path(std::getenv("PATH"));
  for (std::string folder; std::getline(path, folder, ':');) {
    std::error_code ignored;
    if (fs::exists(fs::path(folder) / "python3", ignored)) {
      return true;
    }
  }
  return false;
}

/// A client, and what compare-stages must print about it.
struct Case {
  std::string file;
  std::string verdict;                    ///< what follows its name in the heading
  std::vector<std::string> parts = {};    ///< of the text below
  std::vector<std::string> without = {};  ///< no part of the text
  bool saves = false;                     ///< it takes the folder for its poems as its first word
  std::string patience = "3";
};

void PrintTo(const Case& each, std::ostream* out) {
  *out << each.file;
}

class Clients : public ::testing::TestWithParam<Case> {
 protected:
  /// Runs compare-stages with this client, and returns what it prints, with a blank for each space.
  std::string run(const Case& each, std::vector<std::string> words) {
    ::unsetenv("PYTHONUNBUFFERED");  // some machines have it
    words.insert(words.end(), {"--stage", "none", "--client"});
    const std::string file = kFolder + '/' + each.file;
    if (each.file.ends_with(".cpp")) {
      words.push_back("mine=" + kPrograms + "/client-" + fs::path(file).stem().string());
    } else {
      words.push_back(each.file.ends_with(".sh") ? "mine=/bin/sh" : "mine=python3");
      words.push_back(file);
    }
    if (each.saves) {
      words.emplace_back("{output}");
    }
    ChildProcess program(scenario_, kPrograms + "/compare-stages", words, {}, SourceLine::here());
    exitCode_ = program.wait().exitCode;
    std::string text = program.output();
    std::string result;
    for (const char c : text) {
      const bool isSpace = std::isspace(static_cast<unsigned char>(c)) != 0;
      if (!isSpace || !result.ends_with(' ')) {
        result += isSpace ? ' ' : c;
      }
    }
    return result;
  }

  Scenario scenario_;
  int exitCode_ = -1;
};

void expectParts(const std::string& text, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\nis not in\n" << text;
  }
}

TEST_P(Clients, GetTheRightVerdict) {
  const Case& each = GetParam();
  if (!canRun(each.file)) {
    GTEST_SKIP() << "this client needs python3, which is not installed";
  }
  const std::string text = run(each, {"--check", "--patience", each.patience});
  expectParts(text, {"mine: " + each.verdict + ' '});
  expectParts(text, each.parts);
  for (const std::string& part : each.without) {
    EXPECT_EQ(text.find(part), std::string::npos) << part << "\nis in\n" << text;
  }
  EXPECT_EQ(exitCode_, each.verdict == "asynchronous" ? 0 : 1);
}

const std::string kRight = "asynchronous";
const std::string kWrong = "not asynchronous, but it should be";
const std::string kUnknown = "cannot be judged";
const std::string kPassed =
    "While server 1 was silent, it reported each chunk of servers 2 and 3 before the next one was "
    "sent.";
const std::string kBuffered =
    "lines came at once, at the end: its output is buffered. Flush after each line.";
const std::string kReadsInOrder =
    "It connected to servers 1, 2 and 3, and reported server 2's bytes only after server 1 had "
    "sent something. It waits for one server while others have sent something.";
const std::string kReadsTheSecondFirst =
    "It connected to servers 1, 2 and 3, and reported server 3's bytes only after server 2 had "
    "sent its poem. It waits for one server while others have sent something.";
const std::string kExpected =
    "Print a line for each chunk, such as 'Task 2: got 10 bytes of poetry from 127.0.0.1:PORT'";
const std::string kSleeps = "never sleeps";

INSTANTIATE_TEST_SUITE_P(
    AreRight, Clients,
    ::testing::Values(Case{"select_loop.py", kRight, {kPassed}, {kSleeps}, true},
                      Case{"asyncio_gather.py", kRight, {kPassed}, {kSleeps}},
                      Case{"threads.py", kRight, {kPassed}, {kSleeps}},
                      Case{"forks.cpp", kRight, {kPassed}, {kSleeps}},
                      Case{"busy_helper.cpp", kRight, {kPassed}, {kSleeps}},
                      Case{"reads_lines.py", kRight, {kPassed}, {kSleeps}},
                      Case{"half_close.py", kRight, {kPassed}, {kSleeps}},
                      Case{"slow_start.py", kRight, {kPassed}, {kSleeps}},
                      Case{"polls_and_sleeps.py", kRight, {kPassed}, {kSleeps}},
                      Case{"works_at_each_end.py", kRight, {kPassed}, {kSleeps}},
                      Case{"tries_first.py", kRight, {kPassed}, {kSleeps}},
                      Case{"repeats_on_errors.py", kRight, {kPassed}, {kSleeps}},
                      Case{"one_byte_at_a_time.py", kRight, {kPassed}, {kSleeps}}),
    [](const auto& instance) { return fs::path(instance.param.file).stem().string(); });

INSTANTIATE_TEST_SUITE_P(
    CanBeBetter, Clients,
    ::testing::Values(
        Case{
            "never_sleeps.py", kRight, {kPassed + " It ", kSleeps, "Wait for all sockets at once"}},
        Case{"asyncio_buffered.py", kUnknown, {kBuffered}},
        Case{"threads_buffered.py", kUnknown, {kBuffered}},
        Case{"poll_buffered.cpp", kUnknown, {kBuffered}},
        Case{"whole_poems.py",
             kUnknown,
             {"It reports only whole poems. Print a line for each chunk, such as 'Task 2: got 10 "
              "bytes of poetry from 127.0.0.1:PORT', as soon as the chunk has arrived."}},
        Case{"two_at_a_time.py",
             kUnknown,
             {"It connected to servers 1 and 2, and to server 3 only after servers 1 and 2 had "
              "sent everything. Connect to all servers first: without a connection, a server "
              "cannot send."}},
        Case{"sixteen_bytes.py",
             kUnknown,
             {"It connected to servers 1, 2 and 3, and reported a chunk of server 2 only when "
              "server 2 had sent more: it waits until it has enough bytes. Report what each recv() "
              "returns"}},
        Case{"reports_late.py",
             kUnknown,
             {"and reported a chunk of server 2 only after more than 3.00 s. Report each chunk as "
              "soon as it has arrived. A client that needs so much time needs a longer "
              "--patience."}},
        Case{"starts_late.py",
             kUnknown,
             {"It connected to servers 1, 2 and 3, and read nothing for more than 3.00 s. Read "
              "from each server that has sent something. A client that needs so much time needs a "
              "longer --patience."}},
        Case{"connects_late.py",
             kUnknown,
             {"It connected to servers 1 and 3, and to server 2 only after more than 3.00 s. "
              "Connect to all servers first."}},
        Case{"banner_and_whole_poems.py", kUnknown, {"It reports only whole poems."}},
        Case{"only_finished.py", kUnknown + ", and it failed", {"It reports only whole poems."}},
        Case{"threads_that_spin.py", kRight, {kPassed + " It ", kSleeps}},
        Case{"buffered_and_hangs.py",
             kUnknown + ", and it failed",
             {"read the bytes of server 2, and the check received no line before it killed the "
              "client.",
              "Flush after each line."}},
        Case{"prints_after_each_poem.py",
             kUnknown,
             {"It reported nothing until the servers had sent everything, and then began with "
              "server 1, although server 2 had sent first. Print a line for each chunk",
              "Flush after each line."}},
        Case{"reports_on_errors.py",
             kUnknown + ", and it failed",
             {"and printed nothing on standard output. On standard error it printed 'Task 2: got "
              "10 bytes of poetry from 127.0.0.1:"}},
        Case{"logs_to_errors.py",
             kUnknown + ", and it failed",
             {"and printed nothing on standard output. On standard error it printed "
              "'INFO:root:Task 2: got 10 bytes of poetry from 127.0.0.1:",
              "On standard output, it has to print a line for each chunk"}},
        Case{"prints_nothing.py",
             kUnknown + ", and it failed",
             {"It connected to servers 1, 2 and 3, read the bytes of server 2, and printed "
              "nothing. Print a line for each chunk"}}),
    [](const auto& instance) { return fs::path(instance.param.file).stem().string(); });

INSTANTIATE_TEST_SUITE_P(
    AreNotAsynchronous, Clients,
    ::testing::Values(
        Case{"reads_in_order.py", kWrong, {kReadsInOrder}},
        Case{"round_robin.cpp", kWrong, {kReadsInOrder}},
        Case{"awaits_in_order.py", kWrong, {kReadsInOrder}},
        Case{"slow_bytes_in_order.py", kWrong, {kReadsInOrder}},
        Case{"awaits_the_second_first.py", kWrong, {kReadsTheSecondFirst}},
        Case{"reads_backwards.py",
             kWrong,
             {"It connected to servers 1, 2 and 3, and reported server 2's bytes only after server "
              "3 had sent its poem. It waits for one server while others have sent something."}},
        Case{"begins_with_the_second.py", kWrong, {kReadsTheSecondFirst}},
        Case{"one_by_one.py",
             kWrong,
             {"It connected to server 1, and to servers 2 and 3 only after server 1 had sent "
              "everything. Connect to all servers first."}}),
    [](const auto& instance) { return fs::path(instance.param.file).stem().string(); });

INSTANTIATE_TEST_SUITE_P(
    Fail, Clients,
    ::testing::Values(
        Case{"third_poem_raises.py",
             kUnknown + ", and it failed",
             {"It ended before all servers had sent their poems.", "exit code 1",
              "third_poem_raises.py\", line 9, in check",
              "on standard error: RuntimeError: no room for a third poem"}},
        Case{"garbage.py",
             kUnknown + ", and it failed",
             {"No line for a chunk was understood. The first line that does not count is 'b'vers",
              kExpected}},
        Case{"other_words.py",
             kUnknown + ", and it failed",
             {"No line for a chunk was understood. The first line that does not count is 'task 2: "
              "got 10 bytes from 127.0.0.1:",
              kExpected}},
        Case{"log_prefix.py",
             kUnknown + ", and it failed",
             {"No line for a chunk was understood. The first line that does not count is "
              "'INFO:root:Task 2: got 10",
              kExpected}},
        Case{"from_zero.py",
             kUnknown + ", and it failed",
             {"It reports task 0. Tasks count from 1, in the order of the addresses."}},
        Case{"number_by_arrival.py",
             kUnknown + ", and it failed",
             {"It reported bytes for task 1 before server 1 had sent anything. The first address "
              "is task 1, the second is task 2: keep the number of the task with its socket"}},
        Case{"totals_so_far.py",
             kUnknown + ", and it failed",
             {"For task 2 it reported 10 and then 30 bytes: all bytes so far. Print how many bytes "
              "this chunk has."}},
        Case{"first_only.py",
             kUnknown + ", and it failed",
             {"It connected to server 1, and never to servers 2 and 3. Connect to all addresses"}},
        Case{"short_read_is_the_end.py",
             kUnknown + ", and it failed",
             {"It reported the end of task 2 after 10 bytes, before server 2 had sent everything. "
              "A short chunk is not the end of the poem. The poem is complete when recv() returns "
              "no bytes."}},
        Case{
            "reads_only_the_first.py",
            kUnknown + ", and it failed",
            {"It connected to servers 1, 2 and 3, and never read what server 2 had sent. Read from "
             "each server that has sent something. Does select() or poll() watch each socket?"}},
        Case{"wrong_chunk_lines.py",
             kUnknown,
             {"No line for a chunk was understood. The first line that does not count is 'Task 2: "
              "got 10 bytes'. Print a line for each chunk"}},
        Case{"prints_chunks_twice.py",
             kUnknown + ", and it failed",
             {"It reported more for task 2 than the 10 bytes that server 2 had sent. Print one "
              "line for each recv(), with the number of bytes that it returned."},
             {"format is unknown"}},
        Case{"invents_chunks.py",
             kUnknown + ", and it failed",
             {"It reported bytes for task 1, and did not connect to server 1."}},
        Case{"swaps_files.py",
             kRight + ", and it failed",
             {"Task 1: the saved poem differs from what the server sent: it is the poem of server "
              "2"},
             {},
             true},
        Case{"gives_up.py",
             kUnknown + ", and it failed",
             {"It gave up task 2 after 10 bytes. The server had not ended the connection. Its own "
              "message is 'mine: Task 2: connection to 127.0.0.1:",
              "lost after 10 bytes: no room for poems'."}},
        Case{"ends_at_the_first_chunk.py",
             kUnknown + ", and it failed",
             {"It reported the end of task 2 after 0 bytes, before server 2 had sent everything."}},
        Case{"first_chunk_and_total.py",
             kUnknown + ", and it failed",
             {"It reported 10 bytes of server 2, and no more.", "print a line for each chunk."}},
        Case{"thread_dies.py",
             kUnknown + ", and it failed",
             {"It reported 10 bytes of server 2, and no more. Read from each server until recv() "
              "returns no bytes",
              "on standard error: RuntimeError: no room for more of the second poem"}},
        Case{"does_not_exit.py",
             kRight + ", and it failed",
             {"had all 3 poems after ", "and did not exit within 5.00 s"},
             {},
             false,
             "60"},
        Case{"ignores_the_end.py",
             kRight + ", and it failed",
             {kSleeps, "Stop watching a socket after its end of file: it stays readable.",
              "Task 2: the client reported all 60 bytes, but not the end of the poem: print 'Task "
              "2 finished' when the server has closed the connection"}},
        Case{"breaks_letters.py",
             kRight + ", and it failed",
             {"A chunk may end inside a character. Save the bytes as they come",
              "Task 1: the saved poem differs from what the server sent: byte 16 is 'e' instead of "
              "'\\xc3'"},
             {},
             true},
        Case{"decodes_chunks.py",
             kUnknown + ", and it failed",
             {"A chunk may end inside a character.", "on standard error: UnicodeDecodeError: "}},
        Case{"counts_characters.py",
             kRight + ", and it failed",
             {"Task 2: the client reported 58 bytes, the poem has 60; does it count characters? "
              "Count the bytes before you decode them"}},
        Case{"leaves_out_letters.py",
             kRight + ", and it failed",
             {"Task 2: the client reported 56 bytes, the poem has 60; does it count characters? "
              "Count the bytes before you decode them"}},
        Case{"burns_and_hangs.sh",
             kUnknown + ", and it failed",
             {"It connected to no server within 20.00 s.", "made no progress for 3.00 s"}}),
    [](const auto& instance) { return fs::path(instance.param.file).stem().string(); });

/// Two poems, a chunk each 5 ms.
const std::vector<std::string> kPoems = {"--server", POETRY_POETRY_DIR "/science.txt:30:0.005",
                                         "--server", POETRY_POETRY_DIR "/fascination.txt:30:0.005"};

class ClientsWithoutTheCheck : public Clients {};

TEST_P(ClientsWithoutTheCheck, GetNoVerdictButAHintAtTheCheck) {
  if (!canRun(GetParam().file)) {
    GTEST_SKIP() << "this client needs python3, which is not installed";
  }
  std::vector<std::string> words = kPoems;
  words.insert(words.end(), {"--patience", "40"});  // this machine may be busy
  const std::string text = run(GetParam(), words);
  expectParts(text, {"mine: Compare cannot tell whether it is asynchronous, because its time does "
                     "not show it. ./lesson compare --check shows whether it is."});
  EXPECT_EQ(exitCode_, 0);
}

INSTANTIATE_TEST_SUITE_P(, ClientsWithoutTheCheck,
                         ::testing::Values(Case{"reads_in_order.py", ""}, Case{"one_by_one.py", ""},
                                           Case{"asyncio_gather.py", ""}),
                         [](const auto& instance) {
                           return fs::path(instance.param.file).stem().string();
                         });

TEST_F(Clients, AKilledClientHasItsOwnNumbersAndNotThoseOfItsShell) {
  std::vector<std::string> words = kPoems;
  words.insert(words.end(), {"--patience", "3"});
  const std::string text = run({"burns_and_hangs.sh", ""}, words);
  // client, took, close to, wake-ups, CPU: "mine 3.61 s - 3 340 ms"
  std::istringstream row(text.substr(text.find("chunks mine ") + 7));
  std::string skipped;
  long cpu = 0;
  row >> skipped >> skipped >> skipped >> skipped >> skipped >> cpu;
  EXPECT_GE(cpu, 50) << text;
}

}  // namespace
}  // namespace poetry::testing
