// The slow poetry server of lesson 1, which serves one client at a time.

#include "cli/output.hpp"
#include "cli/program.hpp"
#include "net/socket.hpp"
#include "poem_file.hpp"

#include <chrono>
#include <string>
#include <system_error>
#include <thread>  // std::this_thread::sleep_for

#include <sys/socket.h>

namespace poetry {

constexpr ProgramInfo kProgram{
    .name = "blocking-server",
    .about = "A slow poetry server, which serves one client at a time.",
};

/// Prints a line, and stops the server if that fails: checkOutput throws.
void printOrStop(const std::string& line) {
  printLine(line);
  checkOutput();
}

/// Sends the whole poem to one client, and closes the connection in order.
void sendPoem(const Connection& client, const ServerOptions& options) {
  PoemFile poem(options.poetryFile);
  std::string bytes = poem.read(options.numBytes);
  while (!bytes.empty()) {
    printOrStop("Sending " + std::to_string(bytes.size()) + " bytes");
    try {
      sendAll(client.socket.get(), bytes);  // blocks while the client does not read
    } catch (const std::system_error& error) {
      printError(kProgram.name,
                 "no more poetry for " + client.peer.toString() + ": " + error.what());
    }
    std::this_thread::sleep_for(options.delay);  // and every other client waits
    bytes = poem.read(options.numBytes);
  }
  // The poem is complete, and may look complete from here on.
  closeInOrder(client.socket.get(), std::chrono::milliseconds(500));
}

/// Waits for a client. If the system is out of descriptors or memory, tries again: clients stay in
/// the listen queue in the meantime.
Connection nextClient(int listener) {
  while (true) {
    try {
      return acceptFrom(listener);
    } catch (const std::system_error& error) {
      if (!isShortage(error.code().value())) {
        throw;
      }
      printError(kProgram.name, std::string(error.what()) + "; trying again");
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
}

int serve(const ServerOptions& options) {
  checkPoem(options.poetryFile);
  const UniqueFd listener = listenOn({options.iface, options.port}, SOMAXCONN);

  // The server does not send the poem's length: for a client, an orderly close is the end of the
  // poem. So every other close must look different. With this option it is a reset, whatever the
  // cause: an error, Ctrl-C, even kill -9, because the kernel closes the sockets of a dead process.
  // Accepted sockets inherit the option from the listening socket.
  setResetOnClose(listener.get(), true);

  const std::uint16_t port = Address::hostOf(listener.get()).port();
  printOrStop("Serving " + options.poetryFile.string() + " on port " + std::to_string(port) + ".");

  while (true) {
    const Connection client = nextClient(listener.get());
    printOrStop("Somebody at " + client.peer.toString() + " wants poetry!");
    try {
      sendPoem(client, options);
    } catch (const std::system_error&) {
      // It has been reported.
    }
  }
}

}  // namespace poetry

int main(int argc, char** argv) {
  return poetry::runServer(argc, argv, poetry::kProgram, poetry::serve);
}
