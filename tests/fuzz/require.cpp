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

void requireRefusal(const std::string& message) {
  trace("refused: " + message);
  require(!message.empty(), "a refusal says why");
}

bool isTracing() {
  static const bool tracing = std::getenv("POETRY_FUZZ_TRACE") != nullptr;
  return tracing;
}

void trace(const std::string& event) {
  if (isTracing()) {
    std::cerr << event << '\n';
  }
}

}  // namespace poetry::fuzz
