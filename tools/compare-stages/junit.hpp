// What was found out, in the form in which programs that run tests report: JUnit's XML.
#pragma once

#include "comparison.hpp"

#include <string>

namespace poetry {

/// A test suite for each client: that it succeeded and delivered the same bytes, or, with --check, that
/// it is asynchronous or not, as it should be.
std::string toJunit(const Comparison& comparison);

}  // namespace poetry
