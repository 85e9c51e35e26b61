// What the numbers of a run mean, in words.
#pragma once

#include "comparison.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace poetry {

/// Which of the two times `elapsed` is close to: within a quarter of their difference. Where the two
/// are the same, it is close to both or to neither.
Closeness closeness(Duration elapsed, Duration slowest, Duration sum);

/// "slowest", "sum", "both", "neither".
const char* nameOf(Closeness closeness);

/// "the slowest poem", "the sum of all", ...: what follows "close to".
std::string inWords(Closeness closeness);

/// Compares the file that a client saved with the poem that it should be, byte for byte.
Saved compareSaved(const std::filesystem::path& saved, const std::vector<Poem>& poems,
                   std::size_t index);

/// "It used 1.56 s of CPU in 1.56 s: it never sleeps.", and what to change.
std::string neverSleepsInWords(const Run& run);

/// "lines counted, but not kept: 12"
std::string notKeptInWords(const Recording& recording);

/// Finds what went wrong in a run, and what is worth a remark. Sets problems, remarks and succeeded.
void judge(ClientResult& client, const std::vector<Poem>& poems);

}  // namespace poetry
