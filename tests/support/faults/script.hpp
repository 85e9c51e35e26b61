// Reads the script in POETRY_FAULTS and decides which system calls fail.
//
// Part of the library that a test preloads into a program (LD_PRELOAD). support/faults.hpp describes
// how a script is written.
#pragma once

#include <string_view>

namespace poetry::faults {

/// What a script says about a call; without a member that is set, the call continues as usual.
struct Effect {
  int error = 0;         ///< the call fails with this errno, or getaddrinfo with EAI_AGAIN
  int signal = 0;        ///< the program gets this signal, then the call continues
  bool hang = false;     ///< the call never returns
  bool suspend = false;  ///< see SUSPEND in support/faults.hpp
  bool self = false;     ///< see SELF in support/faults.hpp
  bool isShort = false;  ///< see SHORT in support/faults.hpp
};

/// Counts a call of `name`, the CALL of a script, and returns its effect. A signal is raised before
/// this function returns. It does not return if the call hangs. Adds a line to the file
/// POETRY_FAULTS_MET if there is an effect. May be called from several threads and from a signal
/// handler. Leaves errno unchanged.
Effect next(std::string_view call);

/// Calls next(). Returns true if the call must fail, with errno set.
bool fails(std::string_view call);

}  // namespace poetry::faults
