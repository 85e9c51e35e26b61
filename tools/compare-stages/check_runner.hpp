// Checks many clients, some of them at the same time.
#pragma once

#include "gated_check.hpp"
#include "loop.hpp"
#include "options.hpp"

#include <cstddef>
#include <memory>
#include <vector>

namespace poetry {

/// Checks the clients of the options, and prints each verdict.
class CheckRunner {
 public:
  /// Fills in the verdicts of `comparison`, in the order of the clients. Everything by reference must
  /// outlive this, and this the run of the loop, which it ends after the last client.
  CheckRunner(Loop& loop, const CompareOptions& options, Comparison& comparison);

  void start();

 private:
  /// Starts checks until as many run as may run.
  void fill();
  void checked(std::size_t client, Verdict verdict);

  Loop& loop_;
  const CompareOptions& options_;
  Comparison& comparison_;
  std::size_t next_ = 0;
  std::size_t done_ = 0;
  std::vector<std::unique_ptr<GatedCheck>> checks_;  ///< one for each client; null: does not run
};

}  // namespace poetry
