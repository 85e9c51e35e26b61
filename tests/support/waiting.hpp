// Where a program waits, and how much of a processor it has used, by /proc (Linux only).
#pragma once

#include <chrono>
#include <string>

#include <sys/types.h>

namespace poetry::testing {

/// The system call in which the first thread of a process waits: "`recv` on descriptor 4", "`poll`".
/// Empty if it runs, has ended or has stopped, or if the system does not say.
std::string whereItWaits(pid_t process);

/// True if a signal has stopped the process, as Ctrl-Z does.
bool isStopped(pid_t process);

/// The time of a processor that a process has used so far, in steps of 10 ms. 0 if it has ended.
std::chrono::milliseconds processorTime(pid_t process);

}  // namespace poetry::testing
