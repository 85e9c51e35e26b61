// A result that will come later. Twisted calls this a Deferred, other libraries a future or a promise.
//
// It works like a lamp with three states: pending, done, failed. At first it is pending, and
// functions can wait in its list: callbacks for a value, errbacks for a failure. With the result, it
// calls those that fit, in the order in which they were added. A function that is added later is
// called at once. So it makes no difference whether the result or a function comes first.
//
// Simplified: in Twisted, a callback may return a new value for the next callback, and an errback may
// turn a failure into a value.
#pragma once

#include "cli/output.hpp"
#include "reactor/interfaces.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <variant>
#include <vector>

namespace poetry {

/// A T that will come later, or the reason why it does not come. Never blocks. Shared by the code that
/// makes the result and the code that waits for it.
///
/// If a callback or an errback throws, the exception becomes the failure: the functions after it
/// see this failure, and not the result before it.
template <typename T>
class Deferred {
 public:
  Deferred() = default;
  Deferred(const Deferred&) = delete;
  Deferred& operator=(const Deferred&) = delete;

  // YOUR TURN: write the destructor, the next four functions, and the members that they need.

  // For the code that makes the result. Both throw std::logic_error if there is one already.

  /// Sets the value, and calls the functions that wait.
  void callback(T value) { value_ = std::move(value); }

  /// Sets the failure, and calls the functions that wait.
  void errback(const Failure& failure) { failure_ = failure; }

  // For the code that waits for the result.

  /// Calls `function` with the value: later, or at once if it is there. Never with a failure.
  void addCallback(std::function<void(const T&)> /*function*/) {}

  /// The same for a failure.
  void addErrback(std::function<void(const Failure&)> /*function*/) {}

  [[nodiscard]] bool isPending() const { return !value_ && !failure_; }

 private:
  std::optional<T> value_;
  std::optional<Failure> failure_;
};

/// A result without a value: something has happened.
using Happened = std::monostate;

/// Done when `duration` has passed: one Deferred and one timer. Other code runs in the meantime.
inline std::shared_ptr<Deferred<Happened>> sleep(IReactorTime& reactor, Duration duration) {
  const auto deferred = std::make_shared<Deferred<Happened>>();
  reactor.callLater(duration, [deferred] { deferred->callback({}); });
  return deferred;
}

}  // namespace poetry
