// The client of lesson 2, which continues with the next poem if a server refuses the connection.

#include "cli/output.hpp"
#include "cli/program.hpp"
#include "cli/report.hpp"
#include "cli/stopwatch.hpp"
#include "net/socket.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

namespace poetry {

constexpr ProgramInfo kProgram{.name = "blocking-client",
                               .about = "Downloads poems, one after the other."};

/// Downloads one poem, from the connection to the last byte, and returns how long that took.
std::chrono::nanoseconds getPoem(int task, const HostPort& server, Report& report) {
  report.getting(task, server);
  const Stopwatch stopwatch;
  const Connection connection = connectTask(task, server);  // throws if it fails

  // The poem is complete when the server closes the connection: nothing else marks its end. It is
  // kept as bytes, because a character of several bytes may arrive in two chunks.
  std::string poem;
  std::array<char, 64 * 1024> buffer;
  Received received = receive(connection.socket.get(), buffer);  // blocks until something arrives
  try {
    while (received.isBytes()) {
      poem += received.bytes;
      received = receive(connection.socket.get(), buffer);
    }
  } catch (const std::bad_alloc&) {  // the poem does not fit into memory
    received = {.outcome = Received::Outcome::kError, .error = ENOMEM};
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
    try {
      elapsed += getPoem(task, server, report);
    } catch (const std::runtime_error& error) {  // of connectTask: its text is the whole message
      printError(kProgram.name, error.what());
    }
  }

  report.total(elapsed);
  return report.exitCode();
}

}  // namespace poetry

int main(int argc, char** argv) {
  return poetry::runClient(argc, argv, poetry::kProgram, poetry::getPoetry);
}
