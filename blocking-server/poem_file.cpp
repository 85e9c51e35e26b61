#include "poem_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace poetry {

namespace {

[[noreturn]] void throwErrno(const std::filesystem::path& path, int error) {
  throw PoemError("cannot read " + path.string() + ": " + std::strerror(error));
}

}  // namespace

// O_NONBLOCK matters for a pipe alone: to open one would take until somebody writes into it, and
// meanwhile no other client would be served.
PoemFile::PoemFile(const std::filesystem::path& path)
    : path_(path), fd_(openFile(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  if (!fd_.valid()) {
    throwErrno(path_, errno);
  }
  if (::fstat(fd_.get(), &opened_) != 0) {
    throwErrno(path_, errno);
  }
  if (S_ISDIR(opened_.st_mode)) {
    throwErrno(path_, EISDIR);
  }
  if (S_ISFIFO(opened_.st_mode)) {
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
      checkUnchanged();
      break;
    }
  }
  return bytes;
}

/// A poem that was replaced, by another file with its name, is still there for us until its end.
/// One that was written to is not.
void PoemFile::checkUnchanged() const {
  struct stat now {};
  if (::fstat(fd_.get(), &now) != 0) {
    throwErrno(path_, errno);
  }
  if (now.st_size != opened_.st_size || now.st_mtim.tv_sec != opened_.st_mtim.tv_sec ||
      now.st_mtim.tv_nsec != opened_.st_mtim.tv_nsec) {
    throw PoemError(path_.string() + " has changed while it was read");
  }
}

}  // namespace poetry
