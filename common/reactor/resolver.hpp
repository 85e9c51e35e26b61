// Looks up names on helper threads, because getaddrinfo(3) can only block.
#pragma once

#include "net/address.hpp"
#include "reactor/interfaces.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace poetry {

/// Looks up names without blocking the loop.
///
/// Each look-up has a helper thread. The thread calls a function that blocks, and wakes up the loop
/// through a pipe; everything else happens on the loop's thread. Four look-ups run at a time, and
/// the others wait.
///
/// A look-up cannot be cancelled. When the resolver is destroyed, each thread finishes its look-up,
/// drops the answer and ends; the program may exit before that. So a thread uses nothing but the
/// state that it shares with the resolver.
class Resolver final : public IReadDescriptor {
 public:
  /// Returns the addresses of a name, or throws LookupError. Blocks. Runs on several threads, and
  /// may still run when the resolver and the reactor are destroyed.
  using Lookup = std::function<std::vector<Address>(const HostPort&)>;

  /// Throws std::system_error if there are too few descriptors.
  explicit Resolver(Lookup lookup);
  ~Resolver() override;
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// As IReactorTransports::resolveHostName.
  void resolveHostName(const HostPort& destination, std::function<void()> began,
                       std::function<void(const Resolution&)> done);

  /// Readable when there are answers.
  [[nodiscard]] int fileno() const override;
  [[nodiscard]] std::string logPrefix() const override { return "resolver"; }
  std::optional<Failure> doRead() override;
  void connectionLost(const Failure& /*reason*/) override {}

 private:
  struct Shared;
  struct Question {
    HostPort destination;
    std::function<void()> began;
    std::function<void(const Resolution&)> done;
  };

  void startLookups();

  std::shared_ptr<Shared> shared_;  // with the helper threads
  std::deque<Question> waiting_;    // for a thread
  std::map<std::uint64_t, Question> running_;
  std::uint64_t nextNumber_ = 0;
};

}  // namespace poetry
