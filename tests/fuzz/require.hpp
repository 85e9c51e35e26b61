// How a fuzzer says that it has found something.
#pragma once

#include <string>

namespace poetry::fuzz {

/// Ends the process, for the fuzzer to see, unless `holds`. `promise` says what was expected.
void require(bool holds, const char* promise);

/// Ends the process unless `message` is as what a program says of a word that it refuses has to be.
void requireRefusal(const std::string& message);

/// A line about what happens, for whoever replays one input: printed if POETRY_FUZZ_STORY is set.
void tell(const std::string& event);

/// Is somebody listening? To make up a line takes longer than the event it is about.
bool isTold();

}  // namespace poetry::fuzz
