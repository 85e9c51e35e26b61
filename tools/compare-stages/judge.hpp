// What the numbers say, in words.
#pragma once

#include "comparison.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace poetry {

/// Which of the two times `elapsed` is close to. Between them lies what waiting for one poem at a time
/// costs; close is less than a quarter of that away. Where the two are the same, it is close to both
/// if it is close to their time, and else to neither.
Closeness closeness(Seconds elapsed, Seconds slowest, Seconds sum);

/// "slowest", "sum", "both", "neither".
const char* nameOf(Closeness closeness);

/// "the slowest poem", "the sum of all", ...
std::string inWords(Closeness closeness);

/// Compares the file that a client saved with the poem, byte for byte. Reads regular files alone.
Saved compareSaved(const std::filesystem::path& saved, const std::filesystem::path& poem);

/// "exit code 1", "signal 11 (Segmentation fault)", "hung, and was killed".
std::string endingInWords(const Run& run);

/// "12 further lines are counted, and not kept"
std::string notKeptInWords(const Recording& recording);

/// What is wrong with a run, and what is strange about it. Sets problems and succeeded.
void judge(StageResult& stage, const std::vector<Poem>& poems);

}  // namespace poetry
