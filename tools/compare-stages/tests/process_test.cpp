// Child processes on the loop: what they print, how they end, and that none is left behind.

#include "process.hpp"

#include "cli/tests/temporary_directory.hpp"
#include "loop.hpp"
#include "processes.hpp"
#include "support/descriptors.hpp"
#include "support/scenario.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <functional>
#include <iterator>
#include <memory>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>  // mkfifo
#include <sys/types.h>
#include <unistd.h>

namespace poetry {
namespace {

/// Remembers everything, and ends the loop when the program has ended.
class Listener : public ProcessProtocol {
 public:
  explicit Listener(Loop& loop) : loop_(loop) {}

  void outReceived(std::string_view bytes) override {
    output += bytes;
    if (whenHeard) {
      whenHeard();
    }
  }
  void errReceived(std::string_view bytes) override { errors += bytes; }
  void processEnded(const ProcessExit& how) override {
    ++ends;
    exit = how;
    loop_.end();
  }

  std::function<void()> whenHeard;  ///< after something came on standard output
  std::string output;
  std::string errors;
  int ends = 0;
  ProcessExit exit;

 private:
  Loop& loop_;
};

class ProcessTest : public ::testing::Test {
 protected:
  /// Runs a line of shell to its end.
  void run(const std::string& line, const ProcessOptions& options = {}) {
    process_ = loop_.processes().spawnProcess(listener_, {"/bin/sh", "-c", line}, options);
    pid_ = process_->pid();
    loop_.run();
  }

  /// Waits until no process of the group is alive. (A killed one takes a moment to go.)
  static void expectGroupIsGone(pid_t group) {
    testing::Scenario scenario;
    scenario.waitUntil([&] { return testing::livingInGroup(group).empty(); },
                       testing::SourceLine::here(), "the process group is gone");
  }

  Loop loop_;
  Listener listener_{loop_};
  std::unique_ptr<Process> process_;
  pid_t pid_ = -1;
};

TEST_F(ProcessTest, BothStreamsComeToTheProtocolBeforeTheEnd) {
  run("echo to output; echo to errors >&2; exit 3");
  EXPECT_EQ(listener_.output, "to output\n");
  EXPECT_EQ(listener_.errors, "to errors\n");
  EXPECT_EQ(listener_.ends, 1);
  EXPECT_EQ(listener_.exit.exitCode, 3);
  EXPECT_EQ(listener_.exit.signal, 0);
}

TEST_F(ProcessTest, JoinedStreamsKeepTheirOrder) {
  run("for i in 1 2 3; do echo o$i; echo e$i >&2; done", {.joinErrors = true});
  EXPECT_EQ(listener_.output, "o1\ne1\no2\ne2\no3\ne3\n");
  EXPECT_EQ(listener_.errors, "");
}

TEST_F(ProcessTest, MuchOutputComesWhole) {
  run("head -c 3000000 /dev/zero");
  EXPECT_EQ(listener_.output, std::string(3000000, '\0'));
}

TEST_F(ProcessTest, ASignalIsToldAsOne) {
  run("kill -TERM $$");
  EXPECT_EQ(listener_.exit.signal, SIGTERM);
}

TEST_F(ProcessTest, WhatItCostIsCounted) {
  run("sleep 0.01; sleep 0.01; sleep 0.01");  // to sleep is what is counted here
  EXPECT_GE(listener_.exit.wakeUps, 3U) << "it waited for three others";
}

TEST_F(ProcessTest, AProgramThatClosesItsStreamsLivesOn) {
  const testing::TemporaryDirectory directory;
  const std::string gate = (directory.path() / "gate").string();
  ASSERT_EQ(::mkfifo(gate.c_str(), 0600), 0);
  const UniqueFd opener(::open(gate.c_str(), O_RDWR | O_CLOEXEC));
  const std::size_t before = loop_.reactor().getReaders().size();
  // It goes on when we have noticed that it closed them.
  std::function<void()> look = [&] {
    if (loop_.reactor().getReaders().size() > before) {
      loop_.reactor().callLater(Seconds::zero(), look);
    } else {
      EXPECT_EQ(::write(opener.get(), "\n", 1), 1);
    }
  };
  loop_.reactor().callWhenRunning(look);
  run("exec >&- 2>&-; read line < " + gate + "; exit 7");
  EXPECT_EQ(listener_.ends, 1);
  EXPECT_EQ(listener_.exit.exitCode, 7);
}

TEST_F(ProcessTest, WhatItLeavesBehindGoesWithIt) {
  run("sleep 1000 & echo started");
  EXPECT_EQ(listener_.output, "started\n");
  EXPECT_EQ(listener_.ends, 1) << "although somebody still holds the pipe";
  expectGroupIsGone(pid_);
}

TEST_F(ProcessTest, WhoLeavesItsGroupCanBeKilledAllTheSame) {
  process_ = loop_.processes().spawnProcess(listener_, {POETRY_BIN_DIR "/leaves-its-group"});
  listener_.whenHeard = [&] { process_->kill(); };
  loop_.run();
  EXPECT_EQ(listener_.output, "gone\n");
  EXPECT_EQ(listener_.exit.signal, SIGKILL);
}

TEST_F(ProcessTest, ItGoesWithItsOwner) {
  process_ =
      loop_.processes().spawnProcess(listener_, {"/bin/sh", "-c", "sleep 1000 & sleep 1000"});
  const pid_t group = process_->pid();
  process_.reset();
  expectGroupIsGone(group);
  EXPECT_EQ(listener_.ends, 0);
}

TEST_F(ProcessTest, AProgramThatIsNotThereSaysSoAndHasEnded) {
  process_ = loop_.processes().spawnProcess(listener_, {"/no/such/program"});
  loop_.run();
  EXPECT_EQ(listener_.errors, "cannot start /no/such/program: No such file or directory\n");
  EXPECT_EQ(listener_.exit.exitCode, 127);
}

TEST_F(ProcessTest, TheProgramHasItsSignalsBackAndNoInput) {
  run("cat; trap; kill -PIPE $$; echo still here");
  EXPECT_EQ(listener_.output, "") << "no input, nothing ignored, and SIGPIPE ends it";
  EXPECT_EQ(listener_.exit.signal, SIGPIPE);
}

TEST_F(ProcessTest, TheProgramHasItsThreeStreamsAndNothingElseOfOurs) {
  // What whoever started us has left open for everybody is not ours.
  std::set<std::string> expected = {"0", "1", "2"};
  for (int fd = 3; fd < 1024; ++fd) {
    const int flags = ::fcntl(fd, F_GETFD);
    if (flags >= 0 && (flags & FD_CLOEXEC) == 0) {
      expected.insert(std::to_string(fd));
    }
  }
  run("ls /proc/$$/fd; :");
  std::istringstream lines(listener_.output);
  EXPECT_EQ(std::set<std::string>(std::istream_iterator<std::string>(lines), {}), expected);
}

/// Ends the loop when so many programs have ended.
class Counter : public ProcessProtocol {
 public:
  Counter(Loop& loop, int left) : loop_(loop), left_(left) {}
  void processEnded(const ProcessExit& /*exit*/) override {
    if (--left_ == 0) {
      loop_.end();
    }
  }
  [[nodiscard]] int left() const { return left_; }

 private:
  Loop& loop_;
  int left_;
};

TEST_F(ProcessTest, ManyCanEndAtTheSameTime) {
  Counter counter(loop_, 50);
  std::vector<std::unique_ptr<Process>> processes;
  for (int i = 0; i < 50; ++i) {
    processes.push_back(loop_.processes().spawnProcess(counter, {"/bin/true"}));
  }
  loop_.run();
  EXPECT_EQ(counter.left(), 0);
}

TEST_F(ProcessTest, ASignalEndsTheRunOfTheLoop) {
  loop_.reactor().callWhenRunning([] { ::raise(SIGHUP); });
  loop_.run();
  EXPECT_EQ(loop_.exitSignal(), SIGHUP);
}

TEST_F(ProcessTest, TheFirstOfTwoSignalsIsTheOneThatCounts) {
  loop_.reactor().callWhenRunning([] { ::raise(SIGTERM); });
  loop_.run();
  ::raise(SIGINT);
  EXPECT_EQ(loop_.exitSignal(), SIGTERM) << "and we are still here to say so";
}

TEST_F(ProcessTest, WhatACallbackThrowsEndsTheRunOfTheLoop) {
  loop_.reactor().callLater(Seconds(0), [] { throw std::runtime_error("no more paper"); });
  try {
    loop_.run();
    FAIL() << "it came to a good end";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "no more paper");
  }
}

TEST_F(ProcessTest, NothingStaysOpen) {
  const testing::DescriptorCheck before;
  run("echo hello");
  EXPECT_EQ(before.leaked(), std::vector<std::string>());
}

}  // namespace
}  // namespace poetry
