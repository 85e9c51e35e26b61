#include "support/faults.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

namespace poetry::testing {

namespace {

// LD_PRELOAD is a list that is separated by blanks and colons, and the path of the build directory
// may contain both. The path of this link does not.
const char* const kLink = "faults.so";
const char* const kMet = "met";

}  // namespace

Faults::Faults(std::string script) : script_(std::move(script)) {
  std::filesystem::create_symlink(POETRY_FAULTS_LIBRARY, directory_.path() / kLink);
}

ChildOptions Faults::options(ChildOptions options) const {
  options.environment["LD_PRELOAD"] = directory_.path() / kLink;
  options.environment["POETRY_FAULTS"] = script_;
  options.environment["POETRY_FAULTS_MET"] = directory_.path() / kMet;
  // AddressSanitizer wants to be the first library. The fault library calls the next library's
  // function, which is the sanitizer's, so the sanitizer still sees every call.
  const char* inherited = std::getenv("ASAN_OPTIONS");
  options.environment["ASAN_OPTIONS"] =
      std::string(inherited != nullptr ? inherited : "") + ":verify_asan_link_order=0";
  return options;
}

std::vector<std::string> Faults::met() const {
  std::vector<std::string> lines;
  std::ifstream file(directory_.path() / kMet);
  for (std::string line; std::getline(file, line);) {
    lines.push_back(line);
  }
  return lines;
}

}  // namespace poetry::testing
