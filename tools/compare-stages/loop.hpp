// The event loop of compare-stages: a reactor, and what ends its run.
#pragma once

#include "reactor/reactor.hpp"

#include <functional>
#include <string>

namespace poetry {

class Loop {
 public:
  /// An exception that a callback lets escape ends the run, as with fail().
  Loop();
  ~Loop() = default;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  Reactor& reactor() { return reactor_; }

  /// Calls `start` on the loop. Blocks until end() or fail() is called, or SIGINT or SIGTERM arrives.
  /// Throws std::runtime_error with the reason given to fail().
  void run(std::function<void()> start);

  /// Ends the run. A second call does nothing.
  void end();
  /// Ends the run with an error. The first reason counts.
  void fail(const std::string& why);

  /// The signal that ended the run, 0 if none did. Give it to endBySignal when no child process is
  /// left.
  [[nodiscard]] int exitSignal() const { return reactor_.exitSignal(); }

 private:
  Reactor reactor_;
  std::string failure_;
};

}  // namespace poetry
