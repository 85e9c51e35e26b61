// Is a thread waiting in the kernel? For a test that has to send a signal into a call that blocks.
#pragma once

#include <sys/types.h>

namespace poetry::testing {

/// Returns when this thread of this process sleeps, as /proc tells it (Linux only). Blocks till then.
void waitUntilAsleep(pid_t thread);

}  // namespace poetry::testing
