#include "cli/option_values.hpp"

#include "cli/options.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <system_error>

#include <arpa/inet.h>  // inet_pton
#include <netinet/in.h>
#include <sys/socket.h>

namespace poetry {

namespace {

/// True if all of `word` is a whole number that fits into `number`.
template <typename Integer>
bool readWhole(const std::string& word, Integer& number) {
  const char* const end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, number);
  return error == std::errc() && stop == end;
}

/// No blanks, control characters, or characters with a meaning around a host.
bool hasOnlyHostCharacters(const std::string& host) {
  return std::none_of(host.begin(), host.end(), [](unsigned char c) {
    return c <= ' ' || c == 0x7f || c == '[' || c == ']' || c == '/';
  });
}

/// True for what may be a name or an IPv4 address: the resolver decides whether it is one. But
/// getaddrinfo(3) takes "*" for an address of this machine.
bool looksLikeName(const std::string& host) {
  return !host.empty() && host != "*" && host.find(':') == std::string::npos &&
         hasOnlyHostCharacters(host);
}

/// True for "::1" and for "fe80::1%eth0", without brackets.
bool isIpv6(const std::string& host) {
  in6_addr address{};
  return hasOnlyHostCharacters(host) &&
         ::inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), &address) == 1;
}

/// "::1" for "[::1]"; empty for a word that is not an IPv6 address in brackets.
std::string insideBrackets(const std::string& word) {
  const bool hasBrackets = word.size() > 2 && word.starts_with('[') && word.ends_with(']');
  const std::string inside = hasBrackets ? word.substr(1, word.size() - 2) : "";
  return isIpv6(inside) ? inside : "";
}

}  // namespace

HostPort parseAddress(const std::string& word) {
  const std::size_t colon = word.rfind(':');
  const std::string port = colon == std::string::npos ? word : word.substr(colon + 1);
  std::string host = "127.0.0.1";
  if (colon != std::string::npos && colon > 0) {
    host = word.substr(0, colon);
    host = looksLikeName(host) ? host : insideBrackets(host);
  }
  std::uint16_t number = 0;
  if (host.empty() || !readWhole(port, number) || number == 0) {
    throw UsageError(inQuotes(word) + " is not an address: write PORT, HOST:PORT or [IPV6]:PORT, " +
                     "with a port from 1 to 65535");
  }
  return {host, number};
}

std::string parseHost(const std::string& word) {
  std::string host = looksLikeName(word) || isIpv6(word) ? word : insideBrackets(word);
  if (host.empty()) {
    throw UsageError(inQuotes(word) + " is not a host: write a name or an IP address");
  }
  return host;
}

std::uint16_t parsePort(const std::string& word, std::uint16_t least) {
  std::uint16_t port = 0;
  if (!readWhole(word, port) || port < least) {
    throw UsageError(inQuotes(word) + " is not a port: write a number from " +
                     std::to_string(least) + " to 65535");
  }
  return port;
}

std::chrono::duration<double> parseSeconds(const std::string& word) {
  // std::from_chars would be strict, but libc++ has none for double. strtod(3) would also read
  // "0x1", "inf", " 1" and "+1": these are excluded by their characters.
  const bool isDecimal = !word.empty() && !word.starts_with('+') &&
                         word.find_first_not_of("0123456789.eE+-") == std::string::npos;
  char* end = nullptr;
  const double seconds = std::strtod(word.c_str(), &end);
  if (!isDecimal || *end != '\0' || !std::isfinite(seconds) || seconds < 0) {
    throw UsageError(inQuotes(word) + " is not a number of seconds: write 0 or more, as in 0.1");
  }
  // 1e9 seconds are thirty years. With more, the argument of a sleep call could overflow.
  return std::chrono::duration<double>(std::min(seconds, 1e9));
}

std::size_t parseCount(const std::string& word, const std::string& noun) {
  std::size_t count = 0;
  if (!readWhole(word, count) || count == 0) {
    throw UsageError(inQuotes(word) + " is not a number of " + noun + ": write 1 or more");
  }
  return count;
}

std::string parseName(const std::string& word) {
  if (word.empty()) {
    throw UsageError("'' is not a name");
  }
  return word;
}

std::string parseOneOf(const std::vector<std::string>& choices, const std::string& word) {
  if (std::find(choices.begin(), choices.end(), word) == choices.end()) {
    throw UsageError(inQuotes(word) + " is not one of " + listOf(choices));
  }
  return word;
}

std::string listOf(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) {
    list += (list.empty() ? "" : ", ") + word;
  }
  return list;
}

std::string inQuotes(const std::string& word) {
  return '\'' + word + '\'';
}

}  // namespace poetry
