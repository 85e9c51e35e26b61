// The timers of a reactor: calls in the order in which they are due.
#pragma once

#include "reactor/interfaces.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace poetry {

/// A queue of calls, ordered by (deadline, sequence): calls that are due at the same instant run in
/// the order in which they were made. It asks a clock for the time.
///
/// libevent has timers, too. It runs them after the descriptors of an iteration, and it runs those
/// with the same deadline in any order. So the reactor uses it only to wake up when a call is due.
class DelayedCalls {
 public:
  explicit DelayedCalls(std::function<TimePoint()> clock);
  /// Drops the pending calls. Their handles count as cancelled from then on.
  ~DelayedCalls();
  DelayedCalls(const DelayedCalls&) = delete;
  DelayedCalls& operator=(const DelayedCalls&) = delete;

  [[nodiscard]] TimePoint seconds() const { return clock_(); }

  /// As IReactorTime::callLater.
  std::shared_ptr<IDelayedCall> callLater(Duration delay, std::function<void()> function);

  /// The pending calls, in the order in which they are due.
  [[nodiscard]] std::vector<std::shared_ptr<IDelayedCall>> pending() const;
  [[nodiscard]] std::size_t size() const { return calls_.size(); }

  /// When the first call is due.
  [[nodiscard]] std::optional<TimePoint> nextDeadline() const;

  /// Removes the next call that is due at `now` and was made before sequence number
  /// `firstNewSequence`, and returns its function; nullptr if there is none.
  ///
  /// An iteration of the loop reads the clock and nextSequence() once, and then takes what is due.
  /// So a call that schedules another one with no delay cannot keep the loop in this iteration: the
  /// new call runs only after the ready descriptors have been handled.
  std::function<void()> takeDue(TimePoint now, std::uint64_t firstNewSequence);
  [[nodiscard]] std::uint64_t nextSequence() const { return nextSequence_; }

 private:
  class Call;
  using Key = std::pair<TimePoint, std::uint64_t>;
  using Queue = std::map<Key, std::shared_ptr<Call>>;

  std::function<TimePoint()> clock_;
  Queue calls_;
  std::uint64_t nextSequence_ = 0;
};

}  // namespace poetry
