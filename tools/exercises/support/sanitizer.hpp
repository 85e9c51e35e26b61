// A sanitizer's report as one sentence.
#pragma once

#include <string>

namespace poetry::testing {

/// "heap-use-after-free at get_poetry.cpp:88." for a report on standard error, `errors`. The line is the
/// first one of the report that is in `folder`. `actor` begins a sentence about a crash: "The client".
std::string sentenceOfSanitizer(const std::string& errors, const std::string& folder,
                                const std::string& actor);

}  // namespace poetry::testing
