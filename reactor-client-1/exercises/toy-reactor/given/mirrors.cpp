// Lesson 4 on the reactor of small_reactor.hpp, for poems that are on two servers each: two mirrors.
//
//     mirrors 10000 10001 10002 10003
//
// asks servers 1 and 2 for the first poem. When one of these connections has ended, the client gives
// up the other one, and asks servers 3 and 4 for the second poem. After --limit, it gives up both.
// A task is a poem here. PoetrySocket is the class of lesson 4, line for line.
//
// Simplified: a connection that is lost ends its poem, even if the other mirror still sends.
// Known flaw: as in lesson 4, a server that refuses the connection ends the program.

#include "cli/output.hpp"
#include "cli/program.hpp"
#include "cli/report.hpp"
#include "cli/stopwatch.hpp"
#include "net/socket.hpp"
#include "small_reactor.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace poetry {

constexpr ProgramInfo kProgram{
    .name = "mirrors",
    .about = "Downloads each poem from two servers at the same time, on a small reactor.",
    .hasLimit = true};

class PoetrySocket;

/// What all downloads share.
struct Downloads {
  const ClientOptions& options;
  Report& report;
  SmallReactor& reactor;
  int poem = 0;          // the one that is being downloaded
  std::size_t next = 0;  // the index of the next server
  std::vector<std::unique_ptr<PoetrySocket>> sockets = {};

  void startNextPoem();
  void timeOut(int timedPoem);
  /// A connection has ended.
  void poemFinished() { startNextPoem(); }
};

/// One poem and the connection that it comes from.
/// To the reactor it is an IReadDescriptor: an object with a descriptor that can be read from.
class PoetrySocket : public IReadDescriptor {
 public:
  PoetrySocket(int task, const HostPort& server, Downloads& downloads);
  ~PoetrySocket() override { downloads_.reactor.removeReader(*this); }
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
  Downloads& downloads_;
};

PoetrySocket::PoetrySocket(int task, const HostPort& server, Downloads& downloads)
    : task_(task), connection_(connectTask(task, server)), downloads_(downloads) {
  setNonBlocking(fileno());
  downloads_.reactor.addReader(*this);
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

/// The reactor calls this when it has removed the socket, with the reason that doRead returned.
void PoetrySocket::connectionLost(const Failure& reason) {
  connection_.socket.reset();
  if (reason.check<ConnectionDone>()) {
    downloads_.report.finished(task_);
    downloads_.report.complete(task_, poem_);
  } else {
    downloads_.report.lost(task_, connection_.peer, poem_.size(), reason.getErrorMessage());
  }
  downloads_.poemFinished();
}

/// Gives up the mirror that is still connected, and asks the next two. Called by callbacks, too.
void Downloads::startNextPoem() {
  // Destroys only the open socket. One of the functions of the closed socket may be running.
  std::erase_if(sockets, [](const auto& socket) { return socket->fileno() >= 0; });
  ++poem;
  if (next == options.addresses.size()) {
    reactor.stop();
    return;
  }
  for (int mirror = 0; mirror < 2 && next < options.addresses.size(); ++mirror) {
    sockets.push_back(std::make_unique<PoetrySocket>(poem, options.addresses[next], *this));
    ++next;
  }
  reactor.callLater(options.limit, [this, timedPoem = poem] { timeOut(timedPoem); });
}

/// The reactor calls this, even if the poem has arrived in time.
void Downloads::timeOut(int timedPoem) {
  if (timedPoem == poem) {
    printError(kProgram.name, "Task " + std::to_string(poem) + ": timed out");
    startNextPoem();
  }
}

int getPoetry(const ClientOptions& options) {
  const Stopwatch stopwatch;
  ClientOptions poems = options;
  poems.addresses.resize((options.addresses.size() + 1) / 2);  // a poem is on two servers
  Report report(kProgram, poems);
  SmallReactor reactor;
  Downloads downloads{options, report, reactor};
  downloads.startNextPoem();

  reactor.run();

  report.poems();
  report.total(stopwatch.elapsed());
  return report.exitCode();
}

}  // namespace poetry

int main(int argc, char** argv) {
  return poetry::runClient(argc, argv, poetry::kProgram, poetry::getPoetry);
}
