// Descriptors, protocols and factories that record what happens to them, and plain sockets that
// they talk to. A test says what they do by setting a function, and then compares the story.
#pragma once

#include "net/socket.hpp"
#include "net/unique_fd.hpp"
#include "reactor/interfaces.hpp"
#include "reactor/protocol.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace poetry::testing {

/// What happened, one line for each event: "A doRead", "client: connectionLost ConnectionDone".
using Story = std::vector<std::string>;

/// "ConnectionDone" for Failure(ConnectionDone()).
std::string kindOf(const Failure& reason);

/// How often `line` is in `story`.
long count(const Story& story, const std::string& line);

/// What tests throw.
struct Mishap : std::runtime_error {
  Mishap() : std::runtime_error("mishap") {}
};

// === Sockets ==================================================================================

/// A plain socket that listens on a free port of 127.0.0.1.
struct Listener {
  explicit Listener(int backlog = 5);
  /// The next client. Waits 10 s at most.
  [[nodiscard]] UniqueFd accept() const;

  UniqueFd socket;
  std::uint16_t port;
};

/// A port of 127.0.0.1 that refuses every connection.
struct ClosedPort {
  ClosedPort();

  UniqueFd socket;  // bound, so that no other program gets the port, but not listening
  std::uint16_t port = 0;
};

/// A port of 127.0.0.1 that never answers: its listen queue is full.
struct SilentPort {
  SilentPort();

  Listener listener;
  UniqueFd inTheQueue;
  std::uint16_t port;
};

/// A plain blocking socket, connected to `port` of 127.0.0.1.
UniqueFd connectPlainly(std::uint16_t port);
/// All bytes up to the end; "<reset>" is added if the end is a reset. Waits 10 s at most.
std::string receiveToTheEnd(const UniqueFd& socket);
/// The next `size` bytes. Waits 10 s at most.
std::string receiveExactly(const UniqueFd& socket, std::size_t size);
void send(const UniqueFd& socket, std::string_view bytes);
void closeWithReset(UniqueFd& socket);

// === Descriptors ==============================================================================

/// A reader and writer. Reads a byte in doRead, and writes nothing in doWrite, unless a test
/// replaces these functions.
class RecordingDescriptor : public IReadDescriptor, public IWriteDescriptor {
 public:
  /// One end of a socket pair, and `peer` is the other. Both are non-blocking.
  RecordingDescriptor(Story& story, std::string name);
  RecordingDescriptor(Story& story, std::string name, UniqueFd descriptor);

  std::function<std::optional<Failure>()> onRead;
  std::function<std::optional<Failure>()> onWrite;
  std::function<void(const Failure&)> onLost;
  std::function<std::string()> onLogPrefix;

  UniqueFd fd;
  UniqueFd peer;
  /// What fileno() returns in place of fd.
  std::optional<int> claimedFileno;
  mutable int filenoCalls = 0;

  /// Sends a byte from the peer.
  void makeReadable() const;
  /// Fills the kernel's buffer.
  void makeUnwritable() const;

  [[nodiscard]] int fileno() const override;
  std::optional<Failure> doRead() override;
  std::optional<Failure> doWrite() override;
  void connectionLost(const Failure& reason) override;
  [[nodiscard]] std::string logPrefix() const override;

 private:
  Story& story_;
  std::string name_;
};

// === Protocols and factories ==================================================================

class RecordingProtocol;

/// What the protocols of a factory do.
struct ProtocolHooks {
  std::function<void(RecordingProtocol&)> made;
  std::function<void(RecordingProtocol&, std::string_view)> received;
  std::function<void(RecordingProtocol&, const Failure&)> lost;
  /// Leaves dataReceived out of the story: the network decides how often it is called.
  bool quiet = false;
};

class RecordingProtocol : public Protocol {
 public:
  RecordingProtocol(Story& story, std::string name, const ProtocolHooks& hooks);
  ~RecordingProtocol() override;
  RecordingProtocol(const RecordingProtocol&) = delete;
  RecordingProtocol& operator=(const RecordingProtocol&) = delete;

  /// The number of protocols that exist.
  static int alive;

  [[nodiscard]] ITransport& connection() { return *transport; }
  /// Everything that was received.
  std::string bytes;

  void connectionMade() override;
  void dataReceived(std::string_view received) override;
  void connectionLost(const Failure& reason) override;

 private:
  Story& story_;
  std::string name_;
  const ProtocolHooks& hooks_;
};

class RecordingClientFactory : public ClientFactory {
 public:
  explicit RecordingClientFactory(Story& story, std::string name = "client");

  ProtocolHooks hooks;
  /// Called before the protocol is made. false: buildProtocol returns nullptr.
  std::function<bool(const Address&)> onBuild;
  std::function<void(IConnector&)> onStarted;
  std::function<void(IConnector&, const Failure&)> onFailed;
  std::function<void(IConnector&, const Failure&)> onLost;
  std::function<void()> onStopFactory;
  RecordingProtocol* built = nullptr;  // the last protocol; may be destroyed by now

  std::unique_ptr<IProtocol> buildProtocol(const Address& peer) override;
  void startFactory() override;
  void stopFactory() override;
  void startedConnecting(IConnector& connector) override;
  void clientConnectionFailed(IConnector& connector, const Failure& reason) override;
  void clientConnectionLost(IConnector& connector, const Failure& reason) override;

 private:
  Story& story_;
  std::string name_;
};

class RecordingServerFactory : public Factory {
 public:
  explicit RecordingServerFactory(Story& story, std::string name = "server");

  ProtocolHooks hooks;
  std::function<bool(const Address&)> onBuild;
  RecordingProtocol* built = nullptr;

  std::unique_ptr<IProtocol> buildProtocol(const Address& peer) override;
  void startFactory() override;
  void stopFactory() override;

 private:
  Story& story_;
  std::string name_;
};

}  // namespace poetry::testing
