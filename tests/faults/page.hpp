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

/// Where a row belongs: below which heading, and what it is about.
struct Entry {
  std::string section;
  Place place;
};

/// All that the page says.
std::map<Place, Row> rowsOfPage();

/// True if the page is to be written and not to be checked: POETRY_WRITE_FAULTS is set.
bool isPageToBeWritten();

/// Keeps a row for writePage().
void keepRow(const Place& place, const Row& row);

/// Puts the rows that were kept into the page. `all` that it has to speak of, in their order: what
/// was not kept, as in a run of some tests only, stays as the page has it.
void writePage(const std::vector<Entry>& all);

/// What writePage() writes: `text` with its tables made anew, programs with equal cells in one row.
/// What is not in `all` goes. Throws std::runtime_error if nobody has a row for one of `all`.
std::string pageWith(const std::string& text, const std::vector<Entry>& all,
                     const std::map<Place, Row>& kept);

}  // namespace poetry::testing
