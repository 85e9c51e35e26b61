// The client of lesson 2, which gives up a poem after the time of --limit.

#include "cli/program.hpp"
#include "cli/report.hpp"
#include "cli/stopwatch.hpp"
#include "net/socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <system_error>

#include <sys/socket.h>
#include <sys/time.h>  // timeval

namespace poetry {

using Clock = std::chrono::steady_clock;

constexpr ProgramInfo kProgram{
    .name = "blocking-client", .about = "Downloads poems, one after the other.", .hasLimit = true};

/// From now on, each recv(2) on `fd` blocks for at most `time`. Then it fails with EWOULDBLOCK.
/// If `time` is 0 or less, it blocks for as short as the system can. Throws std::system_error.
void setReceiveTimeout(int fd, std::chrono::nanoseconds time) {
  using std::chrono::microseconds;
  // The system takes a timeout of 0 as no limit.
  const microseconds most = std::max(std::chrono::ceil<microseconds>(time), microseconds(1));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(most);
  const timeval timeout{.tv_sec = seconds.count(), .tv_usec = (most - seconds).count()};
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) != 0) {
    throw std::system_error(errno, std::generic_category(), "setsockopt");
  }
}

/// Downloads one poem, from the connection to the last byte, and returns how long that took.
std::chrono::nanoseconds getPoem(int task, const HostPort& server, std::chrono::milliseconds limit,
                                 Report& report) {
  report.getting(task, server);
  const Stopwatch stopwatch;
  const Connection connection = connectTask(task, server);  // throws if it fails

  std::string poem;
  std::array<char, 64 * 1024> buffer;

  const Clock::time_point deadline = Clock::now() + limit;
  setReceiveTimeout(connection.socket.get(), limit);
  Received received;
  do {
    received = receive(connection.socket.get(), buffer);
    poem += received.bytes;  // empty, unless bytes arrived in time
  } while (received.isBytes() && Clock::now() < deadline);
  const char* whyLost = received.isError() ? std::strerror(received.error) : "timed out";

  const std::chrono::nanoseconds elapsed = stopwatch.elapsed();
  if (received.isEndOfFile()) {
    report.complete(task, poem);
    report.gotAll(task, poem.size(), connection.peer, elapsed);
  } else {
    report.lost(task, connection.peer, poem.size(), whyLost);
  }
  return elapsed;
}

int getPoetry(const ClientOptions& options) {
  std::chrono::nanoseconds elapsed{0};
  Report report(kProgram, options);

  int task = 0;
  for (const HostPort& server : options.addresses) {
    ++task;
    elapsed += getPoem(task, server, options.limit, report);
  }

  report.total(elapsed);
  return report.exitCode();
}

}  // namespace poetry

int main(int argc, char** argv) {
  return poetry::runClient(argc, argv, poetry::kProgram, poetry::getPoetry);
}
