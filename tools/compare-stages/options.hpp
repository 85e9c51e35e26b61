// The command line of compare-stages.
#pragma once

#include "cli/options.hpp"
#include "clients.hpp"
#include "comparison.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace poetry {

struct CompareOptions {
  std::vector<Poem> poems = {};      ///< empty with --check
  std::vector<Client> clients = {};  ///< those of the lessons first, then those of --client
  Duration patience{10};             ///< see RunOrder and GatedCheck
  std::filesystem::path html = {};   ///< empty: not wanted, as for the next two
  std::filesystem::path json = {};
  std::filesystem::path junit = {};
  bool colour = true;  ///< if standard output is a terminal
  bool check = false;
};

/// Parses the command line. `programs` is the directory of the lessons' programs. For --help, prints it
/// and returns nothing. Throws UsageError.
std::optional<CompareOptions> parseCompareOptions(int argc, const char* const* argv,
                                                  const std::filesystem::path& programs);

/// "POEM[:NUM-BYTES[:DELAY]]". The defaults are 10 bytes and `delay`. Throws UsageError.
Poem parsePoem(const std::string& word, Duration delay);

}  // namespace poetry
