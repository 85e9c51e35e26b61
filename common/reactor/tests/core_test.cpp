// What a reactor promises about run(), stop(), signals and time. "Case" is the number of a row in
// the list of cases that every reactor of this library has to pass.
#include "reactor/tests/reactor_test.hpp"
#include "support/thread_state.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

#include <sys/resource.h>  // setrlimit
#include <unistd.h>        // getpid, dup

namespace poetry::testing {

namespace {

/// A socket that is readable, with one byte to read.
struct Ringing : RecordingDescriptor {
  Ringing(Story& story, const std::string& name) : Ringing(story, name, Pair()) {}
  Ringing(Story& story, const std::string& name, Pair pair)
      : RecordingDescriptor(story, name, std::move(pair.ours)), other(std::move(pair.theirs)) {
    sendAll(other.get(), "!");
  }

  UniqueFd other;
};

}  // namespace

// === run and stop =============================================================================

// Case 13
TEST_P(ReactorTest, StopBeforeRunIsRefused) {
  EXPECT_THROW(reactor().stop(), ReactorNotRunning);
}

// Case 14
TEST_P(ReactorTest, StopAfterTheEndIsRefused) {
  reactor().callWhenRunning([&] { reactor().stop(); });
  run();
  EXPECT_THROW(reactor().stop(), ReactorNotRunning);
}

// Case 15
TEST_P(ReactorTest, SecondStopIsRefusedAndTheRunEndsCleanly) {
  reactor().callLater(Seconds(0), [&] {
    reactor().stop();
    EXPECT_THROW(reactor().stop(), ReactorNotRunning);
  });
  run();
  EXPECT_EQ(errors_, Errors{});
}

// Case 16
TEST_P(ReactorTest, StopReturnsBeforeAnybodyIsTold) {
  Ringing a(story_, "A");
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().stop();
    story_.push_back("stopped");
    EXPECT_TRUE(reactor().running()) << "the end has been asked for, it has not begun";
    return std::nullopt;
  };
  reactor().addReader(a);
  run();
  EXPECT_EQ(story_, (Story{"A doRead", "stopped", "A connectionLost ConnectionLost"}));
}

// Case 17, and rule 13
TEST_P(ReactorTest, AfterStopWhatIsReadyIsServedAndWhatIsDueIsCalledAndThenComesTheShutdown) {
  Ringing a(story_, "A");
  Ringing b(story_, "B");
  const auto stopAndGoOn = [&]() -> std::optional<Failure> {
    if (story_.size() == 1) {
      reactor().stop();
      reactor().callLater(Seconds(0), [&] { story_.push_back("timer"); });
    }
    return std::nullopt;
  };
  a.onRead = b.onRead = stopAndGoOn;
  reactor().addReader(a);
  reactor().addReader(b);
  run();
  ASSERT_EQ(story_.size(), 5u);
  EXPECT_EQ(count(story_, "A doRead"), 1);
  EXPECT_EQ(count(story_, "B doRead"), 1);
  EXPECT_EQ(story_[2], "timer");
  EXPECT_EQ(count(story_, "A connectionLost ConnectionLost"), 1);
  EXPECT_EQ(count(story_, "B connectionLost ConnectionLost"), 1);
}

// Rule 14
TEST_P(ReactorTest, StopInAStartupHookLetsDueTimersRun) {
  reactor().callLater(Seconds(0), [&] { story_.push_back("timer"); });
  reactor().callWhenRunning([&] {
    reactor().stop();
    reactor().callLater(Seconds(0), [&] { story_.push_back("timer made by the hook"); });
  });
  run();
  EXPECT_EQ(story_, (Story{"timer", "timer made by the hook"}));
}

// Case 18
TEST_P(ReactorTest, RunInsideRunIsRefused) {
  reactor().callWhenRunning([&] {
    EXPECT_THROW(reactor().run(), ReactorAlreadyRunning);
    story_.push_back("hook");
    reactor().stop();
  });
  run();
  EXPECT_EQ(story_, Story{"hook"});
}

// Case 19
TEST_P(ReactorTest, RunAfterStopIsRefused) {
  reactor().callWhenRunning([&] { reactor().stop(); });
  run();
  EXPECT_THROW(reactor().run(), ReactorNotRestartable);
}

// Case 20
TEST_P(ReactorTest, StartupHooksComeInOrderWhenItIsRunning) {
  reactor().callLater(Seconds(0), [&] {
    story_.push_back("timer");
    reactor().stop();
  });
  for (const char* name : {"first", "second", "third"}) {
    reactor().callWhenRunning([&, name] {
      EXPECT_TRUE(reactor().running());
      story_.push_back(name);
    });
  }
  EXPECT_FALSE(reactor().running());
  run();
  EXPECT_EQ(story_, (Story{"first", "second", "third", "timer"}));
  EXPECT_FALSE(reactor().running());
}

TEST_P(ReactorTest, StartupHookThatThrowsIsReportedAndTheNextOneStillComes) {
  reactor().callWhenRunning([] { throw Mishap(); });
  reactor().callWhenRunning([&] { reactor().stop(); });
  run();
  EXPECT_EQ(errors_, (Errors{{"Mishap", "callWhenRunning"}}));
}

TEST_P(ReactorTest, HookGivenToARunningReactorIsCalledAtOnceAndItsExceptionIsTheCallers) {
  reactor().callLater(Seconds(0), [&] {
    reactor().callWhenRunning([&] { story_.push_back("hook"); });
    story_.push_back("after");
    EXPECT_THROW(reactor().callWhenRunning([] { throw Mishap(); }), Mishap);
    reactor().stop();
  });
  run();
  EXPECT_EQ(story_, (Story{"hook", "after"}));
  EXPECT_EQ(errors_, Errors{});
}

// Case 24
TEST_P(ReactorTest, TimerCanStopTheReactor) {
  reactor().callLater(Seconds(0), [&] { reactor().stop(); });
  run();
  EXPECT_FALSE(reactor().running());
}

// === Signals ==================================================================================

namespace {

void handleSomehow(int /*signal*/) {}

void (*handlerOf(int signal))(int) {
  struct sigaction action {};
  ::sigaction(signal, nullptr, &action);
  return action.sa_handler;
}

/// Puts the process's handlers back as they were, whatever a test does to them.
struct RestoreHandlers {
  RestoreHandlers() {
    ::sigaction(SIGINT, nullptr, &oldInt);
    ::sigaction(SIGTERM, nullptr, &oldTerm);
  }
  ~RestoreHandlers() {
    ::sigaction(SIGINT, &oldInt, nullptr);
    ::sigaction(SIGTERM, &oldTerm, nullptr);
  }
  RestoreHandlers(const RestoreHandlers&) = delete;
  RestoreHandlers& operator=(const RestoreHandlers&) = delete;

  struct sigaction oldInt {};
  struct sigaction oldTerm {};
};

}  // namespace

// Case 70
TEST_P(ReactorTest, InterruptWakesTheIdleLoopAndEndsTheRunInOrder) {
  Pair pair;
  RecordingDescriptor a(story_, "A", std::move(pair.ours));
  reactor().addReader(a);
  std::thread user;
  reactor().callWhenRunning([&] {
    user = std::thread([loop = ::gettid()] {
      waitUntilAsleep(loop);
      ::kill(::getpid(), SIGINT);
    });
  });
  run(true);
  user.join();
  EXPECT_EQ(story_, Story{"A connectionLost ConnectionLost"});
  EXPECT_EQ(reactor().exitSignal(), SIGINT);
}

TEST_P(ReactorTest, TerminationSignalEndsTheRunInOrder) {
  Pair pair;
  RecordingDescriptor a(story_, "A", std::move(pair.ours));
  reactor().addReader(a);
  reactor().callWhenRunning([] { ::raise(SIGTERM); });
  run(true);
  EXPECT_EQ(story_, Story{"A connectionLost ConnectionLost"});
  EXPECT_EQ(reactor().exitSignal(), SIGTERM);
}

// Case 70
TEST_P(ReactorTest, SecondInterruptDuringTheShutdownIsOnlyReported) {
  Pair pair;
  RecordingDescriptor a(story_, "A", std::move(pair.ours));
  a.onLost = [](const Failure& /*reason*/) { ::raise(SIGINT); };
  reactor().addReader(a);
  reactor().callWhenRunning([] { ::raise(SIGINT); });
  run(true);
  EXPECT_EQ(story_, Story{"A connectionLost ConnectionLost"});
  EXPECT_EQ(errors_, (Errors{{"ReactorNotRunning", "the handler of signal 2"}}));
}

TEST_P(ReactorTest, InterruptInTheTurnOfAStopIsWhatEndedTheRun) {
  reactor().callWhenRunning([&] {
    ::raise(SIGINT);
    reactor().stop();
  });
  run(true);
  EXPECT_EQ(errors_, Errors());
  EXPECT_EQ(reactor().exitSignal(), SIGINT);
}

TEST_P(ReactorTest, SecondInterruptBeforeTheLoopHasSeenTheFirstEndsTheProgram) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        reactor().callWhenRunning([] {
          ::raise(SIGINT);
          ::raise(SIGINT);  // a callback that never returns could not be stopped otherwise
        });
        run(true);
      },
      ::testing::KilledBySignal(SIGINT), "");
}

// Case 70
TEST_P(ReactorTest, CustomInterruptHandlerIsLeftAloneAndTheOthersArePutBack) {
  const RestoreHandlers restore;
  std::signal(SIGINT, &handleSomehow);
  std::signal(SIGTERM, &handleSomehow);
  reactor().callWhenRunning([&] {
    EXPECT_EQ(handlerOf(SIGINT), &handleSomehow);
    EXPECT_NE(handlerOf(SIGTERM), &handleSomehow) << "SIGTERM always is ours";
    reactor().stop();
  });
  run(true);
  EXPECT_EQ(handlerOf(SIGINT), &handleSomehow);
  EXPECT_EQ(handlerOf(SIGTERM), &handleSomehow);
}

TEST_P(ReactorTest, DefaultHandlersArePutBack) {
  const RestoreHandlers restore;
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  reactor().callWhenRunning([&] {
    EXPECT_NE(handlerOf(SIGINT), SIG_DFL);
    EXPECT_NE(handlerOf(SIGTERM), SIG_DFL);
    reactor().stop();
  });
  run(true);
  EXPECT_EQ(handlerOf(SIGINT), SIG_DFL);
  EXPECT_EQ(handlerOf(SIGTERM), SIG_DFL);
}

TEST_P(ReactorTest, HandlersAreLeftAloneWhenTheProgramWantsIt) {
  const RestoreHandlers restore;
  std::signal(SIGTERM, &handleSomehow);
  reactor().callWhenRunning([&] {
    EXPECT_EQ(handlerOf(SIGTERM), &handleSomehow);
    reactor().stop();
  });
  run(false);
}

// === Time =====================================================================================

// Case 42
TEST_P(ReactorTest, CancelledTimerDoesNotRunAndCannotBeCancelledAgain) {
  const auto call = reactor().callLater(Seconds(0), [&] { story_.push_back("timer"); });
  call->cancel();
  EXPECT_FALSE(call->active());
  stopAfterTurns(2);
  run();
  EXPECT_EQ(story_, Story{});
  EXPECT_THROW(call->cancel(), AlreadyCancelled);
  EXPECT_THROW(call->reset(Seconds(1)), AlreadyCancelled);
  EXPECT_THROW(call->delay(Seconds(1)), AlreadyCancelled);
}

// Case 43
TEST_P(ReactorTest, TimerThatRunsOrHasRunCannotBeCancelled) {
  std::shared_ptr<IDelayedCall> call;
  call = reactor().callLater(Seconds(0), [&] {
    EXPECT_FALSE(call->active());
    EXPECT_THROW(call->cancel(), AlreadyCalled);
    story_.push_back("timer");
    reactor().stop();
  });
  EXPECT_TRUE(call->active());
  run();
  EXPECT_EQ(story_, Story{"timer"});
  EXPECT_THROW(call->cancel(), AlreadyCalled);
  EXPECT_THROW(call->reset(Seconds(1)), AlreadyCalled);
  EXPECT_THROW(call->delay(Seconds(1)), AlreadyCalled);
}

// Case 44
TEST_P(ReactorTest, TimerCancelledByAnotherThatIsDueWithItDoesNotRun) {
  std::shared_ptr<IDelayedCall> second;
  reactor().callLater(Seconds(0), [&] { second->cancel(); });
  second = reactor().callLater(Seconds(0), [&] { story_.push_back("second"); });
  stopAfterTurns(1);
  run();
  EXPECT_EQ(story_, Story{});
}

// Case 45
TEST_P(ReactorTest, TimerMadeByATimerWaitsUntilWhatIsReadableHasBeenRead) {
  Ringing a(story_, "A");
  reactor().addReader(a);
  reactor().callLater(Seconds(0), [&] {
    story_.push_back("timer");
    reactor().callLater(Seconds(0), [&] {
      story_.push_back("timer of the timer");
      reactor().removeAll();
      reactor().stop();
    });
  });
  run();
  EXPECT_EQ(story_, (Story{"timer", "A doRead", "timer of the timer"}));
}

// Case 46
TEST_P(ReactorTest, TimersOfOneInstantRunInTheOrderInWhichTheyWereMade) {
  freezeClock();
  for (int i = 1; i <= 8; ++i) {
    reactor().callLater(Seconds(5), [&, i] { story_.push_back(std::to_string(i)); });
  }
  reactor().callWhenRunning([&] { now_ = Seconds(5); });
  stopAfterTurns(1);
  run();
  EXPECT_EQ(story_, (Story{"1", "2", "3", "4", "5", "6", "7", "8"}));
}

TEST_P(ReactorTest, TimersRunInTheOrderOfTheirDeadlines) {
  freezeClock();
  for (const int deadline : {3, 1, 2}) {
    reactor().callLater(Seconds(deadline),
                        [&, deadline] { story_.push_back(std::to_string(deadline)); });
  }
  reactor().callWhenRunning([&] { now_ = Seconds(3); });
  stopAfterTurns(1);
  run();
  EXPECT_EQ(story_, (Story{"1", "2", "3"}));
}

// Case 47
TEST_P(ReactorTest, TimersThatAreResetRunInTheOrderOfTheirNewDeadlines) {
  freezeClock();
  const auto timer = [&](const char* name, double delay) {
    return reactor().callLater(Seconds(delay), [&, name] { story_.push_back(name); });
  };
  const auto later = timer("reset to 6", 2);
  const auto sooner = timer("reset to 1", 4);
  timer("3", 3);
  std::shared_ptr<IDelayedCall> byAnother;
  reactor().callLater(Seconds(2), [&] {
    story_.push_back("2 resets 9 to 3.5");
    byAnother->reset(Seconds(-3.5));
  });
  byAnother = timer("reset to 3.5", 9);
  later->reset(Seconds(6));
  sooner->reset(Seconds(1));
  reactor().callWhenRunning([&] { now_ = Seconds(7); });
  stopAfterTurns(1);
  run();
  EXPECT_EQ(story_, (Story{"reset to 1", "2 resets 9 to 3.5", "3", "reset to 3.5", "reset to 6"}));
}

// Case 47: the loop has to be woken for the new deadline, not for the old one
TEST_P(ReactorTest, TimerResetToSoonerIsSeenByTheNextPoll) {
  const auto call = reactor().callLater(Seconds(1e6), [&] { reactor().stop(); });
  reactor().callLater(Seconds(0), [&] { call->reset(Seconds(0.001)); });
  run();
  EXPECT_FALSE(call->active());
}

// Case 48
TEST_P(ReactorTest, DelayCountsFromTheOldDeadlineAndResetFromNow) {
  freezeClock();
  const auto call = reactor().callLater(Seconds(50), [&] {
    story_.push_back("called");
    reactor().stop();
  });
  reactor().callWhenRunning([&] {
    now_ = Seconds(10);
    call->delay(Seconds(20));
    EXPECT_EQ(call->getTime(), Seconds(70));
    now_ = Seconds(25);
    call->reset(Seconds(15));
    EXPECT_EQ(call->getTime(), Seconds(40));
    call->delay(Seconds(-5));
    EXPECT_EQ(call->getTime(), Seconds(35));
    now_ = Seconds(35);
  });
  run();
  EXPECT_EQ(story_, Story{"called"});
}

// Case 49
TEST_P(ReactorTest, DelayThatIsNegativeOrNoNumberIsRefusedAtTheCall) {
  const auto never = [] { ADD_FAILURE() << "it was scheduled"; };
  EXPECT_THROW(reactor().callLater(Seconds(-1), never), std::invalid_argument);
  EXPECT_THROW(reactor().callLater(Seconds(std::nan("")), never), std::invalid_argument);
  EXPECT_EQ(reactor().getDelayedCalls().size(), 0u);
}

// Case 50
TEST_P(ReactorTest, AbsurdlyFarTimerNeitherDelaysTheEndNorRuns) {
  const auto never = [] { ADD_FAILURE() << "it was called"; };
  const auto far = reactor().callLater(Seconds(std::exp2(128)), never);
  const auto infinite =
      reactor().callLater(Seconds(std::numeric_limits<double>::infinity()), never);
  Ringing a(story_, "A");
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().stop();
    return Failure(ConnectionDone());
  };
  reactor().addReader(a);
  run();
  EXPECT_TRUE(far->active());
  EXPECT_TRUE(infinite->active());
  EXPECT_EQ(reactor().getDelayedCalls().size(), 2u);
}

TEST_P(ReactorTest, HandleOfATimerMayOutliveTheReactor) {
  const auto call = reactor().callLater(Seconds(1), [] {});
  destroyReactor();
  EXPECT_FALSE(call->active());
  EXPECT_THROW(call->cancel(), AlreadyCancelled);
}

// Case 51
TEST_P(ReactorTest, DelayedCallsAreThoseThatAreStillToCome) {
  const auto called = reactor().callLater(Seconds(0), [] {});
  const auto cancelled = reactor().callLater(Seconds(1), [] {});
  const auto pending = reactor().callLater(Seconds(1), [] {});
  EXPECT_EQ(reactor().getDelayedCalls().size(), 3u);
  cancelled->cancel();
  reactor().callLater(Seconds(0), [&] { reactor().stop(); });
  run();
  EXPECT_EQ(reactor().getDelayedCalls(), std::vector<std::shared_ptr<IDelayedCall>>{pending});
  EXPECT_FALSE(called->active());
  EXPECT_FALSE(cancelled->active());
  EXPECT_TRUE(pending->active()) << "a timer survives the end of the run";
}

TEST_P(ReactorTest, TimerThatThrowsIsReportedAndTheOthersOfItsTurnStillRun) {
  reactor().callLater(Seconds(0), [] { throw Mishap(); });
  reactor().callLater(Seconds(0), [&] { reactor().stop(); });
  run();
  EXPECT_EQ(errors_, (Errors{{"Mishap", "callLater"}}));
}

// Rule 18
TEST_P(ReactorTest, TimersOfATurnRunBeforeItsDescriptors) {
  Ringing a(story_, "A");
  reactor().addReader(a);
  reactor().callLater(Seconds(0), [&] { story_.push_back("timer"); });
  stopAfterTurns(1);
  run();
  EXPECT_EQ(story_[0], "timer");
  EXPECT_EQ(story_[1], "A doRead");
}

// Rule 18
TEST_P(ReactorTest, TimerThatFallsDueDuringAReadRunsAfterTheOtherReads) {
  freezeClock();
  Ringing a(story_, "A");
  Ringing b(story_, "B");
  a.onRead = b.onRead = [&]() -> std::optional<Failure> {
    now_ = Seconds(1);
    return Failure(ConnectionDone());
  };
  reactor().addReader(a);
  reactor().addReader(b);
  reactor().callLater(Seconds(1), [&] {
    story_.push_back("timer");
    reactor().stop();
  });
  run();
  EXPECT_EQ(story_.back(), "timer");
  EXPECT_EQ(story_.size(), 5u);
}

TEST_P(ReactorTest, ReadsTheSystemsMonotonicClockUnlessGivenOne) {
  const Seconds before = std::chrono::steady_clock::now().time_since_epoch();
  const Seconds told = reactor().seconds();
  const Seconds after = std::chrono::steady_clock::now().time_since_epoch();
  EXPECT_LE(before, told);
  EXPECT_LE(told, after);
  freezeClock(Seconds(1000));
  EXPECT_EQ(reactor().seconds(), Seconds(1000));
}

// === What a reactor is made of ================================================================

TEST_P(ReactorTest, ReactorsMayBeMadeOneAfterTheOther) {
  for (int i = 0; i < 3; ++i) {
    remakeReactor();
    reactor().callWhenRunning([&] { reactor().stop(); });
    run(true);
  }
}

/// The descriptor that epoll has for a reactor made now: the one that is new.
int descriptorOfEpoll(const std::vector<std::string>& before) {
  for (const std::string& entry : openDescriptors()) {
    const bool isNew = std::find(before.begin(), before.end(), entry) == before.end();
    if (isNew && entry.find("[eventpoll]") != std::string::npos) {
      return std::stoi(entry);
    }
  }
  return -1;
}

TEST(RunTest, ThatEndsWithAnExceptionIsOver) {
  std::signal(SIGTERM, SIG_DFL);
  const std::vector<std::string> before = openDescriptors();
  Reactor reactor({.demultiplexer = "epoll"});
  const int epoll = descriptorOfEpoll(before);
  ASSERT_GE(epoll, 0);
  reactor.callWhenRunning(
      [epoll] { ::dup2(STDERR_FILENO, epoll); });  // there is no waiting with it
  EXPECT_THROW(reactor.run(), std::runtime_error);
  EXPECT_FALSE(reactor.running());
  EXPECT_THROW(reactor.stop(), ReactorNotRunning);
  EXPECT_THROW(reactor.run(), ReactorNotRestartable);
  EXPECT_EQ(std::signal(SIGTERM, SIG_DFL), SIG_DFL) << "signals mean what they meant before";
}

TEST_P(ReactorTest, WhatOnErrorThrowsEndsTheRun) {
  options_.onError = [](const Failure& /*error*/, std::string_view /*where*/) { throw Mishap(); };
  remakeReactor();
  reactor().callWhenRunning([] { throw std::runtime_error("told to onError"); });
  EXPECT_THROW(reactor().run(false), Mishap);
  EXPECT_FALSE(reactor().running());
}

TEST(ReactorOptionsTest, SelectIsRefusedWhereItCannotWatchWhatItNeedsItself) {
  const std::vector<UniqueFd> taken = takeAllThatSelectCanWatch();
  if (taken.empty()) {
    GTEST_SKIP() << "the system grants no descriptor that select cannot watch";
  }
  EXPECT_THROW(Reactor({.demultiplexer = "select"}), std::system_error);
  EXPECT_NO_THROW(Reactor({.demultiplexer = "poll"}));
}

TEST(ReactorOptionsTest, EnvironmentDoesNotChangeHowDescriptorsAreWatched) {
  ::setenv("EVENT_EPOLL_USE_CHANGELIST", "1", 1);
  Story story;
  RecordingDescriptor closed(story, "closed", UniqueFd());
  closed.claimedNumber = UniqueFd(::dup(STDERR_FILENO)).get();
  Reactor reactor({.demultiplexer = "epoll"});
  EXPECT_THROW(reactor.addReader(closed), std::system_error);
  ::unsetenv("EVENT_EPOLL_USE_CHANGELIST");
}

TEST(ReactorOptionsTest, UnknownDemultiplexerIsRefused) {
  EXPECT_THROW(Reactor(ReactorOptions{.demultiplexer = "kqueue-of-mars"}), std::invalid_argument);
}

TEST(ReactorOptionsTest, ReactorThatGetsTooFewDescriptorsThrowsAndKeepsNone) {
  rlimit old{};
  ::getrlimit(RLIMIT_NOFILE, &old);
  const DescriptorCheck descriptors;
  rlimit limit = old;
  limit.rlim_cur = static_cast<rlim_t>(UniqueFd(::dup(STDIN_FILENO)).get());
  int refusals = 0;
  for (bool isMade = false; !isMade; ++limit.rlim_cur) {
    ::setrlimit(RLIMIT_NOFILE, &limit);
    try {
      const Reactor reactor;
      isMade = true;
    } catch (const std::system_error& error) {
      EXPECT_EQ(error.code().value(), EMFILE);
      ++refusals;
    }
    ::setrlimit(RLIMIT_NOFILE, &old);
    EXPECT_EQ(descriptors.leaked(), std::vector<std::string>());
  }
  EXPECT_GE(refusals, 2) << "without epoll's descriptor, and without the pipe for signals";
}

TEST(ReactorOptionsTest, ThisSystemHasThreeDemultiplexers) {
  EXPECT_EQ(Reactor::demultiplexers(), (std::vector<std::string>{"epoll", "poll", "select"}));
}

}  // namespace poetry::testing
