// Is a client asynchronous? The order of events decides, not the time.
//
// The client gets three servers of our own. The first one is silent. The others send in turn, and each
// sends its next chunk only after the client has reported the chunk before. A client that waits for
// one poem at a time stops making progress.
#pragma once

#include "client_run.hpp"
#include "comparison.hpp"
#include "loop.hpp"
#include "reactor/protocol.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace poetry {

/// A server whose every send is a call of send(). To the reactor it is a factory.
class ScriptedPeer final : public Factory {
 public:
  /// Listens at once, on a free port of 127.0.0.1. Calls `connected` when a client has connected.
  /// Refuses further connections. `reactor` must outlive this, and this the run of the reactor.
  ScriptedPeer(Reactor& reactor, std::function<void()> connected);

  [[nodiscard]] std::string address() const { return port_->getHost().toString(); }
  /// Whether a client has connected, even if it has left again.
  [[nodiscard]] bool wasConnected() const { return wasConnected_; }

  void send(std::string_view bytes);
  /// An orderly close, after everything that was sent.
  void close();
  /// Stops listening and resets the connection.
  void abort();

  std::unique_ptr<IProtocol> buildProtocol(const Address& peer) override;

 private:
  class Connection;

  std::function<void()> connected_;
  std::shared_ptr<IListeningPort> port_;
  ITransport* transport_ = nullptr;  ///< null without a connection
  bool wasConnected_ = false;
};

/// Plays the script with one client.
class GatedCheck {
 public:
  /// Starts the client. Calls `done` on the loop with the verdict. `patience`: how long the script waits
  /// for the client's next report. Everything by reference must outlive this, and this the run of the
  /// reactor. Throws std::system_error.
  GatedCheck(Reactor& reactor, const Client& client, Duration patience,
             std::function<void(const Verdict&)> done);
  ~GatedCheck();
  GatedCheck(const GatedCheck&) = delete;
  GatedCheck& operator=(const GatedCheck&) = delete;

 private:
  static constexpr std::size_t kServers = 3;
  static constexpr std::size_t kNone = kServers;

  /// One line of the script: this server sends so many bytes, or closes.
  struct Move {
    std::size_t server;  ///< as an index
    std::size_t bytes;   ///< 0: closes
  };

  static std::vector<Move> script();
  void startClient(const Client& client);
  /// Plays the script up to a chunk that the client has not reported yet.
  void advance();
  void play(const Move& move);
  void giveUp(const std::string& why);
  void stopTimer();
  /// Sends everything that is left, without waiting for reports.
  void release();
  void ended();
  [[nodiscard]] std::size_t reported(std::size_t server) const;
  [[nodiscard]] std::string describeStandstill() const;

  Reactor& reactor_;
  Duration patience_;
  std::function<void(const Verdict&)> done_;
  const std::vector<Move> moves_ = script();
  std::size_t next_ = 0;
  std::size_t waitsFor_ = kNone;  ///< the server whose last chunk has to be reported
  std::array<std::unique_ptr<ScriptedPeer>, kServers> peers_;
  std::array<std::string, kServers> poems_;  ///< all that each server sends
  std::array<std::size_t, kServers> sent_ = {};
  PoemFolder folder_;
  bool released_ = false;
  Verdict verdict_;
  std::vector<Poem> expected_;
  std::shared_ptr<IDelayedCall> timer_;
  std::unique_ptr<ClientRun> run_;
};

/// Checks one client after the other, and prints each verdict.
class CheckRunner {
 public:
  /// Adds the verdicts to `comparison`. Everything by reference must outlive this, and this the run of
  /// the loop, which it ends after the last client.
  CheckRunner(Loop& loop, const std::vector<Client>& clients, Duration patience,
              Comparison& comparison);

  void startNext();

 private:
  void checked(const Verdict& verdict);

  Loop& loop_;
  const std::vector<Client>& clients_;
  Duration patience_;
  Comparison& comparison_;
  std::vector<std::unique_ptr<GatedCheck>>
      checks_;  ///< all of them: a connection refers to its peer
};

}  // namespace poetry
