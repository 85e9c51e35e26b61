// What the command line of compare-stages says.
#pragma once

#include "cli/options.hpp"
#include "comparison.hpp"
#include "stages.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace poetry {

struct CompareOptions {
  std::vector<Poem> poems = {};    ///< their files are there and can be read
  std::vector<Stage> stages = {};  ///< ours first, then those of --client
  /// With a client that stands still: beyond the time that all poems need one after the other; at each
  /// step of --check.
  Seconds patience{10};
  std::filesystem::path html = {};  ///< empty: not wanted; so with the next two
  std::filesystem::path json = {};
  std::filesystem::path junit = {};
  bool colour = true;  ///< if there is a terminal
  bool check = false;
};

/// Reads the command line. `programs` is the directory of our own programs. For --help, prints it and
/// returns nothing. Throws UsageError.
std::optional<CompareOptions> parseCompareOptions(int argc, const char* const* argv,
                                                  const std::filesystem::path& programs);

/// "POEM[:NUM-BYTES[:DELAY]]"; what is missing is 10 bytes and `delay`. Throws UsageError.
Poem parsePoem(const std::string& word, Seconds delay);

}  // namespace poetry
