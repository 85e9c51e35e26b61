// Where programs write: standard output and standard error a whole line at a time, and files.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

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
void printLine(std::string_view line);

/// Throws OutputError if a line was lost. runClient and runServer ask at the end.
void checkOutput();

/// Writes "`program`: `message`" and a newline to standard error, in one piece. If that fails
/// there is nobody left to tell.
void complain(const std::string& program, const std::string& message);

/// Makes a directory with all its parents, unless it is there already, in which it must be
/// possible to make files. Throws std::system_error.
void makeDirectory(const std::filesystem::path& directory);

/// Writes a file byte for byte, whole or not at all: what was there before stays until everything
/// is written. A device or a pipe of that name is written to as it is. Throws std::system_error.
void saveFile(const std::filesystem::path& file, std::string_view bytes);

}  // namespace poetry
