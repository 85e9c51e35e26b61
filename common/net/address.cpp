#include "net/address.hpp"

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include <arpa/inet.h>
#include <net/if.h>  // IF_NAMESIZE
#include <netdb.h>   // getaddrinfo, getnameinfo
#include <sys/socket.h>

namespace poetry {

namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

std::vector<Address> lookUp(const HostPort& destination, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* first = nullptr;
  errno = 0;
  const int error = ::getaddrinfo(destination.host.c_str(),
                                  std::to_string(destination.port).c_str(), &hints, &first);
  if (error != 0) {
    // If getaddrinfo has no descriptor left for /etc/hosts, it says that the name is unknown.
    const bool isInErrno = error == EAI_SYSTEM || errno == EMFILE;
    throw LookupError(isInErrno ? std::strerror(errno) : ::gai_strerror(error));
  }
  const AddressList list(first, &::freeaddrinfo);
  std::vector<Address> addresses;
  for (const addrinfo* entry = list.get(); entry != nullptr; entry = entry->ai_next) {
    addresses.push_back(Address::from(entry->ai_addr));  // TCP has only IPv4 and IPv6
  }
  return addresses;
}

/// The result of getpeername(2) or getsockname(2); nothing, and errno is set, if it fails.
std::optional<Address> nameOf(int fd, int (*getName)(int, sockaddr*, socklen_t*)) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getName(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return std::nullopt;
  }
  return Address::from(reinterpret_cast<const sockaddr*>(&storage));
}

}  // namespace

std::string HostPort::toString() const {
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

Address::Address() {
  std::memset(&storage_, 0, sizeof storage_);
  storage_.v4.sin_family = AF_INET;
}

Address Address::from(const sockaddr* address) {
  Address result;
  if (address->sa_family == AF_INET) {
    std::memcpy(&result.storage_.v4, address, sizeof(sockaddr_in));
    // The system may leave any bytes in the padding, and operator== compares it.
    std::memset(&result.storage_.v4.sin_zero, 0, sizeof result.storage_.v4.sin_zero);
  } else if (address->sa_family == AF_INET6) {
    std::memcpy(&result.storage_.v6, address, sizeof(sockaddr_in6));
  } else {
    throw std::invalid_argument("neither an IPv4 nor an IPv6 address");
  }
  return result;
}

std::optional<Address> Address::fromNumeric(const HostPort& destination) {
  Address result;
  result.storage_.v4.sin_port = htons(destination.port);
  if (::inet_pton(AF_INET, destination.host.c_str(), &result.storage_.v4.sin_addr) == 1) {
    return result;
  }
  result.storage_.v6 = sockaddr_in6{};
  result.storage_.v6.sin6_family = AF_INET6;
  result.storage_.v6.sin6_port = htons(destination.port);
  if (::inet_pton(AF_INET6, destination.host.c_str(), &result.storage_.v6.sin6_addr) == 1) {
    return result;
  }
  return std::nullopt;
}

std::optional<Address> Address::peerIfConnected(int fd) {
  return nameOf(fd, &::getpeername);
}

Address Address::hostOf(int fd) {
  if (const std::optional<Address> host = nameOf(fd, &::getsockname)) {
    return *host;
  }
  throw std::system_error(errno, std::generic_category(), "getsockname");
}

const sockaddr* Address::data() const {
  return reinterpret_cast<const sockaddr*>(&storage_);
}

socklen_t Address::size() const {
  return family() == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
}

std::string Address::host() const {
  if (family() == AF_INET) {
    // Every line of a report needs this, and getnameinfo(3) takes several times as long.
    const auto* bytes = reinterpret_cast<const unsigned char*>(&storage_.v4.sin_addr);
    return std::to_string(bytes[0]) + '.' + std::to_string(bytes[1]) + '.' +
           std::to_string(bytes[2]) + '.' + std::to_string(bytes[3]);
  }
  char text[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];
  const int error =
      ::getnameinfo(data(), size(), text, sizeof text, nullptr, 0, NI_NUMERICHOST | NI_NUMERICSERV);
  return error == 0 ? text : "?";
}

std::uint16_t Address::port() const {
  return ntohs(family() == AF_INET ? storage_.v4.sin_port : storage_.v6.sin6_port);
}

std::string Address::toString() const {
  const std::string text = family() == AF_INET ? host() : '[' + host() + ']';
  return text + ':' + std::to_string(port());
}

bool Address::operator==(const Address& other) const {
  return std::memcmp(&storage_, &other.storage_, sizeof storage_) == 0;
}

std::vector<Address> resolveWithoutLookup(const HostPort& destination) {
  if (destination.host == "localhost") {
    return {Address::fromNumeric({"127.0.0.1", destination.port}).value(),
            Address::fromNumeric({"::1", destination.port}).value()};
  }
  if (const std::optional<Address> address = Address::fromNumeric(destination)) {
    return {*address};
  }
  try {
    return lookUp(destination, AI_NUMERICHOST);  // "fe80::1%eth0", "127.1"
  } catch (const LookupError&) {
    return {};  // a name, which needs a look-up
  }
}

std::vector<Address> resolve(const HostPort& destination) {
  const std::vector<Address> known = resolveWithoutLookup(destination);
  return known.empty() ? lookUp(destination, 0) : known;
}

}  // namespace poetry
