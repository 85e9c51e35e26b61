// Lesson 5, with its call stack: at the first dataReceived it prints the functions that have called
// each other, from main to the protocol, and exits. Read the list from the bottom up: a protocol gets
// the bytes from a transport, which is also a descriptor object, which the loop has called. To see
// what is different:
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

/// What all downloads share.
struct Downloads {
  Report& report;
  Reactor& reactor;
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
  Downloads downloads{report, reactor, options.addresses.size()};

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
