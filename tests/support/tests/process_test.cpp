// What a started program inherits, how it ends, and that no process is left behind.

#include "support/process.hpp"

#include "support/descriptors.hpp"

#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace poetry {
namespace {

/// Reads a pipe of a program to its end.
std::string readAll(const UniqueFd& pipe) {
  ::fcntl(pipe.get(), F_SETFL, 0);  // blocking
  std::string text;
  std::array<char, 4096> buffer;
  ssize_t count = 0;
  while ((count = ::read(pipe.get(), buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return text;
}

std::vector<std::string> shell(const std::string& line) {
  return {"/bin/sh", "-c", line};
}

bool becomesReadable(int fd) {
  pollfd waiting{fd, POLLIN, 0};
  return ::poll(&waiting, 1, 60'000) == 1;
}

TEST(Subprocess, HasAPipeForEachStreamAndAnExitCode) {
  Subprocess program(shell("echo to output; echo to errors >&2; exit 3"));
  EXPECT_EQ(readAll(program.pipes().output), "to output\n");
  EXPECT_EQ(readAll(program.pipes().errors), "to errors\n");
  EXPECT_EQ(program.wait(), Ending::code(3));
  EXPECT_TRUE(program.hasEnded());
}

TEST(Subprocess, ReadsItsInputFromAPipe) {
  Subprocess program({"cat"}, {.input = StreamKind::kPipe});
  EXPECT_EQ(::write(program.pipes().input.get(), "verse", 5), 5);
  program.pipes().input.reset();
  EXPECT_EQ(readAll(program.pipes().output), "verse");
  EXPECT_EQ(program.wait(), Ending::code(0));
}

TEST(Subprocess, KeepsTheOrderOfTheLinesOfJoinedStreams) {
  Subprocess program(shell("for i in 1 2; do echo o$i; echo e$i >&2; done"),
                     {.errors = StreamKind::kSameAsOut});
  EXPECT_EQ(readAll(program.pipes().output), "o1\ne1\no2\ne2\n");
  EXPECT_FALSE(program.pipes().errors.valid());
}

TEST(Subprocess, InheritsNoDescriptorButItsStreamsWhichCanBeClosed) {
  const UniqueFd open(::dup(STDOUT_FILENO));  // not closed on exec
  ASSERT_TRUE(open.valid());
  Subprocess program(shell("ls /proc/$$/fd; :"),
                     {.input = StreamKind::kClosed, .errors = StreamKind::kClosed});
  EXPECT_EQ(readAll(program.pipes().output), "1\n");
}

TEST(Subprocess, HasDefaultSignalHandlingWhenWeIgnoreAndBlockASignal) {
  const auto oldAction = std::signal(SIGPIPE, SIG_IGN);
  sigset_t pipeAlone;
  sigset_t oldMask;
  sigemptyset(&pipeAlone);
  sigaddset(&pipeAlone, SIGPIPE);
  sigprocmask(SIG_BLOCK, &pipeAlone, &oldMask);
  Subprocess program(shell("kill -PIPE $$; echo still here"));
  std::signal(SIGPIPE, oldAction);
  sigprocmask(SIG_SETMASK, &oldMask, nullptr);
  EXPECT_EQ(readAll(program.pipes().output), "");
  EXPECT_EQ(program.wait(), Ending::bySignal(SIGPIPE));
}

TEST(Subprocess, HasTheDirectoryTheEnvironmentAndTheLimitThatWereAskedFor) {
  Subprocess program(
      shell("pwd; echo $POETRY_WORD; ulimit -Sn; ulimit -Hn"),
      {.descriptorLimit = 16, .directory = "/", .environment = {{"POETRY_WORD", "ode"}}});
  EXPECT_EQ(readAll(program.pipes().output), "/\node\n16\n16\n");
}

TEST(TestProgram, RunsTheTestThatCtestAsksForInEachShard) {
  for (const char* shard : {"0", "1"}) {
    Subprocess program(
        {"/proc/self/exe", "--gtest_filter=Subprocess.ReadsItsInputFromAPipe"},
        {.environment = {{"GTEST_TOTAL_SHARDS", "2"}, {"GTEST_SHARD_INDEX", shard}}});
    EXPECT_NE(readAll(program.pipes().output).find("[  PASSED  ] 1 test."), std::string::npos);
    EXPECT_EQ(program.wait(), Ending::code(0));
  }
}

TEST(Subprocess, ThrowsWhenTheProgramDoesNotExist) {
  const testing::DescriptorCheck before;
  try {
    const Subprocess program({"/no/such/program"});
    FAIL() << "it has started";
  } catch (const std::system_error& error) {
    EXPECT_STREQ(error.what(), "cannot start /no/such/program: No such file or directory");
  }
  EXPECT_EQ(before.leaked(), std::vector<std::string>());
}

TEST(Subprocess, MakesADescriptorReadableWhenItEnds) {
  Subprocess program({"cat"}, {.input = StreamKind::kPipe});
  EXPECT_FALSE(program.hasEnded());
  program.signal(SIGTERM);
  EXPECT_TRUE(becomesReadable(program.endDescriptor()));
  EXPECT_TRUE(program.hasEnded());
  EXPECT_EQ(program.wait(), Ending::bySignal(SIGTERM));
}

TEST(Subprocess, KillsItsGroupWhenItEnds) {
  Subprocess program(shell("sleep 1000 & echo started"));
  EXPECT_EQ(program.wait(), Ending::code(0));
  EXPECT_EQ(readAll(program.pipes().output), "started\n")
      << "sleep holds the pipe until it is killed";
}

TEST(Subprocess, IsKilledWithItsGroupByTheDestructor) {
  auto program = std::make_unique<Subprocess>(shell("sleep 1000 & echo started; wait"));
  const UniqueFd output = std::move(program->pipes().output);
  EXPECT_TRUE(becomesReadable(output.get()));
  program.reset();
  EXPECT_EQ(readAll(output), "started\n");
}

TEST(Subprocess, CanBePausedAndContinued) {
  Subprocess program({"cat"}, {.input = StreamKind::kPipe});
  ASSERT_TRUE(program.pause());
  EXPECT_TRUE(program.status("State").starts_with('T'));
  EXPECT_FALSE(program.hasStopped()) << "reported already";
  EXPECT_TRUE(program.pause()) << "it has stopped already";
  program.signal(SIGCONT);
  program.pipes().input.reset();
  EXPECT_EQ(program.wait(), Ending::code(0));
  EXPECT_FALSE(program.pause()) << "it has ended";
}

TEST(Subprocess, CountsWhatTheProgramUsed) {
  Subprocess program(shell("sleep 0.01; sleep 0.01; sleep 0.01"));
  program.wait();
  EXPECT_GE(program.usage().wakeUps, 3U) << "it waited for three other programs";
}

}  // namespace
}  // namespace poetry
