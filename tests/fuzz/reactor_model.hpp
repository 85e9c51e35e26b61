// What interfaces.hpp promises, as a model that runs beside the reactor. A scenario reports to it what
// the script does and what the reactor does. The model ends the process when the reactor makes a call
// that was not promised, or leaves out one that was.
#pragma once

#include "reactor/interfaces.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace poetry::fuzz {

class Model {
 public:
  enum class Side : std::uint8_t { kRead, kWrite };
  using Object = std::size_t;  ///< the number of a descriptor object
  using Timer = std::size_t;   ///< timers are numbered in the order in which they are made

  explicit Model(std::size_t objects) : objects_(objects) {}

  // --- What the script has done ---

  /// Registered `object` under the descriptor `fd`.
  void added(Object object, Side side, int fd);
  void removed(Object object, Side side);
  void removedAll();

  Timer timerMade(TimePoint deadline);
  void timerMoved(Timer timer, TimePoint deadline);
  void timerCancelled(Timer timer);

  void stopRequested() { stopRequested_ = true; }

  // --- What the reactor is about to do ---
  // `now` is what the clock says, and `running` what Reactor::running says.

  void callsTimer(Timer timer, TimePoint now);
  void waits(std::optional<Duration> timeout, TimePoint now);
  /// The wait has found this descriptor ready.
  void foundReady(int fd, Side side);
  void calls(Object object, Side side);
  /// The callback of `object` is about to end, and its connectionLost has to follow.
  void gaveReason(Object object, const Failure& reason);
  void callsConnectionLost(Object object, const Failure& reason, TimePoint now, bool running);
  void runReturned(TimePoint now);

  // --- What has to be true now ---

  [[nodiscard]] bool isIn(Object object, Side side) const {
    return sideOf(object, side).registered;
  }
  [[nodiscard]] bool isRegistered(Object object) const;
  /// The object may not be destroyed, because the reactor still has to call it.
  [[nodiscard]] bool isNeeded(Object object) const;
  /// Found ready, and not called yet.
  [[nodiscard]] bool isDue(Object object, Side side) const {
    return sideOf(object, side).call == Call::kDue;
  }
  /// The object that is registered under this descriptor.
  [[nodiscard]] std::optional<Object> ownerOf(int fd) const;
  [[nodiscard]] bool isStopRequested() const { return stopRequested_; }
  [[nodiscard]] bool isPending(Timer timer) const;
  [[nodiscard]] TimePoint deadlineOf(Timer timer) const { return deadlines_[timer]; }
  [[nodiscard]] std::size_t pendingTimers() const { return pending_.size(); }

 private:
  /// A side that was removed and added again may be called in this iteration, or in the next one.
  enum class Call : std::uint8_t { kForbidden, kAllowed, kDue };
  struct SideState {
    bool registered = false;
    Call call = Call::kForbidden;
  };
  struct ObjectState {
    std::array<SideState, 2> sides;
    int fd = -1;            // under which it is registered
    bool hasToEnd = false;  // at the end of the run, connectionLost has to be called
  };

  [[nodiscard]] SideState& sideOf(Object object, Side side);
  [[nodiscard]] const SideState& sideOf(Object object, Side side) const;
  [[nodiscard]] std::optional<Timer> nextDue() const;
  void endDispatch(TimePoint now);
  void shutDown(TimePoint now);

  std::vector<ObjectState> objects_;
  std::vector<TimePoint> deadlines_;               // of all timers
  std::set<std::pair<TimePoint, Timer>> pending_;  // in the order in which they have to run

  bool isDispatching_ = true;  // from a wait until the timers of the next iteration
  TimePoint iterationBegan_{};
  Timer firstNewTimer_ = 0;  // this one and later ones have to wait for the next iteration
  bool stopRequested_ = false;
  bool isShutDown_ = false;
  /// The object whose connectionLost has to be the next call, and the message of the reason.
  std::optional<std::pair<Object, std::string>> hasToEndNow_;
};

}  // namespace poetry::fuzz
