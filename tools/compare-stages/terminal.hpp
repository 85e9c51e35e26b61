// How text is shown: what standard output can display, and text in columns.
#pragma once

#include "reactor/interfaces.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace poetry {

struct Terminal {
  bool colour = false;
  bool unicode = false;         ///< false: ASCII only
  std::size_t columns = 10000;  ///< so many if standard output is no terminal

  /// What standard output can display. There is no colour if it is not a terminal, or if NO_COLOR is set.
  static Terminal ofStandardOutput();
};

/// The longest line that is printed, except for tables.
constexpr std::size_t kWidth = 80;

/// Text that can be printed anywhere: bytes that are not printable ASCII become "\t", "\r" or "\xe2".
std::string printable(std::string_view bytes);

/// The bytes as UTF-8 text in one line. Everything else becomes "\xe2": bytes that are no UTF-8,
/// control characters, and characters that break a line or change the direction of writing.
std::string readable(std::string_view bytes);

/// One text after the other, with `between` between them.
std::string joined(const std::vector<std::string>& texts, std::string_view between);

// The functions below take UTF-8, where a character has any number of bytes, and up to two columns.

/// How many columns of a terminal this text takes.
std::size_t columnsOf(std::string_view text);
/// Filled up with blanks on the right, or cut.
std::string padded(std::string_view text, std::size_t columns);
/// Cut to this many columns if it is longer; then it ends with " ...".
std::string shortened(std::string_view text, std::size_t columns);
/// Filled up with blanks on the left; ASCII only.
std::string rightAligned(std::string_view text, std::size_t columns);
/// Broken at blanks into lines of at most `columns`, each with this indent. A word that is too long
/// for a line is broken anywhere.
std::vector<std::string> wrapped(const std::string& text, std::size_t indent,
                                 std::size_t columns = kWidth);

/// "1 byte", "2 bytes"
std::string counted(std::size_t count, const std::string& noun);
/// "2.53 s", "1234 s"
std::string inSeconds(Duration seconds);
/// "18 B", "3.0 kB", "10 MB", "1.2 GB"
std::string inBytes(double bytes);

/// Escape sequences: the colour of a task or row, bold text, and the end of both. Empty without colour.
std::string colourOf(const Terminal& terminal, std::size_t number);
std::string bold(const Terminal& terminal);
std::string plain(const Terminal& terminal);

}  // namespace poetry
