// Turns the bytes that a fuzzer has made up into choices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace poetry::fuzz {

/// Each choice uses up one byte.
class Choices {
 public:
  /// Borrows the bytes.
  explicit Choices(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  [[nodiscard]] bool atEnd() const { return bytes_.empty(); }

  /// A number from 0 to `count` - 1; 0 when there are no more bytes.
  std::size_t pick(std::size_t count) {
    if (bytes_.empty()) {
      return 0;
    }
    const std::uint8_t byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte % count;
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

}  // namespace poetry::fuzz
