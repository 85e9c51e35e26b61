// Descriptors, protocols and factories that write down what happens to them, for the tests of the
// reactor. A test says what they do by setting a function, and then compares the story.
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

/// A pair of connected sockets, both non-blocking.
struct Pair {
  Pair();
  /// Makes `ours` readable.
  void ring() const;
  /// Makes `ours` unwritable.
  void fill() const;

  UniqueFd ours;
  UniqueFd theirs;
};

/// A plain socket that listens on a free port of 127.0.0.1.
struct Listener {
  explicit Listener(int backlog = 5);
  /// The next one who has connected. Waits for nobody: throws if nobody has.
  [[nodiscard]] UniqueFd accept() const;

  UniqueFd socket;
  std::uint16_t port;
};

/// A port of 127.0.0.1 at which everybody is refused.
struct ClosedPort {
  ClosedPort();

  UniqueFd socket;  ///< bound, so that nobody else gets the number, but not listening
  std::uint16_t port = 0;
};

/// A port of 127.0.0.1 at which nobody is answered: its queue is full.
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
/// The next `size` bytes.
std::string receiveExactly(const UniqueFd& socket, std::size_t size);
void send(const UniqueFd& socket, std::string_view bytes);
void closeWithReset(UniqueFd& socket);

// === Descriptors ==============================================================================

/// Reader and writer in one. Reads a byte in doRead, and writes nothing in doWrite, unless told
/// what to do instead.
class RecordingDescriptor : public IReadDescriptor, public IWriteDescriptor {
 public:
  RecordingDescriptor(Story& story, std::string name, UniqueFd descriptor);

  std::function<std::optional<Failure>()> onRead;
  std::function<std::optional<Failure>()> onWrite;
  std::function<void(const Failure&)> onLost;
  std::function<std::string()> onLogPrefix;

  UniqueFd fd;
  /// What fileno() says, if it is not to say fd.
  std::optional<int> claimedNumber;
  mutable int filenoCalls = 0;

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
  /// Leave dataReceived out of the story: how often it comes is up to the network.
  bool quiet = false;
};

class RecordingProtocol : public Protocol {
 public:
  RecordingProtocol(Story& story, std::string name, const ProtocolHooks& hooks);
  ~RecordingProtocol() override;
  RecordingProtocol(const RecordingProtocol&) = delete;
  RecordingProtocol& operator=(const RecordingProtocol&) = delete;

  /// How many there are now.
  static int alive;

  [[nodiscard]] ITransport& connection() { return *transport; }
  /// Everything that came.
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
  /// Called before the protocol is made; false: there will be none.
  std::function<bool(const Address&)> onBuild;
  std::function<void(IConnector&)> onStarted;
  std::function<void(IConnector&, const Failure&)> onFailed;
  std::function<void(IConnector&, const Failure&)> onLost;
  std::function<void()> onStopFactory;
  RecordingProtocol* built = nullptr;  ///< the one that was made last; may be gone

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
