// Who called me? And who called them?
#pragma once

#include <string>
#include <vector>

namespace poetry {

/// The functions that are being executed, from main to the caller of this one, by their readable
/// names. A name is known if the program exports it: link it with ENABLE_EXPORTS.
std::vector<std::string> callStack();

}  // namespace poetry
