#include "page.hpp"

#include "support/client_test.hpp"  // contentsOf

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

namespace poetry::testing {

namespace {

std::filesystem::path page() {
  return std::filesystem::path(POETRY_POETRY_DIR).parent_path() / "docs/reference/faults.md";
}

/// The rows for one fault, with the programs that did the same in one row.
std::string rowsFor(const std::string& fault, const std::vector<Outcome>& outcomes) {
  std::vector<std::string> order;
  std::map<std::string, std::string> programs;  // by cells
  for (const Outcome& outcome : outcomes) {
    std::string cells;
    for (const std::string& cell : outcome.cells) {
      cells += " | " + cell;
    }
    std::string& names = programs[cells];
    if (names.empty()) {
      order.push_back(cells);
    }
    names += (names.empty() ? "`" : ", `") + outcome.program + '`';
  }
  std::string rows;
  for (const std::string& cells : order) {
    rows += "| " + (rows.empty() ? fault : "") + " | " + programs[cells] + cells + " |\n";
  }
  return rows;
}

/// A part of the page's text.
struct Range {
  std::size_t begin;
  std::size_t end;
};

/// The rows of `fault`; the empty range at the end of the table if it has none.
Range rangeOf(const std::string& text, const std::string& section, const std::string& fault) {
  const std::size_t heading = text.find("\n### " + section + "\n");
  const std::size_t table = text.find("\n|", heading);
  const std::size_t end = text.find("\n\n", table) + 1;
  if (heading == std::string::npos || table == std::string::npos || end == 0) {
    throw std::runtime_error("docs/reference/faults.md has no table under the heading " + section);
  }
  const std::size_t found = text.find("\n| " + fault + " |", table) + 1;
  if (found == 0 || found > end) {
    return {end, end};
  }
  std::size_t next = text.find('\n', found) + 1;
  while (text.compare(next, 4, "|  |") == 0) {
    next = text.find('\n', next) + 1;
  }
  return {found, next};
}

}  // namespace

bool isPageToBeWritten() {
  return std::getenv("POETRY_WRITE_FAULTS") != nullptr;
}

void expectOnPage(const std::string& section, const std::string& fault,
                  const std::vector<Outcome>& outcomes) {
  std::string text = contentsOf(page());
  const auto [begin, end] = rangeOf(text, section, fault);
  const std::string rows = rowsFor(fault, outcomes);
  if (!isPageToBeWritten()) {
    std::string stories;
    for (const Outcome& outcome : outcomes) {
      stories += outcome.program + ":\n" + outcome.story;
    }
    EXPECT_EQ(rows, text.substr(begin, end - begin))
        << "docs/reference/faults.md differs; CONTRIBUTING.md names the command that writes it\n"
        << stories;
    return;
  }
  text.replace(begin, end - begin, rows);
  std::ofstream(page(), std::ios::binary) << text;
}

std::vector<std::string> faultsOnPage() {
  std::vector<std::string> faults;
  std::istringstream text(contentsOf(page()));
  std::string section;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("### ")) {
      section = line.substr(4);
    } else if (line.starts_with("| ") && !line.starts_with("| fault |")) {
      const std::string fault = line.substr(2, line.find(" |", 1) - 2);
      if (!line.starts_with("|  |")) {
        faults.push_back(section + ": " + fault);
      }
    }
  }
  return faults;
}

}  // namespace poetry::testing
