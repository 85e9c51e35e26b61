// Runs one client after the other against the same servers.
#pragma once

#include "client_run.hpp"
#include "comparison.hpp"
#include "loop.hpp"
#include "options.hpp"
#include "servers.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>

namespace poetry {

/// Fills in a comparison: starts the servers, then runs each client in turn. Prints a line for each
/// run. If the loop view is wanted, reactor clients run a second time, with --trace.
class ComparisonRunner {
 public:
  /// Everything by reference must outlive this.
  ComparisonRunner(Loop& loop, const CompareOptions& options, const std::filesystem::path& programs,
                   Comparison& comparison);

  /// Starts the servers, and from then on each end begins the next run. After the last one the loop
  /// ends.
  void start();

 private:
  void startNext();
  void startRun(bool trace);
  void measured();
  void traced();
  void goOn();

  Loop& loop_;
  const CompareOptions& options_;
  Comparison& comparison_;
  Servers servers_;
  std::size_t next_ = 0;
  std::unique_ptr<ClientRun> run_;
};

}  // namespace poetry
