#include "terminal.hpp"

#include <algorithm>
#include <array>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <cwctype>
#include <sstream>

#include <langinfo.h>
#include <locale.h>  // newlocale
#include <sys/ioctl.h>
#include <unistd.h>

namespace poetry {

namespace {

/// With this many digits after the point.
std::string fixed(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

/// The character at the beginning of a text, whatever the locale of the process is.
struct Character {
  explicit Character(std::string_view text) {
    static const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    const locale_t before = ::uselocale(utf8);
    std::mbstate_t state{};
    wchar_t code = 0;
    const std::size_t bytes = std::mbrtowc(&code, text.data(), text.size(), &state);
    const auto isIn = [code](wchar_t first, wchar_t last) { return first <= code && code <= last; };
    const bool turnsTheText = isIn(0x200e, 0x200f) || isIn(0x202a, 0x202e) || isIn(0x2066, 0x2069);
    if (bytes <= text.size() && std::iswprint(static_cast<std::wint_t>(code)) != 0 &&
        !turnsTheText) {
      isShown = true;
      size = bytes;
      columns = static_cast<std::size_t>(std::max(0, ::wcwidth(code)));
    }
    ::uselocale(before);
  }

  bool isShown = false;  ///< false: no UTF-8, a control character, ...
  std::size_t size = 1;  ///< in bytes
  std::size_t columns = 1;
};

/// As much of a text as fits into this many columns.
std::string_view beginningOf(std::string_view text, std::size_t columns) {
  std::size_t size = 0;
  while (size < text.size()) {
    const Character next(text.substr(size));
    if (next.columns > columns) {
      break;
    }
    size += next.size;
    columns -= next.columns;
  }
  return text.substr(0, size);
}

}  // namespace

Terminal Terminal::ofStandardOutput() {
  std::setlocale(LC_CTYPE, "");
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string_view(value != nullptr ? value : "");
  };
  const bool canColour = ::isatty(STDOUT_FILENO) == 1 && !variable("TERM").empty() &&
                         variable("TERM") != "dumb" && variable("NO_COLOR").empty();
  Terminal terminal{.colour = canColour,
                    .unicode = std::string_view(::nl_langinfo(CODESET)) == "UTF-8"};
  if (winsize size{}; ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    terminal.columns = size.ws_col;
  }
  return terminal;
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

std::string readable(std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    const Character first(bytes);
    const std::string_view here = bytes.substr(0, first.size);
    text += first.isShown ? std::string(here) : printable(here);
    bytes.remove_prefix(first.size);
  }
  return text;
}

std::string joined(const std::vector<std::string>& texts, std::string_view between) {
  std::string all;
  for (const std::string& text : texts) {
    all += (&text == &texts.front() ? "" : std::string(between)) + text;
  }
  return all;
}

std::size_t columnsOf(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Character first(text);
    columns += first.columns;
    text.remove_prefix(first.size);
  }
  return columns;
}

std::string padded(std::string_view text, std::size_t columns) {
  const std::string_view shown = beginningOf(text, columns);
  return std::string(shown) + std::string(columns - columnsOf(shown), ' ');
}

std::string shortened(std::string_view text, std::size_t columns) {
  constexpr std::string_view kMore = " ...";
  return columnsOf(text) <= columns
             ? std::string(text)
             : std::string(beginningOf(text, columns - kMore.size())) + kMore.data();
}

std::string rightAligned(std::string_view text, std::size_t columns) {
  return std::string(text.size() < columns ? columns - text.size() : 0, ' ') + std::string(text);
}

std::vector<std::string> wrapped(const std::string& text, std::size_t indent, std::size_t columns) {
  std::vector<std::string> lines;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (!lines.empty() && columnsOf(lines.back()) + 1 + columnsOf(word) <= columns) {
      lines.back() += ' ' + word;
      continue;
    }
    while (!word.empty()) {
      const std::string part(beginningOf(word, columns - indent));
      lines.push_back(std::string(indent, ' ') + part);
      word.erase(0, part.size());
    }
  }
  return lines;
}

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + ' ' + noun + (count == 1 ? "" : "s");
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
