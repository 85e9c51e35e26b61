#include "look.hpp"

#include <algorithm>
#include <array>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <iterator>
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

/// Of these characters, by the first and the last of each kind, a terminal gives two columns to one:
/// the scripts of East Asia, and pictures. Some of them have one column in some terminals; to count
/// two for them does no harm.
constexpr std::pair<char32_t, char32_t> kWide[] = {
    {0x1100, 0x115f},    // Hangul, in parts
    {0x231a, 0x23ff},    // watches and hourglasses among technical signs
    {0x25fd, 0x25fe},    // squares
    {0x2600, 0x27bf},    // weather, stars, hands
    {0x2b1b, 0x2b55},    // squares and stars
    {0x2e80, 0xa4cf},    // Chinese and Japanese
    {0xa960, 0xa97f},    // Hangul
    {0xac00, 0xd7a3},    // Hangul
    {0xf900, 0xfaff},    // Chinese
    {0xfe10, 0xfe6f},    // signs for them
    {0xff00, 0xff60},    // Latin letters as wide as theirs
    {0xffe0, 0xffe6},    // and signs
    {0x16fe0, 0x18d08},  // Tangut
    {0x1aff0, 0x1b2fb},  // Kana
    {0x1f000, 0x1faff},  // pictures
    {0x20000, 0x3fffd},  // Chinese
};

/// One character in UTF-8.
struct Character {
  std::size_t bytes;
  std::size_t columns;
};

Character firstOf(std::string_view text) {
  std::size_t size = 1;
  const auto first = static_cast<unsigned char>(text[0]);
  // What a first byte has of the number of its character: less, the more bytes follow.
  char32_t code = first < 0xc0   ? first
                  : first < 0xe0 ? first & 0x1fU
                  : first < 0xf0 ? first & 0x0fU
                                 : first & 0x07U;
  while (size < text.size() && isContinuation(text[size])) {
    code = code << 6 | (static_cast<unsigned char>(text[size]) & 0x3fU);
    ++size;
  }
  const bool isWide = std::any_of(std::begin(kWide), std::end(kWide), [code](const auto& kind) {
    return code >= kind.first && code <= kind.second;
  });
  return {size, isWide ? 2U : 1U};
}

/// The beginning of a text, as long as it fits.
std::string_view fitting(std::string_view text, std::size_t columns) {
  std::size_t size = 0;
  while (size < text.size()) {
    const Character next = firstOf(text.substr(size));
    if (next.columns > columns) {
      break;
    }
    columns -= next.columns;
    size += next.bytes;
  }
  return text.substr(0, size);
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
  std::size_t columns = 0;
  while (!text.empty()) {
    const Character next = firstOf(text);
    columns += next.columns;
    text.remove_prefix(next.bytes);
  }
  return columns;
}

std::string padded(std::string_view text, std::size_t columns) {
  const std::string_view shown = fitting(text, columns);
  return std::string(shown) + std::string(columns - columnsOf(shown), ' ');
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
      const std::string part(fitting(word, columns - indent));
      lines.push_back(std::string(indent, ' ') + part);
      word.erase(0, part.size());
    }
    lines.push_back(std::string(indent, ' ') + word);
  }
  return lines;
}

std::string inSeconds(Seconds seconds) {
  // From a thousand seconds on, so that it stays narrow, without hundredths; nobody misses them.
  const bool isLong = seconds.count() >= 999.995;
  const double nearly = 1e-6;  // 1.515 is a little less in binary
  return isLong ? fixed(seconds.count(), 0) + " s" : fixed(seconds.count() + nearly, 2) + " s";
}

std::string inBytes(double bytes) {
  if (bytes < 1000) {
    return fixed(bytes, 0) + " B";
  }
  constexpr std::array<std::pair<double, const char*>, 6> kUnits = {
      {{1e18, " EB"}, {1e15, " PB"}, {1e12, " TB"}, {1e9, " GB"}, {1e6, " MB"}, {1e3, " kB"}}};
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
