// A server that writes: it sends back what it receives.
//
// The protocols of the lessons only receive. This one uses the other half of its transport, write and
// loseConnection. A line "bye" ends the connection. Neither write nor loseConnection sends anything
// itself: the reactor sends when the socket is writable. --trace shows that.
//
// Simplified: the output buffer has no limit. A client that sends and never reads makes it longer
// and longer.
//
// Known flaw: the connection is not read after "bye". If the client goes on sending, the kernel resets
// the connection, and the client may lose bytes that were to come back.
//
//     ./lesson run echo-server --port 10000      and in another terminal: nc 127.0.0.1 10000

#include "cli/option_values.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "cli/program.hpp"
#include "reactor/protocol.hpp"
#include "reactor/reactor.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

namespace poetry {

/// One client. Its bytes arrive here and are sent back.
class EchoProtocol : public Protocol {
 public:
  void connectionMade() override { printLine(transport->getPeer().toString() + " is connected."); }

  void dataReceived(std::string_view bytes) override {
    transport->write(bytes);
    // A line may arrive in several calls, and several lines in one.
    //
    // Simplified: a client that never sends a newline makes this string longer and longer.
    unfinishedLine_ += bytes;
    std::size_t end = unfinishedLine_.find('\n');
    while (end != std::string::npos) {
      lineReceived(unfinishedLine_.substr(0, end));
      unfinishedLine_.erase(0, end + 1);
      end = unfinishedLine_.find('\n');
    }
  }

  void connectionLost(const Failure& reason) override {
    printLine(transport->getPeer().toString() + " is disconnected: " + reason.getErrorMessage() +
              '.');
  }

 private:
  void lineReceived(const std::string& line) {
    if (line == "bye" || line == "bye\r") {  // telnet ends a line with "\r\n"
      transport->loseConnection();           // after everything that was written
    }
  }

  std::string unfinishedLine_;
};

struct EchoOptions {
  std::uint16_t port = 0;  ///< 0: any free port
  std::string iface = "localhost";
  bool trace = false;
};

EchoOptions parseOptions(int argc, char** argv) {
  EchoOptions options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--trace") {
      options.trace = true;
    } else if (word == "--port" && i + 1 < argc) {
      options.port = parsePort(argv[++i], 0);
    } else if (word == "--iface" && i + 1 < argc) {
      options.iface = parseHost(argv[++i]);
    } else {
      throw UsageError("usage: echo-server [--port N] [--iface HOST] [--trace]");
    }
  }
  return options;
}

int serve(const EchoOptions& options) {
  Reactor reactor({.trace = options.trace});
  Factory factory;
  factory.protocol = [] { return std::make_unique<EchoProtocol>(); };
  const auto port = reactor.listenTCP(options.port, factory, 50, options.iface);
  printLine("Echo server on " + port->getHost().toString() + '.');
  checkOutput();  // nothing else names the port

  reactor.run();

  endBySignal(reactor.exitSignal());
  return EXIT_SUCCESS;
}

}  // namespace poetry

int main(int argc, char** argv) {
  poetry::prepareProcess();
  try {
    return poetry::serve(poetry::parseOptions(argc, argv));
  } catch (const poetry::UsageError& error) {
    poetry::printError("echo-server", error.what());
    return 2;
  } catch (const std::exception& error) {
    poetry::printError("echo-server", error.what());
    return EXIT_FAILURE;
  }
}
