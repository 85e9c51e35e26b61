// What a single word of the command line means: strict, and in decimal only.
#pragma once

#include "net/address.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace poetry {

// All of them throw UsageError, which names the word and says what would have been right.

/// PORT, :PORT (both on 127.0.0.1), HOST:PORT or [IPV6]:PORT, with a port from 1 to 65535.
HostPort parseAddress(const std::string& word);

/// Digits alone, from `least` to 65535: no sign, blank or prefix, so that no 0x50 is a port.
std::uint16_t parsePort(const std::string& word, std::uint16_t least);

/// A number of seconds, finite and not negative; fractions allowed.
std::chrono::duration<double> parseSeconds(const std::string& word);

/// A whole number, at least 1.
std::size_t parseCount(const std::string& word);

/// `word` in quotes, for a message: on one line, whatever bytes it is made of.
std::string inQuotes(const std::string& word);

}  // namespace poetry
