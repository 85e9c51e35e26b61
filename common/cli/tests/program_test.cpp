#include "cli/program.hpp"

#include "cli/output.hpp"
#include "in_child.hpp"
#include "net/socket.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>  // getrlimit
#include <sys/stat.h>
#include <unistd.h>

namespace poetry {
namespace {

using testing::Arguments;
using testing::inChild;
using testing::Outcome;
using testing::redirect;

constexpr ProgramInfo kClient{.name = "async-client", .about = "Downloads poems."};
std::vector<std::string> reactors() {
  return {"epoll"};
}

constexpr ProgramInfo kReactorClient{
    .name = "reactor-client-1", .about = "Downloads poems.", .reactors = reactors};
constexpr ProgramInfo kServer{.name = "blocking-server", .about = "Serves a poem."};

using GetPoetry = int (*)(const ClientOptions&);

/// A client with the arguments `words`, in a process of its own.
Outcome run(const std::vector<std::string>& words, GetPoetry getPoetry,
            const std::function<void()>& prepare = {}, const ProgramInfo& program = kClient) {
  return inChild(
      [&] {
        Arguments arguments(words);
        return runClient(arguments.argc(), arguments.argv(), program, getPoetry);
      },
      prepare);
}

int succeed(const ClientOptions&) {
  printLine("poetry");
  return 0;
}

int mustNotRun(const ClientOptions&) {
  printLine("this should not have run");
  return 77;
}

std::function<void()> closing(const std::vector<int>& streams) {
  return [streams] {
    for (const int stream : streams) {
      ::close(stream);
    }
  };
}

TEST(RunClient, ReturnsWhatTheLessonReturns) {
  EXPECT_EQ(run({"1"}, succeed).exitCode, 0);
  EXPECT_EQ(run({"1"}, succeed).output, "poetry\n");
  EXPECT_EQ(run({"1"}, [](const ClientOptions&) { return 1; }).exitCode, 1);
}

TEST(RunClient, PassesTheOptionsToTheLesson) {
  const Outcome outcome =
      run({"--quiet", "10000", "[::1]:10001"}, [](const ClientOptions& options) {
        for (const HostPort& address : options.addresses) {
          printLine(address.toString());
        }
        return options.quiet ? 0 : 1;
      });
  EXPECT_EQ(outcome.output, "127.0.0.1:10000\n[::1]:10001\n");
  EXPECT_EQ(outcome.exitCode, 0);
}

TEST(RunClient, PrintsTheHelpWithoutTheLesson) {
  const Outcome outcome = run({"--help"}, mustNotRun);
  EXPECT_EQ(outcome.exitCode, 0);
  EXPECT_NE(outcome.output.find("Usage: async-client"), std::string::npos);
  EXPECT_EQ(outcome.errors, "");
}

TEST(RunClient, ReportsAMistakeAndHowToGetHelpOnOneLine) {
  const Outcome outcome = run({"abc"}, mustNotRun);
  EXPECT_EQ(outcome.exitCode, 2);
  EXPECT_EQ(outcome.output, "");
  EXPECT_EQ(
      outcome.errors,
      "async-client: 'abc' is not an address: write PORT, HOST:PORT or [IPV6]:PORT, with a port "
      "from 1 to 65535; try 'async-client --help'\n");
}

TEST(RunClient, ReportsAnyWordOnOneLine) {
  for (const char* word : {"a\nb\x1b[2J:1", "--qui\net", "--quiet=a\nb", "--output\n"}) {
    const std::string errors = run({word, "1"}, mustNotRun).errors;
    EXPECT_EQ(errors.find_first_of("\n\x1b"), errors.size() - 1) << errors;
  }
}

TEST(RunClient, TreatsAnInvalidArgumentThatTheLessonFindsAsAMistake) {
  const Outcome outcome = run({"1"}, [](const ClientOptions&) -> int {
    throw std::invalid_argument("'epoll' is not available on this system");
  });
  EXPECT_EQ(outcome.exitCode, 2);
  EXPECT_EQ(outcome.errors,
            "async-client: 'epoll' is not available on this system; try 'async-client --help'\n");
}

TEST(RunClient, PrintsWhatTheLessonThrew) {
  const Outcome outcome =
      run({"1"}, [](const ClientOptions&) -> int { throw std::runtime_error("out of ink"); });
  EXPECT_EQ(outcome.exitCode, 1);
  EXPECT_EQ(outcome.errors, "async-client: out of ink\n");
}

TEST(RunClient, NeverSucceedsWhenStandardOutputIsFull) {
  const Outcome outcome = run({"1"}, succeed, [] { redirect(STDOUT_FILENO, "/dev/full"); });
  EXPECT_EQ(outcome.exitCode, 1);
  EXPECT_EQ(outcome.errors,
            "async-client: cannot write to standard output: No space left on device\n");
}

TEST(RunClient, NeverSucceedsWhenStandardOutputIsClosed) {
  const std::string error = "async-client: cannot write to standard output: Bad file descriptor\n";
  const Outcome lesson = run({"1"}, succeed, closing({1}));
  EXPECT_EQ(lesson.exitCode, 1);
  EXPECT_EQ(lesson.errors, error);
  const Outcome help = run({"--help"}, mustNotRun, closing({1}));
  EXPECT_EQ(help.exitCode, 1);
  EXPECT_EQ(help.errors, error);
}

TEST(RunClient, EndsBySigpipeWhenItsPipeHasNoReader) {
  const Outcome outcome = run({"1"}, succeed, [] {
    std::signal(SIGPIPE, SIG_DFL);  // the process that started this test may ignore it
    int fds[2];
    if (::pipe(fds) == 0) {
      ::dup2(fds[1], STDOUT_FILENO);
      ::close(fds[0]);
      ::close(fds[1]);
    }
  });
  EXPECT_EQ(outcome.signal, SIGPIPE);
}

TEST(RunClient, GivesNoSocketTheNumberOfAClosedStandardStream) {
  for (const std::vector<int>& closed :
       {std::vector<int>{0}, {1}, {2}, {0, 1}, {0, 2}, {1, 2}, {0, 1, 2}}) {
    const Outcome outcome = run(
        {"1"},
        [](const ClientOptions&) {
          const UniqueFd socket = makeSocket(Address());
          return socket.get() > 2 ? 42 : 43;
        },
        closing(closed));
    EXPECT_EQ(outcome.exitCode, 42);
  }
}

TEST(RunClient, LeavesOpenStandardStreamsAlone) {
  const Outcome outcome = run(
      {"1"},
      [](const ClientOptions&) {
        struct stat input {};
        struct stat null {};
        ::fstat(0, &input);
        ::stat("/dev/full", &null);
        return input.st_rdev == null.st_rdev ? 0 : 1;
      },
      [] { redirect(STDIN_FILENO, "/dev/full"); });
  EXPECT_EQ(outcome.exitCode, 0);
}

TEST(RunClient, MakesTheDirectoryForThePoemsBeforeTheLessonStarts) {
  const testing::TemporaryDirectory directory;
  const std::string poems = directory.path() / "new" / "poems";
  const Outcome outcome = run({"--output", poems, "1"}, [](const ClientOptions& options) {
    return std::filesystem::is_directory(options.output) ? 0 : 1;
  });
  EXPECT_EQ(outcome.exitCode, 0);
}

TEST(RunClient, DoesNotStartTheLessonWithoutThatDirectory) {
  const Outcome outcome = run({"--output", "/dev/null/poems", "1"}, mustNotRun);
  EXPECT_EQ(outcome.exitCode, 1);
  EXPECT_EQ(outcome.output, "");
  EXPECT_EQ(outcome.errors,
            "async-client: cannot use directory /dev/null/poems: Not a directory\n");
}

TEST(RunClient, MakesNoDirectoryAfterAMistake) {
  const testing::TemporaryDirectory directory;
  const std::filesystem::path poems = directory.path() / "poems";
  EXPECT_EQ(run({"--output", poems, "abc"}, mustNotRun).exitCode, 2);
  EXPECT_FALSE(std::filesystem::exists(poems));
}

/// Returns 0 if the soft limit of descriptors is as high as the hard one.
int limitIsRaised(const ClientOptions&) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur == limit.rlim_max ? 0 : 1;
}

TEST(RunClient, RaisesTheDescriptorLimitForReactorProgramsOnly) {
  rlimit now{};
  ::getrlimit(RLIMIT_NOFILE, &now);
  if (now.rlim_max <= 64) {
    GTEST_SKIP() << "the system allows no more than " << now.rlim_max << " descriptors";
  }
  const auto lower = [] {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 64;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  };
  EXPECT_EQ(run({"1"}, limitIsRaised, lower, kReactorClient).exitCode, 0);
  EXPECT_EQ(run({"1"}, limitIsRaised, lower, kClient).exitCode, 1) << "select cannot watch more";
}

TEST(RunServer, TreatsTheServerInTheSameWay) {
  const auto runWith = [](const std::vector<std::string>& words,
                          int (*serve)(const ServerOptions&)) {
    return inChild([&] {
      Arguments arguments(words);
      return runServer(arguments.argc(), arguments.argv(), kServer, serve);
    });
  };
  const auto serve = [](const ServerOptions& options) -> int {
    if (options.port == 1) {
      throw std::runtime_error("out of ink");
    }
    return options.port;
  };
  EXPECT_EQ(runWith({"--port", "3", "x"}, serve).exitCode, 3);
  EXPECT_EQ(runWith({"--help"}, serve).exitCode, 0);
  EXPECT_EQ(runWith({}, serve).exitCode, 2);
  EXPECT_EQ(runWith({"--port", "1", "x"}, serve).errors, "blocking-server: out of ink\n");
}

TEST(EndBySignal, EndsTheProcessAsTheSignalDoes) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const Outcome outcome = inChild([signal] {
      std::signal(signal, [](int) {});  // as in a program that handles the signal itself
      endBySignal(signal);
      return 0;
    });
    EXPECT_EQ(outcome.signal, signal);
  }
}

TEST(EndBySignal, DoesNothingWithoutASignal) {
  const Outcome outcome = inChild([] {
    endBySignal(0);
    return 5;
  });
  EXPECT_EQ(outcome.exitCode, 5);
}

}  // namespace
}  // namespace poetry
