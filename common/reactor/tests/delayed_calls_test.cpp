// The queue of timers, without a loop. The test is the clock.
#include "reactor/delayed_calls.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace poetry::testing {

namespace {

using Story = std::vector<std::string>;

class DelayedCallsTest : public ::testing::Test {
 protected:
  /// A call that records its name.
  std::shared_ptr<IDelayedCall> timer(const std::string& name, double delay) {
    return calls_->callLater(Duration(delay), [this, name] { story_.push_back(name); });
  }

  /// Lets time pass and runs what is due, as one iteration of the reactor's loop does.
  void advance(double seconds) {
    now_ += Duration(seconds);
    const TimePoint now = now_;
    const std::uint64_t firstNewSequence = calls_->nextSequence();
    while (const std::function<void()> call = calls_->takeDue(now, firstNewSequence)) {
      call();
    }
  }

  static TimePoint at(double seconds) { return TimePoint(Duration(seconds)); }

  TimePoint now_{};
  std::unique_ptr<DelayedCalls> calls_ = std::make_unique<DelayedCalls>([this] { return now_; });
  Story story_;
};

}  // namespace

TEST_F(DelayedCallsTest, CallRunsOnceWhenItIsDueAndNotBefore) {
  timer("timer", 5);
  advance(4.5);
  EXPECT_EQ(story_, Story{});
  advance(0.5);
  advance(100);
  EXPECT_EQ(story_, Story{"timer"});
}

TEST_F(DelayedCallsTest, CancelledCallNeverRunsAndItsHandleRefusesEveryChange) {
  const auto call = timer("cancelled", 1);
  call->cancel();
  EXPECT_FALSE(call->active());
  EXPECT_THROW(call->cancel(), AlreadyCancelled);
  EXPECT_THROW(call->reset(Duration(1)), AlreadyCancelled);
  advance(2);
  EXPECT_EQ(story_, Story{});
}

TEST_F(DelayedCallsTest, CallThatIsRunningOrHasRunRefusesEveryChange) {
  std::shared_ptr<IDelayedCall> call;
  call = calls_->callLater(Duration(1), [&] {
    story_.push_back("called");
    EXPECT_FALSE(call->active());
    EXPECT_THROW(call->cancel(), AlreadyCalled);
  });
  EXPECT_TRUE(call->active());
  advance(1);
  EXPECT_EQ(story_, Story{"called"});
  EXPECT_THROW(call->cancel(), AlreadyCalled);
  EXPECT_THROW(call->reset(Duration(1)), AlreadyCalled);
}

TEST_F(DelayedCallsTest, CallThatCancelsAnotherOneOfTheSameInstantKeepsItFromRunning) {
  std::shared_ptr<IDelayedCall> second;
  calls_->callLater(Duration(1), [&] { second->cancel(); });
  second = timer("second", 1);
  advance(1);
  EXPECT_EQ(story_, Story{});
}

TEST_F(DelayedCallsTest, CallsOfOneInstantRunInTheOrderInWhichTheyWereMade) {
  for (const char* name : {"1", "2", "3", "4", "5", "6", "7", "8"}) {
    timer(name, 5);
  }
  advance(5);
  EXPECT_EQ(story_, (Story{"1", "2", "3", "4", "5", "6", "7", "8"}));
}

TEST_F(DelayedCallsTest, CallsRunInTheOrderOfTheirDeadlines) {
  timer("3", 3);
  timer("1", 1);
  timer("2", 2);
  advance(10);
  EXPECT_EQ(story_, (Story{"1", "2", "3"}));
}

TEST_F(DelayedCallsTest, ResetMovesACallBeforeAndBehindOthers) {
  const auto later = timer("later", 1);
  const auto sooner = timer("sooner", 3);
  timer("middle", 2);
  later->reset(Duration(4));
  sooner->reset(Duration(1));
  advance(5);
  EXPECT_EQ(story_, (Story{"sooner", "middle", "later"}));
}

TEST_F(DelayedCallsTest, CallMayResetAnotherOneIntoThisIterationAndOutOfIt) {
  const auto into = timer("into it", 50);
  const auto outOf = timer("out of it", 2);
  calls_->callLater(Duration(1), [&] {
    into->reset(Duration(0));
    outOf->reset(Duration(1));
  });
  advance(3);
  EXPECT_EQ(story_, Story{"into it"});
  advance(1);
  EXPECT_EQ(story_, (Story{"into it", "out of it"}));
}

TEST_F(DelayedCallsTest, ResetCountsFromNowAndMayBeNegative) {
  const auto call = timer("timer", 50);
  advance(10);
  call->reset(Duration(15));
  EXPECT_EQ(call->getTime(), at(25));
  call->reset(Duration(-5));
  EXPECT_EQ(call->getTime(), at(5));
  advance(0);
  EXPECT_EQ(story_, Story{"timer"});
}

TEST_F(DelayedCallsTest, NextDeadlineFollowsEveryChange) {
  EXPECT_EQ(calls_->nextDeadline(), std::nullopt);
  const auto call = timer("timer", 50);
  EXPECT_EQ(calls_->nextDeadline(), at(50));
  call->reset(Duration(15));
  EXPECT_EQ(calls_->nextDeadline(), at(15));
  call->cancel();
  EXPECT_EQ(calls_->nextDeadline(), std::nullopt);
  EXPECT_EQ(calls_->size(), 0u);
}

TEST_F(DelayedCallsTest, DelayThatIsNegativeOrNotANumberIsRefused) {
  EXPECT_THROW(timer("never", -0.001), std::invalid_argument);
  EXPECT_THROW(timer("never", std::nan("")), std::invalid_argument);
  EXPECT_THROW(calls_->callLater(Duration(1), nullptr), std::invalid_argument);
  EXPECT_EQ(calls_->pending().size(), 0u);
}

TEST_F(DelayedCallsTest, ResetToWhatIsNotANumberIsRefusedAndChangesNothing) {
  const auto call = timer("timer", 1);
  EXPECT_THROW(call->reset(Duration(std::nan(""))), std::invalid_argument);
  EXPECT_EQ(call->getTime(), at(1));
}

TEST_F(DelayedCallsTest, CallInTheFarFutureStaysPending) {
  const auto far = timer("far", std::exp2(128));
  const auto infinite = timer("infinite", std::numeric_limits<double>::infinity());
  advance(1e12);
  EXPECT_TRUE(far->active());
  EXPECT_TRUE(infinite->active());
}

TEST_F(DelayedCallsTest, PendingCallsAreListedWithTheFirstOneInFront) {
  const auto late = timer("late", 3);
  const auto cancelled = timer("cancelled", 2);
  const auto called = timer("called", 1);
  advance(1);
  cancelled->cancel();
  const auto soon = timer("soon", 1);
  EXPECT_EQ(calls_->pending(), (std::vector<std::shared_ptr<IDelayedCall>>{soon, late}));
}

TEST_F(DelayedCallsTest, CallMadeByACallWaitsForTheNextIterationAlsoWithoutDelay) {
  calls_->callLater(Duration(0), [&] {
    story_.push_back("first");
    timer("second", 0);
  });
  advance(10);
  EXPECT_EQ(story_, Story{"first"});
  advance(0);
  EXPECT_EQ(story_, (Story{"first", "second"}));
}

TEST_F(DelayedCallsTest, HandleMayOutliveTheQueueAndCountsAsCancelledThen) {
  const auto call = timer("timer", 1);
  calls_.reset();
  EXPECT_FALSE(call->active());
  EXPECT_THROW(call->cancel(), AlreadyCancelled);
}

TEST_F(DelayedCallsTest, FunctionIsDestroyedWhenItHasRunOrWasCancelledAlthoughTheHandleIsKept) {
  const auto held = std::make_shared<int>(0);
  const auto called = calls_->callLater(Duration(0), [held] {});
  const auto cancelled = calls_->callLater(Duration(0), [held] {});
  EXPECT_EQ(held.use_count(), 3);
  cancelled->cancel();
  EXPECT_EQ(held.use_count(), 2);
  advance(0);
  EXPECT_EQ(held.use_count(), 1);
}

namespace {

struct Owner {
  std::shared_ptr<IDelayedCall> call;
};

}  // namespace

TEST_F(DelayedCallsTest, FunctionThatOwnsItsOwnHandleIsDestroyedWithTheQueue) {
  const auto owner = std::make_shared<Owner>();
  owner->call = calls_->callLater(Duration(1), [owner] {});
  EXPECT_EQ(owner.use_count(), 2);
  calls_.reset();
  EXPECT_EQ(owner.use_count(), 1);
}

TEST_F(DelayedCallsTest, CancelMayDestroyTheObjectThatCalledIt) {
  auto owner = std::make_shared<Owner>();
  Owner* const raw = owner.get();
  raw->call = calls_->callLater(Duration(1), [owner] {});
  owner.reset();
  const std::shared_ptr<IDelayedCall> call = raw->call;
  call->cancel();  // the function was the last owner of the Owner
  EXPECT_EQ(calls_->size(), 0u);
}

}  // namespace poetry::testing
