// Comparisons made by hand, so that what is drawn of them is known.
#pragma once

#include "comparison.hpp"

#include <string>
#include <vector>

namespace poetry::testing {

/// Poems of 100 bytes, 10 per send, with a pause of 0.1 s: each takes a second. The files do not
/// exist.
std::vector<Poem> poemsOfASecond(std::size_t count);

/// One poem after the other: a second for each, reported in one line.
ClientResult staircase(const std::vector<Poem>& poems);

/// All poems at the same time: a chunk of each every 0.1 s.
ClientResult interleaved(const std::vector<Poem>& poems);

/// Died from a signal after 10 bytes of its first poem, and printed a line in an unknown format.
ClientResult failed(const std::vector<Poem>& poems);

/// These three.
Comparison comparisonOf(std::size_t tasks);

}  // namespace poetry::testing
