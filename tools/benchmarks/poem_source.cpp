// A source of poems that is faster than any client, so that a client never waits for it.
//
//     poem-source PORTS BYTES [CHUNKS]
//
// It listens on PORTS free ports and prints them:
//
//     Serving 3000 bytes on ports 40001 40002.
//
// Without CHUNKS, each client gets a poem of BYTES bytes at once. With CHUNKS, each client is held:
// connected, without data. The program then reads commands from standard input and answers each:
//
//     hold 1000  ->  Holding 1000.     as soon as 1000 clients are connected
//     chunk      ->  Sent chunk 1.     sends the next part to all; after the last part it closes
//
// It ends at the end of standard input.

#include "cli/option_values.hpp"
#include "cli/output.hpp"
#include "cli/program.hpp"
#include "net/socket.hpp"
#include "net/unique_fd.hpp"
#include "reactor/protocol.hpp"
#include "reactor/reactor.hpp"

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace poetry {

/// The listen queue of each port, limited by the system (net.core.somaxconn).
constexpr int kBacklog = 4096;

/// All poems are sent from this block, which fits into a processor's cache.
const std::string kVerse(std::size_t{256} * 1024, 'x');

/// Sends as many bytes of a poem as the socket takes at once and returns their number; 0 if it has no
/// room. Throws if the client has closed the connection.
///
/// It sends past the transport, which would copy all of a poem into its buffer first. Twisted has
/// IPushProducer for that; our ITransport has nothing like it.
std::size_t sendNow(int fd, std::size_t bytes) {
  const ssize_t sent = ::send(fd, kVerse.data(), std::min(bytes, kVerse.size()), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) {
    throw std::system_error(errno, std::generic_category(), "send");
  }
  return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

/// Sends one poem, a part whenever the socket has room.
class Sender final : public IWriteDescriptor {
 public:
  Sender(Reactor& reactor, ITransport& transport, std::size_t bytes)
      : reactor_(reactor),
        transport_(transport),
        fd_(::dup(dynamic_cast<IFileDescriptor&>(transport).fileno())),
        bytesLeft_(bytes) {}
  ~Sender() override { reactor_.removeWriter(*this); }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  /// A short poem is sent at once, without the reactor.
  void start() {
    sendMore();
    if (bytesLeft_ > 0) {
      reactor_.addWriter(*this);
    }
  }

  [[nodiscard]] int fileno() const override { return fd_.get(); }
  [[nodiscard]] std::string logPrefix() const override { return "Sender"; }
  void connectionLost(const Failure& /*reason*/) override {}

  std::optional<Failure> doWrite() override {
    sendMore();
    if (bytesLeft_ == 0) {
      reactor_.removeWriter(*this);
    }
    return std::nullopt;
  }

 private:
  void sendMore() {
    bytesLeft_ -= sendNow(fd_.get(), bytesLeft_);
    if (bytesLeft_ == 0) {
      transport_.loseConnection();
    }
  }

  Reactor& reactor_;
  ITransport& transport_;
  UniqueFd fd_;  // a duplicate: a reactor watches a descriptor for one object only
  std::size_t bytesLeft_;
};

/// For a client that gets its poem at once.
class PoemProtocol final : public Protocol {
 public:
  PoemProtocol(Reactor& reactor, std::size_t bytes) : reactor_(reactor), bytes_(bytes) {}

  void connectionMade() override {
    sender_.emplace(reactor_, *transport, bytes_);
    sender_->start();
  }
  void connectionLost(const Failure& /*reason*/) override { sender_.reset(); }

 private:
  Reactor& reactor_;
  std::size_t bytes_;
  std::optional<Sender> sender_;
};

/// The clients that are held, and get each chunk together.
class HeldClients {
 public:
  HeldClients(std::size_t bytes, std::size_t chunks) : bytes_(bytes), chunks_(chunks) {}

  void add(ITransport& client) {
    clients_.insert(&client);
    printIfComplete();
  }
  void remove(ITransport& client) { clients_.erase(&client); }

  void hold(std::size_t number) {
    expected_ = number;
    chunksSent_ = 0;
    printIfComplete();
  }

  void sendChunk() {
    const std::size_t chunk = chunkSize();
    for (ITransport* client : clients_) {
      if (sendNow(dynamic_cast<IFileDescriptor&>(*client).fileno(), chunk) != chunk) {
        throw std::runtime_error("a client has no room for a chunk");
      }
    }
    ++chunksSent_;
    if (chunksSent_ == chunks_) {
      for (ITransport* client : clients_) {
        client->loseConnection();
      }
    }
    printLine("Sent chunk " + std::to_string(chunksSent_) + '.');
  }

 private:
  /// The last chunk includes the remainder of the division.
  [[nodiscard]] std::size_t chunkSize() const {
    const std::size_t size = bytes_ / chunks_;
    return chunksSent_ + 1 < chunks_ ? size : bytes_ - size * (chunks_ - 1);
  }

  void printIfComplete() {
    if (expected_ > 0 && clients_.size() == expected_) {
      printLine("Holding " + std::to_string(expected_) + '.');
      expected_ = 0;  // the next clients may connect before the next command
    }
  }

  std::size_t bytes_;
  std::size_t chunks_;
  std::size_t expected_ = 0;
  std::size_t chunksSent_ = 0;
  std::set<ITransport*> clients_;
};

/// For a client that is held.
class HeldProtocol final : public Protocol {
 public:
  explicit HeldProtocol(HeldClients& held) : held_(held) {}

  void connectionMade() override { held_.add(*transport); }
  void connectionLost(const Failure& /*reason*/) override { held_.remove(*transport); }

 private:
  HeldClients& held_;
};

/// Reads commands from standard input.
class Commands final : public IReadDescriptor {
 public:
  Commands(Reactor& reactor, HeldClients& held) : reactor_(reactor), held_(held) {
    reactor_.addReader(*this);
  }
  ~Commands() override { reactor_.removeReader(*this); }
  Commands(const Commands&) = delete;
  Commands& operator=(const Commands&) = delete;

  [[nodiscard]] int fileno() const override { return STDIN_FILENO; }
  [[nodiscard]] std::string logPrefix() const override { return "Commands"; }
  void connectionLost(const Failure& /*reason*/) override {
    if (reactor_.running()) {
      reactor_.stop();
    }
  }

  std::optional<Failure> doRead() override {
    const std::span<char> buffer = reactor_.receiveBuffer();
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count <= 0) {
      return Failure(ConnectionDone());
    }
    // The driver waits for each answer, so a read returns exactly one command.
    const std::string command(buffer.data(), static_cast<std::size_t>(count - 1));
    if (command == "chunk") {
      held_.sendChunk();
    } else if (command.starts_with("hold ")) {
      held_.hold(parseCount(command.substr(5)));
    } else {
      throw std::runtime_error("unknown command " + inQuotes(command));
    }
    return std::nullopt;
  }

 private:
  Reactor& reactor_;
  HeldClients& held_;
};

int servePoems(std::size_t ports, std::size_t bytes, std::size_t chunks) {
  Reactor reactor;
  HeldClients held(bytes, chunks);
  const Commands commands(reactor, held);
  Factory factory;
  factory.protocol = [&]() -> std::unique_ptr<Protocol> {
    if (chunks > 0) {
      return std::make_unique<HeldProtocol>(held);
    }
    return std::make_unique<PoemProtocol>(reactor, bytes);
  };

  std::string line = "Serving " + std::to_string(bytes) + " bytes on ports";
  for (std::size_t i = 0; i < ports; ++i) {
    const auto port = reactor.listenTCP(0, factory, kBacklog, "127.0.0.1");
    line += ' ' + std::to_string(port->getHost().port());
  }
  printLine(line + '.');

  reactor.run();
  checkOutput();
  return EXIT_SUCCESS;
}

int run(int argc, char** argv) {
  try {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    if (argc < 3 || argc > 4) {
      throw UsageError("usage: poem-source PORTS BYTES [CHUNKS]");
    }
    return servePoems(parseCount(argv[1]), parseCount(argv[2]),
                      argc == 4 ? parseCount(argv[3]) : 0);
  } catch (const std::exception& error) {
    printError("poem-source", error.what());
    return EXIT_FAILURE;
  }
}

}  // namespace poetry

int main(int argc, char** argv) {
  return poetry::run(argc, argv);
}
