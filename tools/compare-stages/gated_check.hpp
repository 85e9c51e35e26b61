// Is a client asynchronous? The order of events decides, not the time.
//
// The client gets three servers of our own. The first one is silent. The others send in turn, and each
// sends its next chunk only after the client has reported something of the chunk before. A client that
// waits for one poem at a time stops making progress. Then the check finds out why.
#pragma once

#include "check_verdict.hpp"
#include "client_run.hpp"
#include "comparison.hpp"
#include "scripted_peer.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace poetry {

/// Plays the script with one client.
class GatedCheck {
 public:
  /// Starts the client. Calls `done` on the loop with the verdict. `patience`: how long the script waits
  /// for the client's next report. For the first connection it waits at least 20 s. Everything by
  /// reference must outlive this, and this the run of the reactor. Throws std::system_error.
  GatedCheck(Reactor& reactor, const Client& client, Duration patience,
             std::function<void(Verdict)> done);
  ~GatedCheck();
  GatedCheck(const GatedCheck&) = delete;
  GatedCheck& operator=(const GatedCheck&) = delete;

 private:
  static constexpr std::size_t kServers = Observed::kServers;
  static constexpr std::size_t kNone = kServers;

  /// What the check is doing.
  enum class Phase {
    kSilent,    ///< server 1 is silent
    kIdle,      ///< all is reported, and server 1 is still silent: does the client sleep?
    kFinish,    ///< server 1 sends its poem
    kLate,      ///< a connection is missing: does it come if no server sends?
    kProbe,     ///< a report is missing, and the other servers send a chunk: what does it report?
    kRest,      ///< then the server whose chunk is missing sends its rest: does it report that?
    kReleased,  ///< everything is sent, without waiting for reports
  };

  /// One line of the script: this server sends so many bytes, or closes.
  struct Move {
    std::size_t server;  ///< as an index
    std::size_t bytes;   ///< 0: closes
  };

  static std::vector<Move> script();
  void writePoems();
  void startClient(const Client& client);
  /// Plays the script up to a chunk that the client has not reported yet.
  void advance();
  void play(const Move& move);
  void startTimer(Duration delay, void (GatedCheck::*expired)());
  void stopTimer();
  void standstill();
  void lookAtProbe();
  void lookAtRest();
  void lookWhetherItSleeps();
  /// Sends everything that is left, without waiting for reports.
  void release();
  void sendRest(std::size_t server);
  void ended();
  [[nodiscard]] std::size_t reported(std::size_t server) const;
  [[nodiscard]] bool hasReportedNothing() const;
  [[nodiscard]] bool isWaiting() const;
  [[nodiscard]] Observed::Flags connected() const;
  /// The first line with bytes, of this server or of any, that the client printed after the
  /// standstill.
  [[nodiscard]] std::optional<ReportLine> nextReport(const Recording& recording,
                                                     std::optional<std::size_t> server = {}) const;

  Reactor& reactor_;
  Duration patience_;
  std::function<void(Verdict)> done_;
  const std::vector<Move> moves_ = script();
  Phase phase_ = Phase::kSilent;
  std::size_t next_ = 0;
  std::size_t waitsFor_ = kNone;    ///< the server whose last chunk has to be reported
  std::size_t reportedBefore_ = 0;  ///< of this server, before that chunk
  bool isStarting_ = true;          ///< it has connected to no server
  std::size_t linesBefore_ = 0;     ///< lines that the client had printed at the standstill
  int probes_ = 0;                  ///< how often the chunk of the probe was found unread
  int extensions_ = 0;              ///< of the patience with the present chunk
  std::size_t sentBefore_ = 0;      ///< what `seen_.stuck` had sent at the standstill
  std::map<pid_t, Duration> cpu_;   ///< of each thread, at the last look in Phase::kIdle
  Duration idleCpu_{0};             ///< of all threads since the first look
  Duration looked_{0};              ///< how long Phase::kIdle has lasted
  int timesAsleep_ = 0;             ///< how often no thread ran when the check looked
  std::array<std::unique_ptr<ScriptedPeer>, kServers> peers_;
  std::array<std::string, kServers> poems_;  ///< all that each server sends
  PoemFolder folder_;
  Observed seen_;
  Verdict verdict_;
  std::vector<Poem> expected_;
  std::shared_ptr<IDelayedCall> timer_;
  std::unique_ptr<ClientRun> run_;
};

}  // namespace poetry
