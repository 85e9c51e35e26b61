// Base classes for protocols and factories: derive from them and override what you need.
// As twisted.internet.protocol.
#pragma once

#include "reactor/interfaces.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace poetry {

class Factory;

/// A protocol that ignores what it receives. Its connection owns it.
class Protocol : public IProtocol {
 public:
  /// Stores the transport and calls connectionMade, which is the function to override.
  void makeConnection(ITransport& transport) override;

  /// The connection is established: `transport` can be used from now on.
  virtual void connectionMade() {}

  void dataReceived(std::string_view /*bytes*/) override {}
  void connectionLost(const Failure& /*reason*/) override {}

  /// The name of the class, without namespaces.
  [[nodiscard]] std::string logPrefix() const override;

  /// The factory that made this protocol, set by Factory::buildProtocol. It outlives the protocol.
  Factory* factory = nullptr;

 protected:
  /// The connection. nullptr before connectionMade; keeps its value when the connection is lost.
  ITransport* transport = nullptr;  // NOLINT(readability-identifier-naming): Twisted's name
};

/// A factory that makes protocols with the function `protocol` and counts its users.
class Factory : public virtual IProtocolFactory {
 public:
  /// Calls `protocol` and sets the factory of what it returns. Override it if a protocol needs
  /// more than that.
  std::unique_ptr<IProtocol> buildProtocol(const Address& peer) override;

  /// Called by the first connectTCP or listenTCP with this factory.
  virtual void startFactory() {}
  /// Called when no connection, attempt or port uses this factory any more.
  virtual void stopFactory() {}

  /// Count the users. Call startFactory for the first one and stopFactory after the last one. doStop
  /// without a user does nothing.
  void doStart() override;
  void doStop() override;

  /// What the default buildProtocol calls:
  ///     factory.protocol = [] { return std::make_unique<Echo>(); };
  std::function<std::unique_ptr<Protocol>()> protocol;

 private:
  int users_ = 0;
};

/// A factory for connectTCP that ignores failed attempts and ended connections.
class ClientFactory : public Factory, public IClientFactory {
 public:
  void startedConnecting(IConnector& /*connector*/) override {}
  void clientConnectionFailed(IConnector& /*connector*/, const Failure& /*reason*/) override {}
  void clientConnectionLost(IConnector& /*connector*/, const Failure& /*reason*/) override {}
};

}  // namespace poetry
