// What one word of the command line means. Numbers are decimal, and nothing may stand around them.
#pragma once

#include "net/address.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace poetry {

// The parse functions throw UsageError, whose message quotes the word and says what is right.

/// PORT, :PORT (both on 127.0.0.1), HOST:PORT or [IPV6]:PORT, with a port from 1 to 65535.
HostPort parseAddress(const std::string& word);

/// A name, an IPv4 address, or an IPv6 address with or without brackets. Returns it without them.
std::string parseHost(const std::string& word);

/// A port from `least` to 65535: digits only, so that 0x50 and +80 are refused.
std::uint16_t parsePort(const std::string& word, std::uint16_t least);

/// A number of seconds, finite and not negative. Fractions are allowed.
std::chrono::duration<double> parseSeconds(const std::string& word);

/// A whole number, at least 1. `noun`: what is counted, in the plural, for the error message.
std::size_t parseCount(const std::string& word, const std::string& noun = "bytes");

/// Any word that is not empty.
std::string parseName(const std::string& word);

/// One of `choices`.
std::string parseOneOf(const std::vector<std::string>& choices, const std::string& word);

/// "epoll, poll, select".
std::string listOf(const std::vector<std::string>& words);

std::string inQuotes(const std::string& word);

}  // namespace poetry
