#include "loop.hpp"

#include <csignal>
#include <stdexcept>

namespace poetry {

Loop::Loop()
    : reactor_({.onError = [this](const Failure& error,
                                  std::string_view /*where*/) { fail(error.getErrorMessage()); }}),
      signals_(reactor_),
      processes_(reactor_, signals_) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) {
    signals_.handle(signal, [this, signal] {
      if (signal_ == 0) {
        signal_ = signal;
      }
      end();
    });
  }
}

void Loop::run() {
  reactor_.run(false);  // the signals are ours
  if (!failure_.empty()) {
    throw std::runtime_error(failure_);
  }
}

void Loop::end() {
  try {
    reactor_.stop();
  } catch (const ReactorNotRunning&) {
    // Somebody has asked for the end already.
  }
}

void Loop::fail(const std::string& why) {
  if (failure_.empty()) {
    failure_ = why;
  }
  end();
}

}  // namespace poetry
