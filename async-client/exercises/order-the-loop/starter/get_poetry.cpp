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

/// Calls select, which blocks until at least one of the sockets is readable. Only those that are
/// readable remain in the set. `size` is the first argument of select.
void selectReadable(int size, fd_set& sockets) {
  while (::select(size, &sockets, nullptr, nullptr, nullptr) < 0) {
    if (errno != EINTR) {  // after a signal, the set is as it was
      throw std::system_error(errno, std::generic_category(), "select");
    }
  }
}

/// Reads everything that has arrived.
///
/// Simplified: while a server sends as fast as the client reads, this loop does not end and the
/// other servers wait. Real code reads a limited amount per call, as the transport of lesson 5 does.
void doRead(PoemTask& task, Report& report) {
  std::array<char, 64 * 1024> buffer;
  std::size_t got = 0;
  Received received = receive(task.fileno(), buffer);
  try {
    while (received.isBytes()) {
      task.poem += received.bytes;
      got += received.bytes.size();
      received = receive(task.fileno(), buffer);
    }
  } catch (const std::bad_alloc&) {  // the poem does not fit into memory
    received = {.outcome = Received::Outcome::kError, .error = ENOMEM};
  }

  if (got > 0) {
    report.got(task.number, got, task.connection.peer);
  }
  if (received.isWouldBlock()) {
    return;  // nothing more has arrived yet: this is not the end
  }
  task.connection.socket.reset();
  if (received.isEndOfFile()) {
    report.finished(task.number);
    report.complete(task.number, task.poem);
  } else {
    report.lost(task.number, task.connection.peer, task.poem.size(), std::strerror(received.error));
  }
}

int getPoetry(const ClientOptions& options) {
  const Stopwatch stopwatch;
  Report report(kProgram, options);

  std::vector<PoemTask> tasks;
  for (const HostPort& server : options.addresses) {
    const int number = static_cast<int>(tasks.size()) + 1;
    tasks.push_back(startTask(number, server));
  }

  // YOUR TURN: move the lines from the list below to this place, and put them in order. Lines without
  // an empty line between them stay together. Two of the twelve pieces do not belong: leave them in
  // the list. These are the five steps of the loop:

  // Ask: put the socket of each task into a new set.

  // Wait: sleep until a socket is readable.

  // Find the ready sockets: look at each task.

  // Read: if its socket is ready, take what has arrived.

  // Erase the finished tasks: those whose socket is closed.

#if 0  // The list. The compiler skips the lines from here to #endif.

  }

  selectReadable(highest, readable);

  }

  std::erase_if(tasks, [](const PoemTask& task) { return !task.connection.socket.valid(); });

  fd_set readable;
  FD_ZERO(&readable);

  while (true) {

  if (FD_ISSET(task.fileno(), &readable)) {
    doRead(task, report);
  }

  for (const PoemTask& task : tasks) {
    FD_SET(task.fileno(), &readable);
    highest = std::max(highest, task.fileno());
  }

  while (!tasks.empty()) {

  int highest = -1;

  selectReadable(highest + 1, readable);

  for (PoemTask& task : tasks) {

#endif

  report.poems();
  report.total(stopwatch.elapsed());
  return report.exitCode();
}

}  // namespace poetry

int main(int argc, char** argv) {
  return poetry::runClient(argc, argv, poetry::kProgram, poetry::getPoetry);
}
