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

}  // namespace

/// In the order of their numbers in the scripts that are kept, so a new one goes to the end.
struct World::Operation {
  const char* name;
  void (World::*perform)();
};

const std::vector<World::Operation>& World::operations() {
  static const std::vector<Operation> all = {
      {"addReader", &World::addReader},
      {"addWriter", &World::addWriter},
      {"removeReader", &World::removeReader},
      {"removeWriter", &World::removeWriter},
      {"removeAll", &World::removeAll},
      {"ring", &World::ring},
      {"drain", &World::drain},
      {"fill", &World::fill},
      {"make room", &World::makeRoom},
      {"hang up", &World::hangUp},
      {"close", &World::close},
      {"open", &World::open},
      {"share", &World::share},
      {"replace", &World::replace},
      {"callLater", &World::callLater},
      {"cancel", &World::cancel},
      {"reset", &World::reset},
      {"delay", &World::delay},
      {"time flies", &World::letTimeFly},
      {"stop", &World::stop},
      {"run", &World::runInside},
      {"nap", &World::napInside},
      {"callWhenRunning", &World::callWhenRunning},
  };
  return all;
}

void World::perform(std::size_t least, std::size_t most) {
  if (script_.atEnd()) {
    return;
  }
  for (std::size_t left = least + script_.pick(most - least + 1); left > 0; --left) {
    const Operation& operation = operations()[script_.pick(operations().size())];
    tell(std::string("  ") + operation.name);
    (this->*operation.perform)();
  }
}

// === The sets =================================================================================

void World::addReader() {
  add(pickActor(), Model::Side::kRead);
}

void World::addWriter() {
  add(pickActor(), Model::Side::kWrite);
}

void World::removeReader() {
  remove(pickActor(), Model::Side::kRead);
}

void World::removeWriter() {
  remove(pickActor(), Model::Side::kWrite);
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

/// An actor whose channel is about to change, for everybody who has it.
Model::Actor World::pickTouched() {
  const Model::Actor picked = pickActor();
  const std::shared_ptr<Channel>& channel = actors_[picked]->channel;
  for (Model::Actor actor = 0; channel && actor < actors_.size(); ++actor) {
    if (actors_[actor]->channel == channel) {
      model_.touched(actor);
    }
  }
  return picked;
}

/// Nobody asks for him, so he may have another descriptor, or go.
bool World::isFree(Model::Actor actor) const {
  return !model_.isNeeded(actor) && onStack_ != actor;
}

void World::changeChannel(void (Channel::*change)() const) {
  if (const std::shared_ptr<Channel> channel = actors_[pickTouched()]->channel) {
    ((*channel).*change)();
  }
}

void World::ring() {
  changeChannel(&Channel::ring);
}

void World::drain() {
  changeChannel(&Channel::drain);
}

void World::fill() {
  changeChannel(&Channel::fill);
}

void World::makeRoom() {
  changeChannel(&Channel::makeRoom);
}

void World::hangUp() {
  if (const std::shared_ptr<Channel> channel = actors_[pickTouched()]->channel) {
    channel->theirs.reset();
  }
}

void World::close() {
  const std::shared_ptr<Channel> channel = actors_[pickTouched()]->channel;
  for (const std::unique_ptr<Actor>& actor : actors_) {
    if (actor->channel == channel) {
      actor->channel = nullptr;
    }
  }
}

void World::open() {
  const Model::Actor actor = pickTouched();
  if (isFree(actor)) {
    actors_[actor]->channel = std::make_shared<Channel>(Channel::Kind(script_.pick(4)));
  }
}

void World::share() {
  const Model::Actor actor = pickTouched();
  if (isFree(actor)) {
    actors_[actor]->channel = actors_[pickActor()]->channel;
  }
}

/// Who is not registered may go, and the next one may get his address.
void World::replace() {
  const Model::Actor actor = pickTouched();
  if (isFree(actor)) {
    std::shared_ptr<Channel> channel = actors_[actor]->channel;
    actors_[actor].reset();
    actors_[actor] = std::make_unique<Actor>(*this, actor);
    actors_[actor]->channel = std::move(channel);
  }
}

// === Time =====================================================================================

void World::callLater() {
  const std::size_t quarters = script_.pick(9);
  timers_.push_back(later(quarters == 8 ? Seconds(1e9) : kQuarter * quarters, [this] {
    perform(0, 3);
    if (script_.pick(8) == 7) {
      throwMishap();
    }
  }));
}

void World::cancel() {
  if (timers_.empty()) {
    return;
  }
  const auto& [timer, call] = pickTimer();
  if (changes(timer, [&call = call] { call->cancel(); })) {
    model_.cancelled(timer);
  }
}

void World::reset() {
  if (timers_.empty()) {
    return;
  }
  const auto& [timer, call] = pickTimer();
  const Seconds delay = pickSeconds();
  if (changes(timer, [&call = call, delay] { call->reset(delay); })) {
    model_.moved(timer, now_ + delay);
  }
}

void World::delay() {
  if (timers_.empty()) {
    return;
  }
  const auto& [timer, call] = pickTimer();
  const Seconds delay = pickSeconds();
  if (changes(timer, [&call = call, delay] { call->delay(delay); })) {
    model_.moved(timer, model_.deadlineOf(timer) + delay);
  }
}

/// From half a second back to five quarters ahead.
Seconds World::pickSeconds() {
  return kQuarter * script_.pick(8) - 2 * kQuarter;
}

/// Makes a change. False if the timer is not pending any more, and refuses.
bool World::changes(Model::Timer timer, const std::function<void()>& change) {
  try {
    change();
    require(model_.isPending(timer), "only what is pending can be changed");
    return true;
  } catch (const AlreadyCalled&) {
    require(model_.wasCalled(timer), "AlreadyCalled is for what was called");
  } catch (const AlreadyCancelled&) {
    require(!model_.isPending(timer) && !model_.wasCalled(timer),
            "AlreadyCancelled is for what was cancelled");
  }
  return false;
}

// === The loop =================================================================================

void World::letTimeFly() {
  now_ += kQuarter * (1 + script_.pick(8));
}

void World::runInside() {
  if (reactor_->running()) {
    runAgain();
  }
}

void World::napInside() {
  if (reactor_->running() && !isNapping_) {
    nap(2);
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
