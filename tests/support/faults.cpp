#include "support/faults.hpp"

#include <cstdlib>
#include <fstream>
#include <utility>

namespace poetry::testing {

Faults::Faults(const std::filesystem::path& folder, std::string script)
    : file_(folder / "faults-met"), script_(std::move(script)) {
  std::filesystem::remove(file_);
}

void Faults::addTo(ChildOptions& options) const {
  options.environment["LD_PRELOAD"] = POETRY_FAULTS_LIBRARY;
  options.environment["POETRY_FAULTS"] = script_;
  options.environment["POETRY_FAULTS_MET"] = file_.string();
  // A program built with AddressSanitizer wants that to be the first of all libraries. Ours hands
  // every call on to the next in line, which is the sanitizer's, so that nothing escapes it.
  const char* inherited = std::getenv("ASAN_OPTIONS");
  std::string& sanitizer = options.environment["ASAN_OPTIONS"];
  sanitizer =
      (inherited != nullptr ? inherited : "") + (':' + sanitizer) + ":verify_asan_link_order=0";
}

ChildOptions Faults::options(ChildOptions options) const {
  addTo(options);
  return options;
}

std::vector<std::string> Faults::met() const {
  std::vector<std::string> lines;
  std::ifstream file(file_);
  for (std::string line; std::getline(file, line);) {
    lines.push_back(line);
  }
  return lines;
}

}  // namespace poetry::testing
