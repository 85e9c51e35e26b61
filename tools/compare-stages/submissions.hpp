// The clients of a class: a file or a folder for each student.
#pragma once

#include "clients.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace poetry {

/// How files with this ending are run.
struct Runner {
  std::string ending;              ///< ".py"
  std::vector<std::string> words;  ///< with "{file}" in one of them
};

/// Parses "ENDING=WORD...", as in ".py=python3 -u {file}". Without {file}, the file comes last.
/// Throws UsageError.
Runner parseRunner(const std::string& text);

struct Submissions {
  std::vector<Client> clients = {};       ///< also those that cannot be run, with the reason
  std::vector<std::string> skipped = {};  ///< the names of the other files
};

/// Looks through a folder, in the order of names. `runners` come before the endings that are known.
/// Throws UsageError if it cannot be read, or has no client.
Submissions findSubmissions(const std::filesystem::path& folder,
                            const std::vector<Runner>& runners);

}  // namespace poetry
