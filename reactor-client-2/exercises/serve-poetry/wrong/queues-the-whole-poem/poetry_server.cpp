// The server of lesson 1 on a reactor: as slow, but for many clients at once.

#include "cli/output.hpp"
#include "cli/program.hpp"
#include "reactor/protocol.hpp"
#include "reactor/reactor.hpp"

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

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

/// One client.
class PoetryServerProtocol : public Protocol {
 public:
  explicit PoetryServerProtocol(const Poetry& poetry) : poetry_(poetry) {}

  void connectionMade() override {
    printLine("Somebody at " + transport->getPeer().toString() + " wants poetry!");
    std::size_t position = 0;
    while (position < poetry_.poem.size()) {
      const std::string bytes = poetry_.poem.substr(position, poetry_.options.numBytes);
      printLine("Sending " + std::to_string(bytes.size()) + " bytes");
      transport->write(bytes);
      position += bytes.size();
    }
    isComplete_ = true;
    transport->loseConnection();
  }

  void connectionLost(const Failure& reason) override {
    if (!isComplete_) {
      printError(kProgram.name, "no more poetry for " + transport->getPeer().toString() + ": " +
                                    reason.getErrorMessage());
    }
  }

 private:
  const Poetry& poetry_;
  bool isComplete_ = false;
};

/// The whole file. Throws UsageError if it cannot be read.
std::string readPoem(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || !std::filesystem::is_regular_file(path)) {
    throw UsageError("cannot read " + path.string());
  }
  std::ostringstream poem;
  poem << file.rdbuf();
  return poem.str();
}

int serve(const ServerOptions& options) {
  Reactor reactor;
  const Poetry poetry{reactor, options, readPoem(options.poetryFile)};
  Factory factory;
  factory.protocol = [&poetry] { return std::make_unique<PoetryServerProtocol>(poetry); };

  const auto port = reactor.listenTCP(options.port, factory, SOMAXCONN, options.iface);
  printLine("Serving " + options.poetryFile.string() + " on port " +
            std::to_string(port->getHost().port()) + ".");
  reactor.run();

  endBySignal(reactor.exitSignal());
  return EXIT_SUCCESS;
}

}  // namespace poetry

int main(int argc, char** argv) {
  return poetry::runServer(argc, argv, poetry::kProgram, poetry::serve);
}
