// Makes the connections of an hour through one reactor, which is client and server at once. One
// connection begins every 20 ms. Most of them fetch a poem; others are refused, reset, closed early
// or time out. The hour takes about a minute, because the clock is fake: one iteration is 5 ms.
//
// At the end, every connection must have ended in the right way, no descriptor may be left open, and
// no more memory may be in use than after the first tenth.
#include "cli/option_values.hpp"
#include "reactor/protocol.hpp"
#include "reactor/reactor.hpp"
#include "reactor/tests/recording.hpp"
#include "support/descriptors.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iomanip>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <malloc.h>  // mallinfo2

namespace poetry {

namespace {

constexpr std::size_t kHour = 180'000;  // connections
constexpr Duration kIteration(0.005);
constexpr Duration kBetweenConnections(0.02);
/// Longer than any connection may take. On the fake clock this is about a second.
constexpr Duration kTimeLimit(600);
constexpr std::string_view kLine("Go and catch a falling star,\n");
constexpr int kLines = 3;
/// At most so many connections are open at once, so that a busy machine keeps up.
constexpr std::size_t kMostAtOnce = 200;
/// Far less than the smallest possible leak: one small object per connection.
constexpr std::size_t kMemoryTolerance = 64 * 1024;

/// A kind of connection: the byte that the client sends, and how the connection must end.
struct Kind {
  const char* name;
  char request;
  int share;  // of 20 connections
  bool (*isRight)(const Failure& reason);
};

template <typename Reason>
bool isA(const Failure& reason) {
  return reason.check<Reason>();
}

bool isReset(const Failure& reason) {
  return reason.check<ConnectionLost>() && !reason.check<ConnectionAborted>();
}

constexpr std::array kKinds = {
    Kind{"a poem", 'p', 9, &isA<ConnectionDone>},
    Kind{"reset by the server", 'r', 2, &isReset},
    Kind{"closed by the client", 'l', 1, &isA<ConnectionDone>},
    Kind{"aborted by the client", 'a', 2, &isA<ConnectionAborted>},
    Kind{"a silent server, closed by the client", 's', 1, &isA<ConnectionDone>},
    Kind{"without a protocol", 'n', 1, &isA<ConnectionDone>},
    Kind{"refused, twice", 'f', 1, &isA<ConnectionRefusedError>},
    Kind{"no answer, timed out", 't', 2, &isA<TimeoutError>},
    Kind{"stopped at once", 'x', 1, &isA<UserError>},
};

// === The server ===============================================================================

/// Does what the first byte asks for.
class Server final : public Protocol {
 public:
  Server(IReactorTime& time, std::size_t& alive) : time_(time), alive_(alive) { ++alive_; }
  ~Server() override { --alive_; }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void dataReceived(std::string_view bytes) override {
    if (bytes != "s") {
      isReset_ = bytes == "r";
      sendLine();
    }
  }

  void connectionLost(const Failure& /*reason*/) override {
    if (next_ && next_->active()) {
      next_->cancel();
    }
  }

 private:
  void sendLine() {
    transport->write(kLine);
    ++sent_;
    next_ = time_.callLater(kIteration * 2, [this] {
      if (isReset_) {
        transport->abortConnection();
      } else if (sent_ == kLines) {
        transport->loseConnection();
      } else {
        sendLine();
      }
    });
  }

  IReactorTime& time_;
  std::size_t& alive_;
  std::shared_ptr<IDelayedCall> next_;
  bool isReset_ = false;
  int sent_ = 0;
};

// === The client ===============================================================================

/// Sends its request, and does its own part of it.
class Client final : public Protocol {
 public:
  Client(IReactorTime& time, char request, std::size_t& wrong)
      : time_(time), request_(request), wrong_(wrong) {}

  void connectionMade() override {
    transport->write({&request_, 1});
    limit_ = time_.callLater(request_ == 's' ? kIteration * 10 : kTimeLimit,
                             [this] { transport->loseConnection(); });
  }

  void dataReceived(std::string_view bytes) override {
    received_ += bytes.size();
    if (request_ == 'l') {
      transport->loseConnection();
    } else if (request_ == 'a') {
      transport->abortConnection();
    }
  }

  void connectionLost(const Failure& /*reason*/) override {
    if (limit_->active()) {
      limit_->cancel();
    }
    if (request_ == 'p' && received_ != kLines * kLine.size()) {
      ++wrong_;
    }
  }

 private:
  IReactorTime& time_;
  char request_;
  std::size_t& wrong_;
  std::shared_ptr<IDelayedCall> limit_;
  std::size_t received_ = 0;
};

/// All connections of one kind.
class Clients final : public ClientFactory {
 public:
  Clients(IReactorTime& time, const Kind& kind) : time_(time), kind_(kind) {}

  std::size_t begun = 0;
  std::size_t ended = 0;
  std::size_t wrong = 0;

  std::unique_ptr<IProtocol> buildProtocol(const Address& /*peer*/) override {
    return kind_.request == 'n' ? nullptr : std::make_unique<Client>(time_, kind_.request, wrong);
  }
  void startedConnecting(IConnector& connector) override {
    ++begun;
    if (kind_.request == 'x') {
      connector.stopConnecting();
    }
  }
  void clientConnectionFailed(IConnector& connector, const Failure& reason) override {
    countEnd(reason);
    if (kind_.request == 'f' && ended % 2 == 1) {
      connector.connect();
    }
  }
  void clientConnectionLost(IConnector& /*connector*/, const Failure& reason) override {
    countEnd(reason);
  }

 private:
  void countEnd(const Failure& reason) {
    ++ended;
    if (!kind_.isRight(reason)) {
      ++wrong;
      std::cerr << "soak: " << kind_.name << ": " << reason.getErrorMessage() << '\n';
    }
  }

  IReactorTime& time_;
  const Kind& kind_;
};

// === The hour =================================================================================

/// The memory and descriptors in use while no connection is open.
struct Usage {
  std::size_t memory = ::mallinfo2().uordblks;  // allocated by malloc; 0 under a sanitizer
  std::vector<std::string> descriptors = testing::openDescriptors();
};

/// Makes the connections, and waits for the last of them.
class Soak {
 public:
  explicit Soak(std::size_t connections) : connections_(connections) {
    for (const Kind& kind : kKinds) {
      clients_.push_back(std::make_unique<Clients>(reactor_, kind));
      shares_.insert(shares_.end(), static_cast<std::size_t>(kind.share), clients_.size() - 1);
    }
    servers_.protocol = [this] { return std::make_unique<Server>(reactor_, serversAlive_); };
    for (auto& port : ports_) {
      port = reactor_.listenTCP(0, servers_, 128, "127.0.0.1");
    }
  }

  void run() {
    reactor_.callLater(Duration(0), [this] { tick(); });
    reactor_.callLater(Duration(0), [this] { connectNext(); });
    reactor_.run();
  }

  /// Prints the result. Returns true if everything was right.
  [[nodiscard]] bool report() const;

 private:
  void tick();
  void connectNext();
  void begin();
  [[nodiscard]] std::size_t open() const;

  TimePoint now_{};
  Reactor reactor_{{.clock = [this] { return now_; }}};
  testing::ClosedPort closedPort_;
  testing::SilentPort silentPort_;
  std::size_t connections_;
  std::size_t begun_ = 0;
  std::size_t serversAlive_ = 0;
  std::vector<std::unique_ptr<Clients>> clients_;
  std::vector<std::size_t> shares_;  // the kinds of 20 connections, as indices
  Factory servers_;
  std::array<std::shared_ptr<IListeningPort>, 4> ports_;
  std::optional<Usage> before_;  // after the first tenth
  std::optional<Usage> after_;
};

/// Called in each iteration, so the loop never sleeps.
void Soak::tick() {
  now_ += kIteration;
  reactor_.callLater(Duration(0), [this] { tick(); });
}

/// Called every 20 ms.
void Soak::connectNext() {
  reactor_.callLater(kBetweenConnections, [this] { connectNext(); });
  const bool isPause = begun_ == connections_ / 10 && !before_;
  if (begun_ < connections_ && !isPause) {
    if (open() < kMostAtOnce) {
      begin();
    }
  } else if (open() == 0) {
    (isPause ? before_ : after_) = Usage();
    if (!isPause) {
      reactor_.stop();
    }
  }
}

std::size_t Soak::open() const {
  std::size_t open = serversAlive_;
  for (const auto& clients : clients_) {
    open += clients->begun - clients->ended;
  }
  return open;
}

void Soak::begin() {
  const std::size_t kind = shares_[begun_ % shares_.size()];
  std::uint16_t port = ports_[begun_ % ports_.size()]->getHost().port();
  Duration timeout = kTimeLimit;
  if (kKinds[kind].request == 'f') {
    port = closedPort_.port;
  } else if (kKinds[kind].request == 't') {
    port = silentPort_.port;
    timeout = Duration(0.5);
  }
  reactor_.connectTCP("127.0.0.1", port, *clients_[kind], timeout);
  ++begun_;
  if (begun_ % 100 == 0) {
    reactor_.listenTCP(0, servers_, 5, "127.0.0.1")->stopListening();
  }
}

bool Soak::report() const {
  std::size_t ended = 0;
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    std::cout << std::setw(8) << clients_[i]->ended << "  " << kKinds[i].name << '\n';
    ended += clients_[i]->ended - (kKinds[i].request == 'f' ? clients_[i]->ended / 2 : 0);
    wrong += clients_[i]->wrong;
  }
  const auto growth = static_cast<std::ptrdiff_t>(after_->memory - before_->memory);
  std::cout << std::setw(8) << ended << "  connections in " << now_.time_since_epoch().count()
            << " s of the fake clock, " << wrong << " of them wrong\n"
            << std::setw(8) << growth << "  bytes of memory more than after the first tenth\n";
  const bool isClosed = after_->descriptors == before_->descriptors;
  std::cout << std::setw(8) << after_->descriptors.size() << "  descriptors, "
            << (isClosed ? "the same as then" : "not the same as then") << '\n';
  return ended == connections_ && wrong == 0 && isClosed &&
         growth < static_cast<std::ptrdiff_t>(kMemoryTolerance);
}

int soak(int argc, char** argv) {
  const std::size_t connections = argc > 1 ? std::stoul(argv[1]) : kHour;
  Soak hour(connections);
  hour.run();
  return hour.report() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

}  // namespace poetry

int main(int argc, char** argv) {
  try {
    return poetry::soak(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "soak: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
