#include "exercises/support/sanitizer.hpp"

#include <filesystem>
#include <regex>

namespace poetry::testing {

std::string sentenceOfSanitizer(const std::string& errors, const std::string& folder,
                                const std::string& actor) {
  std::smatch match;
  std::string place;
  // A frame: "#0 0x4f in getPoem(...) /path/get_poetry.cpp:88". UBSan begins a line with the place.
  // ccache may have made the path relative, so only the last two folders are compared.
  const std::filesystem::path path(folder);
  const std::string last = (path.parent_path().filename() / path.filename()).string() + '/';
  const std::size_t file = errors.find(last);
  if (file != std::string::npos) {
    const std::string rest = errors.substr(file + last.size(), 200);
    if (std::regex_search(rest, match, std::regex("^([^:\\s]+:[0-9]+)"))) {
      place = " at " + match[1].str();
    }
  }
  if (std::regex_search(errors, match, std::regex("runtime error: ([^\n]{1,60})"))) {
    return "Undefined behaviour" + place + ": " + match[1].str();
  }
  if (errors.find("LeakSanitizer") != std::string::npos) {
    return "Memory was never freed. It was allocated" + place + '.';
  }
  if (std::regex_search(errors, match, std::regex("AddressSanitizer: ([A-Za-z-]+)"))) {
    const std::string kind = match[1].str();
    const std::string crash = kind == "SEGV"   ? "an address without memory"
                              : kind == "ABRT" ? "abort, or an exception that was not caught"
                                               : "";
    return crash.empty() ? kind + place + '.' : actor + " crashed" + place + ": " + crash + '.';
  }
  return actor + " was ended by a sanitizer" + place + '.';
}

}  // namespace poetry::testing
