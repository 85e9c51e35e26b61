#include "fuzz/reactor_world.hpp"

#include "fuzz/require.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <poll.h>

namespace poetry::fuzz {

namespace {

constexpr std::size_t kActors = 6;
constexpr Model::Actor kPulse = 0;
/// Turns at the end in which the script does nothing, and the reactor has to tell all it knows.
constexpr int kQuietTurns = 8;
/// Longer than what the reactor takes for a short sleep.
constexpr Seconds kNap(0.0625);

}  // namespace

std::optional<Failure> Actor::doRead() {
  return world_.called(number_, Model::Side::kRead);
}

std::optional<Failure> Actor::doWrite() {
  return world_.called(number_, Model::Side::kWrite);
}

void Actor::connectionLost(const Failure& reason) {
  world_.lost(number_, reason);
}

World::World(std::span<const std::uint8_t> script) : script_(script), model_(kActors) {
  const std::vector<std::string> names = Reactor::demultiplexers();
  demultiplexer_ = names[script_.pick(names.size())];
  reactor_ = std::make_unique<Reactor>(ReactorOptions{
      .demultiplexer = demultiplexer_,
      .clock = [this] { return readClock(); },
      .onError =
          [this](const Failure& error, std::string_view where) {
            tell("reported: " + error.getErrorMessage() + " in " + std::string(where));
            ++reported_;
          }});
  for (Model::Actor actor = 0; actor < kActors; ++actor) {
    actors_.push_back(std::make_unique<Actor>(*this, actor));
    actors_[actor]->channel = std::make_shared<Channel>(Channel::Kind::kSocket);
  }
}

void World::play() {
  tell("with " + demultiplexer_);
  actors_[kPulse]->channel->ring();
  add(kPulse, Model::Side::kRead);
  perform(1, 8);
  later(Seconds(0), [this] { beat(); });
  reactor_->run(false);
  checkEnd();
}

void World::checkEnd() {
  tell("the run has ended");
  model_.ended();
  compare();
  require(thrown_ == reported_, "every exception is reported, and nothing else");
  runAgain();
  stop();
  reactor_.reset();
  for (const auto& [timer, call] : timers_) {
    require(!call->active(), "no timer is pending when there is no reactor any more");
  }
}

// === What the reactor calls ===================================================================

void World::enter(Model::Stage stage) {
  require(thrown_ == reported_, "every exception is reported, and nothing else");
  if (model_.beginsTurn(stage)) {
    checkNobodyOverlooked();
  }
  model_.enter(stage, now_, reactor_->running());
}

std::optional<Failure> World::called(Model::Actor actor, Model::Side side) {
  if (isTold()) {
    tell(std::to_string(actor) + (side == Model::Side::kRead ? " doRead" : " doWrite"));
  }
  enter(Model::Stage::kDescriptors);
  model_.called(actor, side);
  compare();
  if (actor == kPulse) {
    pulse();
    return std::nullopt;
  }
  require(actors_[actor]->fileno() == model_.numberOf(actor), "nobody without a number is called");
  onStack_ = actor;
  perform(0, 3);
  onStack_.reset();
  const std::size_t ending = script_.pick(8);
  if (ending == 6) {
    model_.gaveReason(actor, ConnectionDone().what());
    return Failure(ConnectionDone());
  }
  if (ending == 7) {
    model_.gaveReason(actor, "mishap");
    throwMishap();
  }
  return std::nullopt;
}

void World::lost(Model::Actor actor, const Failure& reason) {
  if (isTold()) {
    tell(std::to_string(actor) + " connectionLost: " + reason.getErrorMessage());
  }
  require(thrown_ == reported_, "every exception is reported, and nothing else");
  const bool isStopped = reason.getErrorMessage() == "the reactor was stopped";
  model_.lost(actor, isStopped ? "" : reason.getErrorMessage(), actors_[actor]->fileno(), now_,
              reactor_->running());
  compare();
  onStack_ = actor;
  perform(0, 3);
  onStack_.reset();
  if (script_.pick(8) == 7) {
    throwMishap();
  }
}

void World::throwMishap() {
  tell("  throws");
  ++thrown_;
  throw std::runtime_error("mishap");
}

World::ScriptedCall World::later(Seconds delay, std::function<void()> function) {
  const auto number = std::make_shared<Model::Timer>();
  const std::shared_ptr<IDelayedCall> call =
      reactor_->callLater(delay, [this, number, function = std::move(function)] {
        if (isTold()) {
          tell("timer " + std::to_string(*number));
        }
        enter(Model::Stage::kTimers);
        model_.timerCalled(*number);
        function();
      });
  *number = model_.made(now_ + delay);
  return {*number, call};
}

// === Once on each turn ========================================================================

/// The timer that is due on each turn.
void World::beat() {
  if (!isNapping_) {
    later(Seconds(0), [this] { beat(); });
  }
}

/// The descriptor that is ready on each turn. When the script has no more to say, it waits until
/// everything that is to happen has happened, and stops.
void World::pulse() {
  perform(1, 3);
  if (!script_.atEnd() || ++quietTurns_ < kQuietTurns) {
    return;
  }
  for (Model::Actor actor = 0; actor < kActors; ++actor) {
    require(!model_.isRegistered(actor) || actors_[actor]->fileno() == model_.numberOf(actor),
            "whose descriptor is gone is told so");
  }
  if (!model_.isStopping()) {
    stop();
  }
}

/// Beat and pulse pause, so that the loop has nothing to do and would sleep. First comes a turn on
/// which nobody is ready. Then the clock stands still for the first look that the loop takes at it
/// before it sleeps, and at the second the sleep is over.
void World::nap(int turns) {
  isNapping_ = true;
  model_.blurred();
  if (model_.isIn(kPulse, Model::Side::kRead)) {
    remove(kPulse, Model::Side::kRead);
  }
  if (turns > 0) {
    later(Seconds(0), [this, turns] { nap(turns - 1); });
  } else {
    later(kNap, [this] { wake(); });
    readingsUntilJump_ = 2;
  }
}

void World::wake() {
  isNapping_ = false;
  readingsUntilJump_ = 0;
  model_.blurred();
  add(kPulse, Model::Side::kRead);
  beat();
}

Seconds World::readClock() {
  if (readingsUntilJump_ > 0 && --readingsUntilJump_ == 0) {
    now_ += kNap;
  }
  return now_;
}

// === Comparing ================================================================================

void World::checkNobodyOverlooked() const {
  std::array<pollfd, kActors> asked{};
  for (Model::Actor actor = 0; actor < kActors; ++actor) {
    asked[actor] = {actors_[actor]->fileno(), POLLIN | POLLOUT, 0};
  }
  ::poll(asked.data(), asked.size(), 0);
  for (Model::Actor actor = 0; actor < kActors; ++actor) {
    if ((asked[actor].revents & (POLLIN | POLLHUP)) != 0) {
      model_.checkNotOverlooked(actor, Model::Side::kRead);
    }
    if ((asked[actor].revents & POLLOUT) != 0) {
      model_.checkNotOverlooked(actor, Model::Side::kWrite);
    }
  }
}

/// Is everything that the reactor says about itself as the model has it?
void World::compare() const {
  const std::vector<IReadDescriptor*> readers = reactor_->getReaders();
  const std::vector<IWriteDescriptor*> writers = reactor_->getWriters();
  for (Model::Actor actor = 0; actor < kActors; ++actor) {
    require(std::count(readers.begin(), readers.end(), actors_[actor].get()) ==
                    model_.isIn(actor, Model::Side::kRead) &&
                std::count(writers.begin(), writers.end(), actors_[actor].get()) ==
                    model_.isIn(actor, Model::Side::kWrite),
            "getReaders and getWriters return who is there");
  }
  require(reactor_->getDelayedCalls().size() == model_.pendingTimers(), "getDelayedCalls is right");
  for (const auto& [timer, call] : timers_) {
    require(call->active() == model_.isPending(timer), "a timer is active until it runs");
    require(call->getTime() == model_.deadlineOf(timer), "getTime is the deadline");
  }
}

}  // namespace poetry::fuzz
