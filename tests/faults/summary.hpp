// What many runs had in common: one row of a table for all of them.
#pragma once

#include "page.hpp"
#include "party.hpp"

#include <set>
#include <string>

namespace poetry::testing {

/// Each cell with all that any of the runs had in it.
class Summary {
 public:
  void add(const Cells& cells);

  [[nodiscard]] Row row() const;

 private:
  std::set<std::string> says_ = {};
  std::set<std::string> last_ = {};
  std::set<std::string> ends_ = {};
};

}  // namespace poetry::testing
