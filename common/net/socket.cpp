#include "net/socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <exception>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <linux/sockios.h>  // SIOCOUTQ
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace poetry {

namespace {

[[noreturn]] void throwErrno(const char* call, int error = errno) {
  throw std::system_error(error, std::generic_category(), call);
}

/// For calls whose failure is a negative result.
void check(int result, const char* call) {
  if (result < 0) {
    throwErrno(call);
  }
}

/// Waits for the end of a connection attempt and throws if it failed.
void finishConnecting(int fd) {
  pollfd waiting{fd, POLLOUT, 0};
  while (::poll(&waiting, 1, -1) < 0) {
    if (errno != EINTR) {
      throwErrno("poll");
    }
  }
  if (const int error = takeSocketError(fd)) {
    throwErrno("connect", error);
  }
}

/// True if the peer's system has acknowledged everything that was sent, the end of the file
/// included.
bool isAllAcknowledged(int fd) {
  int unacknowledged = 0;
  check(::ioctl(fd, SIOCOUTQ, &unacknowledged), "ioctl");
  return unacknowledged == 0;
}

UniqueFd listenOnAddress(const Address& address, int backlog) {
  UniqueFd fd = makeSocket(address);
  const int yes = 1;
  check(::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes), "setsockopt");
  check(::bind(fd.get(), address.data(), address.size()), "bind");
  check(::listen(fd.get(), backlog), "listen");
  return fd;
}

}  // namespace

UniqueFd makeSocket(const Address& address) {
  UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  check(fd.get(), "socket");
  return fd;
}

Address connectSocket(int fd, const Address& address) {
  if (::connect(fd, address.data(), address.size()) != 0) {
    if (errno != EINTR) {
      throwErrno("connect");
    }
    // A signal ended the wait, but not the attempt: a second connect(2) would fail.
    finishConnecting(fd);
  }
  // getpeername(2) fails if the peer has already reset the connection.
  const Address peer = Address::peerIfConnected(fd).value_or(address);
  if (isConnectedToItself(fd, peer)) {
    setResetOnClose(fd, true);  // after an orderly close, the port would stay taken for a minute
    throwErrno("connect", ECONNREFUSED);
  }
  return peer;
}

bool isConnectedToItself(int fd, const Address& peer) {
  return Address::hostOf(fd) == peer;
}

Connection connectTo(const HostPort& destination) {
  // The first address is the one that should work, so its failure is the one to report. A later
  // failure may only mean that this machine has no IPv6.
  std::exception_ptr firstError;
  for (const Address& address : resolve(destination)) {  // one at least
    try {
      UniqueFd socket = makeSocket(address);
      const Address peer = connectSocket(socket.get(), address);
      return {std::move(socket), peer};
    } catch (const std::system_error&) {
      firstError = firstError ? firstError : std::current_exception();
    }
  }
  std::rethrow_exception(firstError);
}

UniqueFd listenOn(const HostPort& destination, int backlog) {
  const std::string attempt = "cannot listen on ";
  std::vector<Address> addresses;
  try {
    addresses = resolve(destination);
  } catch (const LookupError& error) {
    throw LookupError(attempt + destination.toString() + ": " + error.what());
  }
  for (auto address = addresses.begin();; ++address) {
    try {
      return listenOnAddress(*address, backlog);
    } catch (const std::system_error& error) {
      // Tries the next address only if this machine does not have this one. If the port is in use
      // on 127.0.0.1, a server that listens on ::1 instead would miss the clients of `localhost`.
      const bool foreign = error.code() == std::errc::address_not_available ||
                           error.code() == std::errc::address_family_not_supported;
      if (!foreign || address + 1 == addresses.end()) {
        const bool taken = error.code() == std::errc::address_in_use;
        const char* wayOut = " (end the program that uses this port, or choose another port)";
        throw std::system_error(error.code(),
                                attempt + address->toString() + (taken ? wayOut : ""));
      }
    }
  }
}

Connection acceptFrom(int listener) {
  while (true) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    UniqueFd socket(::accept4(listener, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC));
    if (socket.valid()) {
      return {std::move(socket), Address::from(reinterpret_cast<const sockaddr*>(&peer))};
    }
    if (errno != EINTR && !isErrorOfOneClient(errno)) {
      throwErrno("accept");
    }
  }
}

bool isErrorOfOneClient(int error) {
  // ECONNABORTED: it left while it was in the listen queue. EPERM: a firewall rule refused it.
  // The others: Linux reports what went wrong on the new connection as an error of accept(2).
  constexpr std::array kErrors{ECONNABORTED, EPERM,        ENETDOWN,   EPROTO,     ENOPROTOOPT,
                               EHOSTDOWN,    EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH};
  return std::find(kErrors.begin(), kErrors.end(), error) != kErrors.end();
}

bool isShortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

void setNonBlocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  check(flags, "fcntl");
  check(::fcntl(fd, F_SETFL, flags | O_NONBLOCK), "fcntl");
}

Received receive(int fd, std::span<char> buffer) {
  while (true) {
    const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (count > 0) {
      return {.outcome = Received::Outcome::kBytes,
              .bytes = {buffer.data(), static_cast<std::size_t>(count)}};
    }
    if (count == 0) {
      return {.outcome = Received::Outcome::kEndOfFile};
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return {.outcome = Received::Outcome::kWouldBlock};
    }
    if (errno != EINTR) {
      return {.outcome = Received::Outcome::kError, .error = errno};
    }
  }
}

void sendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      throwErrno("send");
    }
  }
}

void closeInOrder(int fd, std::chrono::milliseconds patience) {
  using Clock = std::chrono::steady_clock;
  setResetOnClose(fd, false);
  setNonBlocking(fd);
  if (::shutdown(fd, SHUT_WR) != 0) {  // the peer has reset the connection
    const int error = takeSocketError(fd);
    throwErrno("close", error != 0 ? error : ENOTCONN);  // 0: send(2) has reported it
  }
  const Clock::time_point deadline = Clock::now() + patience;
  std::array<char, 4096> ignored;
  while (true) {
    const Received received = receive(fd, ignored);
    // After the end of the file, recv(2) does not report a reset.
    if (const int error = received.isError() ? received.error : takeSocketError(fd)) {
      throwErrno("close", error);
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    const bool isPatienceOver = received.isEndOfFile() || left.count() <= 0;
    if (isPatienceOver && isAllAcknowledged(fd)) {
      return;
    }
    if (!received.isBytes()) {
      // No event reports an acknowledgement. Without a descriptor, poll(2) only sleeps.
      pollfd waiting{received.isEndOfFile() ? -1 : fd, POLLIN, 0};
      ::poll(&waiting, 1, isPatienceOver ? 10 : static_cast<int>(left.count()));
    }
  }
}

int takeSocketError(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

void setResetOnClose(int fd, bool reset) {
  const linger option{reset ? 1 : 0, 0};
  check(::setsockopt(fd, SOL_SOCKET, SO_LINGER, &option, sizeof option), "setsockopt");
}

}  // namespace poetry
