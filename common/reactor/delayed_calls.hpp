// The timers of a reactor: functions in the order in which they are due.
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

/// A queue of calls, ordered by (deadline, sequence): calls that are due at the same instant come
/// in the order in which they were made. It keeps no time itself; it asks the clock it is given.
///
/// libevent has timers too. They run after the I/O of a turn, and equal ones in no useful order,
/// so of libevent the reactor only wants to be woken when the first of these is due.
class DelayedCalls {
 public:
  /// `clock` says what time it is.
  explicit DelayedCalls(std::function<Seconds()> clock);
  /// Calls that are still pending are dropped; their handles count as cancelled from then on.
  ~DelayedCalls();
  DelayedCalls(const DelayedCalls&) = delete;
  DelayedCalls& operator=(const DelayedCalls&) = delete;

  [[nodiscard]] Seconds seconds() const { return clock_(); }

  /// As IReactorTime::callLater.
  std::shared_ptr<IDelayedCall> callLater(Seconds delay, std::function<void()> function);

  /// The calls still to come, soonest first.
  [[nodiscard]] std::vector<std::shared_ptr<IDelayedCall>> pending() const;
  [[nodiscard]] std::size_t size() const { return calls_.size(); }

  /// When the first of them is due.
  [[nodiscard]] std::optional<Seconds> nextDeadline() const;

  /// Takes out the next call that is due at `now`, of those that were made before `newcomer`;
  /// nullptr if there is none. It counts as called from here on.
  ///
  /// A turn of the loop reads the clock once, and nextSequence() once, and then takes what is due
  /// until nothing is left. So a timer that makes a new one with no delay cannot keep the turn
  /// going for ever: the new one waits until I/O had its chance.
  std::function<void()> takeDue(Seconds now, std::uint64_t newcomer);
  [[nodiscard]] std::uint64_t nextSequence() const { return nextSequence_; }

 private:
  class Call;
  using Key = std::pair<Seconds, std::uint64_t>;
  using Queue = std::map<Key, std::shared_ptr<Call>>;

  std::function<Seconds()> clock_;
  Queue calls_;
  std::uint64_t nextSequence_ = 0;
};

}  // namespace poetry
