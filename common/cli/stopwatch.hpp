// Elapsed time, measured and printed.
#pragma once

#include <chrono>
#include <string>

namespace poetry {

/// Measures from the moment it is made, on a clock that is never set back.
class Stopwatch {
 public:
  [[nodiscard]] std::chrono::nanoseconds elapsed() const {
    return std::chrono::steady_clock::now() - start_;
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// "H:MM:SS.ffffff", as Python prints a timedelta. More than a day is more hours.
std::string formatElapsed(std::chrono::nanoseconds elapsed);

}  // namespace poetry
