// Waits until a thread sleeps in the kernel, for a test that sends a signal during a blocking call.
#pragma once

#include <sys/types.h>

namespace poetry::testing {

/// Blocks until this thread of this process sleeps, by /proc (Linux only).
void waitUntilAsleep(pid_t thread);

}  // namespace poetry::testing
