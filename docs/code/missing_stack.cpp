// The stack that is missing: when a callback runs, the code that asked for it has returned.
//
// askForPoem asks for a poem. The server refuses, and poemFailed is called. The program prints the call
// stack at both places. The second one shows the loop, and not askForPoem. So an exception
// in a callback does not show which function asked, and askForPoem cannot catch it: the reactor
// does.

#include "call_stack.hpp"
#include "cli/output.hpp"
#include "cli/program.hpp"
#include "get_poem.hpp"
#include "net/socket.hpp"
#include "reactor/reactor.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

#include <sys/socket.h>

namespace poetry {

/// Prints the functions that have called each other, from main on. Leaves out those of std::function.
void printStack(const char* title) {
  printLine(title);
  for (const std::string& function : callStack()) {
    if (function == "main" || function.starts_with("poetry::")) {
      printLine("  " + function);
    }
  }
}

void poemFailed(const PoemResult& /*result*/) {
  printStack("The stack in the callback:");
  throw std::runtime_error("there is no poem");
}

void askForPoem(Reactor& reactor, const HostPort& server) {
  printStack("The stack when the program asks for a poem:");
  try {
    getPoem(reactor, server, poemFailed);
  } catch (const std::exception&) {
    printLine("This line is never printed.");
  }
}

/// The port is reserved, but no server listens on it, so it refuses every connection.
UniqueFd reservePort() {
  const Address loopback = resolve({"127.0.0.1", 0}).front();
  UniqueFd socket = makeSocket(loopback);
  if (::bind(socket.get(), loopback.data(), loopback.size()) != 0) {
    throw std::runtime_error("cannot reserve a port");
  }
  return socket;
}

void run() {
  const UniqueFd refusing = reservePort();
  ReactorOptions options;
  Reactor* running = nullptr;
  options.onError = [&](const Failure& error, std::string_view where) {
    printLine("The exception ends in the reactor, which reports:");
    printLine("  " + std::string(where) + ": " + error.getErrorMessage());
    running->stop();
  };
  Reactor reactor(options);
  running = &reactor;
  askForPoem(reactor, {"127.0.0.1", Address::hostOf(refusing.get()).port()});
  reactor.run();
}

}  // namespace poetry

int main() {
  poetry::prepareProcess();
  poetry::run();
}
