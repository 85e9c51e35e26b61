#include "reactor/delayed_calls.hpp"

#include <cmath>
#include <stdexcept>

namespace poetry {

class DelayedCalls::Call : public IDelayedCall {
 public:
  Call(DelayedCalls& queue, std::function<void()> function)
      : queue_(&queue), function_(std::move(function)) {}

  /// Puts `call` into its queue.
  static void enter(const std::shared_ptr<Call>& call, Key key) {
    Queue& calls = call->queue_->calls_;
    call->deadline_ = key.first;
    // Most calls are due later than all others, so the search begins at the end.
    call->place_ = calls.emplace_hint(calls.end(), key, call);
  }

  [[nodiscard]] TimePoint getTime() const override { return deadline_; }
  [[nodiscard]] bool active() const override { return state_ == State::kPending; }

  void cancel() override {
    requirePending();
    // Destroyed at the end of this function: it may own the object that is calling us.
    const std::function<void()> function = finish(State::kCancelled);
  }

  void reset(Duration fromNow) override {
    requirePending();
    if (std::isnan(fromNow.count())) {
      throw std::invalid_argument("a delayed call needs a time that is a number");
    }
    const TimePoint deadline = queue_->seconds() + fromNow;
    auto node = queue_->calls_.extract(place_);
    node.key().first = deadline;
    place_ = queue_->calls_.insert(std::move(node)).position;
    deadline_ = deadline;
  }

  /// Leaves the queue and returns the function.
  std::function<void()> call() { return finish(State::kCalled); }

 private:
  enum class State { kPending, kCalled, kCancelled };

  void requirePending() const {
    if (state_ == State::kCalled) {
      throw AlreadyCalled();
    }
    if (state_ == State::kCancelled) {
      throw AlreadyCancelled();
    }
  }

  std::function<void()> finish(State state) {
    state_ = state;
    std::function<void()> function = std::move(function_);
    queue_->calls_.erase(place_);  // may destroy this Call, so no member is used after it
    return function;
  }

  DelayedCalls* queue_;
  Queue::iterator place_;  // while it is pending
  TimePoint deadline_{};
  std::function<void()> function_;
  State state_ = State::kPending;
};

DelayedCalls::DelayedCalls(std::function<TimePoint()> clock) : clock_(std::move(clock)) {}

DelayedCalls::~DelayedCalls() {
  // One at a time: a function may own an object that cancels another call.
  while (!calls_.empty()) {
    calls_.begin()->second->cancel();
  }
}

std::shared_ptr<IDelayedCall> DelayedCalls::callLater(Duration delay,
                                                      std::function<void()> function) {
  if (!(delay >= Duration::zero())) {  // true for NaN, too
    throw std::invalid_argument("callLater needs a delay of zero or more seconds");
  }
  if (!function) {
    throw std::invalid_argument("callLater needs a function to call");
  }
  auto call = std::make_shared<Call>(*this, std::move(function));
  Call::enter(call, Key(seconds() + delay, nextSequence_++));
  return call;
}

std::vector<std::shared_ptr<IDelayedCall>> DelayedCalls::pending() const {
  std::vector<std::shared_ptr<IDelayedCall>> result;
  result.reserve(calls_.size());
  for (const auto& [key, call] : calls_) {
    result.push_back(call);
  }
  return result;
}

std::optional<TimePoint> DelayedCalls::nextDeadline() const {
  if (calls_.empty()) {
    return std::nullopt;
  }
  return calls_.begin()->first.first;
}

std::function<void()> DelayedCalls::takeDue(TimePoint now, std::uint64_t firstNewSequence) {
  for (const auto& [key, call] : calls_) {
    const auto& [deadline, sequence] = key;
    if (deadline > now) {
      break;
    }
    if (sequence < firstNewSequence) {
      return call->call();
    }
  }
  return nullptr;
}

}  // namespace poetry
