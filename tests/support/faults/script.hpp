// Which system calls of this program shall go wrong, and how: the script in POETRY_FAULTS.
//
// Part of the library that a test puts in front of a program's system calls (LD_PRELOAD). How such
// a script is written, testing/faults.hpp says.
#pragma once

#include <optional>

#include <time.h>

namespace poetry::faults {

/// The calls that can fail. `kPrint` is write(2) to standard output or error, `kWrite` to any
/// other descriptor.
enum class Call {
  kAccept,
  kAccess,
  kClose,
  kConnect,
  kEpollCtl,
  kEpollWait,
  kGetAddrInfo,
  kNanosleep,
  kOpen,
  kPoll,
  kPrint,
  kRead,
  kRecv,
  kSelect,
  kSend,
  kSendmsg,
  kSocket,
  kWrite,
};

/// What a call shall do instead of, or before, its work.
struct Effect {
  int error = 0;           ///< fail with this errno, or getaddrinfo with this EAI_... (negative)
  int signal = 0;          ///< raise this signal, then go on
  bool timeLapse = false;  ///< wait no time, and let the clock say that it was waited in full
};

/// Counts a call, and says what the script has for it. Notes in POETRY_FAULTS_MET that it had
/// something. A script with a mistake in it ends the program, with exit code 125.
std::optional<Effect> next(Call call);

/// For calls that fail with an errno: next(), and does as it says as far as that goes. True if the
/// call has to fail; errno is set.
bool fails(Call call);

}  // namespace poetry::faults
