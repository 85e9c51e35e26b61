// The client of lesson 2, which receives each poem with the system call recv.

#include "cli/program.hpp"
#include "cli/report.hpp"
#include "cli/stopwatch.hpp"
#include "net/socket.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>

#include <sys/socket.h>

namespace poetry {

constexpr ProgramInfo kProgram{.name = "blocking-client",
                               .about = "Downloads poems, one after the other."};

/// Downloads one poem, from the connection to the last byte, and returns how long that took.
std::chrono::nanoseconds getPoem(int task, const HostPort& server, Report& report) {
  report.getting(task, server);
  const Stopwatch stopwatch;
  const Connection connection = connectTask(task, server);  // throws if it fails

  std::string poem;
  int error = 0;  // the errno of a connection that was lost
  std::array<char, 1024> buffer;

  std::size_t total = 0;
  while (total < buffer.size()) {
    const ssize_t count =
        ::recv(connection.socket.get(), buffer.data() + total, buffer.size() - total, 0);
    if (count > 0) {
      total += static_cast<std::size_t>(count);
    } else if (count == 0) {
      break;
    } else if (errno != EINTR) {
      error = errno;
      break;
    }
  }
  poem.append(buffer.data(), total);

  const std::chrono::nanoseconds elapsed = stopwatch.elapsed();
  if (error == 0) {
    report.complete(task, poem);
    report.gotAll(task, poem.size(), connection.peer, elapsed);
  } else {
    report.lost(task, connection.peer, poem.size(), std::strerror(error));
  }
  return elapsed;
}

int getPoetry(const ClientOptions& options) {
  std::chrono::nanoseconds elapsed{0};
  Report report(kProgram, options);

  int task = 0;
  for (const HostPort& server : options.addresses) {
    ++task;
    elapsed += getPoem(task, server, report);
  }

  report.total(elapsed);
  return report.exitCode();
}

}  // namespace poetry

int main(int argc, char** argv) {
  return poetry::runClient(argc, argv, poetry::kProgram, poetry::getPoetry);
}
