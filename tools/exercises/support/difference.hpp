// Shows where two texts differ.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace poetry::testing {

/// Two texts, cut at the same place around their first difference, and escaped: one line each.
struct Difference {
  std::size_t at;  ///< number of the first byte that differs, from 0
  std::string expected;
  std::string got;
};

/// The texts must differ.
Difference differenceOf(std::string_view expected, std::string_view got);

}  // namespace poetry::testing
