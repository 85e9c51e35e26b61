// A pipe, for a program that has to wake up its own event loop.
#pragma once

#include "net/unique_fd.hpp"

namespace poetry {

/// The two ends of a pipe. What is written to one can be read from the other.
struct Pipe {
  UniqueFd readEnd;
  UniqueFd writeEnd;
};

/// Makes a pipe whose ends are non-blocking and closed on exec. Throws std::system_error.
Pipe makePipe();

}  // namespace poetry
