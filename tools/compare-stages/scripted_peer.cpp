#include "scripted_peer.hpp"

#include "net/socket.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

#include <sys/socket.h>

namespace poetry {

namespace {

/// "0100007F:1F90" becomes 8080.
unsigned long portIn(const std::string& address) {
  return std::strtoul(address.c_str() + std::min(address.find(':') + 1, address.size()), nullptr,
                      16);
}

}  // namespace

ScriptedPeer::ScriptedPeer(IReactorFDSet& reactor, std::function<void()> connected)
    : reactor_(reactor),
      connected_(std::move(connected)),
      listener_(listenOn({"127.0.0.1", 0}, 50)) {
  setNonBlocking(listener_.get());
  reactor_.addReader(*this);
}

ScriptedPeer::~ScriptedPeer() {
  reactor_.removeReader(*this);
  if (connection_.valid()) {
    setResetOnClose(connection_.get(), true);
  }
}

std::optional<Failure> ScriptedPeer::doRead() {
  UniqueFd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (connection.valid() && (!connection_.valid() || hasClientLeft())) {
    connection_ = std::move(connection);
    send(std::exchange(sent_, {}));
    if (isClosed_) {
      close();
    }
    connected_();
  }
  return std::nullopt;
}

bool ScriptedPeer::hasClientLeft() const {
  char byte = 0;
  const ssize_t count = ::recv(connection_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count == 0 || (count < 0 && errno != EAGAIN);
}

/// The kernel lists how many bytes wait in each socket of this machine, and so in the client's.
bool ScriptedPeer::hasUnreadBytes() const {
  const std::optional<Address> peer = Address::peerIfConnected(connection_.get());
  const std::uint16_t ours = Address::hostOf(listener_.get()).port();
  for (const char* file : {"/proc/self/net/tcp", "/proc/self/net/tcp6"}) {
    std::ifstream table(file);
    for (std::string line; peer && std::getline(table, line);) {
      std::istringstream fields(line);
      std::string number;
      std::string local;
      std::string remote;
      std::string state;
      std::string queues;  // "00000000:0000000A": to send, and to read
      fields >> number >> local >> remote >> state >> queues;
      if (portIn(local) == peer->port() && portIn(remote) == ours) {
        return portIn(queues) > 0;
      }
    }
  }
  return false;
}

void ScriptedPeer::send(std::string_view bytes) {
  sent_ += bytes;
  ::send(connection_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void ScriptedPeer::close() {
  isClosed_ = true;
  ::shutdown(connection_.get(), SHUT_WR);
}

}  // namespace poetry
