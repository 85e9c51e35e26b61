// The client of lesson 3: all poems at the same time, in one loop around select.

#include "cli/program.hpp"
#include "cli/report.hpp"
#include "cli/stopwatch.hpp"
#include "net/socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <sys/select.h>

namespace poetry {

constexpr ProgramInfo kProgram{.name = "async-client",
                               .about = "Downloads poems at the same time, with one select loop."};

/// One poem and the connection that it comes from.
struct PoemTask {
  int number;  ///< from 1, in the order of the command line
  Connection connection;
  std::string poem = {};

  [[nodiscard]] int fileno() const { return connection.socket.get(); }
};

/// Connects, which blocks, and makes the socket non-blocking. Throws if it cannot connect.
PoemTask startTask(int number, const HostPort& server) {
  PoemTask task{number, connectTask(number, server)};
  // An fd_set has room only for descriptors below FD_SETSIZE. FD_SET does not check that: for any
  // other descriptor it writes beyond the end of the set.
  if (task.fileno() >= FD_SETSIZE) {
    throw std::runtime_error("Task " + std::to_string(number) +
                             ": select cannot watch descriptor " + std::to_string(task.fileno()) +
                             ", only those below " + std::to_string(FD_SETSIZE) +
                             "; reactor-client-1 has no such limit");
  }
  setNonBlocking(task.fileno());
  return task;
}

int getPoetry(const ClientOptions& options) {
  const Stopwatch stopwatch;
  Report report(kProgram, options);

  std::vector<PoemTask> tasks;
  for (const HostPort& server : options.addresses) {
    const int number = static_cast<int>(tasks.size()) + 1;
    tasks.push_back(startTask(number, server));
  }

  // YOUR TURN: write the loop, and the functions waitForPoetry and doRead that it calls. It repeats
  // five steps until no task is left:
  //
  // Ask: waitForPoetry puts the socket of each task into an fd_set.
  // Wait: waitForPoetry calls select, which blocks until at least one socket is readable.
  // Find the ready sockets: the loop finds each task whose socket is still in the set.
  // Read: the loop calls doRead, which takes what has arrived and returns.
  // Erase the finished tasks: the loop erases each task whose socket doRead has closed.

  report.poems();
  report.total(stopwatch.elapsed());
  return report.exitCode();
}

}  // namespace poetry

int main(int argc, char** argv) {
  return poetry::runClient(argc, argv, poetry::kProgram, poetry::getPoetry);
}
