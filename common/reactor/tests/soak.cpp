// An hour's worth of connections through one reactor, which is client and server at once: one every
// 20 ms, most of them for a poem, some of them refused, reset, given up or timed out. The hour takes
// a minute or so, because the clock is ours: each turn of the loop is 5 ms.
//
// In the end every connection has to have ended as it should, and everything is as it was before:
// no descriptor is left open, and no memory in use that was not after the first tenth.
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
constexpr Seconds kTurn(0.005);
constexpr Seconds kBetweenConnections(0.02);
/// Longer than any connection may take. The clock runs fast, so it is a matter of a second.
constexpr Seconds kPatience(600);
constexpr std::string_view kLine("Go and catch a falling star,\n");
constexpr int kLines = 3;
/// No more at once than this: a machine that is busy with others shall not be flooded.
constexpr std::size_t kMostAtOnce = 200;
/// One object of the smallest kind for each connection would be many times more than this.
constexpr std::size_t kMemoryTolerance = 64 * 1024;

/// How a connection goes: what the client asks the server for, and how that has to end.
struct Fate {
  const char* name;
  char order;
  int share;  ///< of 20 connections
  bool (*isRight)(const Failure& reason);
};

template <typename Reason>
bool isA(const Failure& reason) {
  return reason.check<Reason>();
}

bool isReset(const Failure& reason) {
  return reason.check<ConnectionLost>() && !reason.check<ConnectionAborted>();
}

constexpr std::array kFates = {
    Fate{"a poem", 'p', 9, &isA<ConnectionDone>},
    Fate{"reset by the server", 'r', 2, &isReset},
    Fate{"left by the client", 'l', 1, &isA<ConnectionDone>},
    Fate{"aborted by the client", 'a', 2, &isA<ConnectionAborted>},
    Fate{"a silent server, given up", 's', 1, &isA<ConnectionDone>},
    Fate{"without a protocol", 'n', 1, &isA<ConnectionDone>},
    Fate{"refused, twice", 'f', 1, &isA<ConnectionRefusedError>},
    Fate{"no answer, timed out", 't', 2, &isA<TimeoutError>},
    Fate{"stopped at once", 'x', 1, &isA<UserError>},
};

// === The server ===============================================================================

/// Does what the first byte asks for.
class Host final : public Protocol {
 public:
  Host(IReactorTime& time, std::size_t& alive) : time_(time), alive_(alive) { ++alive_; }
  ~Host() override { --alive_; }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

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
    next_ = time_.callLater(kTurn * 2, [this] {
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

/// Asks for its fate, and plays its own part in it.
class Visitor final : public Protocol {
 public:
  Visitor(IReactorTime& time, char order, std::size_t& wrong)
      : time_(time), order_(order), wrong_(wrong) {}

  void connectionMade() override {
    transport->write({&order_, 1});
    patience_ = time_.callLater(order_ == 's' ? kTurn * 10 : kPatience,
                                [this] { transport->loseConnection(); });
  }

  void dataReceived(std::string_view bytes) override {
    received_ += bytes.size();
    if (order_ == 'l') {
      transport->loseConnection();
    } else if (order_ == 'a') {
      transport->abortConnection();
    }
  }

  void connectionLost(const Failure& /*reason*/) override {
    if (patience_->active()) {
      patience_->cancel();
    }
    if (order_ == 'p' && received_ != kLines * kLine.size()) {
      ++wrong_;
    }
  }

 private:
  IReactorTime& time_;
  char order_;
  std::size_t& wrong_;
  std::shared_ptr<IDelayedCall> patience_;
  std::size_t received_ = 0;
};

/// All the connections of one fate.
class Visitors final : public ClientFactory {
 public:
  Visitors(IReactorTime& time, const Fate& fate) : time_(time), fate_(fate) {}

  std::size_t begun = 0;
  std::size_t ended = 0;
  std::size_t wrong = 0;

  std::unique_ptr<IProtocol> buildProtocol(const Address& /*peer*/) override {
    return fate_.order == 'n' ? nullptr : std::make_unique<Visitor>(time_, fate_.order, wrong);
  }
  void startedConnecting(IConnector& connector) override {
    ++begun;
    if (fate_.order == 'x') {
      connector.stopConnecting();
    }
  }
  void clientConnectionFailed(IConnector& connector, const Failure& reason) override {
    isOver(reason);
    if (fate_.order == 'f' && ended % 2 == 1) {
      connector.connect();
    }
  }
  void clientConnectionLost(IConnector& /*connector*/, const Failure& reason) override {
    isOver(reason);
  }

 private:
  void isOver(const Failure& reason) {
    ++ended;
    if (!fate_.isRight(reason)) {
      ++wrong;
      std::cerr << "soak: " << fate_.name << ": " << reason.getErrorMessage() << '\n';
    }
  }

  IReactorTime& time_;
  const Fate& fate_;
};

// === The hour =================================================================================

/// What is in use at a moment at which no connection is open.
struct Usage {
  std::size_t memory = ::mallinfo2().uordblks;  ///< what malloc has given out; 0 under a sanitizer
  std::vector<std::string> descriptors = testing::openDescriptors();
};

/// Makes connections until there have been enough, then waits for the last of them.
class Soak {
 public:
  explicit Soak(std::size_t connections) : connections_(connections) {
    for (const Fate& fate : kFates) {
      visitors_.push_back(std::make_unique<Visitors>(reactor_, fate));
      shares_.insert(shares_.end(), static_cast<std::size_t>(fate.share), visitors_.size() - 1);
    }
    hosts_.protocol = [this] { return std::make_unique<Host>(reactor_, hostsAlive_); };
    for (auto& port : ports_) {
      port = reactor_.listenTCP(0, hosts_, 128, "127.0.0.1");
    }
  }

  void run() {
    reactor_.callLater(Seconds(0), [this] { turn(); });
    reactor_.callLater(Seconds(0), [this] { next(); });
    reactor_.run();
  }

  /// Prints how it went; true if all is well.
  [[nodiscard]] bool report() const;

 private:
  void turn();
  void next();
  void begin();
  [[nodiscard]] std::size_t open() const;

  Seconds now_{0};
  Reactor reactor_{{.clock = [this] { return now_; }}};
  testing::ClosedPort nobody_;
  testing::SilentPort nobodyAnswers_;
  std::size_t connections_;
  std::size_t begun_ = 0;
  std::size_t hostsAlive_ = 0;
  std::vector<std::unique_ptr<Visitors>> visitors_;
  std::vector<std::size_t> shares_;  ///< whose turn it is, in a round of 20
  Factory hosts_;
  std::array<std::shared_ptr<IListeningPort>, 4> ports_;
  std::optional<Usage> before_;  ///< after the first tenth
  std::optional<Usage> after_;
};

/// Called on each turn, so that the loop never sleeps.
void Soak::turn() {
  now_ += kTurn;
  reactor_.callLater(Seconds(0), [this] { turn(); });
}

/// Called every 20 ms.
void Soak::next() {
  reactor_.callLater(kBetweenConnections, [this] { next(); });
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
  std::size_t open = hostsAlive_;
  for (const auto& visitors : visitors_) {
    open += visitors->begun - visitors->ended;
  }
  return open;
}

void Soak::begin() {
  const std::size_t fate = shares_[begun_ % shares_.size()];
  std::uint16_t port = ports_[begun_ % ports_.size()]->getHost().port();
  Seconds timeout = kPatience;
  if (kFates[fate].order == 'f') {
    port = nobody_.port;
  } else if (kFates[fate].order == 't') {
    port = nobodyAnswers_.port;
    timeout = Seconds(0.5);
  }
  reactor_.connectTCP("127.0.0.1", port, *visitors_[fate], timeout);
  ++begun_;
  if (begun_ % 100 == 0) {
    reactor_.listenTCP(0, hosts_, 5, "127.0.0.1")->stopListening();
  }
}

bool Soak::report() const {
  std::size_t ended = 0;
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < kFates.size(); ++i) {
    std::cout << std::setw(8) << visitors_[i]->ended << "  " << kFates[i].name << '\n';
    ended += visitors_[i]->ended - (kFates[i].order == 'f' ? visitors_[i]->ended / 2 : 0);
    wrong += visitors_[i]->wrong;
  }
  const auto growth = static_cast<std::ptrdiff_t>(after_->memory - before_->memory);
  std::cout << std::setw(8) << ended << "  connections in " << now_.count() << " s of their time, "
            << wrong << " of them wrong\n"
            << std::setw(8) << growth << "  bytes of memory more than after the first tenth\n";
  const bool isClosed = after_->descriptors == before_->descriptors;
  std::cout << std::setw(8) << after_->descriptors.size() << "  descriptors, "
            << (isClosed ? "as then" : "and not those of then") << '\n';
  return ended == connections_ && wrong == 0 && isClosed &&
         growth < static_cast<std::ptrdiff_t>(kMemoryTolerance);
}

int soak(int argc, char** argv) {
  const std::size_t connections = argc > 1 ? parseCount(argv[1]) : kHour;
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
