// The client of lesson 5 for servers that send lines. The last line of a poem is a dot.

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

constexpr ProgramInfo kProgram{.name = "line-client",
                               .about = "Downloads poems that are sent in lines.",
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

/// A protocol for lines, each of which ends with a newline.
class LineProtocol : public Protocol {
 public:
  /// A line has arrived. `line` does not contain the newline, and is valid only during the call.
  virtual void lineReceived(std::string_view line) = 0;

  void dataReceived(std::string_view bytes) override {
    pending_ += bytes;
    std::string_view rest = pending_;
    for (std::size_t at = rest.find('\n'); at != std::string::npos; at = rest.find('\n')) {
      lineReceived(rest.substr(0, at));
      rest.remove_prefix(at + 1);
    }
    pending_.erase(0, pending_.size() - rest.size());  // once: it moves all bytes that stay
  }

 private:
  /// How many bytes may wait for their newline. Without a limit, a server could fill the memory.
  static constexpr std::size_t kMostPending = std::size_t{64} * 1024;
  std::string pending_;  ///< the beginning of a line whose newline has not arrived
};

/// One poem that is being downloaded: its lines arrive here.
class PoetryProtocol : public LineProtocol {
 public:
  PoetryProtocol(int task, Downloads& downloads) : task_(task), downloads_(downloads) {}

  void lineReceived(std::string_view line) override {
    if (line == ".") {
      isComplete_ = true;
      transport->loseConnection();
      return;
    }
    printLine("Task " + std::to_string(task_) + ": " + std::string(line));
    poem_ += line;
    poem_ += '\n';
  }

  void connectionLost(const Failure& reason) override {
    if (isComplete_) {
      downloads_.report.complete(task_, poem_);
    } else {
      downloads_.report.lost(task_, transport->getPeer(), poem_.size(), reason.getErrorMessage());
    }
    downloads_.poemFinished();
  }

 private:
  int task_;
  std::string poem_;
  bool isComplete_ = false;
  Downloads& downloads_;
};

/// Makes the protocol of one task when its connection is established, and reports a failed attempt.
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
