#include "terminal.hpp"

#include <array>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include <langinfo.h>
#include <unistd.h>

namespace poetry {

namespace {

/// With this many digits after the point.
std::string fixed(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

}  // namespace

Terminal Terminal::ofStandardOutput(bool wantsColour) {
  std::setlocale(LC_CTYPE, "");
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string_view(value != nullptr ? value : "");
  };
  const bool canColour = ::isatty(STDOUT_FILENO) == 1 && !variable("TERM").empty() &&
                         variable("TERM") != "dumb" && variable("NO_COLOR").empty();
  return {.colour = canColour && wantsColour,
          .unicode = std::string_view(::nl_langinfo(CODESET)) == "UTF-8"};
}

std::string printable(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    if (c >= ' ' && c <= '~') {
      text += c;
      continue;
    }
    std::array<char, 8> escape{};
    std::snprintf(escape.data(), escape.size(), "\\x%02x",
                  static_cast<unsigned>(static_cast<unsigned char>(c)));
    text += c == '\t' ? "\\t" : c == '\r' ? "\\r" : escape.data();
  }
  return text;
}

std::string padded(std::string_view text, std::size_t columns) {
  std::string result(text.substr(0, columns));
  result.resize(columns, ' ');
  return result;
}

std::string shortened(std::string_view text, std::size_t columns) {
  constexpr std::string_view kMore = " ...";
  return text.size() <= columns
             ? std::string(text)
             : std::string(text.substr(0, columns - kMore.size())) + kMore.data();
}

std::string rightAligned(std::string_view text, std::size_t columns) {
  return std::string(text.size() < columns ? columns - text.size() : 0, ' ') + std::string(text);
}

std::vector<std::string> wrapped(const std::string& text, std::size_t indent, std::size_t columns) {
  std::vector<std::string> lines;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (!lines.empty() && lines.back().size() + 1 + word.size() <= columns) {
      lines.back() += ' ' + word;
      continue;
    }
    for (; word.size() > columns - indent; word.erase(0, columns - indent)) {
      lines.push_back(std::string(indent, ' ') + word.substr(0, columns - indent));
    }
    lines.push_back(std::string(indent, ' ') + word);
  }
  return lines;
}

std::string inSeconds(Duration seconds) {
  const double nearly = 1e-6;  // 1.515 is a little less in binary
  // Narrow enough for its column also above a thousand seconds.
  return fixed(seconds.count() + nearly, seconds.count() >= 999.995 ? 0 : 2) + " s";
}

std::string inBytes(double bytes) {
  constexpr std::array<const char*, 4> kUnits = {" B", " kB", " MB", " GB"};
  std::size_t unit = 0;
  while (bytes >= 1000 && unit + 1 < kUnits.size()) {
    bytes /= 1000;
    ++unit;
  }
  return fixed(bytes, unit > 0 && bytes < 10 ? 1 : 0) + kUnits[unit];
}

std::string colourOf(const Terminal& terminal, std::size_t number) {
  constexpr std::array<const char*, 6> kColours = {"36", "33", "35", "32", "34", "31"};
  return terminal.colour ? std::string("\033[") + kColours[number % kColours.size()] + 'm' : "";
}

std::string bold(const Terminal& terminal) {
  return terminal.colour ? "\033[1m" : "";
}

std::string plain(const Terminal& terminal) {
  return terminal.colour ? "\033[0m" : "";
}

}  // namespace poetry
