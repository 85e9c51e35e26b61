// The numbers, and what they say.
#pragma once

#include "comparison.hpp"
#include "look.hpp"

#include <string>
#include <vector>

namespace poetry {

/// What is served, and what each poem needs.
std::vector<std::string> describePoems(const Comparison& comparison);

/// A row for each stage, and below the table what its columns mean and why the times are what they are.
std::vector<std::string> drawTable(const Comparison& comparison);

/// Whether all delivered the same bytes, and all that went wrong.
std::vector<std::string> describeDelivery(const Comparison& comparison);

/// What --check found.
std::vector<std::string> describeVerdicts(const std::vector<Verdict>& verdicts);

}  // namespace poetry
