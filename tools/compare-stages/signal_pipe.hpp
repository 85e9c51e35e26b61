// Signals as something to read: a pipe into which the handler writes and which the loop watches.
#pragma once

#include "net/unique_fd.hpp"
#include "reactor/interfaces.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>

#include <signal.h>  // struct sigaction

namespace poetry {

/// Calls functions on the loop when signals come. Signals belong to the process, so there can be
/// one of these at a time.
///
/// A signal handler runs in the middle of anything and may do next to nothing. This one writes a
/// byte into a pipe; that makes the pipe readable, and to the reactor that is one more descriptor.
class SignalPipe final : public IReadDescriptor {
 public:
  /// `reactor` must outlive this. Throws std::system_error.
  explicit SignalPipe(IReactorFDSet& reactor);
  /// Every signal means again what it meant before.
  ~SignalPipe() override;
  SignalPipe(const SignalPipe&) = delete;
  SignalPipe& operator=(const SignalPipe&) = delete;

  /// From now on `function` is called after `signal` came; once, if it came several times in
  /// between. A signal that is ignored stays so, as nohup(1) wants it.
  void handle(int signal, std::function<void()> function);

  [[nodiscard]] int fileno() const override { return readEnd_.get(); }
  [[nodiscard]] std::string logPrefix() const override { return "signals"; }
  std::optional<Failure> doRead() override;
  void connectionLost(const Failure& /*reason*/) override {}

 private:
  struct Handler {
    std::function<void()> function;
    struct sigaction before = {};
  };

  IReactorFDSet& reactor_;
  UniqueFd readEnd_;
  UniqueFd writeEnd_;
  std::map<int, Handler> handlers_;
};

}  // namespace poetry
