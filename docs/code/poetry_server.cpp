// The server of lesson 1 on a reactor: as slow, but for many clients at once.
//
// Lesson 1 sends, sleeps, and sends again, in a loop. Here no function may sleep, so the protocol
// asks the reactor to call it later, and returns. What belongs to one client, the position in the
// poem and the pending call, is kept in the protocol. What all clients share is in the factory.
//
// Simplified: the server reads the poem once, at the start, and keeps all of it in memory. For a
// client that does not read, the rest of the poem piles up in the output buffer of its connection.
//
// Known flaws: when Ctrl-C ends the server, its clients see an orderly close. They take a part of
// the poem for the whole. So does a client that closes its own end early and reads on: the transport
// then closes the connection. And a client that sends bytes may lose the end of its poem in a reset
// that the server does not report: see ITransport::loseConnection. Lesson 1 has none of these flaws.

#include "cli/output.hpp"
#include "cli/program.hpp"
#include "reactor/protocol.hpp"
#include "reactor/reactor.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <sys/socket.h>  // SOMAXCONN

namespace poetry {

constexpr ProgramInfo kProgram{
    .name = "poetry-server",
    .about = "A slow poetry server, which serves many clients at the same time.",
};

/// What all clients share.
struct Poetry {
  Reactor& reactor;
  const ServerOptions& options;
  std::string poem;
};

/// One client, and how much of the poem it has.
class PoetryServerProtocol : public Protocol {
 public:
  explicit PoetryServerProtocol(const Poetry& poetry) : poetry_(poetry) {}

  void connectionMade() override {
    printLine("Somebody at " + transport->getPeer().toString() + " wants poetry!");
    sendSome();
  }

  void connectionLost(const Failure& reason) override {
    if (nextSend_ && nextSend_->active()) {
      nextSend_->cancel();  // or it would use a protocol that has been destroyed
    }
    if (!complete_) {
      printError(kProgram.name, "no more poetry for " + transport->getPeer().toString() + ": " +
                                    reason.getErrorMessage());
    }
  }

 private:
  void sendSome() {
    const std::string bytes = poetry_.poem.substr(position_, poetry_.options.numBytes);
    if (bytes.empty()) {
      complete_ = true;
      transport->loseConnection();
      return;
    }
    printLine("Sending " + std::to_string(bytes.size()) + " bytes");
    transport->write(bytes);
    position_ += bytes.size();
    nextSend_ = poetry_.reactor.callLater(poetry_.options.delay, [this] { sendSome(); });
  }

  const Poetry& poetry_;
  std::size_t position_ = 0;
  std::shared_ptr<IDelayedCall> nextSend_;
  bool complete_ = false;
};

/// The whole file. Throws UsageError if it cannot be read.
std::string readPoem(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (exists(status) && !is_regular_file(status)) {  // opening a pipe would block
    throw UsageError("cannot read " + path.string() + ": not a regular file");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw UsageError("cannot read " + path.string() + ": " + std::strerror(errno));
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

int serve(const ServerOptions& options) {
  Reactor reactor;
  const Poetry poetry{reactor, options, readPoem(options.poetryFile)};
  Factory factory;
  factory.protocol = [&poetry] { return std::make_unique<PoetryServerProtocol>(poetry); };

  const auto port = reactor.listenTCP(options.port, factory, SOMAXCONN, options.iface);
  printLine("Serving " + options.poetryFile.string() + " on port " +
            std::to_string(port->getHost().port()) + ".");
  checkOutput();  // nothing else names the port
  reactor.run();

  endBySignal(reactor.exitSignal());
  return EXIT_SUCCESS;
}

}  // namespace poetry

int main(int argc, char** argv) {
  return poetry::runServer(argc, argv, poetry::kProgram, poetry::serve);
}
