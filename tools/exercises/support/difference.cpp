#include "exercises/support/difference.hpp"

#include "support/scenario.hpp"

#include <algorithm>

namespace poetry::testing {

namespace {

/// The piece of `text` from `first` on, with marks where something was cut off.
std::string piece(std::string_view text, std::size_t first, std::size_t size) {
  const std::string_view kept = text.substr(std::min(first, text.size()), size);
  std::string result = first > 0 ? "..." : "";
  result += escaped(kept);
  result += first + kept.size() < text.size() ? "..." : "";
  return result + " (" + std::to_string(text.size()) + " bytes in all)";
}

}  // namespace

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
