#include "support/scripted_server.hpp"

#include "support/child_process.hpp"
#include "support/descriptors.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <linux/sockios.h>  // SIOCOUTQ
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace poetry::testing {

namespace {

[[noreturn]] void throwErrno(const char* call) {
  throw std::system_error(errno, std::generic_category(), call);
}

Address numeric(const std::string& host, std::uint16_t port) {
  return resolveWithoutLookup({host, port}).at(0);
}

UniqueFd nonBlockingSocket(const Address& address) {
  UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) {
    throwErrno("socket");
  }
  return fd;
}

/// With port 0, the system chooses a free port.
UniqueFd boundSocket(const std::string& host, std::uint16_t port) {
  const Address address = numeric(host, port);
  UniqueFd fd = nonBlockingSocket(address);
  const int yes = 1;  // a program can bind the port of a socket that does not listen, too
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(fd.get(), address.data(), address.size()) != 0) {
    throwErrno("bind");
  }
  return fd;
}

UniqueFd listener(const std::string& host, int backlog, std::uint16_t port = 0) {
  UniqueFd fd = boundSocket(host, port);
  if (::listen(fd.get(), backlog) != 0) {
    throwErrno("listen");
  }
  return fd;
}

/// From now on, close(2) resets the connection of this socket.
void resetOnClose(int fd) {
  const linger atOnce{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &atOnce, sizeof atOnce);
}

/// Empty if no client waits.
UniqueFd acceptOne(int listener) {
  return UniqueFd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

bool isReady(int fd, short events) {
  pollfd entry{fd, events, 0};
  return ::poll(&entry, 1, 0) > 0;
}

}  // namespace

// ScriptedConnection

ScriptedConnection::ScriptedConnection(Scenario& scenario, std::string name, UniqueFd socket)
    : scenario_(scenario), name_(std::move(name)), socket_(std::move(socket)) {
  const int yes = 1;  // each send() is a segment of its own and is sent at once
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  scenario_.add(*this);
}

ScriptedConnection::ScriptedConnection(Scenario& scenario, std::uint16_t port,
                                       const std::string& host, SourceLine where)
    : ScriptedConnection(scenario, scenario.nextName("client"),
                         nonBlockingSocket(numeric(host, port))) {
  const Address address = numeric(host, port);
  scenario_.note(where, name_, "connects to " + address.toString());
  // By default, the kernel buffers up to 32 MiB for a client that does not read.
  const int bufferSize = 65536;
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &bufferSize, sizeof bufferSize);
  if (::connect(socket_.get(), address.data(), address.size()) != 0 && errno != EINPROGRESS) {
    scenario_.fail(where, name_ + ": connect: " + std::strerror(errno));
  }
  scenario_.waitFor(socket_.get(), POLLOUT, where, "an answer for " + name_);
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    scenario_.fail(where, name_ + ": connect: " + std::strerror(error));
  }
}

ScriptedConnection::~ScriptedConnection() {
  scenario_.remove(*this);
}

std::string ScriptedConnection::address() const {
  return Address::hostOf(socket_.get()).toString();
}

void ScriptedConnection::writeAll(std::string_view bytes, int flags, SourceLine where) {
  while (!bytes.empty()) {
    const ssize_t count =
        ::send(socket_.get(), bytes.data(), bytes.size(), flags | MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      scenario_.waitFor(socket_.get(), POLLOUT, where, "the program to read from " + name_);
    } else if (errno != EINTR) {
      scenario_.fail(where, name_ + ": send: " + std::strerror(errno));
    }
  }
}

void ScriptedConnection::send(std::string_view bytes, SourceLine where) {
  scenario_.note(where, name_, "sends " + escaped(bytes));
  writeAll(bytes, 0, where);
}

bool ScriptedConnection::trySend(std::string_view bytes, SourceLine where) {
  const ssize_t count =
      ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  const bool isSent = count == static_cast<ssize_t>(bytes.size());
  scenario_.note(where, name_, (isSent ? "sends " : "cannot send ") + escaped(bytes));
  return isSent;
}

void ScriptedConnection::closeInOrder(SourceLine where) {
  scenario_.note(where, name_, "closes in order");
  // The other direction stays open, so that the test sees whether a client sends anything.
  ::shutdown(socket_.get(), SHUT_WR);
}

void ScriptedConnection::sendAndClose(std::string_view bytes, SourceLine where) {
  scenario_.note(where, name_, "sends and closes together: " + escaped(bytes));
  // MSG_MORE holds the last segment back until more follows: here, the close.
  writeAll(bytes, MSG_MORE, where);
  ::shutdown(socket_.get(), SHUT_WR);
}

void ScriptedConnection::reset(SourceLine where) {
  scenario_.note(where, name_, "resets the connection");
  resetOnClose(socket_.get());
  socket_.reset();
}

void ScriptedConnection::sendAndReset(std::string_view bytes, SourceLine where) {
  // A reset discards bytes that have not left the test's end yet; on loopback a few bytes have left
  // at once. Bytes that have arrived can still be read after the reset.
  send(bytes, where);
  reset(where);
}

std::string ScriptedConnection::receiveExactly(std::size_t size, SourceLine where) {
  std::string bytes(size, '\0');
  std::size_t received = 0;
  while (received < size) {
    const ssize_t count = ::recv(socket_.get(), &bytes[received], size - received, MSG_DONTWAIT);
    if (count > 0) {
      received += static_cast<std::size_t>(count);
    } else if (count < 0 && errno == EAGAIN) {
      scenario_.waitFor(socket_.get(), POLLIN, where, "bytes for " + name_);
    } else if (count == 0 || errno != EINTR) {
      scenario_.fail(where, name_ + ": the connection ended after " + std::to_string(received) +
                                " of " + std::to_string(size) + " bytes");
    }
  }
  scenario_.note(where, name_, "receives " + escaped(bytes));
  return bytes;
}

ScriptedConnection::Delivery ScriptedConnection::receiveToTheEnd(SourceLine where) {
  std::array<char, 65536> buffer;
  std::string bytes;
  while (true) {
    const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count > 0) {
      bytes.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (count < 0 && errno == EAGAIN) {
      scenario_.waitFor(socket_.get(), POLLIN, where, "the end of the connection of " + name_);
    } else if (count == 0 || errno != EINTR) {
      const std::string ending = count == 0 ? "an orderly close" : std::strerror(errno);
      scenario_.note(where, name_, "receives " + escaped(bytes) + " and " + ending);
      if (count < 0 && errno != ECONNRESET) {
        scenario_.fail(where, name_ + ": recv: " + ending);
      }
      return {bytes, count == 0};
    }
  }
}

std::string ScriptedConnection::receiveUntil(bool inOrder, SourceLine where) {
  const Delivery delivery = receiveToTheEnd(where);
  if (delivery.inOrder != inOrder) {
    scenario_.fail(
        where, name_ + ": the connection ended with " + (inOrder ? "a reset" : "an orderly close"));
  }
  return delivery.bytes;
}

std::string ScriptedConnection::receiveAll(SourceLine where) {
  return receiveUntil(true, where);
}

std::string ScriptedConnection::receiveUntilReset(SourceLine where) {
  return receiveUntil(false, where);
}

bool ScriptedConnection::hasNews() const {
  return isReady(socket_.get(), POLLIN);
}

bool ScriptedConnection::hasEnded() const {
  return isReady(socket_.get(), POLLRDHUP);
}

std::string ScriptedConnection::received(std::size_t most) {
  std::string bytes;
  std::array<char, 4096> buffer;
  ssize_t count = 1;
  while (count > 0 && bytes.size() < most) {
    const std::size_t size = std::min(buffer.size(), most - bytes.size());
    count = ::recv(socket_.get(), buffer.data(), size, MSG_DONTWAIT);
    bytes.append(buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  }
  return bytes;
}

bool ScriptedConnection::isDelivered() const {
  int unconfirmed = 0;
  // If the program has closed its end, the rest is never confirmed.
  return !socket_.valid() || hasEnded() || ::ioctl(socket_.get(), SIOCOUTQ, &unconfirmed) != 0 ||
         unconfirmed == 0;
}

// ScriptedServer

ScriptedServer::ScriptedServer(Scenario& scenario, const std::string& host, std::uint16_t port)
    : scenario_(scenario),
      name_(scenario.nextName("server")),
      listener_(listener(host, 128, port)),
      port_(Address::hostOf(listener_.get()).port()),
      address_(Address::hostOf(listener_.get()).toString()) {}

ScriptedConnection* ScriptedServer::acceptUnlessEnded(SourceLine where) {
  if (!scenario_.waitUnlessEnded(listener_.get(), POLLIN, where, "a client at " + name_)) {
    return nullptr;
  }
  UniqueFd socket = acceptOne(listener_.get());
  if (!socket.valid()) {
    scenario_.fail(where, name_ + ": accept: " + std::strerror(errno));
  }
  scenario_.note(where, name_, "accepts a client");
  return &connections_.emplace_back(scenario_, name_, std::move(socket));
}

ScriptedConnection& ScriptedServer::accept(SourceLine where) {
  ScriptedConnection* connection = acceptUnlessEnded(where);
  if (connection == nullptr) {
    scenario_.fail(where, "every program has ended and none has connected to " + name_);
  }
  return *connection;
}

bool ScriptedServer::hasCaller() const {
  return isReady(listener_.get(), POLLIN);
}

void ScriptedServer::serve(std::string_view poem, SourceLine where) {
  ScriptedConnection& connection = accept(where);
  connection.send(poem, where);
  connection.closeInOrder(where);
}

// RefusingPort and SilentPort

RefusingPort::RefusingPort()
    : socket_(boundSocket("127.0.0.1", 0)), address_(Address::hostOf(socket_.get()).toString()) {}

SilentPort::SilentPort() : listener_(listener("127.0.0.1", 0, port_.port())) {
  const Address address = Address::hostOf(listener_.get());
  queued_ = nonBlockingSocket(address);
  if (::connect(queued_.get(), address.data(), address.size()) != 0 && errno != EINPROGRESS) {
    throwErrno("connect");
  }
  // A queue of length 0 still takes one connection. When it has it, it is full.
  pollfd connected{queued_.get(), POLLOUT, 0};
  ::poll(&connected, 1, -1);
}

void SilentPort::refuse() {
  queued_.reset();
  listener_.reset();
}

// ManyConnections

ManyConnections::ManyConnections(Scenario& scenario, std::size_t connections)
    : scenario_(scenario),
      size_(connections),
      fits_(allowDescriptors(connections + 100) >= connections + 100) {
  constexpr std::size_t kPerListener = 200;
  for (std::size_t i = 0; i < connections; i += kPerListener) {
    listeners_.push_back(listener("127.0.0.1", static_cast<int>(kPerListener)));
  }
}

std::vector<std::string> ManyConnections::addresses() const {
  std::vector<std::string> all;
  for (const UniqueFd& listener : listeners_) {
    all.push_back(Address::hostOf(listener.get()).toString());
  }
  std::vector<std::string> words;
  for (std::size_t i = 0; i < size_; ++i) {
    words.push_back(all[i % all.size()]);
  }
  return words;
}

void ManyConnections::acceptAll(SourceLine where) {
  while (connections_.size() < size_) {
    // The listeners take turns, as their addresses do on the command line.
    const int listener = listeners_[connections_.size() % listeners_.size()].get();
    UniqueFd connection = acceptOne(listener);
    if (connection.valid()) {
      connections_.push_back(std::move(connection));
    } else {
      scenario_.waitFor(
          listener, POLLIN, where,
          "client " + std::to_string(connections_.size() + 1) + " of " + std::to_string(size_));
    }
  }
  scenario_.note(where, "server",
                 "has " + std::to_string(size_) + " connections open at the same time");
}

void ManyConnections::sendToAll(std::string_view bytes, SourceLine where) {
  scenario_.note(where, "server", "sends to each " + escaped(bytes));
  for (const UniqueFd& connection : connections_) {
    if (::send(connection.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(bytes.size())) {
      scenario_.fail(where, std::string("server: send: ") + std::strerror(errno));
    }
  }
}

void ManyConnections::closeAll(SourceLine where) {
  scenario_.note(where, "server", "closes in order");
  connections_.clear();
}

void ManyConnections::resetAll(SourceLine where) {
  scenario_.note(where, "server", "resets its connections");
  for (const UniqueFd& connection : connections_) {
    resetOnClose(connection.get());
  }
  connections_.clear();
}

bool hasIpv6() {
  try {
    return listener("::1", 1).valid();
  } catch (const std::system_error&) {
    return false;
  }
}

}  // namespace poetry::testing
