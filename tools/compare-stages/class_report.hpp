// The verdicts on many clients: a table for the terminal, and one for a spreadsheet.
#pragma once

#include "comparison.hpp"

#include <string>
#include <vector>

namespace poetry {

/// A row for each client, and how many there are of each verdict.
std::vector<std::string> drawVerdicts(const std::vector<Verdict>& verdicts);

/// Comma-separated values as RFC 4180 has them. A cell that a spreadsheet would take for a formula
/// begins with an apostrophe.
std::string toCsv(const std::vector<Verdict>& verdicts);

}  // namespace poetry
