// One owner for one descriptor, so that "who closes it?" always has an answer.
#pragma once

#include <sys/types.h>

namespace poetry {

/// Owns a file descriptor and closes it when it goes.
///
/// Movable, not copyable: two owners would close twice, and the second close may hit a stranger's
/// descriptor, because the system hands out the lowest free number again. A moved-from or
/// default-made UniqueFd is empty. There is no conversion to int or bool: say get() or valid().
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  ~UniqueFd();

  UniqueFd(UniqueFd&& other) noexcept;
  UniqueFd& operator=(UniqueFd&& other) noexcept;
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;

  /// The descriptor, or -1 when there is none. It stays ours.
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }

  /// Gives the descriptor away: the caller closes it.
  [[nodiscard]] int release();

  /// Closes what we have and owns `fd` from now on (-1: nothing).
  /// Errors of close(2) are not reported: after it the descriptor is gone in any case.
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

/// open(2), repeated when a signal interrupts it, as happens where files come over a network. Blocks
/// as that does. Empty if it fails; errno says why.
UniqueFd openFile(const char* path, int flags, mode_t mode = 0);

}  // namespace poetry
