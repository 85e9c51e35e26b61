// Lesson 4: the reactor runs the loop.
//
// In lesson 3 the program ran its own select loop. Here a reactor waits for all sockets, and when
// one of them is readable it calls doRead of the PoetrySocket that owns it. The loop is in the
// library now, and the program consists of callbacks.
//
// Known flaw: the client still connects to one server after the other, and connecting blocks. A
// server that refuses the connection ends the program.

#include "cli/program.hpp"
#include "cli/report.hpp"
#include "cli/stopwatch.hpp"
#include "net/socket.hpp"
#include "reactor/reactor.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace poetry {

constexpr ProgramInfo kProgram{
    .name = "reactor-client-1",
    .about = "Downloads poems at the same time: the reactor watches the sockets and calls back.",
    .reactors = Reactor::demultiplexers,
    .hasLimit = true};

/// What all downloads share.
struct Downloads {
  Report& report;
  Reactor& reactor;
  std::chrono::milliseconds limit;  ///< for each poem
  std::size_t unfinished;

  /// A download has ended. After the last one the reactor stops, unless it is stopping already.
  void poemFinished() {
    --unfinished;
    if (unfinished == 0 && reactor.running()) {
      reactor.stop();
    }
  }
};

/// One poem and the connection that it comes from.
/// To the reactor it is an IReadDescriptor: an object with a descriptor that can be read from.
class PoetrySocket : public IReadDescriptor {
 public:
  PoetrySocket(int task, const HostPort& server, Downloads& downloads);
  ~PoetrySocket() override {
    downloads_.reactor.removeReader(*this);
    cancelLimit();
  }
  PoetrySocket(const PoetrySocket&) = delete;
  PoetrySocket& operator=(const PoetrySocket&) = delete;

  [[nodiscard]] int fileno() const override { return connection_.socket.get(); }
  [[nodiscard]] std::string logPrefix() const override { return "Task " + std::to_string(task_); }
  std::optional<Failure> doRead() override;
  void connectionLost(const Failure& reason) override;

 private:
  void cancelLimit();

  int task_;
  Connection connection_;
  std::string poem_;
  Downloads& downloads_;
  std::shared_ptr<IDelayedCall> limit_;
};

PoetrySocket::PoetrySocket(int task, const HostPort& server, Downloads& downloads)
    : task_(task), connection_(connectTask(task, server)), downloads_(downloads) {
  setNonBlocking(fileno());
  downloads_.reactor.addReader(*this);
  limit_ = downloads_.reactor.callLater(downloads_.limit,
                                        [this] { connectionLost(Failure(TimeoutError())); });
}

/// The task has ended, or is being destroyed. So its timer must not call it any more.
void PoetrySocket::cancelLimit() {
  if (limit_->active()) {
    limit_->cancel();
  }
}

/// The end, before the limit or at the limit. The socket is not registered any more.
void PoetrySocket::connectionLost(const Failure& reason) {
  cancelLimit();
  connection_.socket.reset();
  if (reason.check<ConnectionDone>()) {
    downloads_.report.finished(task_);
    downloads_.report.complete(task_, poem_);
  } else {
    downloads_.report.lost(task_, connection_.peer, poem_.size(), reason.getErrorMessage());
  }
  downloads_.poemFinished();
}

/// The reactor calls this when the socket is readable. Reads everything that has arrived.
///
/// Simplified: while a server sends as fast as the client reads, this loop does not end and the
/// other servers wait. Real code reads a limited amount per call, as the transport of lesson 5 does.
std::optional<Failure> PoetrySocket::doRead() {
  std::array<char, 64 * 1024> buffer;
  std::size_t got = 0;
  Received received = receive(fileno(), buffer);
  while (received.isBytes()) {
    poem_ += received.bytes;
    got += received.bytes.size();
    received = receive(fileno(), buffer);
  }

  if (got > 0) {
    downloads_.report.got(task_, got, connection_.peer);
  }
  if (received.isWouldBlock()) {
    return std::nullopt;  // nothing more has arrived yet: this is not the end
  }
  if (received.isEndOfFile()) {
    return Failure(ConnectionDone());
  }
  return Failure(ConnectionLost(received.error));
}

int getPoetry(const ClientOptions& options) {
  const Stopwatch stopwatch;
  Report report(kProgram, options);
  Reactor reactor({.demultiplexer = options.reactor, .trace = options.trace});
  Downloads downloads{report, reactor, options.limit, options.addresses.size()};

  std::vector<std::unique_ptr<PoetrySocket>> tasks;
  for (const HostPort& server : options.addresses) {
    const int number = static_cast<int>(tasks.size()) + 1;
    tasks.push_back(std::make_unique<PoetrySocket>(number, server, downloads));
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
