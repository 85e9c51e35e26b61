#include "cli/stopwatch.hpp"

#include <cstdio>

namespace poetry {

std::string formatElapsed(std::chrono::nanoseconds elapsed) {
  const std::chrono::hh_mm_ss parts(std::chrono::floor<std::chrono::microseconds>(elapsed));
  char text[48];
  std::snprintf(text, sizeof text, "%lld:%02lld:%02lld.%06lld",
                static_cast<long long>(parts.hours().count()),
                static_cast<long long>(parts.minutes().count()),
                static_cast<long long>(parts.seconds().count()),
                static_cast<long long>(parts.subseconds().count()));
  return text;
}

}  // namespace poetry
