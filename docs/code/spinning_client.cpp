// Between lesson 2 and lesson 3: the socket does not block, and the client never waits.
//
// The client calls receive again and again. Nearly every call says "would block": nothing has arrived
// yet. The poem arrives as it does in lesson 2, but the program needs a whole CPU for it. The
// client needs a way to wait until there is something to read: select, in lesson 3.

#include "cli/output.hpp"
#include "cli/program.hpp"
#include "cli/report.hpp"
#include "cli/stopwatch.hpp"
#include "net/socket.hpp"

#include <array>
#include <chrono>
#include <cstring>
#include <ctime>
#include <string>

namespace poetry {

constexpr ProgramInfo kProgram{.name = "spinning-client",
                               .about = "Downloads one poem, and never waits for its bytes."};

/// The CPU time that this process has used so far.
std::chrono::nanoseconds cpuTime() {
  const std::chrono::duration<double> seconds(static_cast<double>(std::clock()) / CLOCKS_PER_SEC);
  return std::chrono::duration_cast<std::chrono::nanoseconds>(seconds);
}

int getPoetry(const ClientOptions& options) {
  if (options.addresses.size() != 1) {
    throw UsageError("this client downloads one poem: write one [HOST:]PORT");
  }
  const Stopwatch stopwatch;
  Report report(kProgram, options);
  const Connection connection = connectTask(1, options.addresses.front());
  setNonBlocking(connection.socket.get());

  std::string poem;
  long withBytes = 0;
  long wouldBlock = 0;
  std::array<char, 64 * 1024> buffer;
  Received received = receive(connection.socket.get(), buffer);  // returns at once
  while (received.isBytes() || received.isWouldBlock()) {
    if (received.isBytes()) {
      ++withBytes;
      poem += received.bytes;
    } else {
      ++wouldBlock;  // nothing has arrived yet: this is not the end
    }
    received = receive(connection.socket.get(), buffer);
  }

  if (received.isEndOfFile()) {
    report.complete(1, poem);
  } else {
    report.lost(1, connection.peer, poem.size(), std::strerror(received.error));
  }
  printLine(std::to_string(withBytes) + " calls of receive returned bytes, " +
            std::to_string(wouldBlock) + " said \"would block\".");
  printLine("Used " + formatElapsed(cpuTime()) + " of CPU time in " +
            formatElapsed(stopwatch.elapsed()) + '.');
  return report.exitCode();
}

}  // namespace poetry

int main(int argc, char** argv) {
  return poetry::runClient(argc, argv, poetry::kProgram, poetry::getPoetry);
}
