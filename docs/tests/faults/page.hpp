// The tables of docs/faults.md: what they say of each program and fault, and how they are written.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace poetry::testing {

/// A fault and a program: of these, a row of a table says something.
using Place = std::pair<std::string, std::string>;
/// The cells of a row behind the fault and the programs.
using Row = std::vector<std::string>;

/// All that the page says.
std::map<Place, Row> rowsOfPage();

/// True if the page is to be written and not to be checked: POETRY_WRITE_FAULTS is set.
bool isPageToBeWritten();

/// Keeps a row for writePage().
void keepRow(const std::string& section, const Place& place, const Row& row);

/// Puts the rows that were kept into the tables of their sections, programs with equal cells into
/// one row. A table stays as it is if none was kept for its section.
void writePage();

}  // namespace poetry::testing
