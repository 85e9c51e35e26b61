#include "fuzz/require.hpp"

#include <cstdlib>
#include <iostream>

namespace poetry::fuzz {

void require(bool holds, const char* promise) {
  if (!holds) {
    std::cerr << "broken promise: " << promise << std::endl;
    std::abort();
  }
}

bool isTold() {
  static const bool told = std::getenv("POETRY_FUZZ_STORY") != nullptr;
  return told;
}

void tell(const std::string& event) {
  if (isTold()) {
    std::cerr << event << '\n';
  }
}

}  // namespace poetry::fuzz
