// A program that is run in order to be measured.
#pragma once

#include "net/unique_fd.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace poetry {

using Seconds = std::chrono::duration<double>;

/// What a program took, from its start to its end.
struct Usage {
  Seconds user{0};
  Seconds system{0};
  Seconds wall{0};
  /// Of memory, all kinds. None where that is no more than ours: a program begins as a copy of the one
  /// that starts it, and the system counts that in.
  std::optional<double> peakBytes = {};
};

/// Starts programs on a processor core of their own, where there are two: the last core is theirs,
/// the others are for us and the source of poems.
class Cores {
 public:
  /// From now on this process, and what it starts, keeps off the last core.
  static void leaveLast();
  /// The same for the last core and nothing else.
  static void takeLast();
};

/// A program under measurement. It is killed if it still runs when this goes.
class Process {
 public:
  /// Starts `command`, a path and its arguments. Throws std::system_error.
  explicit Process(const std::vector<std::string>& command);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Waits for the end, two minutes at most. Throws std::runtime_error unless that was exit code 0.
  Usage wait();
  /// All that it printed on standard output. After wait().
  [[nodiscard]] std::string output() const;

  /// Stops it where it stands, and lets it go on. Both wait until that is so.
  void pause();
  void resume() const;

  /// Waits until it sleeps, as a program does that waits for its descriptors.
  void waitUntilAsleep() const;

  /// The memory that is its own: no code, no file. In bytes.
  [[nodiscard]] double anonymousMemory() const;

 private:
  [[nodiscard]] std::string describe() const;

  std::vector<std::string> command_;
  UniqueFd output_;
  std::chrono::steady_clock::time_point start_;
  pid_t pid_ = -1;
  bool ended_ = false;
};

}  // namespace poetry
