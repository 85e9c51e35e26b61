// Names that may hold any bytes, as text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace poetry {

/// The bytes as UTF-8 text in one line. Everything else becomes "\xe2": bytes that are no UTF-8,
/// control characters, and characters that break a line or change the direction of writing.
std::string readable(std::string_view bytes);

/// How many columns of a terminal this UTF-8 text takes.
std::size_t columnsOf(std::string_view text);

}  // namespace poetry
