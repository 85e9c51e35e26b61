// Protocols and factories with the defaults filled in: derive, and override what you care about.
// As twisted.internet.protocol.
#pragma once

#include "reactor/interfaces.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace poetry {

class Factory;

/// A protocol that does nothing with what it gets. Belongs to its connection.
class Protocol : public IProtocol {
 public:
  /// Remembers the transport, then calls connectionMade. Override that one instead.
  void makeConnection(ITransport& transport) override;

  /// There is a connection: `transport` may be used from here on.
  virtual void connectionMade() {}

  void dataReceived(std::string_view /*bytes*/) override {}
  void connectionLost(const Failure& /*reason*/) override {}

  /// The name of the class, without namespaces.
  [[nodiscard]] std::string logPrefix() const override;

  /// Who made this protocol: set by Factory::buildProtocol. It outlives the protocol.
  Factory* factory = nullptr;

 protected:
  /// The connection: nullptr before connectionMade, not nulled when the connection is lost.
  ITransport* transport = nullptr;  // NOLINT(readability-identifier-naming): Twisted's name
};

/// A factory that counts its users and makes protocols with `protocol`.
class Factory : public virtual IProtocolFactory {
 public:
  /// Makes a protocol with `protocol` and introduces the factory to it. Override it when a
  /// protocol needs more than that to be made.
  std::unique_ptr<IProtocol> buildProtocol(const Address& peer) override;

  /// The first user came: connectTCP or listenTCP was called.
  virtual void startFactory() {}
  /// The last user went: nothing connects, is connected or listens with this factory any more.
  virtual void stopFactory() {}

  /// Count the users, and call startFactory at the first and stopFactory at the last one. doStop
  /// without a user does nothing.
  void doStart() override;
  void doStop() override;

  /// How the default buildProtocol makes a protocol:
  ///     factory.protocol = [] { return std::make_unique<Echo>(); };
  std::function<std::unique_ptr<Protocol>()> protocol;

 private:
  int users_ = 0;
};

/// A factory for connectTCP that shrugs at attempts that fail and connections that end.
class ClientFactory : public Factory, public IClientFactory {
 public:
  void startedConnecting(IConnector& /*connector*/) override {}
  void clientConnectionFailed(IConnector& /*connector*/, const Failure& /*reason*/) override {}
  void clientConnectionLost(IConnector& /*connector*/, const Failure& /*reason*/) override {}
};

}  // namespace poetry
