#include "processes.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <functional>
#include <ios>
#include <iterator>
#include <sstream>

#include <unistd.h>

namespace poetry::testing {

namespace {

/// Empty if the process goes while we read.
std::string contentsOfFile(const std::filesystem::path& file) {
  try {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  } catch (const std::ios_base::failure&) {
    return "";
  }
}

struct Process {
  pid_t pid = 0;
  char state = '?';
  pid_t group = 0;
  std::string commandLine = {};
};

std::vector<pid_t> livingWhere(const std::function<bool(const Process&)>& wanted) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (!std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isdigit(c) != 0; })) {
      continue;
    }
    Process process{.pid = static_cast<pid_t>(std::stoi(name))};
    const std::string stat = contentsOfFile(entry.path() / "stat");
    const std::size_t end = stat.rfind(')');  // the name before it may hold anything
    if (end == std::string::npos) {
      continue;  // it is gone by now
    }
    pid_t parent = 0;
    std::istringstream(stat.substr(end + 1)) >> process.state >> parent >> process.group;
    process.commandLine = contentsOfFile(entry.path() / "cmdline");
    if (process.state != 'Z' && process.state != 'X' && process.pid != ::getpid() &&
        wanted(process)) {
      found.push_back(process.pid);
    }
  }
  return found;
}

}  // namespace

std::vector<pid_t> livingInGroup(pid_t group) {
  return livingWhere([&](const Process& process) { return process.group == group; });
}

std::vector<pid_t> livingWithWord(const std::string& text) {
  return livingWhere(
      [&](const Process& process) { return process.commandLine.find(text) != std::string::npos; });
}

}  // namespace poetry::testing
