// The operations of a script, each with what it may throw.
#include "fuzz/reactor_world.hpp"
#include "fuzz/require.hpp"

#include <cmath>
#include <stdexcept>
#include <system_error>

namespace poetry::fuzz {

namespace {

/// Times are multiples of this, which a double holds exactly.
constexpr Seconds kQuarter(0.25);
/// callWhenRunning calls at once, and may do so inside of itself.
constexpr int kDeepest = 3;

const char* const kOperations[] = {
    "addReader",  "addWriter", "removeReader", "removeWriter", "removeAll",       "ring",
    "drain",      "fill",      "make room",    "hang up",      "close",           "open",
    "share",      "replace",   "callLater",    "cancel",       "reset",           "delay",
    "time flies", "stop",      "run",          "nap",          "callWhenRunning",
};

}  // namespace

void World::perform(std::size_t least, std::size_t most) {
  if (script_.atEnd()) {
    return;
  }
  for (std::size_t left = least + script_.pick(most - least + 1); left > 0; --left) {
    const std::size_t what = script_.pick(std::size(kOperations));
    tell(std::string("  ") + kOperations[what]);
    if (what < 5) {
      changeSets(what);
    } else if (what < 14) {
      changeChannel(what - 5);
    } else if (what < 18) {
      changeTimers(what - 14);
    } else {
      changeLoop(what - 18);
    }
  }
}

// === The sets =================================================================================

void World::changeSets(std::size_t what) {
  switch (what) {
    case 0:
      return add(pickActor(), Model::Side::kRead);
    case 1:
      return add(pickActor(), Model::Side::kWrite);
    case 2:
      return remove(pickActor(), Model::Side::kRead);
    case 3:
      return remove(pickActor(), Model::Side::kWrite);
    default:
      return removeAll();
  }
}

/// Neither epoll nor anybody can watch what is not open, and epoll no file either.
bool World::mayBeRefused(Model::Actor actor) const {
  const std::shared_ptr<Channel>& channel = actors_[actor]->channel;
  return !channel || (channel->kind == Channel::Kind::kDevNull && demultiplexer_ == "epoll");
}

/// Who is in one set already, under a number that is gone, may be taken into the other: he is soon
/// told that it is gone.
bool World::mayBeAccepted(Model::Actor actor) const {
  return !mayBeRefused(actor) ||
         (model_.isRegistered(actor) && actors_[actor]->fileno() != model_.numberOf(actor));
}

void World::add(Model::Actor actor, Model::Side side) {
  if (isTold()) {
    tell("    " + std::to_string(actor) + " with number " +
         std::to_string(actors_[actor]->fileno()));
  }
  try {
    if (side == Model::Side::kRead) {
      reactor_->addReader(*actors_[actor]);
    } else {
      reactor_->addWriter(*actors_[actor]);
    }
    require(model_.isIn(actor, side) || mayBeAccepted(actor), "what cannot be watched is refused");
    model_.added(actor, side, actors_[actor]->fileno());
  } catch (const std::system_error& error) {
    tell(std::string("    ") + error.what());
    require(!model_.isIn(actor, side) && mayBeRefused(actor), "what can be watched is accepted");
  }
}

void World::remove(Model::Actor actor, Model::Side side) {
  if (side == Model::Side::kRead) {
    reactor_->removeReader(*actors_[actor]);
  } else {
    reactor_->removeWriter(*actors_[actor]);
  }
  model_.removed(actor, side);
  model_.touched(actor);
}

void World::removeAll() {
  std::size_t expected = 0;
  for (Model::Actor actor = 0; actor < actors_.size(); ++actor) {
    expected += model_.isRegistered(actor) ? 1 : 0;
  }
  const std::vector<IFileDescriptor*> removed = reactor_->removeAll();
  require(removed.size() == expected, "removeAll returns everybody once");
  model_.removedAll();
  if (!isNapping_ && !(model_.isStopping() && !reactor_->running())) {
    add(0, Model::Side::kRead);
    model_.blurred();
  }
}

// === The descriptors ==========================================================================

void World::changeChannel(std::size_t what) {
  const Model::Actor actor = pickActor();
  const std::shared_ptr<Channel> channel = actors_[actor]->channel;
  const bool isFree = !model_.isNeeded(actor) && onStack_ != actor;
  for (Model::Actor other = 0; channel && other < actors_.size(); ++other) {
    if (actors_[other]->channel == channel) {
      model_.touched(other);
      actors_[other]->channel = what == 5 ? nullptr : channel;
    }
  }
  if (what == 6 && isFree) {
    open(actor, Channel::Kind(script_.pick(4)));
  } else if (what == 7 && isFree) {
    actors_[actor]->channel = actors_[pickActor()]->channel;
  } else if (what == 8 && isFree) {
    replace(actor);
  } else if (channel && what < 5) {
    constexpr void (Channel::*kChanges[])()
        const = {&Channel::ring, &Channel::drain, &Channel::fill, &Channel::makeRoom};
    what < 4 ? ((*channel).*kChanges[what])() : channel->theirs.reset();
  }
}

void World::open(Model::Actor actor, Channel::Kind kind) {
  actors_[actor]->channel = std::make_shared<Channel>(kind);
}

/// Who is not registered may go, and the next one may get his address.
void World::replace(Model::Actor actor) {
  std::shared_ptr<Channel> channel = actors_[actor]->channel;
  actors_[actor].reset();
  actors_[actor] = std::make_unique<Actor>(*this, actor);
  actors_[actor]->channel = std::move(channel);
}

// === Time =====================================================================================

void World::changeTimers(std::size_t what) {
  if (what == 0) {
    const std::size_t quarters = script_.pick(9);
    callLater(quarters == 8 ? Seconds(1e9) : kQuarter * quarters);
  } else if (!timers_.empty()) {
    const auto& [timer, call] = timers_[script_.pick(timers_.size())];
    changeTimer(what, timer, *call);
  }
}

void World::callLater(Seconds delay) {
  timers_.push_back(later(delay, [this] {
    perform(0, 3);
    if (script_.pick(8) == 7) {
      throwMishap();
    }
  }));
}

void World::changeTimer(std::size_t what, Model::Timer timer, IDelayedCall& call) {
  const Seconds change = what == 1 ? Seconds(0) : kQuarter * script_.pick(8) - 2 * kQuarter;
  try {
    if (what == 1) {
      call.cancel();
    } else if (what == 2) {
      call.reset(change);
    } else {
      call.delay(change);
    }
    require(model_.isPending(timer), "only what is pending can be changed");
  } catch (const AlreadyCalled&) {
    return require(model_.wasCalled(timer), "AlreadyCalled is for what was called");
  } catch (const AlreadyCancelled&) {
    return require(!model_.isPending(timer) && !model_.wasCalled(timer),
                   "AlreadyCancelled is for what was cancelled");
  }
  if (what == 1) {
    model_.cancelled(timer);
  } else {
    model_.moved(timer, (what == 2 ? now_ : model_.deadlineOf(timer)) + change);
  }
}

// === The loop =================================================================================

void World::changeLoop(std::size_t what) {
  switch (what) {
    case 0:
      now_ += kQuarter * (1 + script_.pick(8));
      return;
    case 1:
      return stop();
    case 2:
      return reactor_->running() ? runAgain() : void();
    case 3:
      return reactor_->running() && !isNapping_ ? nap(2) : void();
    default:
      return callWhenRunning();
  }
}

void World::stop() {
  const bool mayBe = reactor_->running() && !model_.isStopping();
  try {
    reactor_->stop();
    require(mayBe, "stop() ends a run, and only once");
    model_.stopAsked();
  } catch (const ReactorNotRunning&) {
    require(!mayBe, "a run can be stopped");
  }
}

void World::runAgain() {
  const bool isRunning = reactor_->running();
  try {
    reactor_->run(false);
    require(false, "run() runs once");
  } catch (const ReactorAlreadyRunning&) {
    require(isRunning, "AlreadyRunning is for a reactor that runs");
  } catch (const ReactorNotRestartable&) {
    require(!isRunning, "NotRestartable is for a reactor that has run");
  }
}

void World::callWhenRunning() {
  if (depth_ == kDeepest) {
    return;
  }
  const bool atOnce = reactor_->running();
  const auto wasCalled = std::make_shared<bool>(false);
  try {
    reactor_->callWhenRunning([this, atOnce, wasCalled] {
      *wasCalled = true;
      ++depth_;
      perform(0, 3);
      --depth_;
      if (script_.pick(8) == 7) {
        thrown_ += atOnce ? 0 : 1;
        throw std::runtime_error("mishap");
      }
    });
  } catch (const std::runtime_error&) {
    require(*wasCalled, "only what is called at once can throw at once");
  }
  require(*wasCalled == atOnce, "callWhenRunning calls at once if the reactor runs");
}

}  // namespace poetry::fuzz
