// Which descriptors are open? Asked before and after, it finds what was never closed.
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

/// How many descriptors this process may open; raises the limit as far as the system lets it,
/// until it is `wanted`.
std::size_t allowDescriptors(std::size_t wanted);

/// Descriptors, so many that the next one is beyond what select can watch; none if the system does
/// not grant that many.
std::vector<UniqueFd> takeAllThatSelectCanWatch();

/// Remembers what is open now, and later says what has been added since.
class DescriptorCheck {
 public:
  DescriptorCheck();

  /// The descriptors that are open now and were not before; empty when all is well.
  [[nodiscard]] std::vector<std::string> leaked() const;

 private:
  std::vector<std::string> before_;
};

}  // namespace poetry::testing
