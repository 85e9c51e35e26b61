#include "fuzz/require.hpp"

#include <algorithm>
#include <cctype>
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
  tell("refused: " + message);
  require(!message.empty(), "a refusal says why");
  require(std::none_of(message.begin(), message.end(),
                       [](unsigned char c) { return std::iscntrl(c) != 0; }),
          "a refusal is one line, whatever was refused");
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
