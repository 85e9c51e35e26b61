#include "cli/output.hpp"

#include "in_child.hpp"
#include "net/unique_fd.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/resource.h>  // setrlimit
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace poetry {
namespace {

namespace fs = std::filesystem;
using testing::inChild;
using testing::Outcome;
using testing::redirect;

std::string contents(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::size_t filesIn(const fs::path& directory) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

struct stat statusOf(const fs::path& file) {
  struct stat status {};
  EXPECT_EQ(::stat(file.c_str(), &status), 0);
  return status;
}

template <typename Call>
std::error_code errorOf(Call call) {
  try {
    call();
  } catch (const std::system_error& error) {
    return error.code();
  }
  return {};
}

struct Pipe {
  Pipe() {
    int fds[2];
    EXPECT_EQ(::pipe2(fds, O_CLOEXEC), 0);
    readEnd.reset(fds[0]);
    writeEnd.reset(fds[1]);
  }
  UniqueFd readEnd;
  UniqueFd writeEnd;
};

TEST(PrintLine, WritesALineAtOnceIntoAPipe) {
  const Pipe pipe;
  inChild([&] {
    ::dup2(pipe.writeEnd.get(), STDOUT_FILENO);
    printLine("Task 1: got 10 bytes of poetry");
    ::_exit(0);  // without flushing anything
    return 0;
  });
  std::array<char, 100> buffer;
  const ssize_t count = ::read(pipe.readEnd.get(), buffer.data(), buffer.size());
  ASSERT_GT(count, 0);
  EXPECT_EQ(std::string(buffer.data(), static_cast<std::size_t>(count)),
            "Task 1: got 10 bytes of poetry\n");
}

TEST(PrintLine, RemembersAFailureForCheckOutput) {
  const Outcome outcome = inChild(
      [] {
        printLine("lost");
        printLine("lost as well");
        try {
          checkOutput();
        } catch (const OutputError& error) {
          printError("async-client", error.what());
          return 1;
        }
        return 0;
      },
      [] { redirect(STDOUT_FILENO, "/dev/full"); });
  EXPECT_EQ(outcome.exitCode, 1);
  EXPECT_EQ(outcome.errors,
            "async-client: cannot write to standard output: No space left on device\n");
}

TEST(PrintLine, WritesNothingAfterAFailure) {
  const Outcome outcome = inChild([] {
    const UniqueFd good(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10));
    printLine("one");
    redirect(STDOUT_FILENO, "/dev/full");
    printLine("two");
    ::dup2(good.get(), STDOUT_FILENO);
    printLine("three");
    return 0;
  });
  EXPECT_EQ(outcome.output, "one\n");
}

TEST(CheckOutput, DoesNothingIfNoLineWasLost) {
  const Outcome outcome = inChild([] {
    checkOutput();
    printLine("a line");
    checkOutput();
    return 0;
  });
  EXPECT_EQ(outcome.exitCode, 0);
  EXPECT_EQ(outcome.output, "a line\n");
}

TEST(PrintError, WritesToStandardErrorAfterTheNameOfTheProgram) {
  const Outcome outcome = inChild([] {
    printError("async-client", "no poetry today");
    return 0;
  });
  EXPECT_EQ(outcome.errors, "async-client: no poetry today\n");
  EXPECT_EQ(outcome.output, "");
}

TEST(PrintError, StaysOnOneLineWhateverTheMessageNames) {
  const Outcome outcome = inChild([] {
    printError("blocking-server", "cannot read two\nlines: \x1b[2J");
    return 0;
  });
  EXPECT_EQ(outcome.errors, "blocking-server: cannot read two?lines: ?[2J\n");
}

TEST(MakeDirectory, MakesAllParents) {
  const testing::TemporaryDirectory directory;
  const fs::path deep = directory.path() / "a" / "b c";
  makeDirectory(deep);
  EXPECT_TRUE(fs::is_directory(deep));
  EXPECT_NO_THROW(makeDirectory(deep)) << "it may be there already";
  EXPECT_NO_THROW(makeDirectory(directory.path() / "d" / ""));
}

TEST(MakeDirectory, ThrowsIfAFileHasThatName) {
  const testing::TemporaryDirectory directory;
  const fs::path file = directory.path() / "file";
  saveFile(file, "x");
  EXPECT_EQ(errorOf([&] { makeDirectory(file); }), std::errc::not_a_directory);
  EXPECT_EQ(errorOf([&] { makeDirectory(file / "below"); }), std::errc::not_a_directory);
}

TEST(SaveFile, WritesEveryByte) {
  const testing::TemporaryDirectory directory;
  const fs::path file = directory.path() / "poem-1.txt";
  const std::string poem("a\0\r\n\xe2\x80", 6);
  saveFile(file, poem);
  EXPECT_EQ(contents(file), poem);
  saveFile(file, "");
  EXPECT_EQ(contents(file), "");
  EXPECT_EQ(filesIn(directory.path()), 1U) << "nothing is left beside it";
}

TEST(SaveFile, MakesAFileWithTheModeThatTheUmaskAllows) {
  const testing::TemporaryDirectory directory;
  const fs::path file = directory.path() / "poem-1.txt";
  const mode_t before = ::umask(022);
  saveFile(file, "x");
  ::umask(before);
  EXPECT_EQ(fs::status(file).permissions(), fs::perms(0644));
}

TEST(SaveFile, KeepsTheOldFileWhenThereIsNoRoomForTheNewBytes) {
  const testing::TemporaryDirectory directory;
  const fs::path file = directory.path() / "poem-1.txt";
  for (const std::size_t oldSize : {12U, 20000U}) {
    const std::string old(oldSize, 'o');
    saveFile(file, old);
    const Outcome outcome = inChild(
        [&] {
          const auto save = [&] { saveFile(file, std::string(10000, 'x')); };
          return errorOf(save) == std::errc::file_too_large ? 0 : 1;
        },
        [] {
          std::signal(SIGXFSZ, SIG_IGN);
          const rlimit limit{4096, 4096};
          ::setrlimit(RLIMIT_FSIZE, &limit);
        });
    EXPECT_EQ(outcome.exitCode, 0);
    EXPECT_TRUE(contents(file) == old);
    EXPECT_EQ(filesIn(directory.path()), 1U) << "nothing is left of the new one";
  }
}

TEST(SaveFile, KeepsModeOwnerAndHardLinksOfAnOldFile) {
  const testing::TemporaryDirectory directory;
  const fs::path file = directory.path() / "poem-1.txt";
  const fs::path otherName = directory.path() / "other";
  saveFile(file, "a long old poem");
  ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  fs::create_hard_link(file, otherName);
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(file.c_str(), 1, 1), 0);
  }
  const struct stat before = statusOf(file);

  saveFile(file, "new");

  EXPECT_EQ(contents(file), "new");
  EXPECT_EQ(contents(otherName), "new");
  const struct stat after = statusOf(file);
  EXPECT_EQ(after.st_ino, before.st_ino) << "it is the same file";
  EXPECT_EQ(after.st_mode, before.st_mode);
  EXPECT_EQ(after.st_uid, before.st_uid);
  EXPECT_EQ(filesIn(directory.path()), 2U) << "nothing is left beside it";
}

TEST(SaveFile, ReplacesWhatAKilledProcessOfTheSameNumberLeft) {
  const testing::TemporaryDirectory directory;
  const fs::path file = directory.path() / "poem-1.txt";
  const fs::path left = directory.path() / (".poem-1.txt." + std::to_string(::getpid()));
  saveFile(left, "half of a long poem");
  saveFile(file, "new");
  EXPECT_EQ(contents(file), "new");
  EXPECT_EQ(filesIn(directory.path()), 1U) << "nothing is left beside it";

  fs::remove(file);
  ASSERT_EQ(::mkfifo(left.c_str(), 0600), 0);  // to open it would block
  saveFile(file, "new");
  EXPECT_EQ(contents(file), "new");
}

TEST(SaveFile, SavesAFileThatAnotherProcessSavesAtTheSameTime) {
  const testing::TemporaryDirectory directory;
  const fs::path file = directory.path() / "poem-1.txt";
  const Outcome outcome = inChild([&] {
    const pid_t other = ::fork();
    for (int i = 0; i < 1000; ++i) {
      saveFile(file, "a poem");
    }
    int status = 0;
    if (other != 0) {
      ::waitpid(other, &status, 0);
    }
    return status == 0 ? 0 : 1;
  });
  EXPECT_EQ(outcome.exitCode, 0) << outcome.errors;
  EXPECT_EQ(contents(file), "a poem");
  EXPECT_EQ(filesIn(directory.path()), 1U) << "nothing is left beside it";
}

TEST(SaveFile, NeverShowsAHalfWrittenFileUnderTheName) {
  const testing::TemporaryDirectory directory;
  const fs::path file = directory.path() / "poem-1.txt";
  const std::string before(1 << 20, 'x');
  const std::string after(16 << 20, 'y');
  saveFile(file, before);
  std::atomic<bool> isSaved{false};
  std::thread writer([&] {
    saveFile(file, after);
    isSaved = true;
  });
  while (!isSaved) {
    std::error_code isMissing;
    const std::uintmax_t size = fs::file_size(file, isMissing);
    EXPECT_TRUE(isMissing || size == before.size() || size == after.size()) << size;
  }
  writer.join();
  EXPECT_TRUE(contents(file) == after);
}

TEST(SaveFile, FollowsSymbolicLinks) {
  const testing::TemporaryDirectory directory;
  const fs::path target = directory.path() / "target";
  const fs::path link = directory.path() / "poem-1.txt";
  fs::create_symlink("another", link);
  fs::create_symlink(target, directory.path() / "another");
  for (const char* poem : {"new, through a dangling link", "newer"}) {
    saveFile(link, poem);
    EXPECT_TRUE(fs::is_symlink(link));
    EXPECT_EQ(contents(target), poem);
  }
}

TEST(SaveFile, ThrowsWhereLinksFormACircle) {
  const testing::TemporaryDirectory directory;
  const fs::path link = directory.path() / "poem-1.txt";
  fs::create_symlink(link, link);
  EXPECT_EQ(errorOf([&] { saveFile(link, "x"); }), std::errc::too_many_symbolic_link_levels);
}

TEST(SaveFile, ReportsAFullDevice) {
  const testing::TemporaryDirectory directory;
  const fs::path link = directory.path() / "poem-1.txt";
  fs::create_symlink("/dev/full", link);
  EXPECT_EQ(errorOf([&] { saveFile(link, "x"); }), std::errc::no_space_on_device);
}

TEST(SaveFile, DoesNotBlockOnAPipeWithoutAReader) {
  const testing::TemporaryDirectory directory;
  const fs::path pipe = directory.path() / "poem-1.txt";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(errorOf([&] { saveFile(pipe, "x"); }), std::errc::no_such_device_or_address);
}

TEST(SaveFile, ThrowsIfADirectoryHasThatNameOrIsMissing) {
  const testing::TemporaryDirectory directory;
  EXPECT_EQ(errorOf([&] { saveFile(directory.path(), "x"); }), std::errc::is_a_directory);
  EXPECT_EQ(errorOf([&] { saveFile(directory.path() / "no" / "where", "x"); }),
            std::errc::no_such_file_or_directory);
}

}  // namespace
}  // namespace poetry
