// Lists the open descriptors, so that a test finds one that was never closed.
#pragma once

#include "net/unique_fd.hpp"

#include <cstddef>
#include <string>
#include <vector>

#include <sys/types.h>

namespace poetry::testing {

/// The open descriptors of a process, as in "3 -> socket:[1234]", by /proc/PID/fd (Linux only).
/// 0 is this process. Empty when there is no such process.
std::vector<std::string> openDescriptors(pid_t process = 0);

/// Raises the limit of open descriptors to `wanted`, or as far as the system allows. Returns the limit.
std::size_t allowDescriptors(std::size_t wanted);

/// Opens descriptors until the next one has a number that select cannot watch. Empty if the system
/// does not allow so many.
std::vector<UniqueFd> takeAllThatSelectCanWatch();

/// Remembers which descriptors were open when it was made.
class DescriptorCheck {
 public:
  DescriptorCheck();

  /// The descriptors that are open now and were not open then.
  [[nodiscard]] std::vector<std::string> leaked() const;

 private:
  std::vector<std::string> before_;
};

}  // namespace poetry::testing
