// Runs one client after the other against the same servers.
#pragma once

#include "client_run.hpp"
#include "comparison.hpp"
#include "options.hpp"
#include "process.hpp"
#include "progress.hpp"
#include "servers.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace poetry {

/// Fills in a comparison: servers, then each stage in turn; then those on the reactor once more with
/// --trace, if somebody wants to see their loop.
class StageRunner {
 public:
  /// Everything outlives this. Calls `done` on the loop, once, when all have run; `failed` with the
  /// reason if it cannot go on.
  StageRunner(Reactor& reactor, ProcessTable& processes, const CompareOptions& options,
              const std::filesystem::path& programs, Comparison& comparison, Progress& progress,
              std::function<void()> done, std::function<void(const std::string&)> failed);

  /// Starts the servers; the rest follows by itself.
  void start();

 private:
  void startNext();
  void startRun(bool trace);
  void measured();
  void traced();
  /// The next one: at once, or when the servers have noticed that a client left in mid-poem.
  void goOn();
  void reportProgress();

  Reactor& reactor_;
  ProcessTable& processes_;
  const CompareOptions& options_;
  Comparison& comparison_;
  Progress& progress_;
  std::function<void()> done_;
  std::function<void(const std::string&)> failed_;
  Servers servers_;
  std::size_t next_ = 0;
  std::unique_ptr<ClientRun> run_;
};

}  // namespace poetry
