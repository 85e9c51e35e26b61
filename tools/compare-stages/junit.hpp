// The results as a test report: the XML of JUnit, which CI systems display.
#pragma once

#include "comparison.hpp"

#include <string>

namespace poetry {

/// A test suite for each client. Its tests are whether the client succeeded and saved the same bytes or,
/// with --check, whether it is asynchronous or not, as it should be.
std::string toJunit(const Comparison& comparison);

}  // namespace poetry
