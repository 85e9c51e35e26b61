#include "fuzz/reactor_model.hpp"

#include "fuzz/require.hpp"

#include <algorithm>

namespace poetry::fuzz {

// === What the script does =====================================================================

Model::SideState& Model::sideOf(Actor actor, Side side) {
  return actors_[actor].sides[static_cast<std::size_t>(side)];
}

const Model::SideState& Model::sideOf(Actor actor, Side side) const {
  return actors_[actor].sides[static_cast<std::size_t>(side)];
}

bool Model::isRegistered(Actor actor) const {
  return isIn(actor, Side::kRead) || isIn(actor, Side::kWrite);
}

bool Model::isNeeded(Actor actor) const {
  return isRegistered(actor) || actors_[actor].toBeTold;
}

void Model::added(Actor actor, Side side, int number) {
  if (!isRegistered(actor)) {
    actors_[actor].number = number;
    touched(actor);
  }
  SideState& state = sideOf(actor, side);
  if (!state.registered) {
    // Somebody who is told that his descriptor is gone may hear it before the reactor waits.
    const bool isBeforeTheWait = stage_ % 2 == 0 && !anyoneCalled_;
    state = {true, isBeforeTheWait ? stage_ - 1 : stage_, -1};
  }
}

void Model::removedAll() {
  for (ActorState& actor : actors_) {
    actor.sides = {};
  }
}

Model::Timer Model::made(Seconds deadline) {
  timers_.push_back({deadline, stage_});
  pending_.emplace(deadline, timers_.size() - 1);
  return timers_.size() - 1;
}

void Model::moved(Timer timer, Seconds deadline) {
  pending_.erase({timers_[timer].deadline, timer});
  timers_[timer].deadline = deadline;
  pending_.emplace(deadline, timer);
}

void Model::cancelled(Timer timer) {
  pending_.erase({timers_[timer].deadline, timer});
}

bool Model::isPending(Timer timer) const {
  return pending_.contains({timers_[timer].deadline, timer});
}

void Model::stopAsked() {
  stopAsked_ = stage_;
}

// === What the reactor calls ===================================================================

bool Model::beginsTurn(Stage stage) const {
  return stage == Stage::kTimers && stage_ % 2 == 0;
}

void Model::enter(Stage stage, Seconds now, bool running) {
  require(!owed_, "who has given a reason is told connectionLost before anybody is called");
  require(running || stopAsked_, "the reactor runs until it is stopped");
  now_ = now;
  const bool isNext = (stage == Stage::kTimers) == (stage_ % 2 == 0);
  if (isNext) {
    require(stage == Stage::kTimers || !isExact() || !running || !nextDue(),
            "timers that are due run before the descriptors have their turn");
    ++stage_;
    anyoneCalled_ = false;
  }
  if (isNext && stage == Stage::kTimers) {
    turnBegan_ = now;
  }
  if (!running && !isShutDown_) {
    shutDown();
  }
  // After stop(): the rest of this turn, and the timers of the next.
  const bool isLate = running && stopAsked_ && stage == Stage::kDescriptors && stage_ > *stopAsked_;
  require(!isLate || !isExact(), "a reactor that was stopped does not wait once more");
}

void Model::checkNotOverlooked(Actor actor, Side side) const {
  const SideState& state = sideOf(actor, side);
  const bool isSettled =
      isExact() && actors_[actor].touched < stage_ - 1 && state.addedIn < stage_ - 1;
  require(!isSettled || !isIn(actor, side) || state.calledIn == stage_,
          "who is registered and ready is called on each turn");
}

/// The first of the timers that have to run on this turn.
std::optional<Model::Timer> Model::nextDue() const {
  for (const auto& [deadline, timer] : pending_) {
    if (deadline > turnBegan_) {
      break;
    }
    if (timers_[timer].madeIn < stage_) {
      return timer;
    }
  }
  return std::nullopt;
}

void Model::timerCalled(Timer timer) {
  require(!isShutDown_, "no timer runs after the shutdown");
  require(isPending(timer), "a timer runs once, and not after it was cancelled");
  require(timers_[timer].deadline <= now_, "a timer does not run before its time");
  require(!isExact() || nextDue() == timer,
          "timers run in the order of their deadlines, and new ones wait for the next turn");
  cancelled(timer);
  timers_[timer].called = true;
}

void Model::called(Actor actor, Side side) {
  SideState& state = sideOf(actor, side);
  require(state.registered, "who is in no set is not called");
  require(!isExact() || state.addedIn < stage_, "who is added is called from the next turn on");
  require(!isExact() || state.calledIn != stage_, "nobody is called twice on one turn");
  state.calledIn = stage_;
  anyoneCalled_ = true;
}

void Model::gaveReason(Actor actor, const std::string& reason) {
  owed_.emplace(actor, reason);
}

void Model::lost(Actor actor, const std::string& reason, int number, Seconds now, bool running) {
  ActorState& state = actors_[actor];
  if (owed_) {
    require(owed_ == std::pair(actor, reason), "the reason that was given is the one that is told");
    owed_.reset();
    state.sides = {};
    return;
  }
  enter(Stage::kDescriptors, now, running);
  if (reason == ConnectionFdescWentAway().what()) {
    require(isRegistered(actor), "only who is registered is told that its descriptor is gone");
    require(number != state.number, "and only if it is");
    blurred();  // select and poll refuse to wait with a closed one: then nobody is called on this turn
  } else {
    require(std::exchange(state.toBeTold, false),
            "who is left at the end is told once, nobody else");
  }
  state.sides = {};
}

void Model::shutDown() {
  isShutDown_ = true;
  for (ActorState& actor : actors_) {
    actor.toBeTold = actor.sides[0].registered || actor.sides[1].registered;
    actor.sides = {};
  }
}

void Model::ended() {
  require(!owed_, "who has given a reason is told");
  require(stopAsked_.has_value(), "run() returns when the reactor was stopped");
  require(isShutDown_ || std::none_of(actors_.begin(), actors_.end(),
                                      [](const ActorState& actor) {
                                        return actor.sides[0].registered ||
                                               actor.sides[1].registered;
                                      }),
          "nobody is forgotten at the end");
  require(std::none_of(actors_.begin(), actors_.end(),
                       [](const ActorState& actor) { return actor.toBeTold; }),
          "everybody who was registered is told of the end");
}

}  // namespace poetry::fuzz
