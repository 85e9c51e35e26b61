#include "look.hpp"

#include <algorithm>
#include <array>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <utility>

#include <langinfo.h>
#include <unistd.h>

namespace poetry {

namespace {

/// A byte that continues a character in UTF-8.
bool isContinuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

/// With so many digits behind the point.
std::string fixed(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

}  // namespace

Look Look::ofStandardOutput(bool wantsColour) {
  std::setlocale(LC_CTYPE, "");
  const char* noColour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool isTerminal = ::isatty(STDOUT_FILENO) == 1;
  const bool isDumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  const bool isUnwanted = !wantsColour || (noColour != nullptr && *noColour != '\0');
  return {.colour = isTerminal && !isDumb && !isUnwanted,
          .unicode = std::string_view(::nl_langinfo(CODESET)) == "UTF-8",
          .live = isTerminal && !isDumb};
}

std::size_t columnsOf(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return !isContinuation(byte); }));
}

std::string padded(std::string_view text, std::size_t columns) {
  std::string result;
  std::size_t used = 0;
  for (const char byte : text) {
    used += isContinuation(byte) ? 0U : 1U;
    if (used > columns) {
      return result;
    }
    result += byte;
  }
  return result + std::string(columns - used, ' ');
}

std::string rightAligned(std::string_view text, std::size_t columns) {
  const std::size_t used = columnsOf(text);
  return std::string(used < columns ? columns - used : 0, ' ') + std::string(text);
}

std::vector<std::string> wrapped(const std::string& text, std::size_t indent, std::size_t columns) {
  std::vector<std::string> lines;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (!lines.empty() && columnsOf(lines.back()) + 1 + columnsOf(word) <= columns) {
      lines.back() += ' ' + word;
      continue;
    }
    while (columnsOf(word) > columns - indent) {
      const std::string part = padded(word, columns - indent);
      lines.push_back(std::string(indent, ' ') + part);
      word.erase(0, part.size());
    }
    lines.push_back(std::string(indent, ' ') + word);
  }
  return lines;
}

std::string inSeconds(Seconds seconds) {
  // From a thousand seconds on, so that it stays narrow, without hundredths; nobody misses them.
  return fixed(seconds.count(), seconds.count() < 999.995 ? 2 : 0) + " s";
}

std::string inBytes(double bytes) {
  if (bytes < 1000) {
    return fixed(bytes, 0) + " B";
  }
  constexpr std::array<std::pair<double, const char*>, 3> kUnits = {
      {{1e9, " GB"}, {1e6, " MB"}, {1e3, " kB"}}};
  const auto* const unit = std::find_if(kUnits.begin(), kUnits.end(),
                                        [bytes](const auto& each) { return bytes >= each.first; });
  const double value = bytes / unit->first;
  return fixed(value, value < 10 ? 1 : 0) + unit->second;
}

std::string colourOf(const Look& look, std::size_t number) {
  constexpr std::array<const char*, 6> kColours = {"36", "33", "35", "32", "34", "31"};
  return look.colour ? std::string("\033[") + kColours[number % kColours.size()] + 'm' : "";
}

std::string bold(const Look& look) {
  return look.colour ? "\033[1m" : "";
}

std::string faint(const Look& look) {
  return look.colour ? "\033[2m" : "";
}

std::string plain(const Look& look) {
  return look.colour ? "\033[0m" : "";
}

}  // namespace poetry
