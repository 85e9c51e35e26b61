// All poems at the same time, in one loop around poll.

#include "cli/program.hpp"
#include "cli/report.hpp"
#include "cli/stopwatch.hpp"
#include "net/socket.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include <poll.h>

namespace poetry {

constexpr ProgramInfo kProgram{.name = "async-client",
                               .about = "Downloads poems at the same time, with one poll loop."};

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
  setNonBlocking(task.fileno());
  return task;
}

/// Blocks until at least one of the sockets is readable: bytes have arrived, or its end.
void waitForPoetry(std::vector<pollfd>& polled) {
  while (::poll(polled.data(), polled.size(), -1) < 0) {
    if (errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "poll");
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
  std::vector<pollfd> polled;
  for (const HostPort& server : options.addresses) {
    const int number = static_cast<int>(tasks.size()) + 1;
    tasks.push_back(startTask(number, server));
    polled.push_back({tasks.back().fileno(), POLLIN, 0});
  }

  while (!tasks.empty()) {
    waitForPoetry(polled);
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      if (polled[i].revents != 0) {  // POLLIN, or an error: recv says which
        doRead(tasks[i], report);
      }
    }
    for (std::size_t i = tasks.size(); i-- > 0;) {
      if (!tasks[i].connection.socket.valid()) {
        polled[i] = polled.back();
        polled.pop_back();
        tasks.erase(tasks.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
  }

  report.poems();
  report.total(stopwatch.elapsed());
  return report.exitCode();
}

}  // namespace poetry

int main(int argc, char** argv) {
  return poetry::runClient(argc, argv, poetry::kProgram, poetry::getPoetry);
}
