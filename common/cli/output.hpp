// Standard output and standard error, a whole line at a time.
#pragma once

#include <stdexcept>
#include <string>

namespace poetry {

/// Standard output does not take what we write. what() says why.
struct OutputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Writes `line` and a newline to standard output, at once and in one piece, also into a pipe.
///
/// Blocks while the reader of a pipe is slow. A failure (a full disk, a closed stream) is
/// remembered for the whole process and nothing is written after it; the caller may go on with
/// its work and need not look. Everything a program prints goes through here.
void printLine(const std::string& line);

/// Throws OutputError if a line was lost. runClient and runServer ask at the end.
void checkOutput();

/// Writes "`program`: `message`" and a newline to standard error, in one piece. If that fails
/// there is nobody left to tell.
void complain(const std::string& program, const std::string& message);

}  // namespace poetry
