// One run of one client, from its start to its end.
#pragma once

#include "comparison.hpp"
#include "process.hpp"
#include "reactor/reactor.hpp"
#include "recording.hpp"
#include "stages.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace poetry {

/// A directory for what one client saves. It goes with everything in it.
class PoemFolder {
 public:
  /// Throws std::system_error.
  PoemFolder();
  ~PoemFolder();
  PoemFolder(const PoemFolder&) = delete;
  PoemFolder& operator=(const PoemFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path poem(std::size_t task) const;

 private:
  std::filesystem::path path_;
};

/// What a run needs to know.
struct RunOrder {
  const Stage& stage;
  std::vector<std::string> addresses;
  std::vector<std::size_t> sizes;                 ///< of the poems
  std::vector<std::filesystem::path> poems = {};  ///< to compare with; none: do not
  Seconds needs{0};      ///< what the servers need at most; the client has that, and
  Seconds patience{10};  ///< so long without any progress before it is killed
  bool trace = false;
};

/// A client on its way: a protocol, whose dataReceived is outReceived.
class ClientRun final : public ProcessProtocol {
 public:
  /// Starts the client. Calls `ended` once, on a later turn, when it has ended: then take() has all
  /// of it. This may be destroyed on any turn after that, but not from inside `ended`, which is a part
  /// of it. Calls `news`, if given, after each piece of output. Throws std::system_error.
  ClientRun(Reactor& reactor, ProcessTable& processes, const RunOrder& order,
            std::function<void()> ended, std::function<void()> news = {});
  ~ClientRun() override;
  ClientRun(const ClientRun&) = delete;
  ClientRun& operator=(const ClientRun&) = delete;

  void outReceived(std::string_view bytes) override { received(Stream::kOutput, bytes); }
  void errReceived(std::string_view bytes) override { received(Stream::kErrors, bytes); }
  void processEnded(const ProcessExit& exit) override;

  [[nodiscard]] Seconds elapsed() const { return reactor_.seconds() - start_; }
  [[nodiscard]] const Recording& recording() const { return recorder_.recording(); }
  /// Moves the result out. After `ended`.
  Run take() { return std::move(run_); }

  /// Has ended, or is being killed.
  [[nodiscard]] bool hasEnded() const { return ended_; }

 private:
  void received(Stream stream, std::string_view bytes);
  void lookAfter();

  Reactor& reactor_;
  RunOrder order_;
  PoemFolder folder_;
  Recorder recorder_;
  Run run_;
  Seconds start_;
  Seconds deadline_;         ///< unless there is progress
  bool isLastLook_ = false;  ///< the deadline has passed; one look more, in case that we are late
  bool ended_ = false;
  std::function<void()> whenEnded_;
  std::function<void()> whenNews_;
  std::shared_ptr<IDelayedCall> watchdog_;
  std::unique_ptr<Process> process_;
};

}  // namespace poetry
