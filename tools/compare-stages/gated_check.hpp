// Is a client asynchronous? Decided by the order of events, not by time.
//
// Three servers of our own. The first one is silent. The others send in turn, and each chunk only
// after the client has reported the one before: who waits for one poem at a time stands still.
#pragma once

#include "client_run.hpp"
#include "comparison.hpp"
#include "process.hpp"
#include "reactor/protocol.hpp"
#include "reactor/reactor.hpp"
#include "stages.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace poetry {

/// A server that sends what it is told, when it is told. To the reactor it is a factory.
class Gate final : public Factory {
 public:
  /// Listens at once, at a free port of this machine. Calls `connected` when the client has come; only
  /// the first connection counts. `reactor` outlives this, and this outlives the run of the reactor.
  Gate(Reactor& reactor, std::function<void()> connected);

  [[nodiscard]] std::string address() const { return port_->getHost().toString(); }
  [[nodiscard]] bool isConnected() const { return wasConnected_; }

  void send(std::string_view bytes);
  /// An orderly end, after what was sent.
  void close();
  /// Nobody is served any more.
  void shut();

  std::unique_ptr<IProtocol> buildProtocol(const Address& peer) override;

 private:
  class Visitor;

  std::function<void()> connected_;
  std::shared_ptr<IListeningPort> port_;
  ITransport* transport_ = nullptr;  ///< of the client, as long as it is there
  bool wasConnected_ = false;
};

/// Plays the script with one client.
class GatedCheck {
 public:
  /// Starts the client. Calls `done` on the loop with the verdict. `patience` is how long a client that
  /// stands still is waited for, and no more: a slow one that goes on passes. Everything outlives this,
  /// and this outlives the run of the reactor. Throws std::system_error.
  GatedCheck(Reactor& reactor, ProcessTable& processes, const Stage& stage, Seconds patience,
             std::function<void(const Verdict&)> done);
  ~GatedCheck();
  GatedCheck(const GatedCheck&) = delete;
  GatedCheck& operator=(const GatedCheck&) = delete;

 private:
  static constexpr std::size_t kServers = 3;

  /// One line of the script: this server sends so many bytes, or closes.
  struct Move {
    std::size_t server;  ///< as an index
    std::size_t bytes;   ///< 0: closes
  };

  static std::vector<Move> script();
  [[nodiscard]] bool isAtEnd() const { return next_ == moves_.size(); }
  /// What is sent so far has been reported.
  [[nodiscard]] bool isReported(std::size_t server) const;
  /// The server of which more was reported than it has sent; none as a rule.
  [[nodiscard]] std::optional<std::size_t> reportedTooMuch() const;

  void startClient(const Stage& stage);
  /// Goes on with the script as far as it goes now.
  void advance();
  void play(const Move& move);
  void giveUp(const std::string& why);
  void stopTimer();
  /// Lets the client have all that is left, in no order.
  void release();
  void ended();
  [[nodiscard]] std::string describeStandstill() const;

  Reactor& reactor_;
  ProcessTable& processes_;
  Seconds patience_;
  std::function<void(const Verdict&)> done_;
  std::vector<Move> moves_ = script();
  std::size_t next_ = 0;
  std::size_t waitsFor_ =
      kServers;  ///< the server whose last chunk has to be reported; or nobody's
  std::array<std::unique_ptr<Gate>, kServers> gates_;
  std::array<std::string, kServers> poems_;  ///< all that each server sends
  std::array<std::size_t, kServers> sent_ = {};
  PoemFolder folder_;
  bool released_ = false;
  Verdict verdict_;
  StageResult result_;
  std::vector<Poem> expected_;
  std::shared_ptr<IDelayedCall> timer_;
  std::unique_ptr<ClientRun> run_;
};

/// Checks one client after the other.
class CheckRunner {
 public:
  /// Everything outlives this, and this outlives the run of the reactor. Calls `began` before, and
  /// `verdict` after each client, and `done` after the last one.
  CheckRunner(Reactor& reactor, ProcessTable& processes, const std::vector<Stage>& stages,
              Seconds patience, std::function<void(const Stage&)> began,
              std::function<void(const Verdict&)> verdict, std::function<void()> done);

  void startNext();

 private:
  Reactor& reactor_;
  ProcessTable& processes_;
  const std::vector<Stage>& stages_;
  Seconds patience_;
  std::function<void(const Stage&)> began_;
  std::function<void(const Verdict&)> verdict_;
  std::function<void()> done_;
  std::vector<std::unique_ptr<GatedCheck>> checks_;  ///< all of them: connections may refer to them
};

}  // namespace poetry
