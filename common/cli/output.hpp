// Where programs write: lines to standard output and standard error, and files.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace poetry {

/// A line could not be written to standard output. what() says why.
struct OutputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Writes `line` and a newline to standard output, at once and with one write(2), also into a pipe.
///
/// Blocks while a pipe is full. After a failure (a full disk, a closed stream) the process writes
/// nothing more to standard output, and checkOutput() reports the failure. The caller may go on.
void printLine(std::string line);

/// Throws OutputError if a line was lost. runClient and runServer call it at the end.
void checkOutput();

/// Writes "`program`: `message`" and a newline to standard error, with one write(2). A newline or
/// another control character in the message becomes '?'. Ignores a failure: there is no other place
/// to report it.
void printError(const std::string& program, const std::string& message);

/// Makes a directory and its parents, if they don't exist. Throws std::system_error, also if no
/// file can be made in it. what() is a complete message.
void makeDirectory(const std::filesystem::path& directory);

/// Writes a file byte for byte. No half-written file is ever seen under this name, and if there is
/// too little room, the old file stays as it was.
///
/// An old file keeps its mode, its owner and its hard links; symbolic links are followed. A device
/// or a pipe is written to directly. While the bytes are written, the file has the name ".NAME.PID"
/// only, and keeps it if the process is killed. Blocks on the file system. Throws std::system_error.
void saveFile(const std::filesystem::path& file, std::string_view bytes);

}  // namespace poetry
