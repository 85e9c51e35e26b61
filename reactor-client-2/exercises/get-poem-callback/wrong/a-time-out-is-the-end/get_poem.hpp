// getPoem: asks for one poem, and passes it to the code that asked.
//
// In lesson 5 the protocol itself knows what happens to a complete poem. Here it does not: the caller
// of getPoem passes a function, the callback, and getPoem calls that function with the result.
#pragma once

#include "reactor/protocol.hpp"
#include "reactor/reactor.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace poetry {

/// How a download ended: with the poem, or with the reason why there is none.
struct PoemResult {
  std::string poem = {};
  std::optional<Failure> failure = {};
};
using PoemCallback = std::function<void(const PoemResult&)>;

/// Collects the bytes of a poem. Its factory decides what happens to them.
class PoemProtocol : public Protocol {
 public:
  explicit PoemProtocol(std::string& poem) : poem_(poem) {}
  void dataReceived(std::string_view bytes) override { poem_ += bytes; }

 private:
  std::string& poem_;  // owned by the factory, which lives longer
};

/// One download.
///
/// When getPoem has returned, no other object owns the factory: the reactor only borrows it. So it
/// owns itself, from the first attempt to connect until its connection has ended.
class PoemFactory : public ClientFactory, public std::enable_shared_from_this<PoemFactory> {
 public:
  PoemFactory(Reactor& reactor, PoemCallback done) : reactor_(reactor), done_(std::move(done)) {}

  void connect(const HostPort& server, std::optional<Duration> limit) {
    connector_ = reactor_.connectTCP(server.host, server.port, *this);
    if (limit) {
      timer_ = reactor_.callLater(*limit, [this] { giveUp(); });
    }
  }

  void startFactory() override { self_ = shared_from_this(); }
  std::unique_ptr<IProtocol> buildProtocol(const Address& /*peer*/) override {
    return std::make_unique<PoemProtocol>(poem_);
  }
  void clientConnectionFailed(IConnector& /*connector*/, const Failure& reason) override {
    finish(reason);
  }
  void clientConnectionLost(IConnector& /*connector*/, const Failure& reason) override {
    finish(reason);
  }
  /// Not destroyed here: it must live until doStop, which calls this, has returned. The timer keeps it
  /// until the next iteration of the loop.
  void stopFactory() override {
    reactor_.callLater(Duration(0), [self = std::move(self_)] {});
  }

 private:
  void giveUp() { connector_->disconnect(); }

  void finish(const Failure& reason) {
    if (timer_ && timer_->active()) {
      timer_->cancel();
    }
    if (reason.check<ConnectionDone>()) {
      done_({.poem = poem_});
    } else {
      done_({.failure = reason});
    }
  }

  Reactor& reactor_;
  PoemCallback done_;
  std::string poem_;
  std::shared_ptr<IConnector> connector_;
  std::shared_ptr<IDelayedCall> timer_;  // if there is a limit
  std::shared_ptr<PoemFactory> self_;
};

/// Downloads a poem from `server`, and calls `done` once: with the poem, or with the reason why there
/// is none. Does not block, and never calls `done` before it returns. Does not stop the reactor.
///
/// The download fails with TimeoutError if the poem is not complete when `limit` has passed. It
/// fails with ConnectionLost or ConnectError if the reactor stops. The reactor must run: without it,
/// `done` is never called, and the factory is never destroyed.
inline void getPoem(Reactor& reactor, const HostPort& server, PoemCallback done,
                    std::optional<Duration> limit = {}) {
  std::make_shared<PoemFactory>(reactor, std::move(done))->connect(server, limit);
}

}  // namespace poetry
