// System calls of a program that fail when a test says so: what no network does on demand.
//
//     Faults faults(folder(), "socket:EMFILE@2");
//     const auto program = start({...}, faults.options());
//     ...
//     EXPECT_EQ(faults.met().size(), 1U);
//
// The program is the real one. A small library stands in front of its system calls (LD_PRELOAD,
// tests/support/faults/). A script is a list of CALL:EFFECT@WHICH, with commas in between:
//
//     CALL     accept access close connect epoll_ctl epoll_wait getaddrinfo nanosleep open poll
//              print read recv select send sendmsg socket write; any: whichever of these it is.
//              (print is a write to standard output or error, write to anything else.)
//     EFFECT   EMFILE   the call does nothing and fails; the name of any errno, one name for each
//                       number (EAGAIN, not EWOULDBLOCK; EOPNOTSUPP, not ENOTSUP). After EINTR,
//                       connect goes on in the background and close has closed, as in the system
//              EAI_AGAIN, EAI_NONAME   for getaddrinfo, when it looks up a name
//              SIGTERM  the program gets the signal, then the call goes on; the name of any signal
//              lapse    epoll_wait: nobody waits, and the clock says that the time has passed
//     WHICH    2: the second such call;  2+: the second and all that follow;  *2: every second one;
//              left out, with its @: each
//
// Also, what POETRY_RESOLV_CONF names takes the place of /etc/resolv.conf, for who opens it with
// open(2): the reactor's resolver does.
#pragma once

#include "support/child_process.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace poetry::testing {

/// A script of faults for one run of a program.
class Faults {
 public:
  /// Keeps a file in `folder`, which must outlive the program. A mistake in `script` ends the
  /// program with exit code 125 and a message.
  Faults(const std::filesystem::path& folder, std::string script);

  /// Adds what the program needs to find the script.
  void addTo(ChildOptions& options) const;

  /// `options` with addTo() done.
  [[nodiscard]] ChildOptions options(ChildOptions options = {}) const;

  /// The faults that the program has met so far: "socket:EMFILE@2 socket", rule and call. A test
  /// looks here, or else it may pass because nothing went wrong.
  [[nodiscard]] std::vector<std::string> met() const;

 private:
  std::filesystem::path file_;
  std::string script_;
};

}  // namespace poetry::testing
