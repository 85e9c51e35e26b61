// Addresses: as the user types them, and as the system uses them.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <netinet/in.h>  // sockaddr_in, sockaddr_in6

namespace poetry {

/// A host, by name or number, and a port, before any name is looked up.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;

  /// "host:port"; a numeric IPv6 host gets its brackets, as in "[::1]:10000".
  [[nodiscard]] std::string toString() const;

  bool operator==(const HostPort&) const = default;
};

/// A numeric TCP address, IPv4 or IPv6: what a socket is bound or connected to.
///
/// A plain value. It compares everything it holds, also the scope and the flow of IPv6. Twisted has
/// IPv4Address and IPv6Address; here one type holds either, in the form that system calls need.
class Address {
 public:
  /// 0.0.0.0, port 0.
  Address();

  /// Copies the address out of a filled-in sockaddr. Throws std::invalid_argument for a family
  /// other than AF_INET and AF_INET6.
  static Address from(const sockaddr* address);

  /// A numeric host in one of the two usual notations, "127.0.0.1" and "::1"; nothing for others.
  /// Without getaddrinfo(3), which takes much longer: a client may have 10,000 addresses.
  static std::optional<Address> fromNumeric(const HostPort& destination);

  /// The peer of a socket, by getpeername(2); nothing if the socket is not connected (any more).
  static std::optional<Address> peerIfConnected(int fd);

  /// The own end of a socket, by getsockname(2). Throws std::system_error.
  static Address hostOf(int fd);

  /// For bind(2) and connect(2).
  [[nodiscard]] const sockaddr* data() const;
  [[nodiscard]] socklen_t size() const;

  [[nodiscard]] int family() const { return storage_.v4.sin_family; }
  /// The numeric host, as in "127.0.0.1" and "::1" (with "%eth0" where a scope is set).
  [[nodiscard]] std::string host() const;
  [[nodiscard]] std::uint16_t port() const;

  /// "127.0.0.1:10000" or "[::1]:10000".
  [[nodiscard]] std::string toString() const;

  bool operator==(const Address& other) const;

 private:
  union {
    sockaddr_in v4;
    sockaddr_in6 v6;
  } storage_;
};

/// A name that has no address. what() says why, without the name.
struct LookupError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// All addresses of a name, one at least, in the order in which they should be tried, by
/// getaddrinfo(3).
///
/// Blocks for as long as the system's resolver does. `localhost` is answered without it, as
/// RFC 6761 asks: 127.0.0.1, then ::1. Throws LookupError when there is no such name.
std::vector<Address> resolve(const HostPort& destination);

/// The addresses that need no resolver: those of a numeric host or of `localhost`. Empty for any
/// other name. Never blocks.
std::vector<Address> resolveWithoutLookup(const HostPort& destination);

}  // namespace poetry
