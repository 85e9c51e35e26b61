// Everything that was measured, as JSON: docs/reference/compare-json.md describes each field.
#pragma once

#include "comparison.hpp"

#include <string>

namespace poetry {

/// JSON text, which is ASCII only. (A string, because every file that includes the JSON library
/// compiles for many seconds.)
std::string toJson(const Comparison& comparison);

}  // namespace poetry
