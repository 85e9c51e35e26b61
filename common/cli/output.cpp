#include "cli/output.hpp"

#include "net/unique_fd.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace poetry {

namespace {

namespace fs = std::filesystem;

/// The errno of the first line that was lost.
int outputErrno = 0;

[[noreturn]] void throwErrno(int error, const fs::path& path) {
  throw std::system_error(error, std::generic_category(), path.string());
}

/// Returns an errno, or 0 once all of `bytes` are written.
int writeAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      // Somebody who shares this terminal or pipe with us has made it non-blocking.
      pollfd waiting{fd, POLLOUT, 0};
      ::poll(&waiting, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

void writeFile(const fs::path& file, int flags, std::string_view bytes) {
  UniqueFd fd = openFile(file.c_str(), O_WRONLY | O_CLOEXEC | flags, 0666);
  int error = fd.valid() ? writeAll(fd.get(), bytes) : errno;
  // Some file systems notice only at the end that there is no room. That is why this close is not
  // left to UniqueFd, which has nobody to tell. One that a signal interrupted has closed it, too.
  if (fd.valid() && ::close(fd.release()) != 0 && errno != EINTR && error == 0) {
    error = errno;
  }
  if (error != 0) {
    throwErrno(error, file);
  }
}

}  // namespace

void printLine(std::string_view line) {
  if (outputErrno == 0) {
    outputErrno = writeAll(STDOUT_FILENO, std::string(line) + '\n');
  }
}

void checkOutput() {
  if (outputErrno != 0) {
    throw OutputError(std::string("cannot write to standard output: ") +
                      std::strerror(outputErrno));
  }
}

void complain(const std::string& program, const std::string& message) {
  writeAll(STDERR_FILENO, program + ": " + message + '\n');
}

void makeDirectory(const fs::path& directory) {
  fs::create_directories(directory);
  if (::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    throwErrno(errno, directory);
  }
}

void saveFile(const fs::path& file, std::string_view bytes) {
  const fs::file_status status = fs::status(file);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    // O_NONBLOCK: opening a pipe that nobody reads fails, instead of waiting for a reader.
    writeFile(file, O_NONBLOCK, bytes);
    return;
  }
  // Under another name first, so that a poem cut short never stands under its own; rename(2) then
  // puts the new file in the place of the old in one step. A link stays, its file is replaced.
  const fs::path place = fs::exists(status) ? fs::canonical(file) : file;
  const std::string name = '.' + place.filename().string() + '.' + std::to_string(::getpid());
  const fs::path temporary = place.parent_path() / name;
  try {
    fs::remove(temporary);
    writeFile(temporary, O_CREAT | O_EXCL, bytes);
    fs::rename(temporary, place);
  } catch (...) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw;
  }
}

}  // namespace poetry
