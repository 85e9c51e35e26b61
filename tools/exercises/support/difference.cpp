#include "exercises/support/difference.hpp"

#include <algorithm>
#include <cstdio>

namespace poetry::testing {

namespace {

/// The piece of `text` from `first` on, with marks where something was cut off.
std::string piece(std::string_view text, std::size_t first, std::size_t size) {
  const std::string_view kept = text.substr(std::min(first, text.size()), size);
  std::string result = first > 0 ? "..." : "";
  result += '"' + printable(kept) + '"';
  result += first + kept.size() < text.size() ? "..." : "";
  return result + " (" + std::to_string(text.size()) + " bytes in all)";
}

}  // namespace

std::string printable(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    const auto c = static_cast<unsigned char>(byte);
    if (byte == '\n') {
      text += "\\n";
    } else if (byte == '"' || byte == '\\') {
      text += '\\';
      text += byte;
    } else if (c >= 0x20 && c < 0x7f) {
      text += byte;
    } else {
      char hex[5];
      std::snprintf(hex, sizeof hex, "\\x%02x", c);
      text += hex;
    }
  }
  return text;
}

Difference differenceOf(std::string_view expected, std::string_view got) {
  constexpr std::size_t kBefore = 16;
  constexpr std::size_t kSize = 40;
  const auto [inExpected, inGot] =
      std::mismatch(expected.begin(), expected.end(), got.begin(), got.end());
  const auto at = static_cast<std::size_t>(inExpected - expected.begin());
  const std::size_t first = at > kBefore ? at - kBefore : 0;
  return {at, piece(expected, first, kSize), piece(got, first, kSize)};
}

}  // namespace poetry::testing
