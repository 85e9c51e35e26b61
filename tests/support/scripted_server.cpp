#include "support/scripted_server.hpp"

#include "net/address.hpp"
#include "support/child_process.hpp"
#include "support/descriptors.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
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

UniqueFd boundSocket(const std::string& host) {
  const Address any = numeric(host, 0);
  UniqueFd fd = nonBlockingSocket(any);
  if (::bind(fd.get(), any.data(), any.size()) != 0) {
    throwErrno("bind");
  }
  return fd;
}

UniqueFd listener(const std::string& host, int backlog) {
  UniqueFd fd = boundSocket(host);
  if (::listen(fd.get(), backlog) != 0) {
    throwErrno("listen");
  }
  return fd;
}

/// Whoever closes this socket resets its connection.
void breakOff(int fd) {
  const linger atOnce{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &atOnce, sizeof atOnce);
}

/// Empty when nobody is there.
UniqueFd acceptOne(int listener) {
  return UniqueFd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

bool isReady(int fd, short events) {
  pollfd entry{fd, events, 0};
  return ::poll(&entry, 1, 0) > 0;
}

/// Nothing if the connection is over: who has broken it off has no address any more.
std::optional<Address> peerOf(int fd) {
  return Address::peerIfConnected(fd);
}

/// An address as /proc/net/tcp writes it: the words of the address in the machine's byte order.
std::string procFormat(const Address& address) {
  std::array<std::uint32_t, 4> words{};
  std::size_t count = 1;
  if (address.family() == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address.data(), sizeof v4);
    words[0] = v4.sin_addr.s_addr;
  } else {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address.data(), sizeof v6);
    std::memcpy(words.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
    count = 4;
  }
  std::string text;
  char part[16];
  for (std::size_t i = 0; i < count; ++i) {
    std::snprintf(part, sizeof part, "%08X", words[i]);
    text += part;
  }
  std::snprintf(part, sizeof part, ":%04X", static_cast<unsigned>(address.port()));
  return text + part;
}

}  // namespace

// ScriptedConnection

ScriptedConnection::ScriptedConnection(Scenario& scenario, std::string name, UniqueFd socket)
    : scenario_(scenario), name_(std::move(name)), socket_(std::move(socket)) {
  const int yes = 1;  // each send() is a segment of its own, and leaves at once
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  scenario_.add(*this);
}

ScriptedConnection::ScriptedConnection(Scenario& scenario, std::uint16_t port,
                                       const std::string& host, SourceLine where)
    : ScriptedConnection(scenario, scenario.nextName("client"),
                         nonBlockingSocket(numeric(host, port))) {
  const Address address = numeric(host, port);
  scenario_.note(where, name_, "connects to " + address.toString());
  // Left alone, the system buffers as much as 32 MiB for somebody who does not read.
  const int little = 65536;
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
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
      scenario_.waitFor(socket_.get(), POLLOUT, where, "the other end to read from " + name_);
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
  // Only our direction: the other one stays open, to see whether a client sends us anything.
  ::shutdown(socket_.get(), SHUT_WR);
}

void ScriptedConnection::sendAndClose(std::string_view bytes, SourceLine where) {
  scenario_.note(where, name_, "sends and closes in one segment " + escaped(bytes));
  // MSG_MORE holds the last segment back until there is more to say. What comes is the end.
  writeAll(bytes, MSG_MORE, where);
  ::shutdown(socket_.get(), SHUT_WR);
}

void ScriptedConnection::reset(SourceLine where) {
  scenario_.note(where, name_, "resets the connection");
  breakOff(socket_.get());
  socket_.reset();
}

void ScriptedConnection::sendAndReset(std::string_view bytes, SourceLine where) {
  // A reset throws away what is still on our side, which a few bytes on loopback never are; what
  // has arrived at the other end can be read there, reset or not.
  send(bytes, where);
  reset(where);
}

std::string ScriptedConnection::receive(std::size_t size, SourceLine where) {
  std::string bytes(size, '\0');
  while (true) {
    const ssize_t count = ::recv(socket_.get(), bytes.data(), size, MSG_DONTWAIT);
    if (count >= 0) {
      bytes.resize(static_cast<std::size_t>(count));
      scenario_.note(where, name_, "receives " + escaped(bytes));
      return bytes;
    }
    if (errno == EAGAIN) {
      scenario_.waitFor(socket_.get(), POLLIN, where, "bytes for " + name_);
    } else if (errno != EINTR) {
      scenario_.fail(where, name_ + ": recv: " + std::strerror(errno));
    }
  }
}

std::string ScriptedConnection::receiveExactly(std::size_t size, SourceLine where) {
  std::string bytes;
  while (bytes.size() < size) {
    const std::string part = receive(size - bytes.size(), where);
    if (part.empty()) {
      scenario_.fail(where, name_ + ": the connection ended after " + std::to_string(bytes.size()) +
                                " of " + std::to_string(size) + " bytes");
    }
    bytes += part;
  }
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
      const std::string ending = count == 0 ? "the end" : std::strerror(errno);
      scenario_.note(where, name_, "receives " + escaped(bytes) + " and " + ending);
      if (count < 0 && errno != ECONNRESET) {
        scenario_.fail(where, name_ + ": the connection ended in the wrong way: " + ending);
      }
      return {bytes, count == 0};
    }
  }
}

std::string ScriptedConnection::receiveUntilEnd(bool reset, SourceLine where) {
  const Delivery delivery = receiveToTheEnd(where);
  if (delivery.inOrder == reset) {
    scenario_.fail(where, name_ + ": the connection ended in the wrong way: with " +
                              (reset ? "the end" : "a reset"));
  }
  return delivery.bytes;
}

std::string ScriptedConnection::receiveAll(SourceLine where) {
  return receiveUntilEnd(false, where);
}

std::string ScriptedConnection::receiveUntilReset(SourceLine where) {
  return receiveUntilEnd(true, where);
}

bool ScriptedConnection::hasNews() const {
  return isReady(socket_.get(), POLLIN);
}

bool ScriptedConnection::hasEnded() const {
  return isReady(socket_.get(), POLLRDHUP);
}

void ScriptedConnection::waitUntilPeerIsGone(SourceLine where) {
  scenario_.waitUntil(
      [this] {
        received();
        return hasEnded();
      },
      where, "the other end of " + name_ + " is closed");
}

const std::string& ScriptedConnection::received() {
  std::array<char, 4096> buffer;
  while (socket_.valid()) {
    const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count <= 0) {
      break;
    }
    received_.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return received_;
}

std::size_t ScriptedConnection::unreadByPeer() const {
  const std::optional<Address> peer = peerOf(socket_.get());
  if (!peer) {
    return 0;
  }
  const Address host = Address::hostOf(socket_.get());
  const std::string here = procFormat(host);
  const std::string there = procFormat(*peer);
  std::ifstream table(host.family() == AF_INET ? "/proc/net/tcp" : "/proc/net/tcp6");
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    std::string index, local, remote, state, queues;
    fields >> index >> local >> remote >> state >> queues;
    if (local == there && remote == here) {
      return std::stoul(queues.substr(queues.find(':') + 1), nullptr, 16);
    }
  }
  return 0;
}

bool ScriptedConnection::isDelivered() const {
  int unconfirmed = 0;
  return !socket_.valid() || ::ioctl(socket_.get(), SIOCOUTQ, &unconfirmed) != 0 ||
         unconfirmed == 0;
}

// ScriptedServer

ScriptedServer::ScriptedServer(Scenario& scenario, const std::string& host)
    : scenario_(scenario),
      name_(scenario.nextName("server")),
      listener_(listener(host, 128)),
      port_(Address::hostOf(listener_.get()).port()),
      address_(Address::hostOf(listener_.get()).toString()) {}

ScriptedConnection* ScriptedServer::acceptUnlessEnded(SourceLine where) {
  pollfd waiting{listener_.get(), POLLIN, 0};
  if (!scenario_.waitForAny({&waiting, 1}, where, "a client at " + name_)) {
    return nullptr;
  }
  UniqueFd socket = acceptOne(listener_.get());
  if (!socket.valid()) {
    scenario_.fail(where, name_ + ": accept: " + std::strerror(errno));
  }
  const std::optional<Address> peer = peerOf(socket.get());
  scenario_.note(where, name_,
                 "accepts " + (peer ? peer->toString() : "somebody who has broken off already"));
  return &connections_.emplace_back(scenario_, name_, std::move(socket));
}

ScriptedConnection& ScriptedServer::accept(SourceLine where) {
  ScriptedConnection* connection = acceptUnlessEnded(where);
  if (connection == nullptr) {
    scenario_.fail(where, "no client came to " + name_ + ", and no program is left to do so");
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

// Ports that do not answer

RefusingPort::RefusingPort()
    : socket_(boundSocket("127.0.0.1")), address_(Address::hostOf(socket_.get()).toString()) {}

SilentPort::SilentPort()
    : listener_(listener("127.0.0.1", 0)), address_(Address::hostOf(listener_.get()).toString()) {
  const Address address = Address::hostOf(listener_.get());
  // The queue of a listener that never accepts holds one or two; then it ignores who knocks.
  for (int i = 0; i < 4; ++i) {
    UniqueFd caller = nonBlockingSocket(address);
    static_cast<void>(::connect(caller.get(), address.data(), address.size()));  // is under way
    queue_.push_back(std::move(caller));
  }
}

// CrowdServer

CrowdServer::CrowdServer(Scenario& scenario, std::size_t connections)
    : scenario_(scenario),
      size_(connections),
      fits_(allowDescriptors(connections + 100) >= connections + 100) {
  constexpr std::size_t kPerListener = 200;
  for (std::size_t i = 0; i < connections; i += kPerListener) {
    listeners_.push_back(listener("127.0.0.1", static_cast<int>(kPerListener)));
  }
}

std::vector<std::string> CrowdServer::addresses() const {
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

void CrowdServer::acceptAll(SourceLine where) {
  while (connections_.size() < size_) {
    std::vector<pollfd> waiting;
    for (const UniqueFd& listener : listeners_) {
      waiting.push_back({listener.get(), POLLIN, 0});
    }
    const std::string got = std::to_string(connections_.size()) + " of " + std::to_string(size_);
    if (!scenario_.waitForAny(waiting, where, "the other clients, with " + got + " there")) {
      scenario_.fail(where, "only " + got + " connections were made");
    }
    for (const UniqueFd& listener : listeners_) {
      for (UniqueFd one = acceptOne(listener.get()); one.valid(); one = acceptOne(listener.get())) {
        connections_.push_back(std::move(one));
      }
    }
  }
  scenario_.note(where, "crowd", "has " + std::to_string(size_) + " connections open at once");
}

void CrowdServer::sendToAll(std::string_view bytes, SourceLine where) {
  scenario_.note(where, "crowd", "sends to each " + escaped(bytes));
  for (const UniqueFd& connection : connections_) {
    if (::send(connection.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(bytes.size())) {
      scenario_.fail(where, std::string("crowd: send: ") + std::strerror(errno));
    }
  }
}

void CrowdServer::closeAll(SourceLine where) {
  scenario_.note(where, "crowd", "closes in order");
  connections_.clear();
}

void CrowdServer::resetAll(SourceLine where) {
  scenario_.note(where, "crowd", "resets its connections");
  for (const UniqueFd& connection : connections_) {
    breakOff(connection.get());
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
