#include "names.hpp"

#include "terminal.hpp"

#include <algorithm>
#include <cwchar>
#include <cwctype>

#include <locale.h>  // newlocale

namespace poetry {

namespace {

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

}  // namespace

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

std::size_t columnsOf(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Character first(text);
    columns += first.columns;
    text.remove_prefix(first.size);
  }
  return columns;
}

}  // namespace poetry
