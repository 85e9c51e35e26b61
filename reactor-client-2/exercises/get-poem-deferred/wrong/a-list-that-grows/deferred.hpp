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
  /// Reports a failure that no errback has got. Without this line, it would be lost.
  ~Deferred() {
    if (failure_ && !isHandled_) {
      printError("Deferred", "unhandled failure: " + failure_->getErrorMessage());
    }
  }
  Deferred(const Deferred&) = delete;
  Deferred& operator=(const Deferred&) = delete;

  // For the code that makes the result. Both throw std::logic_error if there is one already.

  /// Sets the value, and calls the functions that wait.
  void callback(T value) {
    requirePending();
    value_ = std::move(value);
    callAll();
  }

  /// Sets the failure, and calls the functions that wait.
  void errback(const Failure& failure) {
    requirePending();
    failure_ = failure;
    callAll();
  }

  // For the code that waits for the result.

  /// Calls `function` with the value: later, or at once if it is there. Never with a failure.
  void addCallback(std::function<void(const T&)> function) {
    add([this, function = std::move(function)] {
      if (!failure_) {
        function(*value_);
      }
    });
  }

  /// The same for a failure.
  void addErrback(std::function<void(const Failure&)> function) {
    add([this, function = std::move(function)] {
      if (failure_) {
        isHandled_ = true;
        function(*failure_);
      }
    });
  }

  [[nodiscard]] bool isPending() const { return !value_ && !failure_; }
  /// There may be both, if a callback has thrown. Then the failure is the result.
  [[nodiscard]] const std::optional<T>& value() const { return value_; }
  [[nodiscard]] const std::optional<Failure>& failure() const { return failure_; }

 private:
  using Function = std::function<void()>;

  void requirePending() const {
    if (!isPending()) {
      throw std::logic_error("this Deferred has a result already");
    }
  }

  void add(Function function) {
    functions_.push_back(std::move(function));
    if (!isPending()) {
      call(functions_.back());
    }
  }

  void callAll() {
    for (const Function& function : functions_) {
      call(function);
    }
  }

  void call(const Function& function) {
    try {
      function();
    } catch (...) {
      failure_ = Failure::current();
      isHandled_ = false;
    }
  }

  std::optional<T> value_;
  std::optional<Failure> failure_;
  bool isHandled_ = false;           ///< an errback has got the failure
  std::vector<Function> functions_;  ///< that wait, in the order in which they were added
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
