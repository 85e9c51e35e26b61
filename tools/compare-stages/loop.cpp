#include "loop.hpp"

#include <stdexcept>
#include <utility>

namespace poetry {

Loop::Loop()
    : reactor_({.onError = [this](const Failure& error, std::string_view /*where*/) {
        fail(error.getErrorMessage());
      }}) {}

void Loop::run(std::function<void()> start) {
  reactor_.callWhenRunning(std::move(start));
  reactor_.run();
  if (!failure_.empty()) {
    throw std::runtime_error(failure_);
  }
}

void Loop::end() {
  try {
    reactor_.stop();
  } catch (const ReactorNotRunning&) {
    // The run has ended already.
  }
}

void Loop::fail(const std::string& why) {
  if (failure_.empty()) {
    failure_ = why;
  }
  end();
}

}  // namespace poetry
