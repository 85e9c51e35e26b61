// The queue of timers, without a loop: driven by a clock that a test sets.
#include "reactor/delayed_calls.hpp"

#include "support/clock.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace poetry::testing {

namespace {

using Story = std::vector<std::string>;

class ClockTest : public ::testing::Test {
 protected:
  /// A timer that writes its name down.
  std::shared_ptr<IDelayedCall> timer(const std::string& name, double delay) {
    return clock_.callLater(Seconds(delay), [this, name] { story_.push_back(name); });
  }

  Clock clock_;
  Story story_;
};

}  // namespace

TEST_F(ClockTest, CallComesWhenItIsDueAndNotBefore) {
  timer("timer", 5);
  clock_.advance(Seconds(4.5));
  EXPECT_EQ(story_, Story{});
  clock_.advance(Seconds(0.5));
  EXPECT_EQ(story_, Story{"timer"});
  clock_.advance(Seconds(100));
  EXPECT_EQ(story_, Story{"timer"}) << "once";
}

TEST_F(ClockTest, PumpTakesOneStepAfterTheOther) {
  std::vector<double> times;
  for (const double delay : {1.0, 3.0}) {
    clock_.callLater(Seconds(delay), [&] { times.push_back(clock_.seconds().count()); });
  }
  clock_.pump({Seconds(1), Seconds(1), Seconds(1)});
  EXPECT_EQ(times, (std::vector<double>{1, 3}));
}

// Case 42
TEST_F(ClockTest, CancelledCallNeverComesAndCannotBeCancelledAgain) {
  const auto call = timer("cancelled", 1);
  call->cancel();
  EXPECT_FALSE(call->active());
  EXPECT_THROW(call->cancel(), AlreadyCancelled);
  EXPECT_THROW(call->reset(Seconds(1)), AlreadyCancelled);
  EXPECT_THROW(call->delay(Seconds(1)), AlreadyCancelled);
  clock_.pump({Seconds(1), Seconds(1)});
  EXPECT_EQ(story_, Story{});
}

// Case 43
TEST_F(ClockTest, CallThatIsRunningOrHasRunCannotBeCancelled) {
  std::shared_ptr<IDelayedCall> call;
  call = clock_.callLater(Seconds(1), [&] {
    story_.push_back("called");
    EXPECT_FALSE(call->active());
    EXPECT_THROW(call->cancel(), AlreadyCalled);
  });
  clock_.advance(Seconds(1));
  EXPECT_EQ(story_, Story{"called"});
  EXPECT_THROW(call->cancel(), AlreadyCalled);
  EXPECT_THROW(call->reset(Seconds(1)), AlreadyCalled);
  EXPECT_THROW(call->delay(Seconds(1)), AlreadyCalled);
}

// Both kinds of misuse are of one kind, as in Twisted, where they are ValueErrors.
TEST_F(ClockTest, MisuseOfAHandleIsAnInvalidArgument) {
  const auto call = timer("cancelled", 1);
  call->cancel();
  EXPECT_THROW(call->cancel(), std::invalid_argument);
  const auto called = timer("called", 0);
  clock_.advance(Seconds(0));
  EXPECT_THROW(called->cancel(), std::invalid_argument);
}

// Case 44
TEST_F(ClockTest, CallCancelledByAnotherThatIsDueWithItDoesNotCome) {
  std::shared_ptr<IDelayedCall> second;
  clock_.callLater(Seconds(1), [&] { second->cancel(); });
  second = timer("second", 1);
  clock_.advance(Seconds(1));
  EXPECT_EQ(story_, Story{});
}

// Case 46
TEST_F(ClockTest, CallsOfOneInstantComeInTheOrderInWhichTheyWereMade) {
  for (const char* name : {"1", "2", "3", "4", "5", "6", "7", "8"}) {
    timer(name, 5);
  }
  clock_.advance(Seconds(5));
  EXPECT_EQ(story_, (Story{"1", "2", "3", "4", "5", "6", "7", "8"}));
}

TEST_F(ClockTest, CallsComeInTheOrderOfTheirDeadlinesAlsoWhenAllAreLate) {
  timer("3", 3);
  timer("1", 1);
  timer("2", 2);
  clock_.advance(Seconds(10));
  EXPECT_EQ(story_, (Story{"1", "2", "3"}));
}

// Case 47
TEST_F(ClockTest, ResetMovesACallBeforeAndBehindOthers) {
  const auto later = timer("later", 1);
  const auto sooner = timer("sooner", 3);
  timer("middle", 2);
  later->reset(Seconds(4));
  sooner->reset(Seconds(1));
  clock_.advance(Seconds(5));
  EXPECT_EQ(story_, (Story{"sooner", "middle", "later"}));
}

// Case 47
TEST_F(ClockTest, CallMayResetAnotherOneIntoThisTurnAndOutOfIt) {
  const auto intoIt = timer("into it", 50);
  const auto outOfIt = timer("out of it", 2);
  clock_.callLater(Seconds(1), [&] {
    intoIt->reset(Seconds(0));
    outOfIt->reset(Seconds(1));
  });
  clock_.advance(Seconds(3));
  EXPECT_EQ(story_, Story{"into it"});
  clock_.advance(Seconds(1));
  EXPECT_EQ(story_, (Story{"into it", "out of it"}));
}

// Case 48
TEST_F(ClockTest, DelayCountsFromTheDeadlineAndResetFromNow) {
  const auto call = timer("timer", 50);
  clock_.advance(Seconds(10));
  call->delay(Seconds(20));
  EXPECT_EQ(call->getTime(), Seconds(70)) << "sixty from now";
  clock_.advance(Seconds(15));
  call->reset(Seconds(15));
  EXPECT_EQ(call->getTime(), Seconds(40));
  call->delay(Seconds(-10));
  EXPECT_EQ(call->getTime(), Seconds(30)) << "a negative delay is sooner";
  call->reset(Seconds(-5));
  EXPECT_EQ(call->getTime(), Seconds(20)) << "and a negative reset is overdue";
  clock_.advance(Seconds(0));
  EXPECT_EQ(story_, Story{"timer"});
}

// Case 48: what a poll would have to wait
TEST(DelayedCallsTest, NextDeadlineFollowsEveryChangeAndIsNoneWithoutCalls) {
  Seconds now(0);
  DelayedCalls calls([&] { return now; });
  EXPECT_EQ(calls.nextDeadline(), std::nullopt);
  const auto call = calls.callLater(Seconds(50), [] {});
  now = Seconds(10);
  call->delay(Seconds(20));
  EXPECT_EQ(calls.nextDeadline(), Seconds(70));
  call->reset(Seconds(15));
  EXPECT_EQ(calls.nextDeadline(), Seconds(25));
  call->cancel();
  EXPECT_EQ(calls.nextDeadline(), std::nullopt);
  EXPECT_EQ(calls.size(), 0u);
}

// Case 49
TEST_F(ClockTest, DelayThatIsNegativeOrNoNumberIsRefusedAtTheCall) {
  EXPECT_THROW(timer("never", -0.001), std::invalid_argument);
  EXPECT_THROW(timer("never", std::nan("")), std::invalid_argument);
  EXPECT_THROW(clock_.callLater(Seconds(1), nullptr), std::invalid_argument);
  EXPECT_EQ(clock_.getDelayedCalls().size(), 0u);
}

TEST_F(ClockTest, ResetToNoNumberIsRefusedAndChangesNothing) {
  const auto call = timer("timer", 1);
  EXPECT_THROW(call->reset(Seconds(std::nan(""))), std::invalid_argument);
  EXPECT_THROW(call->delay(Seconds(std::nan(""))), std::invalid_argument);
  EXPECT_EQ(call->getTime(), Seconds(1));
  clock_.advance(Seconds(1));
  EXPECT_EQ(story_, Story{"timer"});
}

// Case 50
TEST_F(ClockTest, AbsurdlyFarCallStaysPending) {
  const auto far = timer("far", std::exp2(128));
  const auto infinite = timer("infinite", std::numeric_limits<double>::infinity());
  clock_.advance(Seconds(1e12));
  EXPECT_TRUE(far->active());
  EXPECT_TRUE(infinite->active());
  EXPECT_EQ(clock_.getDelayedCalls().size(), 2u);
}

// Case 51
TEST_F(ClockTest, DelayedCallsAreThoseToComeSoonestFirst) {
  const auto late = timer("late", 3);
  const auto cancelled = timer("cancelled", 2);
  const auto called = timer("called", 1);
  clock_.advance(Seconds(1));
  cancelled->cancel();
  const auto soon = timer("soon", 1);
  EXPECT_EQ(clock_.getDelayedCalls(), (std::vector<std::shared_ptr<IDelayedCall>>{soon, late}));
  EXPECT_FALSE(called->active());
  EXPECT_TRUE(late->active());
}

TEST_F(ClockTest, CallMadeByACallWaitsForTheNextTurnAlsoWithoutDelay) {
  clock_.callLater(Seconds(0), [&] {
    story_.push_back("first");
    timer("second", 0);
  });
  clock_.advance(Seconds(10));
  EXPECT_EQ(story_, Story{"first"});
  clock_.advance(Seconds(0));
  EXPECT_EQ(story_, (Story{"first", "second"}));
}

TEST_F(ClockTest, ExceptionOfACallLeavesAdvanceAndTheOthersComeNextTime) {
  clock_.callLater(Seconds(1), [] { throw std::runtime_error("mishap"); });
  timer("other", 1);
  EXPECT_THROW(clock_.advance(Seconds(1)), std::runtime_error);
  EXPECT_EQ(story_, Story{});
  clock_.advance(Seconds(0));
  EXPECT_EQ(story_, Story{"other"});
}

TEST_F(ClockTest, TimeDoesNotRunBackwards) {
  EXPECT_THROW(clock_.advance(Seconds(-1)), std::invalid_argument);
  EXPECT_EQ(clock_.seconds(), Seconds(0));
}

TEST(DelayedCallsTest, HandleOutlivesTheQueueAndCountsAsCancelledThen) {
  std::shared_ptr<IDelayedCall> call;
  {
    Clock clock;
    call = clock.callLater(Seconds(1), [] {});
    EXPECT_TRUE(call->active());
  }
  EXPECT_FALSE(call->active());
  EXPECT_THROW(call->cancel(), AlreadyCancelled);
}

TEST(DelayedCallsTest, CallAndWhatItHoldsIsDestroyedWhenItHasRunOrWasCancelled) {
  Clock clock;
  const auto held = std::make_shared<int>(0);
  const auto called = clock.callLater(Seconds(0), [held] {});
  const auto cancelled = clock.callLater(Seconds(0), [held] {});
  EXPECT_EQ(held.use_count(), 3);
  cancelled->cancel();
  EXPECT_EQ(held.use_count(), 2);
  clock.advance(Seconds(0));
  EXPECT_EQ(held.use_count(), 1) << "although its handle is still there";
}

TEST(DelayedCallsTest, WhatAPendingCallHoldsGoesWithTheQueueAlthoughItHoldsTheHandle) {
  struct Owner {
    std::shared_ptr<IDelayedCall> call;
  };
  const auto owner = std::make_shared<Owner>();
  {
    Clock clock;
    owner->call = clock.callLater(Seconds(1), [owner] {});
    EXPECT_EQ(owner.use_count(), 2);
  }
  EXPECT_EQ(owner.use_count(), 1);
}

TEST(DelayedCallsTest, CallMayBeAllThatKeepsTheObjectThatCancelsIt) {
  struct Owner {
    std::shared_ptr<IDelayedCall> call;
  };
  Clock clock;
  auto owner = std::make_shared<Owner>();
  Owner* const raw = owner.get();
  raw->call = clock.callLater(Seconds(1), [owner] {});
  owner.reset();
  const std::shared_ptr<IDelayedCall> call = raw->call;
  call->cancel();  // destroys the owner, from inside the cancel() of one of its members
  EXPECT_EQ(clock.getDelayedCalls().size(), 0u);
}

}  // namespace poetry::testing
