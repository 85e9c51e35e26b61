#include "net/unique_fd.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace poetry {

UniqueFd::~UniqueFd() {
  reset();
}

UniqueFd::UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  if (this != &other) {
    reset(other.release());
  }
  return *this;
}

int UniqueFd::release() {
  return std::exchange(fd_, -1);
}

void UniqueFd::reset(int fd) {
  const int old = std::exchange(fd_, fd);
  if (old >= 0 && old != fd) {
    // Not repeated on EINTR: Linux has closed it by then, and may have reused the number.
    ::close(old);
  }
}

UniqueFd openFile(const char* path, int flags, mode_t mode) {
  UniqueFd fd;
  do {
    fd.reset(::open(path, flags, mode));
  } while (!fd.valid() && errno == EINTR);
  return fd;
}

}  // namespace poetry
