// A program that is run in order to be measured.
#pragma once

#include "support/process.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace poetry {

using Duration = std::chrono::duration<double>;

/// Reserves a processor core for the measured programs, if there are two: they run on the last core,
/// the driver and the source of poems on the others.
class Cores {
 public:
  /// From now on this process, and what it starts, stays off the last core.
  static void leaveLast();
  /// From now on this process, and what it starts, runs on the last core alone.
  static void takeLast();
};

/// A program under measurement. The destructor kills it.
class MeasuredProgram {
 public:
  /// Starts `command`, a path and its arguments. Throws std::system_error.
  explicit MeasuredProgram(const std::vector<std::string>& command);

  /// Waits for the end, at most two minutes. Throws std::runtime_error unless the exit code is 0.
  ResourceUsage wait();
  /// The time from the start to the end. Only after wait().
  [[nodiscard]] Duration wallTime() const { return wallTime_; }
  /// All that it printed on standard output. Only after wait().
  [[nodiscard]] const std::string& output() const { return output_; }

  /// Stops the program, as Ctrl-Z does, and lets it continue.
  void pause();
  void resume() const;

  /// Waits until it sleeps, as a program does that waits for its descriptors.
  void waitUntilAsleep() const;

  /// Bytes of memory that are its own: neither code nor files.
  [[nodiscard]] double anonymousMemory() const;

 private:
  std::string description_;
  std::chrono::steady_clock::time_point start_;
  Subprocess process_;
  std::string output_;
  Duration wallTime_{0};
};

}  // namespace poetry
