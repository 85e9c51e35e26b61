// Who runs on this machine, to see that nobody was left behind. By /proc (Linux only).
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace poetry::testing {

/// The processes of this group that are alive; one that has ended and waits to be waited for is not.
std::vector<pid_t> livingInGroup(pid_t group);

/// The living processes that have this text in their command line.
std::vector<pid_t> livingWithWord(const std::string& text);

}  // namespace poetry::testing
