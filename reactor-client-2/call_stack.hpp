// Which functions have called each other to get here?
#pragma once

#include <string>
#include <vector>

namespace poetry {

/// The functions that are running, from main to the caller of this one, with readable names. Only
/// exported functions have names: link the program with ENABLE_EXPORTS.
std::vector<std::string> callStack();

}  // namespace poetry
