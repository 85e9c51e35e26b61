// Lesson 2: one poem after the other.
//
// While the program waits for one server it listens to no other, so the time it takes is the sum
// of the times of all poems.
//
// Known flaw: a server that refuses ends the program, and nobody asks for the poems after it.

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

/// Gets one poem, from the connection to the last byte, and returns how long that took.
std::chrono::nanoseconds getPoem(int task, const HostPort& server, Report& report) {
  report.getting(task, server);
  const Stopwatch stopwatch;
  const Connection connection = connectTask(task, server);  // throws if nobody answers

  // The poem is complete when the server closes the connection: nothing else says where it ends.
  // We keep it as bytes. A character may take several of them and come in two pieces.
  std::string poem;
  std::array<char, 1024> buffer;
  Received received = receive(connection.socket.get(), buffer);  // waits until something comes
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
