// One word of a command line, read as an address, as a port and as a number.
//
// Each reading either refuses the word with a reason, or gives a value that can be printed and read
// again.
#include "cli/option_values.hpp"
#include "cli/options.hpp"
#include "fuzz/require.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace poetry::fuzz {

namespace {

/// Returns what `read` returns; nothing if it refuses the word.
template <typename Read>
auto accepted(Read read) -> std::optional<decltype(read())> {
  try {
    return read();
  } catch (const UsageError& error) {
    requireRefusal(error.what());
    return std::nullopt;
  }
}

/// The value of a word that consists of digits, if it is at most 65535.
std::optional<unsigned> plainNumber(const std::string& word) {
  unsigned value = 0;
  for (const char c : word) {
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    value = std::min(value * 10 + static_cast<unsigned>(c - '0'), 65536U);
  }
  return word.empty() || value > 65535 ? std::nullopt : std::optional(value);
}

void checkPort(const std::string& word) {
  const std::optional<unsigned> expected = plainNumber(word);
  for (const std::uint16_t least : std::array<std::uint16_t, 2>{0, 1}) {
    const auto port = accepted([&] { return parsePort(word, least); });
    require(port.has_value() == (expected && *expected >= least),
            "a port consists of digits and is in range");
    require(!port || *port == *expected, "a port is decimal");
  }
}

void checkNumbers(const std::string& word) {
  const auto seconds = accepted([&] { return parseSeconds(word); });
  require(!seconds || (seconds->count() >= 0 && seconds->count() <= 1e9), "seconds are in range");
  const auto count = accepted([&] { return parseCount(word); });
  require(!count || *count > 0, "a count is at least 1");
}

/// A numeric host stays the same when it is printed and read again.
void checkNumeric(const HostPort& destination) {
  for (const Address& address : resolveWithoutLookup(destination)) {
    require(address.port() == destination.port, "resolving keeps the port");
    const HostPort again = parseAddress(address.toString());
    require(again == HostPort{address.host(), address.port()}, "an address can be read again");
    const std::vector<Address> same = resolveWithoutLookup(again);
    require(same.size() == 1 && same.front() == address, "a printed address is the same address");
  }
}

void checkAddress(const std::string& word) {
  const auto destination = accepted([&] { return parseAddress(word); });
  if (!destination) {
    return;
  }
  const auto& [host, port] = *destination;
  require(plainNumber(word.substr(word.find_last_of(":") + 1)) == port,
          "the port is the last part");
  require(!host.empty() && port != 0, "an address has a host and a port");
  require(word.find(host) != std::string::npos || host == "127.0.0.1",
          "the host is kept as it was typed");
  require(accepted([&] { return parseAddress(destination->toString()); }) == destination,
          "an accepted address can be printed and read again");
  checkNumeric(*destination);
}

}  // namespace

}  // namespace poetry::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace fuzz = poetry::fuzz;
  std::string word(reinterpret_cast<const char*>(data), size);
  word.resize(std::min(word.find('\0'), word.size()));  // a command line cannot contain zeros
  fuzz::checkPort(word);
  fuzz::checkNumbers(word);
  fuzz::checkAddress(word);
  return 0;
}
