// How every program here writes to a file, a pipe or a terminal.
#pragma once

#include <string_view>

namespace poetry {

/// Writes all of `bytes` to `fd` with write(2).
///
/// Blocks until everything is written, even if `fd` is in non-blocking mode. Another process that
/// shares our terminal or pipe may have set that mode. Repeats a call that a signal interrupted.
/// Throws std::system_error, also when a part of `bytes` has been written already.
void writeAll(int fd, std::string_view bytes);

}  // namespace poetry
