#include "cli/words.hpp"

#include "cli/options.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>
#include <system_error>

#include <arpa/inet.h>  // inet_pton
#include <netinet/in.h>
#include <sys/socket.h>

namespace poetry {

namespace {

/// True if `word`, from its first character to its last, is a number that a Number can hold.
template <typename Number>
bool readWhole(std::string_view word, Number& number) {
  const char* const end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, number);
  return error == std::errc() && stop == end;
}

/// True for "::1" and for "fe80::1%eth0", without brackets.
bool isIpv6(const std::string& host) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), &address) == 1;
}

/// Only whether it can be a name at all: whether it is one, the resolver will say.
bool looksLikeHost(const std::string& host) {
  const auto isBad = [](unsigned char c) {
    return std::isspace(c) != 0 || std::iscntrl(c) != 0 || c == '[' || c == ']' || c == '/';
  };
  return !host.empty() && std::none_of(host.begin(), host.end(), isBad);
}

std::uint16_t portOf(const std::string& word, const std::string& port) {
  if (port.empty()) {
    throw UsageError(inQuotes(word) + " has no port: write PORT, HOST:PORT or [IPV6]:PORT");
  }
  try {
    return parsePort(port, 1);
  } catch (const UsageError& error) {
    throw UsageError(port == word ? error.what() : inQuotes(word) + ": " + error.what());
  }
}

HostPort parseBracketed(const std::string& word) {
  const std::size_t close = word.find(']');
  const std::string host = word.substr(1, close - 1);
  if (close == std::string::npos || !isIpv6(host) || !looksLikeHost(host)) {
    throw UsageError(inQuotes(word) + ": brackets stand around an IPv6 address, as in [::1]:10000");
  }
  if (word.compare(close + 1, 1, ":") != 0) {
    throw UsageError(inQuotes(word) + " has no port: write [" + host + "]:PORT");
  }
  return {host, portOf(word, word.substr(close + 2))};
}

}  // namespace

HostPort parseAddress(const std::string& word) {
  if (word.starts_with('[')) {
    return parseBracketed(word);
  }
  const std::size_t colon = word.rfind(':');
  if (colon == std::string::npos) {
    return {"127.0.0.1", portOf(word, word)};
  }
  const std::string host = word.substr(0, colon);
  if (isIpv6(word) || isIpv6(host)) {
    throw UsageError(inQuotes(word) + ": an IPv6 address stands in brackets, as in [::1]:10000");
  }
  if (colon != 0 && (!looksLikeHost(host) || host.find(':') != std::string::npos)) {
    throw UsageError(inQuotes(word) + " is not an address: write PORT, HOST:PORT or [IPV6]:PORT");
  }
  return {colon == 0 ? "127.0.0.1" : host, portOf(word, word.substr(colon + 1))};
}

std::uint16_t parsePort(const std::string& word, std::uint16_t least) {
  std::uint16_t port = 0;
  if (!readWhole(word, port) || port < least) {
    throw UsageError(inQuotes(word) + " is not a port: a number from " + std::to_string(least) +
                     " to 65535");
  }
  return port;
}

std::chrono::duration<double> parseSeconds(const std::string& word) {
  double seconds = 0;
  if (!readWhole(word, seconds) || !std::isfinite(seconds) || seconds < 0) {
    throw UsageError(inQuotes(word) + " is not a number of seconds: 0 or more, as in 0.1");
  }
  // Thirty years: nobody can tell it from longer, and no sleep call overflows.
  return std::chrono::duration<double>(std::min(seconds, 1e9));
}

std::size_t parseCount(const std::string& word) {
  std::size_t count = 0;
  if (!readWhole(word, count) || count == 0) {
    throw UsageError(inQuotes(word) + " is not a number of bytes: a whole number, at least 1");
  }
  return count;
}

std::string inQuotes(const std::string& word) {
  std::string text = word;
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return std::iscntrl(c) != 0; }, '?');
  return '\'' + text + '\'';
}

}  // namespace poetry
