// A transport without a network, for protocols under test. As StringTransport of
// twisted.internet.testing.
#pragma once

#include "net/address.hpp"
#include "reactor/interfaces.hpp"

#include <string>
#include <string_view>

namespace poetry::testing {

/// Collects what a protocol writes, and remembers what else it asks for.
///
///     StringTransport transport;
///     Echo protocol;
///     protocol.makeConnection(transport);
///     protocol.dataReceived("hello");
///     EXPECT_EQ(transport.value(), "hello");
///
/// It never calls the protocol: the test ends the connection, with protocol.connectionLost(...).
/// It must outlive the protocol.
class StringTransport final : public ITransport {
 public:
  /// Everything that was written since the last clear().
  [[nodiscard]] const std::string& value() const { return written_; }
  void clear() { written_.clear(); }

  /// Was loseConnection() or abortConnection() called? They have no other effect.
  [[nodiscard]] bool disconnecting() const { return disconnecting_; }
  /// Was abortConnection() called?
  [[nodiscard]] bool aborting() const { return aborting_; }

  // ITransport
  void write(std::string_view bytes) override { written_ += bytes; }
  void loseConnection() override { disconnecting_ = true; }
  void abortConnection() override { disconnecting_ = aborting_ = true; }
  /// 192.168.1.1:54321, as in Twisted.
  [[nodiscard]] Address getPeer() const override {
    return resolveWithoutLookup({"192.168.1.1", 54321}).front();
  }
  /// 10.0.0.1:12345.
  [[nodiscard]] Address getHost() const override {
    return resolveWithoutLookup({"10.0.0.1", 12345}).front();
  }

 private:
  std::string written_;
  bool disconnecting_ = false;
  bool aborting_ = false;
};

}  // namespace poetry::testing
