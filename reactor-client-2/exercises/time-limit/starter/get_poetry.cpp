// Lesson 5: the library owns the socket.
//
// The program keeps what only it can know: what to do with the bytes (PoetryProtocol), and what to
// do when a connection is established or fails (PoetryClientFactory). Between the descriptor and
// the bytes there is a transport. reactor.connectTCP makes it. Its socket never blocks, not even to
// connect, and it calls recv once each time the socket is readable, so a fast server cannot delay
// the others. A server that refuses costs only its own poem.

#include "cli/program.hpp"
#include "cli/report.hpp"
#include "cli/stopwatch.hpp"
#include "reactor/protocol.hpp"
#include "reactor/reactor.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

namespace poetry {

constexpr ProgramInfo kProgram{
    .name = "reactor-client-2",
    .about = "Downloads poems at the same time, with a protocol and a factory for each poem.",
    .reactors = Reactor::demultiplexers,
    .hasLimit = true};

/// What all downloads share.
struct Downloads {
  Report& report;
  Reactor& reactor;
  std::chrono::milliseconds limit;  ///< for each poem, from the connection on
  std::size_t unfinished;

  /// A download has ended. After the last one the reactor stops, unless it is stopping already.
  void poemFinished() {
    --unfinished;
    if (unfinished == 0 && reactor.running()) {
      reactor.stop();
    }
  }
};

/// One poem that is being downloaded: its bytes arrive here.
class PoetryProtocol : public Protocol {
 public:
  // YOUR TURN: end the connection when downloads_.limit has passed, and report why.
  PoetryProtocol(int task, Downloads& downloads) : task_(task), downloads_(downloads) {}

  void dataReceived(std::string_view bytes) override {
    poem_ += bytes;
    downloads_.report.got(task_, bytes.size(), transport->getPeer());
  }

  void connectionLost(const Failure& reason) override {
    if (reason.check<ConnectionDone>()) {
      downloads_.report.complete(task_, poem_);
    } else {
      downloads_.report.lost(task_, transport->getPeer(), poem_.size(), reason.getErrorMessage());
    }
    downloads_.poemFinished();
  }

 private:
  int task_;
  std::string poem_;
  Downloads& downloads_;
};

/// Makes the protocol of one task when its connection is established, and reports a failed attempt.
///
/// One factory could serve all tasks and number them in the order in which they connect. Here each
/// task has its own factory, so its number is its place on the command line.
class PoetryClientFactory : public ClientFactory {
 public:
  PoetryClientFactory(int task, Downloads& downloads) : task_(task), downloads_(downloads) {}

  std::unique_ptr<IProtocol> buildProtocol(const Address& /*peer*/) override {
    return std::make_unique<PoetryProtocol>(task_, downloads_);
  }

  void clientConnectionFailed(IConnector& connector, const Failure& reason) override {
    downloads_.report.failedToConnect(task_, connector.getDestination(), reason.getErrorMessage());
    downloads_.poemFinished();
  }

 private:
  int task_;
  Downloads& downloads_;
};

int getPoetry(const ClientOptions& options) {
  const Stopwatch stopwatch;
  Report report(kProgram, options);
  Reactor reactor({.demultiplexer = options.reactor, .trace = options.trace});
  Downloads downloads{report, reactor, options.limit, options.addresses.size()};

  std::deque<PoetryClientFactory> factories;  // a deque does not move its elements
  for (const HostPort& server : options.addresses) {
    const int number = static_cast<int>(factories.size()) + 1;
    factories.emplace_back(number, downloads);
    reactor.connectTCP(server.host, server.port, factories.back());
  }

  reactor.run();

  report.poems();
  report.total(stopwatch.elapsed());
  endBySignal(reactor.exitSignal());
  return report.exitCode();
}

}  // namespace poetry

int main(int argc, char** argv) {
  return poetry::runClient(argc, argv, poetry::kProgram, poetry::getPoetry);
}
