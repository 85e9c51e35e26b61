// The thread that runs through a test: what happened so far, in order, and how to wait for more.
//
// A scenario has actors: real programs (ChildProcess), scripted servers and their connections.
// The test is the director, in one thread: each call is one step, and while a step waits, the
// scenario takes in what the programs print, so that none of them stands still before a full pipe.
// A step that fails throws ScenarioError with the whole story, bytes escaped, file and line of
// each step; GoogleTest prints it.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <poll.h>

namespace poetry::testing {

class ChildProcess;
class ScriptedConnection;

/// Where a step stands in the test. As a default argument it is the place of the call.
/// (clang 14 has no std::source_location.)
struct SourceLine {
  const char* file;
  int line;

  static constexpr SourceLine here(const char* file = __builtin_FILE(),
                                   int line = __builtin_LINE()) {
    return {file, line};
  }
};

/// A step failed. what() is the reason and the story that led to it.
struct ScenarioError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// `bytes` in quotes and on one line, all that is not plain ASCII as in "\n" and "\xe2"; the
/// middle is left out when there is much of it.
std::string escaped(std::string_view bytes);

/// `size` random bytes, the same ones for the same seed: no byte value and no run is left out.
std::string randomBytes(std::size_t size, unsigned seed);

class Scenario {
 public:
  /// No step waits longer than this. It is there so that a broken program cannot stop the tests,
  /// and no test may depend on it: one that gets this far has failed.
  static constexpr std::chrono::seconds kSafetyLimit{30};

  Scenario() = default;
  ~Scenario() = default;
  Scenario(const Scenario&) = delete;
  Scenario& operator=(const Scenario&) = delete;

  /// Adds a line to the story.
  void note(SourceLine where, std::string_view who, const std::string& what);

  /// Throws ScenarioError: `what`, and the story so far.
  [[noreturn]] void fail(SourceLine where, const std::string& what) const;

  /// All that happened, a line each.
  [[nodiscard]] std::string story() const;

  /// Waits until one of `fds` is ready. Returns false when that cannot happen any more because
  /// every program of the scenario has ended. `what` completes "waited for".
  bool waitForAny(std::span<pollfd> fds, SourceLine where, const std::string& what);

  /// The same for one descriptor, and it is a failure when the programs have ended.
  void waitFor(int fd, short events, SourceLine where, const std::string& what);

  /// Waits until `condition` holds, by looking again each millisecond.
  void waitUntil(const std::function<bool()>& condition, SourceLine where, const std::string& what);

  /// True when all that the connections of the scenario have sent has arrived at the other end,
  /// where it may lie unread.
  [[nodiscard]] bool allDelivered() const;

  // For the actors, which sign in and out by themselves.
  void add(ChildProcess& child);
  void remove(ChildProcess& child);
  void add(ScriptedConnection& connection);
  void remove(ScriptedConnection& connection);
  /// "server 1", "server 2", ...
  std::string nextName(const std::string& kind);

 private:
  /// Takes in what the programs have printed, after waiting for that or for `fds` for a moment.
  void turn(std::span<pollfd> fds, std::chrono::milliseconds patience);

  std::vector<std::string> story_;
  std::vector<ChildProcess*> children_;
  std::vector<ScriptedConnection*> connections_;
  std::vector<std::string> names_;
  std::vector<pollfd> polled_;
};

}  // namespace poetry::testing
