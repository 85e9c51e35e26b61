// Comparisons made by hand, so that what is drawn of them is known.
#pragma once

#include "comparison.hpp"

#include <string>
#include <vector>

namespace poetry::testing {

/// Poems of 100 bytes, 10 in a send, with a pause of 0.1 s: each needs a second. The files do not
/// exist.
std::vector<Poem> poemsOfASecond(std::size_t count);

/// One poem after the other: a second for each, told as a whole.
StageResult staircase(const std::vector<Poem>& poems);

/// All poems at the same time: a chunk of each every 0.1 s.
StageResult interleaved(const std::vector<Poem>& poems);

/// Died from a signal after 10 bytes of its first poem, and said something strange.
StageResult failed(const std::vector<Poem>& poems);

/// These three.
Comparison comparisonOf(std::size_t tasks);

}  // namespace poetry::testing
