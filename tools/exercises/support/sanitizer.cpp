#include "exercises/support/sanitizer.hpp"

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <regex>
#include <sstream>
#include <string>

namespace poetry::testing {

namespace {

/// The first line of the report that is in `folder`, such as "get_poetry.cpp:88". A call of Reactor::run and
/// its callers are on the stack of every callback, so they count only if there is no other.
std::string placeIn(const std::string& folder, const std::string& errors) {
  // ccache may have made the path relative, so only the last two folders are compared.
  const std::filesystem::path path(folder);
  const std::string last = (path.parent_path().filename() / path.filename()).string() + '/';
  const std::regex place("^([^:\\s]+:[0-9]+)");
  std::istringstream report(errors);
  std::string callsTheLoop;
  bool isBelowTheLoop = false;
  for (std::string line; std::getline(report, line);) {
    isBelowTheLoop = isBelowTheLoop && line.starts_with("    #");
    // A frame: "#0 0x4f in getPoem(...) /path/get_poetry.cpp:88". UBSan begins a line with the place.
    const std::size_t file = line.find(last);
    std::smatch match;
    const std::string rest = file != std::string::npos ? line.substr(file + last.size(), 200) : "";
    if (std::regex_search(rest, match, place)) {
      if (!isBelowTheLoop) {
        return match[1].str();
      }
      callsTheLoop = callsTheLoop.empty() ? match[1].str() : callsTheLoop;
    }
    isBelowTheLoop = isBelowTheLoop || line.find("Reactor::run(") != std::string::npos;
  }
  return callsTheLoop;
}

}  // namespace

std::string withLines(const std::string& errors, const std::string& program) {
  const std::string begin = '(' + program + '+';
  std::string command = "addr2line -e '" + program + '\'';
  for (std::size_t at = errors.find(begin); at != std::string::npos; at = errors.find(begin, at)) {
    at += begin.size();
    command += ' ' + errors.substr(at, errors.find(')', at) - at);
  }
  const std::unique_ptr<FILE, int (*)(FILE*)> lines(::popen(command.c_str(), "r"), &::pclose);
  std::string result;
  std::size_t done = 0;
  char line[1024];
  for (std::size_t at = errors.find(begin);
       at != std::string::npos && lines && std::fgets(line, sizeof line, lines.get()) != nullptr;
       at = errors.find(begin, done)) {
    result += errors.substr(done, at - done) + line;
    result.pop_back();  // the newline
    done = errors.find(')', at) + 1;
  }
  return result + errors.substr(done);
}

std::string sentenceOfSanitizer(const std::string& errors, const std::string& folder,
                                const std::string& actor) {
  std::smatch match;
  std::string place = placeIn(folder, errors);
  place = place.empty() ? "" : " at " + place;
  // What follows "for type" depends on the version of the compiler.
  if (std::regex_search(errors, match,
                        std::regex("runtime error: ((?:(?! for type )[^\n]){1,60})"))) {
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
