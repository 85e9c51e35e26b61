// The reactor of a program that starts others: what ends its run, and that nobody is left behind.
#pragma once

#include "process.hpp"
#include "reactor/reactor.hpp"
#include "signal_pipe.hpp"

#include <string>

namespace poetry {

class Loop {
 public:
  /// SIGINT and SIGTERM end the run of every reactor. So do, here, those signals that would end us
  /// without another word while our children go on: SIGHUP, SIGQUIT and SIGPIPE.
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

  /// The signal that ended the run, 0 if none did: for endBySignal, when nobody is left.
  [[nodiscard]] int exitSignal() const;

 private:
  Reactor reactor_;
  SignalPipe signals_;
  ProcessTable processes_;
  std::string failure_;
  int signal_ = 0;
};

}  // namespace poetry
