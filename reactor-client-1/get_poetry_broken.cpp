// Lesson 4, BROKEN ON PURPOSE: get_poetry.cpp without its one most important line.
//
// The socket is not made non-blocking. Everything else is the same, it works, and every poem
// arrives. But the first doRead that is called does not return before its poem is complete, and
// until then the reactor calls nobody: one `got` line for each poem, one poem after the other, and
// not even Ctrl-C is heard. (The second Ctrl-C is.) To see what is missing:
//     ./lesson diff reactor-client-1 reactor-client-1-broken

#include "cli/program.hpp"
#include "cli/report.hpp"
#include "cli/stopwatch.hpp"
#include "net/socket.hpp"
#include "reactor/reactor.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace poetry {

constexpr ProgramInfo kProgram{
    .name = "reactor-client-1-broken",
    .about = "Means to download poems at the same time, and does not: a callback that blocks.",
    .reactors = Reactor::demultiplexers};

/// One poem, and the socket that it comes from. To the reactor it is an IReadDescriptor: something
/// with a descriptor that can be read from.
class PoetrySocket : public IReadDescriptor {
 public:
  PoetrySocket(int task, const HostPort& server, Report& report, Reactor& reactor);
  ~PoetrySocket() override { reactor_.removeReader(*this); }
  PoetrySocket(const PoetrySocket&) = delete;
  PoetrySocket& operator=(const PoetrySocket&) = delete;

  [[nodiscard]] int fileno() const override { return connection_.socket.get(); }
  [[nodiscard]] std::string logPrefix() const override { return "Task " + std::to_string(task_); }
  std::optional<Failure> doRead() override;
  void connectionLost(const Failure& reason) override;

 private:
  int task_;
  Connection connection_;
  std::string poem_;
  Report& report_;
  Reactor& reactor_;
};

PoetrySocket::PoetrySocket(int task, const HostPort& server, Report& report, Reactor& reactor)
    : task_(task), connection_(connectTask(task, server)), report_(report), reactor_(reactor) {
  reactor_.addReader(*this);
}

/// The reactor calls this when there is something to read: reads all there is.
std::optional<Failure> PoetrySocket::doRead() {
  std::array<char, 1024> buffer;
  std::size_t got = 0;
  Received received = receive(fileno(), buffer);
  while (received.isBytes()) {
    poem_ += received.bytes;
    got += received.bytes.size();
    received = receive(fileno(), buffer);
  }

  if (got > 0) {
    report_.got(task_, got, connection_.peer);
  }
  if (received.isEndOfFile()) {
    return Failure(ConnectionDone());
  }
  if (received.isError()) {
    return Failure(ConnectionLost(received.error));
  }
  return std::nullopt;  // nothing more for now: call me again
}

/// The reactor calls this at the end, with what doRead returned. It does not watch us any more.
void PoetrySocket::connectionLost(const Failure& reason) {
  connection_.socket.reset();
  if (reason.check<ConnectionDone>()) {
    report_.finished(task_);
    report_.complete(task_, poem_);
  } else {
    report_.lost(task_, connection_.peer, poem_.size(), reason.getErrorMessage());
  }

  // The last one turns off the light. If somebody else has done that, we are here because of it.
  if (reactor_.running() && reactor_.getReaders().empty()) {
    reactor_.stop();
  }
}

int getPoetry(const ClientOptions& options) {
  const Stopwatch stopwatch;
  Report report(kProgram, options);
  Reactor reactor({.demultiplexer = options.reactor, .trace = options.trace});

  std::vector<std::unique_ptr<PoetrySocket>> sockets;
  for (const HostPort& server : options.addresses) {
    const int task = static_cast<int>(sockets.size()) + 1;
    sockets.push_back(std::make_unique<PoetrySocket>(task, server, report, reactor));
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
