// Lesson 5: the socket has left the program, too.
//
// What is left is what only this program can know: what to do with the bytes (PoetryProtocol), and
// what to do when a connection is made, fails or ends (PoetryClientFactory). Everything between the
// descriptor and the bytes is a transport now. It comes from reactor.connectTCP, is non-blocking
// from the first moment on, and takes one recv for each readiness, so that no server can hog the
// loop. A server that refuses costs its own poem and no other.

#include "cli/program.hpp"
#include "cli/report.hpp"
#include "cli/stopwatch.hpp"
#include "reactor/protocol.hpp"
#include "reactor/reactor.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

namespace poetry {

constexpr ProgramInfo kProgram{
    .name = "reactor-client-2",
    .about = "Downloads poems at the same time, with a protocol and a factory for each of them.",
    .reactors = Reactor::demultiplexers};

/// What all the poems share.
struct Downloads {
  Report& report;
  Reactor& reactor;
  std::size_t unfinished;

  /// One poem fewer to wait for. After the last one the reactor stops, unless it is stopping already.
  void poemFinished() {
    --unfinished;
    if (unfinished == 0 && reactor.running()) {
      reactor.stop();
    }
  }
};

/// One poem on its way: its bytes come in here.
class PoetryProtocol : public Protocol {
 public:
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
  Downloads& downloads_;
  std::string poem_;
};

/// Makes the protocol for one task, once there is a connection, and hears of it if there is none.
///
/// One factory could serve all tasks and number them as they connect. Here each task has its own, and
/// so keeps its place on the command line whatever happens to the others.
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
  Downloads downloads{report, reactor, options.addresses.size()};

  std::deque<PoetryClientFactory> factories;  // a deque never moves what it holds
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
