// Makes chosen system calls of a program fail, for faults that a network does not produce on demand.
//
//     const Faults faults("socket:EMFILE@2");
//     ChildProcess program(scenario, path, arguments, faults.options());
//     ...
//     EXPECT_EQ(faults.met().size(), 1U);
//
// The program is the one that a reader runs. A small library (tests/support/faults/) is loaded before
// the C library (LD_PRELOAD) and replaces some of its functions. A script is a list of
// CALL:EFFECT@WHICH, separated by commas:
//
//     CALL     accept close connect epoll_create epoll_wait getaddrinfo nanosleep open poll print
//              pthread_create read recv reserve save select send socket. epoll_create is epoll_create1,
//              too. print is write(2) to standard output or standard error, save is write(2) to a
//              regular file, reserve is posix_fallocate(3).
//     EFFECT   EMFILE     The call does nothing and fails. The name of any errno, one name for each
//                         number (EAGAIN, not EWOULDBLOCK). With EINTR, connect still connects in the
//                         background and close still closes, as in Linux.
//              EAI_AGAIN  For getaddrinfo: the look-up of a name fails.
//              HANG       The call never returns. Only its thread hangs.
//              SIGSTOP    The program gets the signal, then the call continues. The name of any
//                         signal.
//              SHORT      For send: the call sends only a half of the bytes, but at least one, and
//                         returns their number. The program has to send the rest.
//              SELF       For connect: the socket is bound to the address that it connects to, so it
//                         connects to itself.
//              SUSPEND    For epoll_wait with a timeout: if the test stops the program (pause) during
//                         the call and lets it continue (resume), then the timeout has passed, also by
//                         the program's clock.
//     WHICH    2: the second such call. *2: every second call. Without @WHICH: every call.
#pragma once

#include "support/child_process.hpp"
#include "support/temporary_directory.hpp"

#include <string>
#include <vector>

namespace poetry::testing {

/// A script of faults for one run of a program. Must outlive the program.
class Faults {
 public:
  /// A mistake in `script` ends the program with exit code 125 and a message. A CALL that does not
  /// exist is none: no such call happens, so met() stays empty.
  explicit Faults(std::string script);

  /// `options` for a program that runs with the script.
  [[nodiscard]] ChildOptions options(ChildOptions options = {}) const;

  /// The rules that were applied so far, one entry for each call. A test checks this: without it,
  /// the test also passes when the fault never happened.
  [[nodiscard]] std::vector<std::string> met() const;

 private:
  TemporaryDirectory directory_;
  std::string script_;
};

}  // namespace poetry::testing
