#include "support/descriptors.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>

#include <sys/resource.h>
#include <sys/select.h>  // FD_SETSIZE
#include <unistd.h>

namespace poetry::testing {

std::vector<std::string> openDescriptors(pid_t process) {
  namespace fs = std::filesystem;
  const std::string folder = process == 0 ? "self" : std::to_string(process);
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator entry("/proc/" + folder + "/fd", error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code gone;  // the descriptor with which we read the list is in the list
    const fs::path target = fs::read_symlink(entry->path(), gone);
    if (!gone && target.string().find("/proc/") == std::string::npos) {
      found.push_back(entry->path().filename().string() + " -> " + target.string());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::size_t allowDescriptors(std::size_t wanted) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < wanted) {
    rlimit raised = limit;
    raised.rlim_cur = wanted;
    raised.rlim_max = std::max<rlim_t>(limit.rlim_max, wanted);
    if (::setrlimit(RLIMIT_NOFILE, &raised) != 0) {  // above the hard limit: for root only
      raised.rlim_cur = raised.rlim_max = limit.rlim_max;
      ::setrlimit(RLIMIT_NOFILE, &raised);
    }
    ::getrlimit(RLIMIT_NOFILE, &limit);
  }
  return limit.rlim_cur;
}

std::vector<UniqueFd> takeAllThatSelectCanWatch() {
  std::vector<UniqueFd> taken;
  if (allowDescriptors(FD_SETSIZE + 10) < FD_SETSIZE + 10) {
    return taken;
  }
  do {
    taken.emplace_back(::dup(STDIN_FILENO));
  } while (taken.back().get() < FD_SETSIZE);
  return taken;
}

DescriptorCheck::DescriptorCheck() : before_(openDescriptors()) {}

std::vector<std::string> DescriptorCheck::leaked() const {
  const std::vector<std::string> now = openDescriptors();
  std::vector<std::string> added;
  std::set_difference(now.begin(), now.end(), before_.begin(), before_.end(),
                      std::back_inserter(added));
  return added;
}

}  // namespace poetry::testing
