// TCP transports, as twisted.internet.tcp: the classes between a ready descriptor and a protocol.
//
// They use a reactor through IReactorTransports alone.
#pragma once

#include "net/unique_fd.hpp"
#include "reactor/interfaces.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct evbuffer;  // libevent's buffer: a chain of memory blocks that is drained at the front

namespace poetry {

/// A connection. To the reactor below it is a descriptor object that can be read and written; to
/// the protocol above it is a transport.
///
/// It owns its socket and its protocol. The reactor owns the connection (IReactorTransports::keep).
class TcpConnection : public IReadDescriptor,
                      public IWriteDescriptor,
                      public ITransport,
                      public IReactorOwned {
 public:
  ~TcpConnection() override;
  TcpConnection(const TcpConnection&) = delete;
  TcpConnection& operator=(const TcpConnection&) = delete;

  [[nodiscard]] int fileno() const override { return socket_.get(); }

  /// One recv(2) of at most 64 KiB, and so at most one dataReceived. With a loop of recv(2) here, a
  /// server that sends fast would keep the reactor from all others.
  std::optional<Failure> doRead() override;

  /// One sendmsg(2) of the bytes that wait to be sent.
  std::optional<Failure> doWrite() override;

  /// Closes the socket and calls the protocol's connectionLost.
  void connectionLost(const Failure& reason) override;

  void write(std::string_view bytes) override;
  void loseConnection() override;
  void abortConnection() override;
  [[nodiscard]] Address getPeer() const override { return peer_; }
  [[nodiscard]] Address getHost() const override { return Address::hostOf(socket_.get()); }

 protected:
  /// Not connected yet. `reactor` must outlive the connection.
  explicit TcpConnection(IReactorTransports& reactor) : reactor_(reactor) {}

  /// Removes this from both sets, at once.
  void stopWatching();

  IReactorTransports& reactor_;
  UniqueFd socket_;
  bool connected_ = false;  // from the end of the attempt until connectionLost
  bool losing_ = false;     // loseConnection() was called: ends when all output is sent
  bool aborting_ = false;   // abortConnection() was called: ends in the next iteration
  int expectedError_ = 0;   // how the connection ends although recv(2) will not report it
  std::unique_ptr<IProtocol> protocol_;
  std::shared_ptr<IDelayedCall> timer_;  // ends an attempt, or a connection that was aborted
  Address peer_;

 private:
  struct FreeBuffer {
    void operator()(evbuffer* buffer) const;
  };

  [[nodiscard]] bool hasOutput() const;

  std::unique_ptr<evbuffer, FreeBuffer> output_;  // made by the first write
};

/// An outgoing connection: first an attempt to connect, then a connection. It is also the connector
/// that connectTCP returns, so it can connect again.
class TcpClient final : public TcpConnection, public IConnector {
 public:
  /// Nothing happens before connect(). `reactor` must outlive the client, `factory` its last doStop.
  /// Throws std::invalid_argument for port 0 and for a timeout that is negative or not a number.
  TcpClient(IReactorTransports& reactor, HostPort destination, IClientFactory& factory,
            std::optional<Duration> timeout);

  void connect() override;
  void stopConnecting() override;
  void disconnect() override;
  [[nodiscard]] HostPort getDestination() const override { return destination_; }

  std::optional<Failure> doRead() override;
  std::optional<Failure> doWrite() override;
  void connectionLost(const Failure& reason) override;
  [[nodiscard]] std::string logPrefix() const override;

 private:
  enum class State : std::uint8_t { kDisconnected, kConnecting, kConnected };

  void startAttempt();
  void lookUp();
  [[nodiscard]] std::optional<Failure> tryNextAddress();
  void addressFailed(int osError);
  void startTimer();
  void timerExpired();
  std::optional<Failure> finishConnecting();
  void becomeConnected(const Address& peer);
  void fail(const Failure& reason);
  void reportEnd(const Failure& reason);

  IClientFactory& factory_;
  HostPort destination_;
  std::optional<Duration> timeout_;
  State state_ = State::kDisconnected;
  bool factoryStarted_ = false;

  // Of the attempt. peer_ is the address that is being tried.
  std::uint32_t attempt_ = 0;       // its number
  int firstError_ = 0;              // why the first address did not answer
  std::vector<Address> addresses_;  // those that are left to try
  TimePoint deadline_;              // if there is a timeout
};

/// A connection that a ListeningPort has accepted.
class TcpServer final : public TcpConnection {
 public:
  /// The `sessionNumber`-th connection of its port.
  TcpServer(IReactorTransports& reactor, UniqueFd socket, const Address& peer, int sessionNumber);

  /// Starts to read. Throws std::system_error if the socket cannot be watched.
  void start(std::unique_ptr<IProtocol> protocol);
  [[nodiscard]] bool isConnected() const { return connected_; }

  void connectionLost(const Failure& reason) override;
  [[nodiscard]] std::string logPrefix() const override;

 private:
  int sessionNumber_;
};

/// What listenTCP returns: a socket that accepts connections.
class ListeningPort final : public IReadDescriptor, public IListeningPort, public IReactorOwned {
 public:
  /// Nothing happens before startListening(). `reactor` and `factory` must outlive the port.
  ListeningPort(IReactorTransports& reactor, IProtocolFactory& factory);
  ~ListeningPort() override;
  ListeningPort(const ListeningPort&) = delete;
  ListeningPort& operator=(const ListeningPort&) = delete;

  /// Binds, listens and watches. Throws CannotListenError.
  void startListening(const HostPort& where, int backlog);

  [[nodiscard]] Address getHost() const override { return host_; }
  void stopListening() override;

  [[nodiscard]] int fileno() const override { return socket_.get(); }
  /// Accepts the clients that wait, up to a limit.
  std::optional<Failure> doRead() override;
  void connectionLost(const Failure& reason) override;
  [[nodiscard]] std::string logPrefix() const override;

 private:
  void accepted(UniqueFd socket, const Address& peer);
  void pauseAccepting(int osError);
  void resumeAccepting();

  IReactorTransports& reactor_;
  IProtocolFactory& factory_;
  UniqueFd socket_;
  Address host_;
  std::shared_ptr<IDelayedCall> resumeCall_;
  int sessions_ = 0;
};

}  // namespace poetry
