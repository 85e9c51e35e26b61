// One run of one client, from its start to its end.
#pragma once

#include "child.hpp"
#include "cli/stopwatch.hpp"
#include "clients.hpp"
#include "comparison.hpp"
#include "files.hpp"
#include "reactor/reactor.hpp"

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace poetry {

/// What a run needs to know.
struct RunOrder {
  const Client& client;
  std::vector<Poem> poems = {};  ///< with the addresses of their servers
  /// A client that reports nothing new for so long is killed, but not before `needs` and `patience`
  /// have passed since its start. When all its poems have ended, it has at most 5 s to exit.
  Duration patience{10};
  Duration needs{0};
  bool trace = false;
};

/// A running client. Kills it if it makes no progress.
class ClientRun final : public ProcessProtocol {
 public:
  /// Starts the client. Calls `ended` once, when it has ended: then take() returns the result. Must not
  /// be destroyed inside `ended`. Calls `received`, if given, after each piece of output.
  ClientRun(Reactor& reactor, RunOrder order, std::function<void()> ended,
            std::function<void()> received = {});
  ~ClientRun() override;
  ClientRun(const ClientRun&) = delete;
  ClientRun& operator=(const ClientRun&) = delete;

  void outReceived(std::string_view bytes) override { received(Stream::kOutput, bytes); }
  void errReceived(std::string_view bytes) override { received(Stream::kErrors, bytes); }
  void processEnded(const Ending& ending, const ResourceUsage& usage) override;

  [[nodiscard]] const Recording& recording() const { return recorder_.recording(); }
  /// Moves the result out. Only after `ended`.
  Run take() { return std::move(run_); }

  [[nodiscard]] bool hasEnded() const { return ended_; }
  [[nodiscard]] std::map<pid_t, RunningThread> runningThreads() const {
    return child_->runningThreads();
  }
  [[nodiscard]] bool isBusy() const { return !runningThreads().empty(); }
  /// From now on, `needs` counts no longer.
  void expectProgress() { wait(order_.patience); }

 private:
  void received(Stream stream, std::string_view bytes);
  void checkProgress();
  void wait(Duration limit);

  Reactor& reactor_;
  RunOrder order_;
  PoemFolder folder_;
  Recorder recorder_;
  Run run_;
  Stopwatch stopwatch_;
  Duration deadline_;  ///< counted from the start; progress moves it
  bool isLastCheck_ = false;
  bool ended_ = false;
  std::function<void()> whenEnded_;
  std::function<void()> whenReceived_;
  std::shared_ptr<IDelayedCall> watchdog_;
  std::unique_ptr<Child> child_;
};

}  // namespace poetry
