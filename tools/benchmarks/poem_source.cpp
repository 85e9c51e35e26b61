// A source of poems that is faster than any client: what a client costs is measured against it.
//
//     poem-source PORTS BYTES [CHUNKS]
//
// It listens on so many free ports, and prints them:
//
//     Serving 3000 bytes on ports 40001 40002.
//
// Without CHUNKS, whoever connects gets a poem of BYTES bytes at once. With CHUNKS, whoever connects
// is held, and the program does what it is told on standard input, and prints when it has done it:
//
//     hold 1000  ->  Holding 1000.     as soon as so many are connected
//     chunk      ->  Sent chunk 1.     the next part of the poem, to all; after the last one, the end
//
// It ends when standard input does.

#include "cli/output.hpp"
#include "cli/program.hpp"
#include "cli/option_values.hpp"
#include "net/socket.hpp"
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

/// So many may wait to be accepted at each port, if the system agrees (net.core.somaxconn).
constexpr int kBacklog = 4096;

/// All poems are cut from this block, which fits into a processor's cache.
const std::string kVerse(std::size_t{256} * 1024, 'x');

/// As many bytes of a poem as the socket takes at once; 0 when it has no room. Throws when the
/// client has gone.
///
/// Simplified: it sends past the transport, which would copy all of a poem into its buffer first.
/// Twisted has IPushProducer for that, and our ITransport does not.
std::size_t sendNow(int fd, std::size_t bytes) {
  const ssize_t sent = ::send(fd, kVerse.data(), std::min(bytes, kVerse.size()), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) {
    throw std::system_error(errno, std::generic_category(), "send");
  }
  return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

/// Sends one poem, piece by piece, whenever there is room.
class Sender final : public IWriteDescriptor {
 public:
  Sender(Reactor& reactor, ITransport& transport, std::size_t bytes)
      : reactor_(reactor),
        transport_(transport),
        fd_(dynamic_cast<IFileDescriptor&>(transport).fileno()),
        bytesLeft_(bytes) {}
  ~Sender() override { reactor_.removeWriter(*this); }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  /// A short poem is through at once, and the reactor need not watch for room.
  void start() {
    sendMore();
    if (bytesLeft_ > 0) {
      reactor_.addWriter(*this);
    }
  }

  [[nodiscard]] int fileno() const override { return fd_; }
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
    bytesLeft_ -= sendNow(fd_, bytesLeft_);
    if (bytesLeft_ == 0) {
      transport_.loseConnection();
    }
  }

  Reactor& reactor_;
  ITransport& transport_;
  int fd_;
  std::size_t bytesLeft_;
};

/// A client that gets its poem at once.
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

/// The clients that are held, and served all together.
class Crowd {
 public:
  Crowd(std::size_t bytes, std::size_t chunks) : bytes_(bytes), chunks_(chunks) {}

  void enter(ITransport& client) {
    clients_.insert(&client);
    tellIfComplete();
  }
  void leave(ITransport& client) { clients_.erase(&client); }

  void hold(std::size_t number) {
    expected_ = number;
    chunksSent_ = 0;
    tellIfComplete();
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
  /// The last chunk takes what does not divide.
  [[nodiscard]] std::size_t chunkSize() const {
    const std::size_t size = bytes_ / chunks_;
    return chunksSent_ + 1 < chunks_ ? size : bytes_ - size * (chunks_ - 1);
  }

  void tellIfComplete() {
    if (expected_ > 0 && clients_.size() == expected_) {
      printLine("Holding " + std::to_string(expected_) + '.');
      expected_ = 0;  // those who come next may be there before the next command
    }
  }

  std::size_t bytes_;
  std::size_t chunks_;
  std::size_t expected_ = 0;
  std::size_t chunksSent_ = 0;
  std::set<ITransport*> clients_;
};

/// A client that is held.
class HeldProtocol final : public Protocol {
 public:
  explicit HeldProtocol(Crowd& crowd) : crowd_(crowd) {}

  void connectionMade() override { crowd_.enter(*transport); }
  void connectionLost(const Failure& /*reason*/) override { crowd_.leave(*transport); }

 private:
  Crowd& crowd_;
};

/// Standard input: commands, and the end.
class Commands final : public IReadDescriptor {
 public:
  Commands(Reactor& reactor, Crowd& crowd) : reactor_(reactor), crowd_(crowd) {
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
    // Whoever drives us waits for each answer, so commands come one at a time, and whole.
    const std::string command(buffer.data(), static_cast<std::size_t>(count - 1));
    if (command == "chunk") {
      crowd_.sendChunk();
    } else if (command.starts_with("hold ")) {
      crowd_.hold(parseCount(command.substr(5)));
    } else {
      throw std::runtime_error("unknown command " + inQuotes(command));
    }
    return std::nullopt;
  }

 private:
  Reactor& reactor_;
  Crowd& crowd_;
};

int servePoems(std::size_t ports, std::size_t bytes, std::size_t chunks) {
  Reactor reactor;
  Crowd crowd(bytes, chunks);
  const Commands commands(reactor, crowd);
  Factory factory;
  factory.protocol = [&]() -> std::unique_ptr<Protocol> {
    if (chunks > 0) {
      return std::make_unique<HeldProtocol>(crowd);
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
