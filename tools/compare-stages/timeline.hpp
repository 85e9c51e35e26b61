// The timelines in the terminal: when the bytes arrived, a row for each task.
#pragma once

#include "comparison.hpp"
#include "terminal.hpp"

#include <string>
#include <vector>

namespace poetry {

/// The lines of the picture: a legend, an axis, and a timeline for each client, all on one scale. With
/// more than ten tasks, a row shows several of them.
std::vector<std::string> drawTimelines(const Comparison& comparison, const Terminal& terminal);

}  // namespace poetry
