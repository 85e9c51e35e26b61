#include "support/thread_state.hpp"

#include <fstream>
#include <string>

#include <sched.h>

namespace poetry::testing {

void waitUntilAsleep(pid_t thread) {
  const std::string file = "/proc/self/task/" + std::to_string(thread) + "/stat";
  while (true) {
    std::string text;
    std::ifstream stat(file);
    std::getline(stat, text);
    if (text.find(") S ") != std::string::npos) {
      return;
    }
    ::sched_yield();
  }
}

}  // namespace poetry::testing
