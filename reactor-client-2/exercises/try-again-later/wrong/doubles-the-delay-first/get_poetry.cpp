// The client of lesson 5 for servers that are not always there.

#include "cli/output.hpp"
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
    .name = "patient-client",
    .about = "Downloads poems at the same time, and tries again if a server is not there.",
    .reactors = Reactor::demultiplexers};

/// The delay before the second attempt. Each delay is twice as long as the one before.
constexpr std::chrono::milliseconds kFirstDelay{100};
/// The delay before the last attempt.
constexpr std::chrono::milliseconds kLastDelay{800};

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
  }

 private:
  int task_;
  std::string poem_;
  Downloads& downloads_;
};

/// Makes the connection of one task, and a protocol for it.
class PoetryClientFactory : public ClientFactory {
 public:
  PoetryClientFactory(int task, Downloads& downloads) : task_(task), downloads_(downloads) {}

  void start(const HostPort& server) {
    connector_ = downloads_.reactor.connectTCP(server.host, server.port, *this);
  }

  std::unique_ptr<IProtocol> buildProtocol(const Address& /*peer*/) override {
    delay_ = kFirstDelay;
    return std::make_unique<PoetryProtocol>(task_, downloads_);
  }

  void clientConnectionFailed(IConnector& connector, const Failure& reason) override {
    downloads_.report.failedToConnect(task_, connector.getDestination(), reason.getErrorMessage());
    tryAgain();
  }

  void clientConnectionLost(IConnector& /*connector*/, const Failure& reason) override {
    if (reason.check<ConnectionDone>()) {
      downloads_.poemFinished();
    } else {
      tryAgain();
    }
  }

 private:
  void tryAgain() {
    if (delay_ > kLastDelay || !downloads_.reactor.running()) {
      downloads_.poemFinished();
      return;
    }
    printLine("Task " + std::to_string(task_) + ": retrying in " + std::to_string(delay_.count()) +
              " ms");
    delay_ *= 2;
    downloads_.reactor.callLater(delay_, [this] { connector_->connect(); });
  }

  int task_;
  Downloads& downloads_;
  std::chrono::milliseconds delay_ = kFirstDelay;
  std::shared_ptr<IConnector> connector_;
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
    factories.back().start(server);
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
