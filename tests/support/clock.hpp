// Time that passes only when a test says so. As twisted.internet.task.Clock.
#pragma once

#include "reactor/delayed_calls.hpp"
#include "reactor/interfaces.hpp"

#include <functional>
#include <initializer_list>
#include <memory>
#include <vector>

namespace poetry::testing {

/// Keeps time for code that wants an IReactorTime, and stands still until advance().
///
///     Clock clock;
///     Alarm alarm(clock);      // calls clock.callLater(5s, ...)
///     clock.advance(4.9s);
///     EXPECT_FALSE(alarm.rang());
///     clock.advance(0.1s);
///     EXPECT_TRUE(alarm.rang());
class Clock final : public IReactorTime {
 public:
  /// It is 0 s. `onError` is told what a call lets escape; without it, the exception leaves
  /// advance(), and the calls that were due after that one wait for the next advance().
  explicit Clock(std::function<void(const Failure&)> onError = {});

  /// Lets this much time pass, and runs what is due by then.
  ///
  /// One advance is one turn of a reactor's loop: the clock jumps first, and is the same for all
  /// calls that are due; and a call that one of them makes, even with no delay, waits for the next
  /// advance. (Twisted's Clock runs such a call at once, which no reactor does.)
  /// Throws std::invalid_argument for a time that is negative or not a number.
  void advance(Seconds amount);

  /// Advances by each of these in turn.
  void pump(std::initializer_list<Seconds> amounts);

  // IReactorTime
  [[nodiscard]] Seconds seconds() const override { return now_; }
  std::shared_ptr<IDelayedCall> callLater(Seconds delay, std::function<void()> function) override;
  [[nodiscard]] std::vector<std::shared_ptr<IDelayedCall>> getDelayedCalls() const override;

 private:
  Seconds now_{0};
  std::function<void(const Failure&)> onError_;
  DelayedCalls calls_;
};

}  // namespace poetry::testing
