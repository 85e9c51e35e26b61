// One owner for one descriptor, so that it is always clear who closes it.
#pragma once

#include <sys/types.h>

namespace poetry {

/// Owns a file descriptor and closes it when it is destroyed.
///
/// Movable, not copyable: two owners would close twice, and by the second close the system may have
/// reused the number for another file. A moved-from or default-made UniqueFd is empty. There is no
/// conversion to int or bool: call get() or valid().
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  ~UniqueFd();

  UniqueFd(UniqueFd&& other) noexcept;
  UniqueFd& operator=(UniqueFd&& other) noexcept;
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;

  /// The descriptor, or -1 when there is none. This object still owns it.
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }

  /// Gives up the ownership: the caller has to close the descriptor.
  [[nodiscard]] int release();

  /// Closes the descriptor, if there is one, and owns `fd` from now on (-1: none). Errors of
  /// close(2) are not reported: the descriptor is closed in any case.
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

/// open(2), repeated if a signal interrupts it, as can happen on network file systems. Blocks as
/// open(2) does. Empty, and errno is set, if it fails.
UniqueFd openFile(const char* path, int flags, mode_t mode = 0);

}  // namespace poetry
