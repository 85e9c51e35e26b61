#include "poem_file.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace poetry {

namespace {

[[noreturn]] void throwErrno(const std::filesystem::path& path, int error) {
  throw std::system_error(error, std::generic_category(), "cannot read " + path.string());
}

}  // namespace

// O_NONBLOCK matters for a pipe alone: to open one would take until somebody writes into it, and
// meanwhile no other client would be served.
PoemFile::PoemFile(const std::filesystem::path& path)
    : path_(path), fd_(openFile(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  if (!fd_.valid()) {
    throwErrno(path_, errno);
  }
  struct stat status {};
  if (::fstat(fd_.get(), &status) != 0) {
    throwErrno(path_, errno);
  }
  if (S_ISDIR(status.st_mode)) {
    throwErrno(path_, EISDIR);
  }
  if (S_ISFIFO(status.st_mode)) {
    throwErrno(path_, ESPIPE);  // it can be read only once, and there is more than one client
  }
}

std::string PoemFile::read(std::size_t count) {
  constexpr std::size_t kStep = 65536;  // however much was asked for: the poem may be short
  std::string bytes;
  while (bytes.size() < count) {
    const std::size_t before = bytes.size();
    bytes.resize(before + std::min(kStep, count - before));
    const ssize_t got = ::read(fd_.get(), &bytes[before], bytes.size() - before);
    if (got < 0 && errno != EINTR) {
      throwErrno(path_, errno);
    }
    bytes.resize(before + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got == 0) {
      break;
    }
  }
  return bytes;
}

}  // namespace poetry
