// Signals as a descriptor: a handler writes into a pipe, and the loop reads from it.
#pragma once

#include "net/pipe.hpp"
#include "reactor/interfaces.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>

#include <signal.h>  // struct sigaction

namespace poetry {

/// Turns signals into a readable descriptor, which is registered with a reactor like any other.
///
/// A signal handler interrupts the program between any two instructions, so it may do very little.
/// This one writes the signal's number into a pipe (the self-pipe trick). doRead then runs in the
/// loop, where everything is allowed.
///
/// The first SIGINT or SIGTERM gives both back their default action, so the second one ends the
/// process, even if a callback blocks and the loop never reads the pipe.
class SignalPipe final : public IReadDescriptor {
 public:
  /// doRead calls `onSignal` with the number of each signal. Throws std::system_error.
  explicit SignalPipe(std::function<void(int)> onSignal);
  /// Restores the old actions.
  ~SignalPipe() override;
  SignalPipe(const SignalPipe&) = delete;
  SignalPipe& operator=(const SignalPipe&) = delete;

  /// Does the process still have the default action for `signal`?
  static bool isDefault(int signal);

  /// Handles `signal` from now on. Signals belong to the process, so only one SignalPipe at a time
  /// may handle any. Throws std::system_error.
  void handle(int signal);

  /// Gives all handled signals their old action back. doRead still finds those that came before.
  void restore();

  [[nodiscard]] int fileno() const override { return pipe_.readEnd.get(); }
  [[nodiscard]] std::string logPrefix() const override { return "signals"; }
  std::optional<Failure> doRead() override;
  void connectionLost(const Failure& /*reason*/) override {}

 private:
  std::function<void(int)> onSignal_;
  Pipe pipe_;
  std::map<int, struct sigaction> oldActions_;  // by signal
};

}  // namespace poetry
