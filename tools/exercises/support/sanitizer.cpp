#include "exercises/support/sanitizer.hpp"

#include "support/process.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <poll.h>
#include <unistd.h>

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

/// What `command` prints on standard output.
std::string outputOf(const std::vector<std::string>& command) {
  Subprocess program(command, {.errors = StreamKind::kNothing});
  std::string output;
  char buffer[4096];
  pollfd readable{program.pipes().output.get(), POLLIN, 0};
  ssize_t count = 0;
  do {
    ::poll(&readable, 1, -1);
    count = ::read(readable.fd, buffer, sizeof buffer);
    output.append(buffer, static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  } while (count > 0 || (count < 0 && errno == EAGAIN));
  return output;
}

}  // namespace

std::string withLines(const std::string& errors, const std::string& program) {
  const std::string begin = '(' + program + '+';
  std::vector<std::string> command{"addr2line", "-e", program};
  for (std::size_t at = errors.find(begin); at != std::string::npos; at = errors.find(begin, at)) {
    at += begin.size();
    command.push_back(errors.substr(at, errors.find(')', at) - at));
  }
  std::istringstream lines(outputOf(command));
  std::string result;
  std::size_t done = 0;
  std::string line;
  for (std::size_t at = errors.find(begin); at != std::string::npos && std::getline(lines, line);
       at = errors.find(begin, done)) {
    result += errors.substr(done, at - done) + line;
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
