// Bytes that a fuzzer made up, read as a script.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace poetry::fuzz {

/// Gives the bytes out one by one. When there are no more, it goes on with zeros, so that a decoder
/// needs no end of its own; atEnd() says so.
class Script {
 public:
  explicit Script(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  [[nodiscard]] bool atEnd() const { return bytes_.empty(); }

  /// A number from 0 to `count` - 1.
  std::size_t pick(std::size_t count) { return next() % count; }

 private:
  std::uint8_t next() {
    if (bytes_.empty()) {
      return 0;
    }
    const std::uint8_t byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte;
  }

  std::span<const std::uint8_t> bytes_;
};

}  // namespace poetry::fuzz
