// The reactor of a program that starts others: what ends its run, and that nobody is left behind.
#pragma once

#include "process.hpp"
#include "reactor/reactor.hpp"
#include "signal_pipe.hpp"

#include <string>

namespace poetry {

class Loop {
 public:
  /// Every signal that would end us while our children go on ends the run instead: SIGINT, SIGTERM,
  /// SIGHUP, SIGQUIT and SIGPIPE. It stays so until this is gone, and not only until run() returns:
  /// somebody who presses Ctrl-C twice must not cut short the clearing up. So whoever owns child
  /// processes goes before this does.
  Loop();
  ~Loop() = default;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  Reactor& reactor() { return reactor_; }
  ProcessTable& processes() { return processes_; }

  /// Runs until somebody calls end() or fail(), or a signal comes. Blocks. Throws std::runtime_error
  /// with what fail() was told, or what a callback has thrown.
  void run();

  /// All is done.
  void end();
  /// It cannot go on. The first reason counts.
  void fail(const std::string& why);

  /// The first signal that ended the run, 0 if none did: for endBySignal, when nobody is left.
  [[nodiscard]] int exitSignal() const { return signal_; }

 private:
  Reactor reactor_;
  SignalPipe signals_;
  ProcessTable processes_;
  std::string failure_;
  int signal_ = 0;
};

}  // namespace poetry
