// A sanitizer's report as one sentence.
#pragma once

#include <string>

namespace poetry::testing {

/// A report in which the frames of `program` that have only an address, "(program+0x4f)", have their lines. The
/// runtime of g++ does not find the lines of functions that are defined in a class.
std::string withLines(const std::string& errors, const std::string& program);

/// "heap-use-after-free at get_poetry.cpp:88." for a report on standard error, `errors`. The line is the
/// first one of the report that is in `folder`; a call of the loop, which is on the stack of each callback, does
/// not count. `actor` begins a sentence about a crash: "The client".
std::string sentenceOfSanitizer(const std::string& errors, const std::string& folder,
                                const std::string& actor);

}  // namespace poetry::testing
