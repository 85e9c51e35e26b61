// The command line of compare-stages.
#pragma once

#include "cli/options.hpp"
#include "clients.hpp"
#include "comparison.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace poetry {

struct CompareOptions {
  std::vector<Poem> poems = {};  ///< empty with --check
  /// Those of the lessons first, then those of --clients, then those of --client.
  std::vector<Client> clients = {};
  std::vector<std::string> skipped = {};   ///< what --clients found that is no client
  std::vector<std::string> warnings = {};  ///< about the command line
  Duration patience{10};                   ///< see RunOrder and GatedCheck
  std::filesystem::path html = {};         ///< empty: not wanted, as for the next three
  std::filesystem::path json = {};
  std::filesystem::path junit = {};
  std::filesystem::path csv = {};
  bool check = false;
  std::size_t jobs = 1;  ///< how many clients --check runs at the same time
};

/// Parses the command line. `programs` is the directory of the lessons' programs. For --help, prints it
/// and returns nothing. Throws UsageError.
std::optional<CompareOptions> parseCompareOptions(int argc, const char* const* argv,
                                                  const std::filesystem::path& programs);

/// "POEM[:NUM-BYTES[:DELAY]]". The defaults are 10 bytes and `delay`. Throws UsageError.
Poem parsePoem(const std::string& word, Duration delay);

}  // namespace poetry
