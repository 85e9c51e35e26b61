// The picture in the terminal: when the bytes arrived, a row for each task.
#pragma once

#include "comparison.hpp"
#include "look.hpp"

#include <string>
#include <vector>

namespace poetry {

/// The lines of the picture: the axis, then each stage. All share one axis. With many tasks, a row is
/// for several of them.
std::vector<std::string> drawTimelines(const Comparison& comparison, const Look& look);

}  // namespace poetry
