// A result that will come later. Twisted calls this a Deferred, other libraries a future or a promise.
//
// It works like a lamp with three states: pending, done, failed. It changes once, from pending to
// one of the others. Functions can wait for the change; a function that is added after it is called
// at once.
//
// Simplified: in Twisted, a callback may return a new value, which the next callback then gets.
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
template <typename T>
class Deferred {
 public:
  Deferred() = default;
  /// Reports a failure that no errback was added for. Without this line, it would be lost.
  ~Deferred() {
    if (failure_ && !hasErrback_) {
      printError("Deferred", "unhandled failure: " + failure_->getErrorMessage());
    }
  }
  Deferred(const Deferred&) = delete;
  Deferred& operator=(const Deferred&) = delete;

  // For the code that makes the result. Both throw std::logic_error if there is one already. An
  // exception of a waiting function reaches the caller, and the functions after it are not called.

  /// Sets the value, and calls the callbacks in the order in which they were added.
  void callback(T value) {
    requirePending();
    value_ = std::move(value);
    errbacks_.clear();
    for (const auto& function : std::exchange(callbacks_, {})) {
      function(*value_);
    }
  }

  /// Sets the failure, and calls the errbacks.
  void errback(const Failure& failure) {
    requirePending();
    failure_ = failure;
    callbacks_.clear();
    for (const auto& function : std::exchange(errbacks_, {})) {
      function(*failure_);
    }
  }

  // For the code that waits for the result.

  /// Calls `function` with the value: later, or at once if it is there. Never after a failure.
  void addCallback(std::function<void(const T&)> function) {
    if (value_) {
      function(*value_);
    } else if (isPending()) {
      callbacks_.push_back(std::move(function));
    }
  }

  /// The same for a failure.
  void addErrback(std::function<void(const Failure&)> function) {
    hasErrback_ = true;
    if (failure_) {
      function(*failure_);
    } else if (isPending()) {
      errbacks_.push_back(std::move(function));
    }
  }

  [[nodiscard]] bool isPending() const { return !value_ && !failure_; }
  [[nodiscard]] const std::optional<T>& value() const { return value_; }
  [[nodiscard]] const std::optional<Failure>& failure() const { return failure_; }

 private:
  void requirePending() const {
    if (!isPending()) {
      throw std::logic_error("this Deferred has a result already");
    }
  }

  std::optional<T> value_;
  std::optional<Failure> failure_;
  std::vector<std::function<void(const T&)>> callbacks_;
  std::vector<std::function<void(const Failure&)>> errbacks_;
  bool hasErrback_ = false;
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
