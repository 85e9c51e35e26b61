// The client of lesson 3. A server that cannot be reached costs only its own poem.

#include "cli/program.hpp"
#include "cli/report.hpp"
#include "cli/stopwatch.hpp"
#include "net/socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <sys/select.h>
#include <sys/socket.h>  // connect, getsockopt

namespace poetry {

constexpr ProgramInfo kProgram{.name = "async-client",
                               .about = "Downloads poems at the same time, with one select loop."};

/// One poem and the connection that it comes from.
struct PoemTask {
  int number;  ///< from 1, in the order of the command line
  HostPort server;
  Connection connection;
  std::string poem = {};
  bool isConnecting = true;

  [[nodiscard]] int fileno() const { return connection.socket.get(); }
};

/// Starts to connect. Never waits for the server. Throws if the attempt fails at once.
PoemTask startTask(int number, const HostPort& server) {
  const Address address = resolve(server).front();
  PoemTask task{number, server, {makeSocket(address), address}};
  // An fd_set has room only for descriptors below FD_SETSIZE. FD_SET does not check that: for any
  // other descriptor it writes beyond the end of the set.
  if (task.fileno() >= FD_SETSIZE) {
    throw std::runtime_error("select cannot watch descriptor " + std::to_string(task.fileno()) +
                             ", only those below " + std::to_string(FD_SETSIZE));
  }
  setNonBlocking(task.fileno());
  if (::connect(task.fileno(), address.data(), address.size()) != 0 && errno != EINPROGRESS) {
    throw std::system_error(errno, std::generic_category(), "connect");
  }
  return task;
}

/// What select has found.
struct ReadySockets {
  fd_set readable;
  fd_set writable;
};

/// Blocks until an attempt to connect has ended, or a connected socket is readable: bytes have
/// arrived, or its end.
ReadySockets waitForSockets(const std::vector<PoemTask>& tasks) {
  while (true) {
    // select overwrites the sets with its answer, so each call needs new ones.
    ReadySockets ready;
    FD_ZERO(&ready.readable);
    FD_ZERO(&ready.writable);
    int highest = -1;
    for (const PoemTask& task : tasks) {
      FD_SET(task.fileno(), task.isConnecting ? &ready.writable : &ready.readable);
      highest = std::max(highest, task.fileno());
    }
    if (::select(highest + 1, &ready.readable, &ready.writable, nullptr, nullptr) > 0) {
      return ready;
    }
    if (errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "select");
    }
  }
}

/// Called when the attempt to connect has ended.
void finishConnecting(PoemTask& task, Report& report) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(task.fileno(), SOL_SOCKET, SO_ERROR, &error, &size);
  task.isConnecting = false;
  if (error != 0) {
    task.connection.socket.reset();
    report.failedToConnect(task.number, task.server, std::strerror(error));
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
  int number = 0;
  for (const HostPort& server : options.addresses) {
    ++number;
    try {
      tasks.push_back(startTask(number, server));
    } catch (const std::exception& error) {
      report.failedToConnect(number, server, describe(error));
    }
  }

  while (!tasks.empty()) {
    const ReadySockets ready = waitForSockets(tasks);
    for (PoemTask& task : tasks) {
      if (task.isConnecting) {
        finishConnecting(task, report);
      } else if (FD_ISSET(task.fileno(), &ready.readable)) {
        doRead(task, report);
      }
    }
    std::erase_if(tasks, [](const PoemTask& task) { return !task.connection.socket.valid(); });
  }

  report.poems();
  report.total(stopwatch.elapsed());
  return report.exitCode();
}

}  // namespace poetry

int main(int argc, char** argv) {
  return poetry::runClient(argc, argv, poetry::kProgram, poetry::getPoetry);
}
