#include "reactor/tests/recording.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <typeinfo>

#include <cxxabi.h>  // abi::__cxa_demangle
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>  // timeval
#include <unistd.h>

namespace poetry::testing {

std::string kindOf(const Failure& reason) {
  const std::exception& error = reason.value();
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(typeid(error).name(), nullptr, nullptr, &status), &std::free);
  const std::string full = name.get();
  const std::size_t colon = full.rfind(':');
  return colon == std::string::npos ? full : full.substr(colon + 1);
}

long count(const Story& story, const std::string& line) {
  return std::count(story.begin(), story.end(), line);
}

// === Sockets ==================================================================================

namespace {

/// Waits until a client can be accepted. The kernel may take a moment after its connect(2).
void waitForClient(const Listener& listener) {
  pollfd readable{listener.socket.get(), POLLIN, 0};
  if (::poll(&readable, 1, 10'000) <= 0) {
    throw std::runtime_error("no client connected for 10 s");
  }
}

}  // namespace

Listener::Listener(int backlog)
    : socket(listenOn({"127.0.0.1", 0}, backlog)), port(Address::hostOf(socket.get()).port()) {}

UniqueFd Listener::accept() const {
  waitForClient(*this);
  return acceptFrom(socket.get()).socket;
}

ClosedPort::ClosedPort() {
  const Address anyPort = resolveWithoutLookup({"127.0.0.1", 0}).front();
  socket = makeSocket(anyPort);
  if (::bind(socket.get(), anyPort.data(), anyPort.size()) != 0) {
    throw std::system_error(errno, std::generic_category(), "bind");
  }
  port = Address::hostOf(socket.get()).port();
}

// A queue of length 0 has room for one client. The kernel ignores those that come after it.
SilentPort::SilentPort()
    : listener(0), inTheQueue(connectPlainly(listener.port)), port(listener.port) {
  waitForClient(listener);
}

UniqueFd connectPlainly(std::uint16_t port) {
  return connectTo({"127.0.0.1", port}).socket;
}

namespace {

/// receive(), but it gives up after 10 s.
Received receivePatiently(const UniqueFd& socket, std::span<char> buffer) {
  const timeval patience{10, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const Received received = receive(socket.get(), buffer);
  if (received.isWouldBlock()) {
    throw std::runtime_error("nothing was received for 10 s");
  }
  return received;
}

}  // namespace

std::string receiveToTheEnd(const UniqueFd& socket) {
  std::string all;
  std::array<char, 65536> buffer{};
  while (true) {
    const Received received = receivePatiently(socket, buffer);
    if (received.isEndOfFile()) {
      return all;
    }
    if (received.isError()) {
      return all + "<reset>";
    }
    all += received.bytes;
  }
}

std::string receiveExactly(const UniqueFd& socket, std::size_t size) {
  std::string all;
  std::vector<char> buffer(size);
  while (all.size() < size) {
    const Received received = receivePatiently(socket, std::span(buffer).first(size - all.size()));
    if (!received.isBytes()) {
      throw std::runtime_error("the end came after " + std::to_string(all.size()) + " bytes");
    }
    all += received.bytes;
  }
  return all;
}

void send(const UniqueFd& socket, std::string_view bytes) {
  sendAll(socket.get(), bytes);
}

void closeWithReset(UniqueFd& socket) {
  setResetOnClose(socket.get(), true);
  socket.reset();
}

// === Descriptors ==============================================================================

RecordingDescriptor::RecordingDescriptor(Story& story, std::string name)
    : RecordingDescriptor(story, std::move(name), UniqueFd()) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
    throw std::system_error(errno, std::generic_category(), "socketpair");
  }
  fd.reset(ends[0]);
  peer.reset(ends[1]);
}

RecordingDescriptor::RecordingDescriptor(Story& story, std::string name, UniqueFd descriptor)
    : fd(std::move(descriptor)), story_(story), name_(std::move(name)) {}

void RecordingDescriptor::makeReadable() const {
  sendAll(peer.get(), "!");
}

void RecordingDescriptor::makeUnwritable() const {
  const std::array<char, 4096> bytes{};
  while (::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0) {
  }
}

int RecordingDescriptor::fileno() const {
  ++filenoCalls;
  return claimedFileno.value_or(fd.get());
}

std::optional<Failure> RecordingDescriptor::doRead() {
  story_.push_back(name_ + " doRead");
  if (onRead) {
    return onRead();
  }
  char byte = 0;
  [[maybe_unused]] const ssize_t got = ::read(fd.get(), &byte, 1);
  return std::nullopt;
}

std::optional<Failure> RecordingDescriptor::doWrite() {
  story_.push_back(name_ + " doWrite");
  return onWrite ? onWrite() : std::nullopt;
}

void RecordingDescriptor::connectionLost(const Failure& reason) {
  story_.push_back(name_ + " connectionLost " + kindOf(reason));
  if (onLost) {
    onLost(reason);
  }
}

std::string RecordingDescriptor::logPrefix() const {
  return onLogPrefix ? onLogPrefix() : name_;
}

// === Protocols and factories ==================================================================

int RecordingProtocol::alive = 0;

RecordingProtocol::RecordingProtocol(Story& story, std::string name, const ProtocolHooks& hooks)
    : story_(story), name_(std::move(name)), hooks_(hooks) {
  ++alive;
}

RecordingProtocol::~RecordingProtocol() {
  --alive;
}

void RecordingProtocol::connectionMade() {
  story_.push_back(name_ + ": connectionMade");
  if (hooks_.made) {
    hooks_.made(*this);
  }
}

void RecordingProtocol::dataReceived(std::string_view received) {
  if (!hooks_.quiet) {
    story_.push_back(name_ + ": dataReceived " + std::string(received));
  }
  bytes += received;
  if (hooks_.received) {
    hooks_.received(*this, received);
  }
}

void RecordingProtocol::connectionLost(const Failure& reason) {
  story_.push_back(name_ + ": connectionLost " + kindOf(reason));
  if (hooks_.lost) {
    hooks_.lost(*this, reason);
  }
}

RecordingClientFactory::RecordingClientFactory(Story& story, std::string name)
    : story_(story), name_(std::move(name)) {
  protocol = [this] {
    auto made = std::make_unique<RecordingProtocol>(story_, name_, hooks);
    built = made.get();
    return made;
  };
}

std::unique_ptr<IProtocol> RecordingClientFactory::buildProtocol(const Address& peer) {
  story_.push_back(name_ + ": buildProtocol");
  if (onBuild && !onBuild(peer)) {
    return nullptr;
  }
  return ClientFactory::buildProtocol(peer);
}

void RecordingClientFactory::startFactory() {
  story_.push_back(name_ + ": startFactory");
}

void RecordingClientFactory::stopFactory() {
  story_.push_back(name_ + ": stopFactory");
  if (onStopFactory) {
    onStopFactory();
  }
}

void RecordingClientFactory::startedConnecting(IConnector& connector) {
  story_.push_back(name_ + ": startedConnecting");
  if (onStarted) {
    onStarted(connector);
  }
}

void RecordingClientFactory::clientConnectionFailed(IConnector& connector, const Failure& reason) {
  story_.push_back(name_ + ": clientConnectionFailed " + kindOf(reason));
  if (onFailed) {
    onFailed(connector, reason);
  }
}

void RecordingClientFactory::clientConnectionLost(IConnector& connector, const Failure& reason) {
  story_.push_back(name_ + ": clientConnectionLost " + kindOf(reason));
  if (onLost) {
    onLost(connector, reason);
  }
}

RecordingServerFactory::RecordingServerFactory(Story& story, std::string name)
    : story_(story), name_(std::move(name)) {
  protocol = [this] {
    auto made = std::make_unique<RecordingProtocol>(story_, name_, hooks);
    built = made.get();
    return made;
  };
}

std::unique_ptr<IProtocol> RecordingServerFactory::buildProtocol(const Address& peer) {
  story_.push_back(name_ + ": buildProtocol");
  if (onBuild && !onBuild(peer)) {
    return nullptr;
  }
  return Factory::buildProtocol(peer);
}

void RecordingServerFactory::startFactory() {
  story_.push_back(name_ + ": startFactory");
}

void RecordingServerFactory::stopFactory() {
  story_.push_back(name_ + ": stopFactory");
}

}  // namespace poetry::testing
