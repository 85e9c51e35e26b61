#include "page.hpp"

#include "support/client_test.hpp"  // contentsOf

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace poetry::testing {

namespace {

struct PageRow {
  Place place;
  Row row;
};

std::map<Place, Row>& kept() {
  static std::map<Place, Row> all;
  return all;
}

std::filesystem::path page() {
  return std::filesystem::path(POETRY_POETRY_DIR).parent_path() / "docs/faults.md";
}

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(' ');
  return begin == std::string::npos ? ""
                                    : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::vector<std::string> split(const std::string& text, char border) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, border);) {
    parts.push_back(trimmed(part));
  }
  return parts;
}

/// "| refused | `async-client`, `blocking-client` |  | 1 |" is four cells.
std::vector<std::string> cellsOf(const std::string& line) {
  std::vector<std::string> cells = split(line, '|');
  cells.erase(cells.begin());  // what is before the first border
  return cells;
}

std::string tableRow(const std::string& fault, const std::string& programs, const Row& row) {
  std::string line = "| " + fault + " | " + programs + " |";
  for (const std::string& cell : row) {
    line += ' ' + cell + " |";
  }
  return line + '\n';
}

/// The rows of one section.
std::string table(const std::vector<PageRow>& rows) {
  std::string text;
  for (auto entry = rows.begin(); entry != rows.end();) {
    const std::string& fault = entry->place.first;
    const auto next = std::find_if(
        entry, rows.end(), [&](const PageRow& other) { return other.place.first != fault; });
    std::vector<std::pair<std::string, Row>> groups;
    for (; entry != next; ++entry) {
      const std::string program = '`' + entry->place.second + '`';
      const auto equal = std::find_if(groups.begin(), groups.end(), [&](const auto& group) {
        return group.second == entry->row;
      });
      if (equal == groups.end()) {
        groups.emplace_back(program, entry->row);
      } else {
        equal->first += ", " + program;
      }
    }
    for (const auto& [programs, row] : groups) {
      text += tableRow(&row == &groups.front().second ? fault : "", programs, row);
    }
  }
  return text;
}

std::map<Place, Row> rowsOf(const std::string& page) {
  std::map<Place, Row> rows;
  std::istringstream text(page);
  std::string fault;
  bool inTable = false;
  for (std::string line; std::getline(text, line);) {
    if (!line.starts_with("| ")) {
      inTable = line.starts_with("|--");
      continue;
    }
    if (!inTable) {
      continue;  // the head of a table
    }
    const std::vector<std::string> cells = cellsOf(line);
    fault = cells.at(0).empty() ? fault : cells[0];
    for (std::string program : split(cells.at(1), ',')) {
      std::erase(program, '`');
      if (!rows.emplace(Place(fault, program), Row(cells.begin() + 2, cells.end())).second) {
        throw std::runtime_error("the page speaks twice of '" + fault + "' and " + program);
      }
    }
  }
  return rows;
}

/// Puts `rows` in the place of those that the table of `section` has.
void replaceTable(std::string& text, const std::string& section, const std::vector<PageRow>& rows) {
  const std::size_t heading = text.find("\n### " + section + "\n");
  const std::size_t rule = text.find("\n|--", heading);
  if (heading == std::string::npos || rule == std::string::npos) {
    throw std::runtime_error("the page has no table below ### " + section);
  }
  const std::size_t begin = text.find('\n', rule + 1) + 1;
  std::size_t end = begin;
  while (text.compare(end, 1, "|") == 0) {
    end = text.find('\n', end) + 1;
  }
  text.replace(begin, end - begin, table(rows));
}

}  // namespace

std::map<Place, Row> rowsOfPage() {
  return rowsOf(contentsOf(page()));
}

bool isPageToBeWritten() {
  return std::getenv("POETRY_WRITE_FAULTS") != nullptr;
}

void keepRow(const Place& place, const Row& row) {
  kept()[place] = row;
}

std::string pageWith(const std::string& text, const std::vector<Entry>& all,
                     const std::map<Place, Row>& kept) {
  std::map<Place, Row> known = kept;
  known.merge(rowsOf(text));  // what was kept goes first
  std::map<std::string, std::vector<PageRow>> sections;
  for (const auto& [section, place] : all) {
    const auto found = known.find(place);
    if (found == known.end()) {
      throw std::runtime_error("the page stays as it is: no row yet for '" + place.first +
                               "' and " + place.second + ", so run its test, too");
    }
    sections[section].push_back({place, found->second});
  }
  std::string result = text;
  for (const auto& [section, rows] : sections) {
    replaceTable(result, section, rows);
  }
  return result;
}

void writePage(const std::vector<Entry>& all) {
  const std::string text = pageWith(contentsOf(page()), all, kept());
  if (!(std::ofstream(page(), std::ios::binary) << text).flush()) {
    throw std::runtime_error("cannot write to " + page().string());
  }
}

}  // namespace poetry::testing
