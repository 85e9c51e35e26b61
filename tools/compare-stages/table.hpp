// The numbers, and what they say.
#pragma once

#include "comparison.hpp"
#include "look.hpp"

#include <string>
#include <vector>

namespace poetry {

/// What is served, and what each poem needs.
std::vector<std::string> describePoems(const Comparison& comparison);

/// A row for each stage.
std::vector<std::string> drawTable(const Comparison& comparison);

/// Why the times are what they are, and what the columns of the table mean.
std::vector<std::string> explain(const Comparison& comparison);

/// Whether all delivered the same bytes, and all that went wrong.
std::vector<std::string> describeDelivery(const Comparison& comparison);

/// What --check found out about one client.
std::vector<std::string> describeVerdict(const Verdict& verdict);

}  // namespace poetry
