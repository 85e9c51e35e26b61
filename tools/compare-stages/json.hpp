// Everything that was measured, as JSON: docs/compare-json.md says what each field is.
#pragma once

#include "comparison.hpp"

#include <nlohmann/json.hpp>

namespace poetry {

nlohmann::json toJson(const Comparison& comparison);

}  // namespace poetry
