// The verdicts of --check: in words, as a table for the terminal, and as one for a spreadsheet.
#pragma once

#include "comparison.hpp"

#include <string>
#include <vector>

namespace poetry {

/// What the servers of --check do.
std::vector<std::string> describeCheck();

/// The result of --check for one client.
std::vector<std::string> describeVerdict(const Verdict& verdict);

/// A row for each client, at most `columns` wide, and how many there are of each verdict.
std::vector<std::string> drawVerdicts(const std::vector<Verdict>& verdicts, std::size_t columns);

/// Comma-separated values as RFC 4180 has them. A cell that a spreadsheet would take for a formula
/// begins with an apostrophe.
std::string toCsv(const std::vector<Verdict>& verdicts);

}  // namespace poetry
