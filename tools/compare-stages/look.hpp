// How things look in a terminal: colours and characters, where there are some.
#pragma once

#include "reactor/interfaces.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace poetry {

struct Look {
  bool colour = false;
  bool unicode = false;  ///< else ASCII
  bool live = false;     ///< lines can be written over

  /// As standard output is: a terminal or not, in which characters. NO_COLOR is respected.
  static Look ofStandardOutput(bool wantsColour);
};

/// Lines fit into this.
constexpr std::size_t kWidth = 80;

/// How many columns a text takes, in UTF-8, without escape sequences: two for a character of Chinese or
/// an emoji.
std::size_t columnsOf(std::string_view text);
/// Filled up with blanks on the right, or cut.
std::string padded(std::string_view text, std::size_t columns);
/// Filled up with blanks on the left.
std::string rightAligned(std::string_view text, std::size_t columns);

/// Broken at blanks into lines of at most `columns`, each with this indent; a word that is longer is
/// broken anywhere.
std::vector<std::string> wrapped(const std::string& text, std::size_t indent,
                                 std::size_t columns = kWidth);

/// "2.53 s", "1234 s"
std::string inSeconds(Seconds seconds);
/// "18 B", "3.0 kB", "10 MB", "1.2 GB", and so on to "1.0 EB"
std::string inBytes(double bytes);

/// The colour of a task or of a row, and the end of it. Empty without colour.
std::string colourOf(const Look& look, std::size_t number);
std::string bold(const Look& look);
std::string faint(const Look& look);
std::string plain(const Look& look);

}  // namespace poetry
