// What happened in a test so far, step by step, and how the test waits for the next event.
//
// A scenario has actors: real programs (ChildProcess), scripted servers and their connections. The
// test calls them from one thread; each call is one step. While a step waits, the scenario reads
// what the programs print, so that no program blocks on a full pipe. A step that fails throws
// ScenarioError with the story: each step with its file and line. GoogleTest prints it.
#pragma once

#include "support/process.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <poll.h>

namespace poetry::testing {

using ChildOptions = SubprocessOptions;
using Stream = StreamKind;

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

/// One step of a story.
struct Step {
  SourceLine where;   ///< of the step; what a program prints is noted at the step before
  std::string actor;  ///< "server 1"
  std::string what;   ///< "sends \"verse\""; "> " or "! " and a line that a program printed
};

/// A step failed. what() is the reason and the story that led to it.
struct ScenarioError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// `bytes` in quotes and on one line, with escapes such as "\n" and "\xe2" for all that is not
/// plain ASCII. The middle of a long text is left out.
std::string escaped(std::string_view bytes);

/// `size` random bytes, the same ones for the same seed.
std::string randomBytes(std::size_t size, unsigned seed);

class Scenario {
 public:
  /// No step waits longer than this. A test that waits so long has failed: the limit is generous,
  /// so that a busy machine does not reach it.
  static constexpr std::chrono::milliseconds kPatience{60'000};

  Scenario() = default;
  ~Scenario() = default;
  Scenario(const Scenario&) = delete;
  Scenario& operator=(const Scenario&) = delete;

  // Both are functions so that `where` is a line of the test. In a call of std::make_unique, the
  // default argument of a constructor would be a line of the standard library.

  /// Starts `program`, a path. A program that cannot be started fails the test.
  std::unique_ptr<ChildProcess> start(const std::string& program,
                                      const std::vector<std::string>& arguments,
                                      const ChildOptions& options = {},
                                      SourceLine where = SourceLine::here());
  /// Connects to a server, as a client: `host` is numeric. Its receive buffer is small, so that a
  /// server that sends some MiB has to wait.
  ScriptedConnection connect(std::uint16_t port, const std::string& host = "127.0.0.1",
                             SourceLine where = SourceLine::here());

  /// From now on no step waits longer than this.
  void setPatience(std::chrono::milliseconds patience) { patience_ = patience; }

  /// Adds a line to the story.
  void note(SourceLine where, std::string_view actor, const std::string& what);

  /// Throws ScenarioError: `what`, and the story so far.
  [[noreturn]] void fail(SourceLine where, const std::string& what);
  /// What the last call of fail() was given; empty if there was none.
  [[nodiscard]] const std::string& failure() const { return failure_; }

  /// All that happened, a line each.
  [[nodiscard]] std::string story() const;
  /// The same, step by step.
  [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }

  /// Waits until `fd` is ready, for events as in poll(2). Returns false if it is not ready and every
  /// program of the scenario has ended. `what` completes "waited for".
  bool waitUnlessEnded(int fd, short events, SourceLine where, const std::string& what);

  /// The same, but fails if `fd` does not become ready.
  void waitFor(int fd, short events, SourceLine where, const std::string& what);

  /// Waits until `condition` holds. Checks it again whenever a program prints, and each millisecond.
  void waitUntil(const std::function<bool()>& condition, SourceLine where, const std::string& what);

  /// True if all that the connections of the scenario have sent has arrived at the other end, read
  /// or not.
  [[nodiscard]] bool allDelivered() const;

  // For the actors, which add and remove themselves.
  void add(ChildProcess& child);
  void remove(ChildProcess& child);
  void add(ScriptedConnection& connection);
  void remove(ScriptedConnection& connection);
  /// "server 1", "server 2", ...
  std::string nextName(const std::string& kind);

 private:
  /// Waits until `fd` is ready (-1: no descriptor), or a program prints or ends, and reads what was
  /// printed. Returns true if `fd` is ready.
  bool waitOnce(int fd, short events, std::chrono::milliseconds limit);

  std::chrono::milliseconds patience_ = kPatience;
  std::vector<Step> steps_;
  std::string failure_;
  std::vector<ChildProcess*> children_;
  std::vector<ScriptedConnection*> connections_;
  std::vector<std::string> names_;
  std::vector<pollfd> polled_;
};

}  // namespace poetry::testing
