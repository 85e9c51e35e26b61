#include "poem_file.hpp"

#include "cli/options.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace poetry {

PoemFile::PoemFile(const std::filesystem::path& path) : path_(path) {
  // Nothing else can be read again for the next client. Opening a pipe would even block.
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (exists(status) && !is_regular_file(status)) {
    throw std::runtime_error("cannot read " + path.string() + ": not a regular file");
  }
  fd_ = openFile(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (!fd_.valid() || ::fstat(fd_.get(), &opened_) != 0) {
    fail(errno);
  }
}

std::string PoemFile::read(std::size_t count) {
  std::string bytes;
  std::array<char, 64 * 1024> buffer;
  while (bytes.size() < count) {
    const ssize_t got =
        ::read(fd_.get(), buffer.data(), std::min(buffer.size(), count - bytes.size()));
    if (got < 0 && errno != EINTR) {
      fail(errno);
    }
    if (got == 0) {
      struct stat now {};
      if (::fstat(fd_.get(), &now) != 0) {
        fail(errno);
      }
      if (now.st_size != opened_.st_size || now.st_mtim.tv_sec != opened_.st_mtim.tv_sec ||
          now.st_mtim.tv_nsec != opened_.st_mtim.tv_nsec) {
        throw std::runtime_error(path_.string() + " has changed while it was read");
      }
      break;
    }
    bytes.append(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  }
  return bytes;
}

void PoemFile::fail(int error) const {
  throw std::runtime_error("cannot read " + path_.string() + ": " +
                           std::generic_category().message(error));
}

void checkPoem(const std::filesystem::path& path) {
  try {
    const PoemFile poem(path);
  } catch (const std::exception& error) {
    throw UsageError(error.what());
  }
}

}  // namespace poetry
