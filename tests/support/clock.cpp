#include "support/clock.hpp"

#include <cstdint>
#include <stdexcept>
#include <utility>

namespace poetry::testing {

Clock::Clock(std::function<void(const Failure&)> onError)
    : onError_(std::move(onError)), calls_([this] { return now_; }) {}

void Clock::advance(Seconds amount) {
  if (!(amount >= Seconds::zero())) {  // true for NaN, too
    throw std::invalid_argument("time does not run backwards");
  }
  now_ += amount;
  // As the loop of the reactor does it: one time and one newcomer for the whole turn.
  const Seconds now = now_;
  const std::uint64_t newcomer = calls_.nextSequence();
  while (const std::function<void()> call = calls_.takeDue(now, newcomer)) {
    if (!onError_) {
      call();
      continue;
    }
    try {
      call();
    } catch (...) {
      onError_(Failure::current());
    }
  }
}

void Clock::pump(std::initializer_list<Seconds> amounts) {
  for (const Seconds amount : amounts) {
    advance(amount);
  }
}

std::shared_ptr<IDelayedCall> Clock::callLater(Seconds delay, std::function<void()> function) {
  return calls_.callLater(delay, std::move(function));
}

std::vector<std::shared_ptr<IDelayedCall>> Clock::getDelayedCalls() const {
  return calls_.pending();
}

}  // namespace poetry::testing
