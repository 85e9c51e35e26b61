// The operations of a script.
#include "fuzz/reactor_scenario.hpp"
#include "fuzz/require.hpp"

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace poetry::fuzz {

namespace {

/// All times are multiples of this, so a double holds them exactly.
constexpr Duration kQuarter(0.25);
constexpr Duration kVeryLong(1e9);

using Side = Model::Side;

}  // namespace

void Scenario::perform(std::size_t least, std::size_t most) {
  struct Operation {
    const char* name;
    void (*perform)(Scenario& scenario);
  };
  static const std::vector<Operation> operations = {
      // The inputs in corpus/reactor hold the numbers of these, so a new one goes to the end.
      {"addReader", [](Scenario& scenario) { scenario.add(Side::kRead); }},
      {"addWriter", [](Scenario& scenario) { scenario.add(Side::kWrite); }},
      {"removeReader", [](Scenario& scenario) { scenario.remove(Side::kRead); }},
      {"removeWriter", [](Scenario& scenario) { scenario.remove(Side::kWrite); }},
      {"removeAll",
       [](Scenario& scenario) {
         scenario.reactor_->removeAll();
         scenario.model_.removedAll();
       }},
      {"ring", [](Scenario& scenario) { scenario.changeChannel(&Channel::ring); }},
      {"drain", [](Scenario& scenario) { scenario.changeChannel(&Channel::drain); }},
      {"fill", [](Scenario& scenario) { scenario.changeChannel(&Channel::fill); }},
      {"make room", [](Scenario& scenario) { scenario.changeChannel(&Channel::makeRoom); }},
      {"hang up", [](Scenario& scenario) { scenario.changeChannel(&Channel::hangUp); }},
      {"close", [](Scenario& scenario) { scenario.close(); }},
      {"open", [](Scenario& scenario) { scenario.open(); }},
      {"replace", [](Scenario& scenario) { scenario.replace(); }},
      {"callLater", [](Scenario& scenario) { scenario.callLater(); }},
      {"cancel", [](Scenario& scenario) { scenario.cancel(); }},
      {"reset", [](Scenario& scenario) { scenario.reset(); }},
      {"advance the clock",
       [](Scenario& scenario) { scenario.now_ += kQuarter * (1 + scenario.choices_.pick(8)); }},
      {"stop", [](Scenario& scenario) { scenario.stop(); }},
  };
  if (choices_.atEnd()) {
    return;
  }
  for (std::size_t left = least + choices_.pick(most - least + 1); left > 0; --left) {
    const Operation& operation = operations[choices_.pick(operations.size())];
    trace(std::string("  ") + operation.name);
    operation.perform(*this);
  }
}

// === The sets =================================================================================

void Scenario::add(Side side) {
  const Model::Object number = pickObject();
  ScriptedObject& object = *objects_[number];
  const int fd = object.fileno();
  int expected = 0;
  if (fd < 0) {
    expected = EBADF;
  } else if (model_.ownerOf(fd).value_or(number) != number) {
    expected = EEXIST;
  } else if (object.channel->kind == Channel::Kind::kFile) {
    expected = EPERM;
  }
  int error = 0;
  try {
    if (side == Side::kRead) {
      reactor_->addReader(object);
    } else {
      reactor_->addWriter(object);
    }
    model_.added(number, side, fd);
  } catch (const std::system_error& refusal) {
    error = refusal.code().value();
  }
  if (isTracing()) {
    trace("    " + std::to_string(number) + " under descriptor " + std::to_string(fd) + ", error " +
          std::to_string(error));
  }
  require(error == expected, "an object is registered unless its descriptor cannot be watched");
}

void Scenario::remove(Side side) {
  const Model::Object number = pickObject();
  ScriptedObject& object = *objects_[number];
  if (side == Side::kRead) {
    reactor_->removeReader(object);
  } else {
    reactor_->removeWriter(object);
  }
  if (object.fileno() >= 0) {  // otherwise it is too late, and connectionLost follows
    model_.removed(number, side);
  }
}

// === The descriptors ==========================================================================

void Scenario::changeChannel(void (Channel::*change)()) {
  if (std::optional<Channel>& channel = objects_[pickObject()]->channel) {
    ((*channel).*change)();
  }
}

/// A registered object may close its descriptor only in its own doRead or doWrite.
void Scenario::close() {
  const Model::Object object = pickObject();
  if (!model_.isRegistered(object) || (mayCloseItself_ && onStack_ == object)) {
    objects_[object]->channel.reset();
  }
}

/// The object may get another descriptor or be destroyed: it is not registered, and none of its
/// callbacks is running.
bool Scenario::isIdle(Model::Object object) const {
  return !model_.isNeeded(object) && onStack_ != object;
}

/// The new descriptor may get the number of the old one.
void Scenario::open() {
  const Model::Object object = pickObject();
  const auto kind = Channel::Kind(choices_.pick(4));
  if (isIdle(object)) {
    objects_[object]->channel.emplace(kind);
  }
}

/// The new object may get the address of the old one.
void Scenario::replace() {
  const Model::Object object = pickObject();
  if (isIdle(object)) {
    objects_[object].reset();
    objects_[object] = std::make_unique<ScriptedObject>(*this, object);
  }
}

// === Time =====================================================================================

void Scenario::callLater() {
  const std::size_t quarters = choices_.pick(9);
  timers_.push_back(schedule(quarters == 8 ? kVeryLong : kQuarter * quarters, [this] {
    perform(0, 3);
    if (choices_.pick(8) == 7) {
      throwMishap();
    }
  }));
}

std::optional<Scenario::ScriptedTimer> Scenario::pickTimer() {
  if (timers_.empty()) {
    return std::nullopt;
  }
  return timers_[choices_.pick(timers_.size())];
}

void Scenario::cancel() {
  const std::optional<ScriptedTimer> timer = pickTimer();
  if (timer && isAccepted(timer->number, [&] { timer->call->cancel(); })) {
    model_.timerCancelled(timer->number);
  }
}

void Scenario::reset() {
  const std::optional<ScriptedTimer> timer = pickTimer();
  const Duration fromNow = kQuarter * choices_.pick(8) - 2 * kQuarter;
  if (timer && isAccepted(timer->number, [&] { timer->call->reset(fromNow); })) {
    model_.timerMoved(timer->number, now_ + fromNow);
  }
}

/// Returns false if the timer refuses the change.
bool Scenario::isAccepted(Model::Timer timer, const std::function<void()>& change) {
  bool accepted = true;
  try {
    change();
  } catch (const std::invalid_argument&) {  // AlreadyCalled or AlreadyCancelled
    accepted = false;
  }
  require(accepted == model_.isPending(timer), "a timer can be changed while it is pending");
  return accepted;
}

// === The loop =================================================================================

void Scenario::stop() {
  const bool isAllowed = reactor_->running() && !model_.isStopRequested();
  try {
    reactor_->stop();
    require(isAllowed, "stop() refuses when the reactor does not run, or was stopped before");
    model_.stopRequested();
  } catch (const ReactorNotRunning&) {
    require(!isAllowed, "stop() stops a reactor that runs");
  }
}

}  // namespace poetry::fuzz
