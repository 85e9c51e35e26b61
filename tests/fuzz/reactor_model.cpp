#include "fuzz/reactor_model.hpp"

#include "fuzz/require.hpp"

#include <algorithm>

namespace poetry::fuzz {

// === The state ================================================================================

Model::SideState& Model::sideOf(Object object, Side side) {
  return objects_[object].sides[static_cast<std::size_t>(side)];
}

const Model::SideState& Model::sideOf(Object object, Side side) const {
  return objects_[object].sides[static_cast<std::size_t>(side)];
}

bool Model::isRegistered(Object object) const {
  return isIn(object, Side::kRead) || isIn(object, Side::kWrite);
}

bool Model::isNeeded(Object object) const {
  return isRegistered(object) || objects_[object].hasToEnd;
}

std::optional<Model::Object> Model::ownerOf(int fd) const {
  for (Object object = 0; object < objects_.size(); ++object) {
    if (isRegistered(object) && objects_[object].fd == fd) {
      return object;
    }
  }
  return std::nullopt;
}

bool Model::isPending(Timer timer) const {
  return pending_.contains({deadlines_[timer], timer});
}

// === What the script has done =================================================================

void Model::added(Object object, Side side, int fd) {
  objects_[object].fd = fd;
  sideOf(object, side).registered = true;
}

void Model::removed(Object object, Side side) {
  SideState& state = sideOf(object, side);
  state.registered = false;
  state.call = std::min(state.call, Call::kAllowed);
  if (!isRegistered(object)) {
    objects_[object].sides = {};
  }
}

void Model::removedAll() {
  for (ObjectState& object : objects_) {
    object.sides = {};
  }
}

Model::Timer Model::timerMade(TimePoint deadline) {
  deadlines_.push_back(deadline);
  pending_.emplace(deadline, deadlines_.size() - 1);
  return deadlines_.size() - 1;
}

void Model::timerMoved(Timer timer, TimePoint deadline) {
  pending_.erase({deadlines_[timer], timer});
  deadlines_[timer] = deadline;
  pending_.emplace(deadline, timer);
}

void Model::timerCancelled(Timer timer) {
  pending_.erase({deadlines_[timer], timer});
}

// === One iteration: timers, wait, dispatch; in the last one timers and the shutdown ===========

/// The first timer that has to run in this iteration.
std::optional<Model::Timer> Model::nextDue() const {
  for (const auto& [deadline, timer] : pending_) {
    if (deadline > iterationBegan_) {
      break;
    }
    if (timer < firstNewTimer_) {
      return timer;
    }
  }
  return std::nullopt;
}

/// The reactor does something that is not part of a dispatch, so the next iteration has begun.
void Model::endDispatch(TimePoint now) {
  require(!hasToEndNow_, "connectionLost follows at once when an object has given a reason");
  if (!isDispatching_) {
    return;
  }
  for (Object object = 0; object < objects_.size(); ++object) {
    require(!isDue(object, Side::kRead), "a registered reader that is ready is called");
    require(!isDue(object, Side::kWrite), "a registered writer that is ready is called");
  }
  isDispatching_ = false;
  iterationBegan_ = now;
  firstNewTimer_ = deadlines_.size();
}

void Model::callsTimer(Timer timer, TimePoint now) {
  endDispatch(now);
  require(!isShutDown_, "no timer runs after the shutdown");
  require(isPending(timer), "a timer runs once, and not after it was cancelled");
  require(deadlines_[timer] <= now, "a timer does not run before it is due");
  require(nextDue() == timer,
          "timers run in the order of their deadlines, and new ones in a later iteration");
  timerCancelled(timer);
}

void Model::shutDown(TimePoint now) {
  require(stopRequested_, "the reactor runs until stop() is called");
  endDispatch(now);
  require(!nextDue(), "timers that are due run before the shutdown");
  isShutDown_ = true;
  for (Object object = 0; object < objects_.size(); ++object) {
    objects_[object].hasToEnd = isRegistered(object);
    objects_[object].sides = {};
  }
}

void Model::waits(std::optional<Duration> timeout, TimePoint now) {
  endDispatch(now);
  require(!stopRequested_, "a reactor that was stopped does not wait again");
  require(!nextDue(), "timers that are due run before the reactor waits");
  std::optional<Duration> expected;
  if (!pending_.empty()) {
    expected = std::max(pending_.begin()->first - now, Duration(0));
  }
  require(timeout == expected, "the reactor sleeps until the next timer is due");
  for (ObjectState& object : objects_) {
    for (SideState& side : object.sides) {
      side.call = Call::kForbidden;
    }
  }
  isDispatching_ = true;
}

void Model::foundReady(int fd, Side side) {
  const std::optional<Object> owner = ownerOf(fd);
  require(owner && isIn(*owner, side), "the reactor waits only for what is registered");
  sideOf(*owner, side).call = Call::kDue;
}

void Model::calls(Object object, Side side) {
  require(!hasToEndNow_, "connectionLost follows at once when an object has given a reason");
  SideState& state = sideOf(object, side);
  require(state.registered, "only registered objects are called");
  require(state.call != Call::kForbidden,
          "an object is called once per iteration, if it was ready and registered before");
  require(side == Side::kRead || !isDue(object, Side::kRead), "doRead comes before doWrite");
  state.call = Call::kForbidden;
}

void Model::gaveReason(Object object, const Failure& reason) {
  hasToEndNow_.emplace(object, reason.getErrorMessage());
}

void Model::callsConnectionLost(Object object, const Failure& reason, TimePoint now, bool running) {
  if (hasToEndNow_) {
    require(hasToEndNow_ == std::pair(object, reason.getErrorMessage()),
            "connectionLost gets the reason that its object has given");
    hasToEndNow_.reset();
  } else {
    if (!isShutDown_) {
      shutDown(now);
    }
    require(!running, "only the end of the run calls connectionLost without a reason given");
    require(std::exchange(objects_[object].hasToEnd, false) && reason.check<ConnectionLost>(),
            "the shutdown calls connectionLost(ConnectionLost) once for each registered object");
  }
  objects_[object].sides = {};
}

void Model::runReturned(TimePoint now) {
  if (!isShutDown_) {
    shutDown(now);  // without any object to call
  }
  require(std::none_of(objects_.begin(), objects_.end(),
                       [](const ObjectState& object) { return object.hasToEnd; }),
          "each registered object gets connectionLost at the end of the run");
}

}  // namespace poetry::fuzz
