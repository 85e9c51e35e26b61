// The client of lesson 2, for servers that send the length of the poem first.

#include "cli/program.hpp"
#include "cli/report.hpp"
#include "cli/stopwatch.hpp"
#include "net/socket.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string>

namespace poetry {

constexpr ProgramInfo kProgram{.name = "blocking-client",
                               .about = "Downloads poems, one after the other."};

/// Removes the length from the front of `pending`. Returns nothing if not all of it has arrived.
std::optional<std::size_t> takeLength(std::string& pending) {
  const std::size_t at = pending.find('\n');
  if (at == std::string::npos) {
    return std::nullopt;
  }
  const std::size_t length = std::stoul(pending.substr(0, at));
  pending.erase(0, at + 1);
  return length;
}

/// Downloads one poem, from the connection to the last byte, and returns how long that took.
std::chrono::nanoseconds getPoem(int task, const HostPort& server, Report& report) {
  report.getting(task, server);
  const Stopwatch stopwatch;
  const Connection connection = connectTask(task, server);  // throws if it fails

  std::string pending;  // what has arrived: the length until we take it out, and the poem
  std::optional<std::size_t> length;
  std::array<char, 64 * 1024> buffer;
  Received received;
  do {
    received = receive(connection.socket.get(), buffer);  // blocks until something arrives
    pending += received.bytes;
    if (!length) {
      length = takeLength(pending);
    }
  } while (received.isBytes() && (!length || pending.size() < *length));

  const std::chrono::nanoseconds elapsed = stopwatch.elapsed();
  if (!received.isError()) {
    report.complete(task, pending);
    report.gotAll(task, pending.size(), connection.peer, elapsed);
  } else {
    report.lost(task, connection.peer, pending.size(), std::strerror(received.error));
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
