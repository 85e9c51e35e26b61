// A server of --check, which sends only what the script tells it to send.
#pragma once

#include "net/address.hpp"
#include "net/unique_fd.hpp"
#include "reactor/interfaces.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace poetry {

/// A server whose every send is a call of send(). It reads nothing, so a client may close its half of the
/// connection.
class ScriptedPeer final : public IReadDescriptor {
 public:
  /// Listens at once, on a free port of 127.0.0.1. Calls `connected` when a client has connected. If
  /// the client leaves and connects again, it gets the poem from its beginning. Closes other
  /// connections. `reactor` must outlive this.
  ScriptedPeer(IReactorFDSet& reactor, std::function<void()> connected);
  ~ScriptedPeer() override;
  ScriptedPeer(const ScriptedPeer&) = delete;
  ScriptedPeer& operator=(const ScriptedPeer&) = delete;

  [[nodiscard]] std::string address() const { return Address::hostOf(listener_.get()).toString(); }
  /// Whether a client has connected, even if it has left again.
  [[nodiscard]] bool wasConnected() const { return connection_.valid(); }
  /// Whether the client has not read all bytes yet. False if that cannot be found out.
  [[nodiscard]] bool hasUnreadBytes() const;
  /// How many bytes of the poem it has sent.
  [[nodiscard]] std::size_t sent() const { return sent_.size(); }

  /// So few bytes that the kernel keeps them all. Errors are ignored: the client has left.
  void send(std::string_view bytes);
  /// The client reads the end of the poem after everything that was sent.
  void close();

  [[nodiscard]] int fileno() const override { return listener_.get(); }
  [[nodiscard]] std::string logPrefix() const override { return "scripted peer"; }
  std::optional<Failure> doRead() override;
  void connectionLost(const Failure& /*reason*/) override {}

 private:
  [[nodiscard]] bool hasClientLeft() const;

  IReactorFDSet& reactor_;
  std::function<void()> connected_;
  UniqueFd listener_;
  UniqueFd connection_;
  std::string sent_;
  bool isClosed_ = false;
};

}  // namespace poetry
