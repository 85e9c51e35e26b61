#include "fuzz/reactor_scenario.hpp"

#include "fuzz/require.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <poll.h>

namespace poetry::fuzz {

namespace {

constexpr std::size_t kObjects = 5;
/// The script continues at least this often, whatever else happens.
constexpr Duration kHeartbeat(0.25);
/// How many iterations the reactor gets at the end to call everything that is ready.
constexpr int kQuietWaits = 8;

/// libevent, but it never blocks: instead, the scenario moves the clock.
class ObservedDemultiplexer final : public IDemultiplexer {
 public:
  ObservedDemultiplexer(Scenario& scenario, const std::string& name)
      : scenario_(scenario), libevent_(name) {}

  void watch(int fd, bool forReading, bool forWriting) override {
    libevent_.watch(fd, forReading, forWriting);
  }

  const std::vector<Ready>& wait(std::optional<Duration> timeout) override {
    scenario_.beforeWait(timeout);
    const std::vector<Ready>& ready = libevent_.wait(Duration(0));
    scenario_.afterWait(timeout, ready);
    return ready;
  }

 private:
  Scenario& scenario_;
  LibeventDemultiplexer libevent_;
};

}  // namespace

std::optional<Failure> ScriptedObject::doRead() {
  return scenario_.called(number_, Model::Side::kRead);
}

std::optional<Failure> ScriptedObject::doWrite() {
  return scenario_.called(number_, Model::Side::kWrite);
}

void ScriptedObject::connectionLost(const Failure& reason) {
  scenario_.connectionLost(number_, reason);
}

Scenario::Scenario(std::span<const std::uint8_t> bytes) : choices_(bytes), model_(kObjects) {
  const std::vector<std::string> names = Reactor::demultiplexers();
  demultiplexer_ = names[choices_.pick(names.size())];
  reactor_ = std::make_unique<Reactor>(ReactorOptions{
      .trace = isTracing(),
      .onError =
          [this](const Failure& error, std::string_view where) {
            trace("reported: " + error.getErrorMessage() + " in " + std::string(where));
            ++reported_;
          },
      .clock = [this] { return now_; },
      .customDemultiplexer = std::make_shared<ObservedDemultiplexer>(*this, demultiplexer_)});
  for (Model::Object object = 0; object < kObjects; ++object) {
    objects_.push_back(std::make_unique<ScriptedObject>(*this, object));
  }
}

void Scenario::play() {
  trace("with " + demultiplexer_);
  perform(1, 8);
  continueScript();
  reactor_->run(false);
  checkEnd();
}

/// A timer that performs operations and starts itself again.
void Scenario::continueScript() {
  if (!choices_.atEnd()) {
    schedule(kHeartbeat, [this] {
      perform(1, 3);
      continueScript();
    });
  }
}

void Scenario::checkEnd() {
  trace("run() has returned");
  model_.runReturned(now_);
  checkState();
  reactor_.reset();
  for (const ScriptedTimer& timer : timers_) {
    require(!timer.call->active(), "no timer is pending when its reactor is destroyed");
  }
}

// === What the reactor calls ===================================================================

std::optional<Failure> Scenario::called(Model::Object object, Model::Side side) {
  model_.calls(object, side);
  checkState();
  require(model_.ownerOf(objects_[object]->fileno()) == object, "a closed descriptor is not ready");
  onStack_ = object;
  mayCloseItself_ = true;
  perform(0, 3);
  mayCloseItself_ = false;
  onStack_.reset();
  const std::size_t ending = choices_.pick(8);
  if (ending == 6) {
    model_.gaveReason(object, Failure(ConnectionDone()));
    return Failure(ConnectionDone());
  }
  if (ending == 7) {
    model_.gaveReason(object, Failure(std::runtime_error("mishap")));
    throwMishap();
  }
  if (model_.isRegistered(object) && objects_[object]->fileno() < 0) {
    model_.gaveReason(object, Failure(ConnectionFdescWentAway()));
  }
  return std::nullopt;
}

void Scenario::connectionLost(Model::Object object, const Failure& reason) {
  trace(std::to_string(object) + " connectionLost: " + reason.getErrorMessage());
  model_.callsConnectionLost(object, reason, now_, reactor_->running());
  checkState();
  onStack_ = object;
  perform(0, 3);
  onStack_.reset();
  if (choices_.pick(8) == 7) {
    throwMishap();
  }
}

/// When the script has ended, the reactor gets a few iterations more.
void Scenario::beforeWait(std::optional<Duration> timeout) {
  model_.waits(timeout, now_);
  checkState();
  if (choices_.atEnd() && ++quietWaits_ >= kQuietWaits && !model_.isStopRequested()) {
    stop();
  }
}

void Scenario::afterWait(std::optional<Duration> timeout,
                         const std::vector<IDemultiplexer::Ready>& foundReady) {
  for (const IDemultiplexer::Ready& ready : foundReady) {
    if (ready.readable) {
      model_.foundReady(ready.fd, Model::Side::kRead);
    }
    if (ready.writable) {
      model_.foundReady(ready.fd, Model::Side::kWrite);
    }
  }
  checkAllReadyFound();
  // Without a ready descriptor, the reactor would sleep until its next timer is due.
  now_ += foundReady.empty() ? timeout.value_or(kHeartbeat) : kHeartbeat;
}

void Scenario::throwMishap() {
  trace("  throws");
  ++thrown_;
  throw std::runtime_error("mishap");
}

Scenario::ScriptedTimer Scenario::schedule(Duration delay, std::function<void()> function) {
  const auto number = std::make_shared<Model::Timer>();
  const std::shared_ptr<IDelayedCall> call =
      reactor_->callLater(delay, [this, number, whenDue = std::move(function)] {
        model_.callsTimer(*number, now_);
        checkState();
        whenDue();
      });
  *number = model_.timerMade(now_ + delay);
  return {*number, call};
}

// === Comparing ================================================================================

/// Compares what the reactor says about itself with the model.
void Scenario::checkState() const {
  require(thrown_ == reported_, "every exception is reported, and nothing else");
  const std::vector<IReadDescriptor*> readers = reactor_->getReaders();
  const std::vector<IWriteDescriptor*> writers = reactor_->getWriters();
  for (Model::Object object = 0; object < objects_.size(); ++object) {
    require(std::count(readers.begin(), readers.end(), objects_[object].get()) ==
                model_.isIn(object, Model::Side::kRead),
            "getReaders returns the registered readers");
    require(std::count(writers.begin(), writers.end(), objects_[object].get()) ==
                model_.isIn(object, Model::Side::kWrite),
            "getWriters returns the registered writers");
  }
  require(reactor_->getDelayedCalls().size() == model_.pendingTimers(),
          "getDelayedCalls returns the pending timers");
  for (const ScriptedTimer& timer : timers_) {
    require(timer.call->active() == model_.isPending(timer.number),
            "a timer is active until it runs or is cancelled");
    require(timer.call->getTime() == model_.deadlineOf(timer.number), "getTime is the deadline");
  }
}

/// Asks the system which descriptors are ready, without the reactor's demultiplexer.
void Scenario::checkAllReadyFound() const {
  for (Model::Object object = 0; object < objects_.size(); ++object) {
    pollfd status{objects_[object]->fileno(), POLLIN | POLLOUT, 0};
    ::poll(&status, 1, 0);
    require((status.revents & (POLLIN | POLLHUP)) == 0 ||
                model_.isDue(object, Model::Side::kRead) == model_.isIn(object, Model::Side::kRead),
            "a registered reader that is ready is found");
    require((status.revents & POLLOUT) == 0 || model_.isDue(object, Model::Side::kWrite) ==
                                                   model_.isIn(object, Model::Side::kWrite),
            "a registered writer that is ready is found");
  }
}

}  // namespace poetry::fuzz
