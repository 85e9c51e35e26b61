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
    // Most calls are due later than all the others: there is the place to look first.
    call->place_ = calls.emplace_hint(calls.end(), key, call);
  }

  [[nodiscard]] Seconds getTime() const override { return deadline_; }
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
    moveTo(deadline_ + later);
  }

  /// Leaves the queue and gives the function away.
  std::function<void()> call() { return finish(State::kCalled); }

  /// Gives the function away, which may own who knows what.
  std::function<void()> queueIsGone() {
    queue_ = nullptr;
    state_ = State::kCancelled;
    return std::move(function_);
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
    auto node = queue_->calls_.extract(place_);
    node.key().first = deadline;
    place_ = queue_->calls_.insert(std::move(node)).position;
    deadline_ = deadline;
  }

  std::function<void()> finish(State state) {
    state_ = state;
    std::function<void()> function = std::move(function_);
    queue_->calls_.erase(place_);  // the last owner of this Call, maybe: no member after this line
    return function;
  }

  DelayedCalls* queue_;
  Queue::iterator place_;  // as long as it is pending
  Seconds deadline_{};
  std::function<void()> function_;
  State state_ = State::kPending;
};

DelayedCalls::DelayedCalls(std::function<Seconds()> clock) : clock_(std::move(clock)) {}

DelayedCalls::~DelayedCalls() {
  // All of them first: the end of a function may be the end of an object that cancels another.
  std::vector<std::function<void()>> functions;
  functions.reserve(calls_.size());
  for (auto& [key, call] : calls_) {
    functions.push_back(call->queueIsGone());
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
