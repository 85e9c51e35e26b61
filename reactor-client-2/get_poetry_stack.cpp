// Lesson 5, with a look down: at the first dataReceived it prints who called whom to get there, from
// main to the protocol, and ends. Read the list from the bottom up: the bytes came to a protocol,
// from a transport that is also a descriptor, which was called by a loop. To see what is different:
//     ./lesson diff reactor-client-2 reactor-client-2-stack

#include "call_stack.hpp"
#include "cli/output.hpp"
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
    .name = "reactor-client-2-stack",
    .about = "Prints the call stack at the first bytes of a poem, and ends.",
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

  void dataReceived(std::string_view /*bytes*/) override {
    for (const std::string& function : callStack()) {
      printLine(function);
    }
    exitNow(kProgram);
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
