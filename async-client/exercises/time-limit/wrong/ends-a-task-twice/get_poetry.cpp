// The client of lesson 3, with a time limit for each poem.

#include "cli/program.hpp"
#include "cli/report.hpp"
#include "cli/stopwatch.hpp"
#include "net/socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/select.h>

namespace poetry {

constexpr ProgramInfo kProgram{.name = "async-client",
                               .about = "Downloads poems at the same time, with one select loop.",
                               .hasLimit = true};

using Clock = std::chrono::steady_clock;

/// One poem and the connection that it comes from.
struct PoemTask {
  int number;  ///< from 1, in the order of the command line
  Connection connection;
  Clock::time_point deadline;  ///< after it, the client gives up the poem
  std::string poem = {};

  [[nodiscard]] int fileno() const { return connection.socket.get(); }
};

/// Connects, which blocks, and makes the socket non-blocking. Throws if it cannot connect.
PoemTask startTask(int number, const HostPort& server, std::chrono::milliseconds limit) {
  Connection connection = connectTask(number, server);
  PoemTask task{number, std::move(connection), Clock::now() + limit};
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

/// The deadline that passes first.
Clock::time_point earliestDeadline(const std::vector<PoemTask>& tasks) {
  Clock::time_point earliest = Clock::time_point::max();
  for (const PoemTask& task : tasks) {
    earliest = std::min(earliest, task.deadline);
  }
  return earliest;
}

/// The time from now until `deadline`, for select; 0 if it has passed, because select refuses a
/// negative time.
timeval timeUntil(Clock::time_point deadline) {
  const auto left = std::max(deadline - Clock::now(), Clock::duration::zero());
  const auto count = std::chrono::ceil<std::chrono::microseconds>(left).count();
  return {count / 1'000'000, count % 1'000'000};
}

/// Blocks until at least one of the sockets is readable, or `deadline` has passed. Then no socket is
/// in the set.
fd_set waitForPoetry(const std::vector<PoemTask>& tasks, Clock::time_point deadline) {
  while (true) {
    // select overwrites the set with its answer, so each call needs a new one.
    fd_set readable;
    FD_ZERO(&readable);
    int highest = -1;
    for (const PoemTask& task : tasks) {
      FD_SET(task.fileno(), &readable);
      highest = std::max(highest, task.fileno());
    }
    timeval timeLeft = timeUntil(deadline);  // select overwrites it, too
    if (::select(highest + 1, &readable, nullptr, nullptr, &timeLeft) >= 0) {
      return readable;
    }
    if (errno != EINTR) {
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

/// The limit of this poem has passed.
void giveUp(PoemTask& task, Report& report) {
  task.connection.socket.reset();
  report.lost(task.number, task.connection.peer, task.poem.size(), "timed out");
}

int getPoetry(const ClientOptions& options) {
  const Stopwatch stopwatch;
  Report report(kProgram, options);

  std::vector<PoemTask> tasks;
  for (const HostPort& server : options.addresses) {
    const int number = static_cast<int>(tasks.size()) + 1;
    tasks.push_back(startTask(number, server, options.limit));
  }

  while (!tasks.empty()) {
    const fd_set readable = waitForPoetry(tasks, earliestDeadline(tasks));
    for (PoemTask& task : tasks) {
      if (FD_ISSET(task.fileno(), &readable)) {
        doRead(task, report);
      }
      if (Clock::now() >= task.deadline) {
        giveUp(task, report);
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
