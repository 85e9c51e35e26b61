// How a fuzzer reports what it finds.
#pragma once

#include <string>

namespace poetry::fuzz {

/// Ends the process if `holds` is false, so that libFuzzer keeps the input. `promise` says what was
/// expected.
void require(bool holds, const char* promise);

/// Requires that `message` says why a program refuses a word.
void requireRefusal(const std::string& message);

/// Prints a line on standard error if POETRY_FUZZ_TRACE is set: for a person who replays one input.
void trace(const std::string& event);

/// Is POETRY_FUZZ_TRACE set?
bool isTracing();

}  // namespace poetry::fuzz
