// A transport without a network, for protocols under test. As StringTransport of
// twisted.internet.testing.
#pragma once

#include "net/address.hpp"
#include "reactor/interfaces.hpp"

#include <span>
#include <string>
#include <string_view>

namespace poetry::testing {

/// Collects what a protocol writes, and notes what else it asks for.
///
///     StringTransport transport;
///     Echo protocol;
///     protocol.makeConnection(transport);
///     protocol.dataReceived("hello");
///     EXPECT_EQ(transport.value(), "hello");
///
/// It never calls the protocol back: when a connection ends is for the test to say, with
/// protocol.connectionLost(...). It has to outlive the protocol.
class StringTransport final : public ITransport {
 public:
  /// The peer is 192.168.1.1:54321 and our own end 10.0.0.1:12345, as in Twisted.
  StringTransport();
  StringTransport(Address peer, Address host);

  /// Everything that was written since the last clear().
  [[nodiscard]] const std::string& value() const { return written_; }
  void clear() { written_.clear(); }

  /// Was loseConnection() or abortConnection() called? Nothing else comes of either.
  [[nodiscard]] bool disconnecting() const { return disconnecting_; }
  /// Was abortConnection() called?
  [[nodiscard]] bool aborting() const { return aborting_; }

  // ITransport
  void write(std::string_view bytes) override { written_ += bytes; }
  void writeSequence(std::span<const std::string_view> pieces) override;
  void loseConnection() override { disconnecting_ = true; }
  void abortConnection() override { disconnecting_ = aborting_ = true; }
  [[nodiscard]] Address getPeer() const override { return peer_; }
  [[nodiscard]] Address getHost() const override { return host_; }

 private:
  Address peer_;
  Address host_;
  std::string written_;
  bool disconnecting_ = false;
  bool aborting_ = false;
};

}  // namespace poetry::testing
