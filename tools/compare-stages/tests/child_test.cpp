// Child processes on the event loop, and what ends the loop.

#include "child.hpp"

#include "loop.hpp"
#include "support/descriptors.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace poetry {
namespace {

/// Remembers everything, and ends the loop when all its programs have ended.
class Listener : public ProcessProtocol {
 public:
  explicit Listener(Loop& loop, int programs = 1) : loop_(loop), running_(programs) {}

  void outReceived(std::string_view bytes) override { output += bytes; }
  void errReceived(std::string_view bytes) override { errors += bytes; }
  void processEnded(const Ending& how, const ResourceUsage& /*usage*/) override {
    ending = how;
    if (--running_ == 0) {
      loop_.end();
    }
  }

  std::string output;
  std::string errors;
  Ending ending;

 private:
  Loop& loop_;
  int running_;
};

class ChildTest : public ::testing::Test {
 protected:
  /// Runs a line of shell to its end.
  void run(const std::string& line, bool joinErrors = false) {
    const Child child(loop_.reactor(), listener_, {"/bin/sh", "-c", line}, joinErrors);
    loop_.run([] {});
  }

  Loop loop_;
  Listener listener_{loop_};
};

TEST_F(ChildTest, DeliversBothStreamsBeforeTheEnd) {
  run("echo to output; echo to errors >&2; exit 3");
  EXPECT_EQ(listener_.output, "to output\n");
  EXPECT_EQ(listener_.errors, "to errors\n");
  EXPECT_EQ(listener_.ending, Ending::code(3));
}

TEST_F(ChildTest, JoinedStreamsKeepTheOrderOfTheirLines) {
  run("for i in 1 2 3; do echo o$i; echo e$i >&2; done", true);
  EXPECT_EQ(listener_.output, "o1\ne1\no2\ne2\no3\ne3\n");
  EXPECT_EQ(listener_.errors, "");
}

TEST_F(ChildTest, DeliversOutputThatIsLongerThanAPipe) {
  run("head -c 3000000 /dev/zero");
  EXPECT_EQ(listener_.output, std::string(3000000, '\0'));
}

TEST_F(ChildTest, MayCloseItsStreamsAndLiveOn) {
  run("exec >&- 2>&-; read line < /dev/null; exit 7");
  EXPECT_EQ(listener_.ending, Ending::code(7));
}

TEST_F(ChildTest, EndsAlthoughAProgramThatItStartedHoldsThePipe) {
  run("sleep 1000 & echo started");
  EXPECT_EQ(listener_.output, "started\n");
  EXPECT_EQ(listener_.ending, Ending::code(0));
}

TEST_F(ChildTest, ThrowsIfTheProgramCannotBeStarted) {
  EXPECT_THROW(Child(loop_.reactor(), listener_, {"/no/such/program"}), std::system_error);
}

TEST_F(ChildTest, ManyCanEndAtTheSameTime) {
  Listener all(loop_, 50);
  std::vector<std::unique_ptr<Child>> children;
  for (int i = 0; i < 50; ++i) {
    children.push_back(
        std::make_unique<Child>(loop_.reactor(), all, std::vector<std::string>{"/bin/true"}));
  }
  loop_.run([] {});
  EXPECT_EQ(all.ending, Ending::code(0));
}

TEST_F(ChildTest, ASignalEndsTheLoop) {
  loop_.run([] { ::raise(SIGTERM); });
  EXPECT_EQ(loop_.exitSignal(), SIGTERM);
}

TEST_F(ChildTest, AnExceptionInACallbackEndsTheLoop) {
  try {
    loop_.run([this] {
      loop_.reactor().callLater(Duration(0), [] { throw std::runtime_error("no more paper"); });
    });
    FAIL() << "run returned";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "no more paper");
  }
}

TEST_F(ChildTest, LeavesNoDescriptorOpen) {
  const testing::DescriptorCheck before;
  run("echo hello");
  EXPECT_EQ(before.leaked(), std::vector<std::string>());
}

}  // namespace
}  // namespace poetry
