// The client of lesson 2, for servers that send the length of the poem first.

#include "cli/program.hpp"
#include "cli/report.hpp"
#include "cli/stopwatch.hpp"
#include "net/socket.hpp"

#include <array>
#include <chrono>
#include <cstring>
#include <string>

namespace poetry {

constexpr ProgramInfo kProgram{.name = "blocking-client",
                               .about = "Downloads poems, one after the other."};

/// Downloads one poem, from the connection to the last byte, and returns how long that took.
std::chrono::nanoseconds getPoem(int task, const HostPort& server, Report& report) {
  report.getting(task, server);
  const Stopwatch stopwatch;
  const Connection connection = connectTask(task, server);  // throws if it fails

  // YOUR TURN: take the length first, then exactly that many bytes of poetry.
  std::string poem;
  std::array<char, 64 * 1024> buffer;
  Received received = receive(connection.socket.get(), buffer);  // blocks until something arrives
  while (received.isBytes()) {
    poem += received.bytes;
    received = receive(connection.socket.get(), buffer);
  }

  const std::chrono::nanoseconds elapsed = stopwatch.elapsed();
  if (received.isEndOfFile()) {
    report.complete(task, poem);
    report.gotAll(task, poem.size(), connection.peer, elapsed);
  } else {
    report.lost(task, connection.peer, poem.size(), std::strerror(received.error));
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
