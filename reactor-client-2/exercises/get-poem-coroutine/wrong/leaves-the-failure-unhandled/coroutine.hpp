// What a coroutine needs to wait for a Deferred: `co_await *deferred`.
//
// A coroutine is a function that can stop in the middle and continue later. Its local variables are
// not on the stack but in a block of memory, the frame. The frame stays when the coroutine stops.
// co_await stops it, and returns to the code that called it: in the end, to the loop. The Deferred
// resumes it.
#pragma once

#include "deferred.hpp"

#include <coroutine>
#include <exception>
#include <stdexcept>
#include <utility>

namespace poetry {

/// A coroutine that returns nothing. It starts at once, and runs until its first co_await that has to
/// wait. The Task owns the frame, and must live until the coroutine has ended. If it is destroyed
/// earlier, the Deferred resumes a frame that no longer exists: undefined behaviour.
class [[nodiscard]] Task {
 public:
  // NOLINTBEGIN(readability-identifier-naming): the compiler looks for these names.
  struct promise_type {
    Task get_return_object() { return Task(Handle::from_promise(*this)); }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }  // the Task destroys the frame
    void return_void() {}
    // Simplified: an exception that leaves the coroutine ends the program. Catch it inside.
    void unhandled_exception() noexcept { std::terminate(); }
  };
  // NOLINTEND(readability-identifier-naming)

  // Only clang 14 needs this constructor.
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  ~Task() {
    if (handle_) {
      handle_.destroy();
    }
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  Task& operator=(Task&&) = delete;

  [[nodiscard]] bool done() const { return handle_.done(); }

 private:
  using Handle = std::coroutine_handle<promise_type>;
  explicit Task(Handle handle) : handle_(handle) {}

  Handle handle_;
};

/// What co_await throws if the Deferred fails.
struct DeferredError : std::runtime_error {
  explicit DeferredError(const Failure& why)
      : std::runtime_error(why.getErrorMessage()), reason(why) {}
  Failure reason;
};

/// What co_await calls: is the result there, how to wait for it, and what co_await returns.
template <typename T>
struct DeferredAwaiter {
  Deferred<T>& deferred;

  // NOLINTBEGIN(readability-identifier-naming)
  [[nodiscard]] bool await_ready() const { return !deferred.isPending(); }

  void await_suspend(std::coroutine_handle<> coroutine) {
    deferred.addCallback([coroutine](const T& /*value*/) { coroutine.resume(); });
    deferred.addErrback([coroutine](const Failure& /*reason*/) { coroutine.resume(); });
  }

  T await_resume() {
    if (deferred.failure()) {
      throw DeferredError(*deferred.failure());
    }
    return *deferred.value();
  }
  // NOLINTEND(readability-identifier-naming)
};

/// Waits for the result without blocking the loop, and returns it. Throws DeferredError for a failure.
/// The Deferred must live until then.
template <typename T>
DeferredAwaiter<T> operator co_await(Deferred<T>& deferred) {
  return {deferred};
}

}  // namespace poetry
