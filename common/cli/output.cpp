#include "cli/output.hpp"

#include "net/unique_fd.hpp"
#include "net/write_all.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstdio>  // rename
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/resource.h>  // getrlimit
#include <sys/stat.h>
#include <unistd.h>

namespace poetry {

namespace {

namespace fs = std::filesystem;

/// Why the first lost line was lost.
std::error_code outputError;

/// Throws the error in errno if a call on `file` has failed.
void check(bool hasSucceeded, const fs::path& file) {
  if (!hasSucceeded) {
    throw std::system_error(errno, std::generic_category(), file.string());
  }
}

UniqueFd openForWriting(const fs::path& file, int flags) {
  UniqueFd fd = openFile(file.c_str(), O_WRONLY | O_CLOEXEC | flags, 0666);
  check(fd.valid(), file);
  return fd;
}

/// Some file systems report a full disk only when a file is closed. After EINTR it is closed, too.
void closeWritten(UniqueFd fd, const fs::path& file) {
  check(::close(fd.release()) == 0 || errno == EINTR, file);
}

/// `ulimit -f`, which the system does not check in the room that an old file already has.
rlim_t fileSizeLimit() {
  rlimit limit{};
  check(::getrlimit(RLIMIT_FSIZE, &limit) == 0, "getrlimit");
  return limit.rlim_cur;
}

/// Where the links that begin at `file` end.
fs::path followLinks(fs::path file) {
  while (fs::is_symlink(file)) {
    file = file.parent_path() / fs::read_symlink(file);
  }
  return file;
}

}  // namespace

void printLine(std::string line) {
  if (outputError) {
    return;
  }
  try {
    writeAll(STDOUT_FILENO, line += '\n');
  } catch (const std::system_error& error) {
    outputError = error.code();
  }
}

void checkOutput() {
  if (outputError) {
    throw OutputError("cannot write to standard output: " + outputError.message());
  }
}

void printError(const std::string& program, const std::string& message) {
  std::string line = program + ": " + message;
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return std::iscntrl(c) != 0; }, '?');
  try {
    writeAll(STDERR_FILENO, line += '\n');
  } catch (const std::system_error&) {
    // There is no other place to report it.
  }
}

void makeDirectory(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (!error && ::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    error.assign(errno, std::generic_category());
  }
  if (error) {
    throw std::system_error(error, "cannot use directory " + directory.string());
  }
}

// The usual way, to write a new file and to rename it, would cut hard links and lose the mode, the
// owner and what else belongs to the old file. To write into the old file under its own name would
// show half of the new bytes under that name, and leave them there if the process is killed. So
// the old file is renamed, gets the new bytes, and is renamed back.
void saveFile(const fs::path& file, std::string_view bytes) {
  const fs::file_status old = fs::status(file);  // throws if links form a circle
  if (fs::exists(old) && !fs::is_regular_file(old)) {
    // Without O_NONBLOCK, opening a pipe would block until another process reads it.
    UniqueFd fd = openForWriting(file, O_NONBLOCK);
    writeAll(fd.get(), bytes);
    closeWritten(std::move(fd), file);
    return;
  }
  const fs::path place = followLinks(file);
  const fs::path temporary =
      place.parent_path() / ('.' + place.filename().string() + '.' + std::to_string(::getpid()));
  bool isOldFile = ::rename(place.c_str(), temporary.c_str()) == 0;
  check(isOldFile || errno == ENOENT, file);
  std::error_code ignored;
  if (!isOldFile) {
    fs::remove(temporary, ignored);  // left by a killed process that had the same number
  }
  const std::uintmax_t oldSize = fs::file_size(temporary, ignored);
  try {
    UniqueFd fd = openForWriting(temporary, isOldFile ? O_NOFOLLOW : O_CREAT | O_EXCL);
    const auto size = static_cast<off_t>(bytes.size());
    // If there is no room for all bytes, this fails before any byte of the old file is overwritten.
    // Other errors mean that the file system cannot reserve room.
    errno = bytes.size() > fileSizeLimit() ? EFBIG : ::posix_fallocate(fd.get(), 0, size);
    check(errno != ENOSPC && errno != EDQUOT && errno != EFBIG, file);
    isOldFile = false;
    writeAll(fd.get(), bytes);
    check(::ftruncate(fd.get(), size) == 0, file);
    closeWritten(std::move(fd), file);
  } catch (...) {
    if (isOldFile) {
      fs::resize_file(temporary, oldSize, ignored);  // a part of the room may have been reserved
      fs::rename(temporary, place, ignored);
    } else {
      fs::remove(temporary, ignored);
    }
    throw;
  }
  fs::rename(temporary, place);  // if this fails, the new file stays beside its place
}

}  // namespace poetry
