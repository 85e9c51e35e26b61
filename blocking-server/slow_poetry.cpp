// Lesson 1: a slow poetry server, which serves one client at a time.
//
// It sends a few bytes, sleeps, sends a few more. While it sleeps it does nothing else: a second
// client waits in the queue until the first has its whole poem.

#include "cli/output.hpp"
#include "cli/program.hpp"
#include "net/socket.hpp"
#include "poem_file.hpp"

#include <chrono>
#include <exception>
#include <string>
#include <system_error>
#include <thread>  // std::this_thread::sleep_for

#include <sys/socket.h>

namespace poetry {

constexpr ProgramInfo kProgram{
    .name = "blocking-server",
    .about = "A slow poetry server, which serves one client at a time.",
};

/// Prints a line. A server that cannot say what it does any more stops: checkOutput throws.
void say(const std::string& line) {
  printLine(line);
  checkOutput();
}

/// Sends the whole poem to one client, and ends the connection in order.
void sendPoem(const Connection& client, const ServerOptions& options) {
  PoemFile poem(options.poetryFile);
  std::string bytes = poem.read(options.numBytes);
  while (!bytes.empty()) {
    say("Sending " + std::to_string(bytes.size()) + " bytes");
    sendAll(client.socket.get(), bytes);         // waits for a client that does not read
    std::this_thread::sleep_for(options.delay);  // and meanwhile everybody waits
    bytes = poem.read(options.numBytes);
  }
  // From here on the poem is whole, and the end of the connection may look like the end of a poem.
  // It would be a reset all the same if the client had said something (try `nc` or a browser) that
  // we never read.
  discardUnread(client.socket.get());
  setResetOnClose(client.socket.get(), false);
}

/// A poem that cannot be read at all is a mistake in the command line.
void checkPoem(const ServerOptions& options) {
  try {
    const PoemFile poem(options.poetryFile);
  } catch (const PoemError& error) {
    throw UsageError(error.what());
  }
}

/// Waits until somebody comes. If the system has nothing to hold a connection with, it may have in
/// a moment, and meanwhile nobody is turned away: they stand in the queue.
Connection nextClient(int listener) {
  constexpr std::chrono::milliseconds kPause(100);
  while (true) {
    try {
      return acceptFrom(listener);
    } catch (const std::system_error& error) {
      if (!isShortage(error.code().value())) {
        throw;
      }
      printError(kProgram.name, std::string(error.what()) + "; trying again");
      std::this_thread::sleep_for(kPause);
    }
  }
}

int serve(const ServerOptions& options) {
  checkPoem(options);
  const UniqueFd listener = listenOn({options.iface, options.port}, SOMAXCONN);

  // The poem's length is sent nowhere: for a client, the poem is whole when the connection ends in
  // order. So unless we say otherwise, our connections end with a reset, whatever ends them: an
  // error, Ctrl-C, even kill -9, because it is the system that closes what a dead process had
  // open. An accepted socket inherits this from the listening one.
  setResetOnClose(listener.get(), true);

  const std::uint16_t port = Address::hostOf(listener.get()).port();
  say("Serving " + options.poetryFile.string() + " on port " + std::to_string(port) + ".");

  while (true) {
    const Connection client = nextClient(listener.get());
    say("Somebody at " + client.peer.toString() + " wants poetry!");
    try {
      sendPoem(client, options);
    } catch (const OutputError&) {
      throw;
    } catch (const std::exception& error) {
      // The client left, or the poem did. Either costs this one connection.
      printError(kProgram.name, "no more poetry for " + client.peer.toString() + ": " + error.what());
    }
  }
}

}  // namespace poetry

int main(int argc, char** argv) {
  return poetry::runServer(argc, argv, poetry::kProgram, poetry::serve);
}
