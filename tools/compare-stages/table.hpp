// The numbers, and what they mean, as lines for the terminal.
#pragma once

#include "comparison.hpp"

#include <string>
#include <vector>

namespace poetry {

/// Which poems are served, and how long each takes.
std::vector<std::string> describePoems(const Comparison& comparison);

/// How one run ended, in one line.
std::string describeRun(const ClientResult& client);

/// A row for each client.
std::vector<std::string> drawTable(const Comparison& comparison);

/// Why the clients take different times, and what the columns of the table mean.
std::vector<std::string> explain(const Comparison& comparison);

/// Whether all poems arrived, and all problems.
std::vector<std::string> describeDelivery(const Comparison& comparison);

}  // namespace poetry
