// TCP transports, as twisted.internet.tcp: the classes between a descriptor that is ready and a
// protocol that is told so.
//
// They are written against the interfaces alone. Whatever implements IReactorTransports can drive
// them: the real reactor, or a descriptor set and a clock in memory.
#pragma once

#include "net/unique_fd.hpp"
#include "reactor/interfaces.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct evbuffer;  // libevent's buffer: a chain of memory blocks that can be drained at the front

namespace poetry {

class Connector;

/// An established connection. The class that joins the two worlds: to the reactor below it is a
/// descriptor that can be read and written, to the protocol above it is a transport.
///
/// It owns its socket and its protocol, and is owned by the reactor (IReactorTransports::keep).
class TcpConnection : public IReadWriteDescriptor, public ITransport, public IReactorOwned {
 public:
  ~TcpConnection() override;
  TcpConnection(const TcpConnection&) = delete;
  TcpConnection& operator=(const TcpConnection&) = delete;

  [[nodiscard]] int fileno() const override { return socket_.get(); }

  /// One recv(2) of at most 64 KiB, and so at most one dataReceived. One, and not as many as there
  /// is data for: then a fast peer cannot keep the others waiting, and what came before a reset is
  /// delivered before the reset is seen.
  std::optional<Failure> doRead() override;

  /// One sendmsg(2) of what is waiting to be sent.
  std::optional<Failure> doWrite() override;

  /// Closes the socket and tells the protocol.
  void connectionLost(const Failure& reason) override;

  void reactorStopped(const Failure& reason) override;

  void write(std::string_view bytes) override;
  void writeSequence(std::span<const std::string_view> pieces) override;
  void loseConnection() override;
  void abortConnection() override;
  [[nodiscard]] Address getPeer() const override { return peer_; }
  [[nodiscard]] Address getHost() const override { return host_; }

 protected:
  /// Nothing is open yet. `reactor` has to outlive the connection.
  explicit TcpConnection(IReactorTransports& reactor);

  /// From here on there is a connection, over `socket_`, which is being read from, with this
  /// protocol: calls makeConnection, and lets what that throws pass.
  void established(std::unique_ptr<IProtocol> protocol, const Address& peer, const Address& host);

  /// The error with which the connection is going to end although recv(2) will not say so.
  void expectError(int osError) { expectedError_ = osError; }

  /// Leaves both sets, with immediate effect.
  void stopWatching();

  /// Is it established, and not lost yet?
  [[nodiscard]] bool connected() const { return connected_; }

  // What every event needs comes first, and so close together: thousands of connections do not fit
  // into a processor's cache.
  IReactorTransports& reactor_;
  UniqueFd socket_;

 private:
  bool connected_ = false;
  bool losing_ = false;  // loseConnection() was called: end when the output is drained

 protected:
  std::unique_ptr<IProtocol> protocol_;

 private:
  struct FreeBuffer {
    void operator()(evbuffer* buffer) const;
  };

  [[nodiscard]] bool hasOutput() const;

  Address peer_;
  Address host_;
  int expectedError_ = 0;
  // Made by the first write: most connections of a client never write a byte.
  std::unique_ptr<evbuffer, FreeBuffer> output_;
  std::shared_ptr<IDelayedCall> abortCall_;
};

/// The connection of a Connector: first an attempt to connect, then, if that works, a connection.
class TcpClient final : public TcpConnection {
 public:
  /// `connector` owns this and is told how it goes.
  TcpClient(IReactorTransports& reactor, Connector& connector);

  /// Looks the connector's destination up, on the next turn, and tries its addresses in turn. Gives
  /// up after `timeout`, counted from now; nullopt: never.
  void startConnecting(std::optional<Seconds> timeout);

  /// Ends the attempt and reports that it failed to the connector, before it returns.
  void giveUp(const Failure& reason);

  /// loseConnection(), also where the connection is not quite there yet.
  void disconnect();

  std::optional<Failure> doRead() override;
  std::optional<Failure> doWrite() override;
  void connectionLost(const Failure& reason) override;
  void reactorStopped(const Failure& reason) override;
  [[nodiscard]] std::string logPrefix() const override;

 private:
  /// What only the attempt needs. Most connections are idle, and it is the most of what they would
  /// keep in memory.
  struct Attempt {
    Attempt() = default;
    ~Attempt();
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;

    std::shared_ptr<IDelayedCall> startCall;
    std::shared_ptr<IDelayedCall> timeoutCall;
    std::shared_ptr<void> lookup;
    std::vector<Address> addresses;  // the one that is being tried, and then those that are left
    int firstError = 0;              // why the first of them did not work
  };
  enum class State : std::uint8_t { kConnecting, kConnected, kOver };

  void resolve();
  void resolved(const Resolution& resolution);
  void tryAddresses(std::vector<Address> addresses);
  std::optional<Failure> tryNextAddress();
  void addressFailed(int osError);
  std::optional<Failure> finishConnecting();
  void becomeConnected(Address peer);
  void cancelConnecting();

  Connector& connector_;
  std::unique_ptr<Attempt> attempt_;  // nullptr when it is over
  State state_ = State::kConnecting;
  bool unwanted_ = false;  // disconnect() was called before there was a connection to lose
};

/// What connectTCP returns: makes one connection, and can make it again.
class Connector final : public IConnector,
                        public IReactorOwned,
                        public std::enable_shared_from_this<Connector> {
 public:
  /// Nothing happens before connect(). `reactor` and `factory` have to outlive the connector.
  Connector(IReactorTransports& reactor, HostPort destination, IClientFactory& factory,
            std::optional<Seconds> timeout);

  void connect() override;
  void stopConnecting() override;
  void disconnect() override;
  [[nodiscard]] HostPort getDestination() const override { return destination_; }

  void reactorStopped(const Failure& reason) override;

  // What the TcpClient reports:

  /// There is a connection to `peer`. Returns the factory's protocol for it, maybe none.
  std::unique_ptr<IProtocol> buildProtocol(const Address& peer);
  /// There will be no connection.
  void connectionFailed(const Failure& reason);
  /// There was a connection, and its protocol has been told of its end.
  void connectionLost(const Failure& reason);

 private:
  enum class State : std::uint8_t { kDisconnected, kConnecting, kConnected };

  void settle(const char* callback, void (IClientFactory::*tell)(IConnector&, const Failure&),
              const Failure& reason);

  IReactorTransports& reactor_;
  IClientFactory& factory_;
  HostPort destination_;
  std::optional<Seconds> timeout_;
  std::shared_ptr<TcpClient> client_;
  State state_ = State::kDisconnected;
  bool factoryStarted_ = false;
};

/// A connection that a ListeningPort accepted.
class TcpServer final : public TcpConnection {
 public:
  /// The `sessionNumber`-th connection of its port.
  TcpServer(IReactorTransports& reactor, UniqueFd socket, int sessionNumber);

  void start(std::unique_ptr<IProtocol> protocol, const Address& peer, const Address& host);

  void connectionLost(const Failure& reason) override;
  [[nodiscard]] std::string logPrefix() const override;

 private:
  int sessionNumber_;
  bool over_ = false;  // connectionLost has come
};

/// What listenTCP returns: a socket to which clients connect.
class ListeningPort final : public IReadDescriptor,
                            public IListeningPort,
                            public IReactorOwned,
                            public std::enable_shared_from_this<ListeningPort> {
 public:
  /// Nothing happens before startListening(). `reactor` and `factory` have to outlive the port.
  ListeningPort(IReactorTransports& reactor, IProtocolFactory& factory);
  ~ListeningPort() override;
  ListeningPort(const ListeningPort&) = delete;
  ListeningPort& operator=(const ListeningPort&) = delete;

  /// Binds, listens and watches. Throws CannotListenError.
  void startListening(const HostPort& where, int backlog);

  [[nodiscard]] Address getHost() const override { return host_; }
  void stopListening(std::function<void()> done = {}) override;

  [[nodiscard]] int fileno() const override { return socket_.get(); }
  /// Accepts who is waiting, up to a limit.
  std::optional<Failure> doRead() override;
  void connectionLost(const Failure& reason) override;
  void reactorStopped(const Failure& reason) override;
  [[nodiscard]] std::string logPrefix() const override;

 private:
  void accepted(UniqueFd socket, const Address& peer);
  void pauseAccepting(int osError);
  void resumeAccepting();
  void close();

  IReactorTransports& reactor_;
  IProtocolFactory& factory_;
  UniqueFd socket_;
  Address host_;
  std::vector<std::function<void()>> whenStopped_;
  std::shared_ptr<IDelayedCall> closeCall_;
  std::shared_ptr<IDelayedCall> resumeCall_;
  int sessions_ = 0;
};

}  // namespace poetry
