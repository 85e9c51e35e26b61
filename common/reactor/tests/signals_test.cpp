// SIGINT and SIGTERM: the first one ends the run, the second one ends the process.
#include "reactor/tests/reactor_test.hpp"
#include "support/thread_state.hpp"

#include <csignal>
#include <thread>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace poetry::testing {

namespace {

void ownHandler(int /*signal*/) {}

void (*handlerOf(int signal))(int) {
  struct sigaction action {};
  ::sigaction(signal, nullptr, &action);
  return action.sa_handler;
}

class SignalTest : public ReactorFixture {
 protected:
  SignalTest() {
    // A shell that starts the tests in the background makes them ignore SIGINT.
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
  }
  ~SignalTest() override {
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
  }
  SignalTest(const SignalTest&) = delete;
  SignalTest& operator=(const SignalTest&) = delete;
};

}  // namespace

TEST_F(SignalTest, InterruptWakesTheSleepingLoopAndShutsItDown) {
  RecordingDescriptor a(story_, "A");
  reactor().addReader(a);
  std::thread user;
  reactor().callWhenRunning([&] {
    user = std::thread([loop = ::gettid()] {
      waitUntilAsleep(loop);
      ::kill(::getpid(), SIGINT);
    });
  });
  reactor().run();
  user.join();
  EXPECT_EQ(story_, Story{"A connectionLost ConnectionLost"});
  EXPECT_EQ(reactor().exitSignal(), SIGINT);
}

TEST_F(SignalTest, TerminationSignalShutsTheLoopDownAlsoAfterRemoveAll) {
  RecordingDescriptor a(story_, "A");
  reactor().addReader(a);
  reactor().callWhenRunning([&] {
    EXPECT_EQ(reactor().getReaders().size(), 1u) << "the pipe for signals does not show";
    EXPECT_EQ(reactor().removeAll().size(), 1u);
    ::raise(SIGTERM);
  });
  reactor().run();
  EXPECT_EQ(story_, Story{});
  EXPECT_EQ(reactor().exitSignal(), SIGTERM);
}

TEST_F(SignalTest, SignalThatComesTogetherWithStopOrDuringTheShutdownIsTheExitSignal) {
  for (const bool comesDuringShutdown : {false, true}) {
    makeReactor();
    RecordingDescriptor a(story_, "A");
    a.onLost = [&](const Failure& /*reason*/) {
      if (comesDuringShutdown) {
        ::raise(SIGINT);
      }
    };
    reactor().addReader(a);
    reactor().callWhenRunning([&] {
      if (!comesDuringShutdown) {
        ::raise(SIGINT);
      }
      reactor().stop();
    });
    reactor().run();
    EXPECT_EQ(reactor().exitSignal(), SIGINT);
    EXPECT_EQ(errors_, Errors());
  }
}

namespace {

/// What the child process of the next test does. Its reactor gets a SIGINT, and one of its
/// callbacks never returns. Writes a byte to `blocked` from inside that callback.
[[noreturn]] void blockInACallback(bool blocksDuringShutdown, const UniqueFd& blocked) {
  ::alarm(10);
  const auto block = [&] {
    [[maybe_unused]] const ssize_t written = ::write(blocked.get(), "!", 1);
    while (true) {
      ::pause();
    }
  };
  Story story;
  RecordingDescriptor a(story, "A");
  a.onLost = [&](const Failure& /*reason*/) { block(); };
  Reactor reactor;
  reactor.addReader(a);
  reactor.callWhenRunning([&] {
    ::raise(SIGINT);
    if (!blocksDuringShutdown) {
      block();
    }
  });
  reactor.run();
  ::_exit(0);
}

}  // namespace

TEST_F(SignalTest, SecondSignalEndsTheProcessThoughACallbackBlocks) {
  for (const bool blocksDuringShutdown : {false, true}) {
    for (const int second : {SIGINT, SIGTERM}) {
      Pipe blocked = makePipe();
      const pid_t child = ::fork();
      ASSERT_GE(child, 0);
      if (child == 0) {
        blockInACallback(blocksDuringShutdown, blocked.writeEnd);
      }
      blocked.writeEnd.reset();
      pollfd readable{blocked.readEnd.get(), POLLIN, 0};
      ASSERT_EQ(::poll(&readable, 1, -1), 1);
      ::kill(child, second);
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == second)
          << "second signal " << second << (blocksDuringShutdown ? " during the shutdown" : "");
    }
  }
}

TEST_F(SignalTest, HandlersAreRestoredAfterTheRun) {
  reactor().callWhenRunning([&] {
    EXPECT_NE(handlerOf(SIGINT), SIG_DFL);
    EXPECT_NE(handlerOf(SIGTERM), SIG_DFL);
    reactor().stop();
  });
  reactor().run();
  EXPECT_EQ(handlerOf(SIGINT), SIG_DFL);
  EXPECT_EQ(handlerOf(SIGTERM), SIG_DFL);
}

TEST_F(SignalTest, HandlersAreRestoredWhenTheRunEndsWithAnException) {
  options_.onError = [](const Failure& /*error*/, std::string_view /*where*/) { throw Mishap(); };
  makeReactor();
  reactor().callWhenRunning([] { throw Mishap(); });
  EXPECT_THROW(reactor().run(), Mishap);
  EXPECT_EQ(handlerOf(SIGTERM), SIG_DFL);
}

TEST_F(SignalTest, OwnHandlerOfSigintIsLeftAloneAndThatOfSigtermIsReplacedForTheRun) {
  std::signal(SIGINT, &ownHandler);
  std::signal(SIGTERM, &ownHandler);
  reactor().callWhenRunning([&] {
    EXPECT_EQ(handlerOf(SIGINT), &ownHandler);
    EXPECT_NE(handlerOf(SIGTERM), &ownHandler);
    reactor().stop();
  });
  reactor().run();
  EXPECT_EQ(handlerOf(SIGINT), &ownHandler);
  EXPECT_EQ(handlerOf(SIGTERM), &ownHandler);
}

TEST_F(SignalTest, NoHandlerIsInstalledUnlessRunIsAskedTo) {
  reactor().callWhenRunning([&] {
    EXPECT_EQ(handlerOf(SIGINT), SIG_DFL);
    EXPECT_EQ(handlerOf(SIGTERM), SIG_DFL);
    reactor().stop();
  });
  reactor().run(false);
}

}  // namespace poetry::testing
