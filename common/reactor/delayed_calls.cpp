#include "reactor/delayed_calls.hpp"

#include <cmath>
#include <stdexcept>

namespace poetry {

class DelayedCalls::Call : public IDelayedCall {
 public:
  Call(DelayedCalls& queue, Key key, std::function<void()> function)
      : queue_(&queue), key_(key), function_(std::move(function)) {}

  [[nodiscard]] Seconds getTime() const override { return key_.first; }
  [[nodiscard]] bool active() const override { return state_ == State::kPending; }

  void cancel() override {
    requirePending();
    // Taken out first and destroyed last: this call may be all that keeps the object alive whose
    // function is calling us.
    const std::function<void()> function = finish(State::kCancelled);
  }

  void reset(Seconds fromNow) override {
    requirePending();
    moveTo(queue_->seconds() + fromNow);
  }

  void delay(Seconds later) override {
    requirePending();
    moveTo(key_.first + later);
  }

  /// Leaves the queue and gives the function away.
  std::function<void()> call() { return finish(State::kCalled); }

  void queueIsGone() {
    queue_ = nullptr;
    state_ = State::kCancelled;
  }

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

  void moveTo(Seconds deadline) {
    if (std::isnan(deadline.count())) {
      throw std::invalid_argument("a delayed call needs a time that is a number");
    }
    auto node = queue_->calls_.extract(key_);
    key_.first = deadline;
    node.key() = key_;
    queue_->calls_.insert(std::move(node));
  }

  std::function<void()> finish(State state) {
    state_ = state;
    std::function<void()> function = std::move(function_);
    queue_->calls_.erase(key_);  // the last owner of this Call, maybe: no member after this line
    return function;
  }

  DelayedCalls* queue_;
  Key key_;
  std::function<void()> function_;
  State state_ = State::kPending;
};

DelayedCalls::DelayedCalls(std::function<Seconds()> clock) : clock_(std::move(clock)) {}

DelayedCalls::~DelayedCalls() {
  for (auto& [key, call] : calls_) {
    call->queueIsGone();
  }
}

std::shared_ptr<IDelayedCall> DelayedCalls::callLater(Seconds delay,
                                                      std::function<void()> function) {
  if (!(delay >= Seconds::zero())) {  // true for NaN, too
    throw std::invalid_argument("callLater needs a delay of zero or more seconds");
  }
  if (!function) {
    throw std::invalid_argument("callLater needs a function to call");
  }
  const Key key(seconds() + delay, nextSequence_++);
  auto call = std::make_shared<Call>(*this, key, std::move(function));
  calls_.emplace(key, call);
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

std::optional<Seconds> DelayedCalls::nextDeadline() const {
  if (calls_.empty()) {
    return std::nullopt;
  }
  return calls_.begin()->first.first;
}

std::function<void()> DelayedCalls::takeDue(Seconds now, std::uint64_t newcomer) {
  for (const auto& [key, call] : calls_) {
    const auto& [deadline, sequence] = key;
    if (deadline > now) {
      break;
    }
    if (sequence < newcomer) {
      return call->call();
    }
  }
  return nullptr;
}

}  // namespace poetry
