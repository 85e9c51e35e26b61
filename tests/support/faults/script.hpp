// Reads the script in POETRY_FAULTS and decides which system calls fail.
//
// Part of the library that a test preloads into a program (LD_PRELOAD). support/faults.hpp describes
// how a script is written.
#pragma once

#include <optional>

namespace poetry::faults {

/// The calls that can fail. `kPrint` is write(2) to standard output or standard error, `kSave` is
/// write(2) to a regular file. No other write(2) can fail.
enum class Call {
  kAccept,
  kClose,
  kConnect,
  kEpollWait,
  kGetAddrInfo,
  kNanosleep,
  kOpen,
  kPoll,
  kPrint,
  kRead,
  kRecv,
  kSave,
  kSelect,
  kSend,
  kSocket,
};

/// What happens at a call. One of the four members is set.
struct Effect {
  int error = 0;         ///< the call fails with this errno, or getaddrinfo with EAI_AGAIN
  int signal = 0;        ///< the program gets this signal, then the call continues as usual
  bool suspend = false;  ///< see SUSPEND in support/faults.hpp
  bool self = false;     ///< see SELF in support/faults.hpp
};

/// Counts a call and returns the effect that the script has for it. Writes each effect to the file
/// POETRY_FAULTS_MET. May be called from several threads. Leaves errno unchanged.
std::optional<Effect> next(Call call);

/// Calls next() and raises the signal if there is one. Returns true if the call must fail, with errno
/// set.
bool fails(Call call);

}  // namespace poetry::faults
