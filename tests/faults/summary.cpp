#include "summary.hpp"

#include <cstddef>
#include <regex>

namespace poetry::testing {

namespace {

/// How far it got is different each time: "Got N of N poems" if that is not all.
std::string general(const std::string& text) {
  static const std::regex kNumber("(Task|after|Got|of) \\d+");
  return std::regex_replace(text, kNumber, "$1 N");
}

std::string joined(const std::set<std::string>& words, const std::string& border) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : border) + (word.empty() ? "nothing" : word);
  }
  return words == std::set<std::string>{""} ? "" : text;
}

}  // namespace

void Summary::add(const Cells& cells) {
  std::string lines = general(cells.says);
  for (std::size_t end = 0; (end = lines.find("<br>")) != std::string::npos;) {
    says_.insert(lines.substr(0, end));
    lines.erase(0, end + 4);
  }
  says_.insert(lines);
  last_.insert(general(cells.last));
  ends_.insert(cells.ends);
}

Row Summary::row() const {
  return {joined(says_, "<br>"), joined(last_, " or "), joined(ends_, " or ")};
}

}  // namespace poetry::testing
