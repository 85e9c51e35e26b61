// A program that is started, watched and killed if necessary: for tests, tools and benchmarks.
//
// Linux only: it uses pidfd_open(2), close_range(2), prctl(2) and /proc.
#pragma once

#include "net/unique_fd.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/resource.h>
#include <sys/types.h>

namespace poetry {

/// What a standard stream of a program is connected to.
enum class StreamKind {
  kPipe,       ///< a pipe; pipes() has our end of it
  kSameAsOut,  ///< for standard error: the same pipe as standard output, so lines keep their order
  kClosed,     ///< not open, as after `>&-` in a shell
  kFull,       ///< /dev/full: every write fails with "No space left on device"
  kNoReader,   ///< a pipe whose other end is closed
  kNothing,    ///< /dev/null
  kOurs,       ///< what our stream of the same number is connected to
};

struct SubprocessOptions {
  StreamKind input = StreamKind::kNothing;
  StreamKind output = StreamKind::kPipe;
  StreamKind errors = StreamKind::kPipe;
  std::optional<std::size_t> descriptorLimit = {};      ///< RLIMIT_NOFILE: numbers below this one
  bool hardDescriptorLimit = true;                      ///< false: the program may raise it again
  std::string directory = {};                           ///< to run in; empty: ours
  std::map<std::string, std::string> environment = {};  ///< added to our environment
};

/// How a program ended.
struct Ending {
  int exitCode = 0;
  int signal = 0;  ///< not 0: this signal ended the program, and there is no exit code

  static Ending code(int exitCode) { return {exitCode, 0}; }
  static Ending bySignal(int signal) { return {0, signal}; }
  /// "exit code 1", "ended by signal 2 (Interrupt)".
  [[nodiscard]] std::string toString() const;
  bool operator==(const Ending&) const = default;
};

/// Prints toString(): GoogleTest shows values in this way.
std::ostream& operator<<(std::ostream& out, const Ending& ending);

/// What a program used, as wait4(2) counts it: children that it waited for are included.
struct ResourceUsage {
  std::chrono::duration<double> user{0};
  std::chrono::duration<double> system{0};
  std::uint64_t wakeUps = 0;  ///< voluntary context switches: it slept, and something woke it
  /// Resident memory in bytes, at its highest. A program starts as a copy of the program that starts
  /// it, and the kernel counts that copy. If it never needed more, this is empty.
  std::optional<std::size_t> peakMemory = {};
};

/// Ignores and blocks no signal from now on: a program may inherit both from its parent.
void restoreSignals();

/// A program that runs beside us.
///
/// It has a process group of its own and default signal handling, inherits no descriptor but its
/// three streams, and is killed when our thread that started it ends. The destructor kills it and
/// its group. A process that has left the group (setsid(1)) is not found and lives on.
class Subprocess {
 public:
  /// Our ends of the pipes, non-blocking and closed on exec; empty where the stream is no pipe. Move
  /// them out or close them as needed.
  struct Pipes {
    UniqueFd input;
    UniqueFd output;
    UniqueFd errors;
  };

  /// Starts `command`: a program and its arguments. A program without a '/' is looked up in PATH.
  /// Returns when the program runs. Throws std::system_error if it cannot be started; what() then
  /// begins with "cannot start PROGRAM".
  explicit Subprocess(const std::vector<std::string>& command,
                      const SubprocessOptions& options = {});
  ~Subprocess();
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] Pipes& pipes() { return pipes_; }
  [[nodiscard]] const Pipes& pipes() const { return pipes_; }

  /// A descriptor that becomes readable when the program has ended: for poll(2), or as a reader of an
  /// event loop. It lives as long as this object.
  [[nodiscard]] int endDescriptor() const { return end_.get(); }
  /// True once the program has ended. Does not block.
  [[nodiscard]] bool hasEnded() const;
  /// Blocks until the program has ended, and kills what is left of its group.
  const Ending& wait();
  /// What the program used. Only after wait(). If this process is the subreaper of its descendants
  /// (prctl(2)), what it has started in its group counts, too, also if it was killed.
  [[nodiscard]] const ResourceUsage& usage() const { return usage_; }

  /// Sends a signal to the program alone; SIGCONT ends a pause. Nothing happens if it has ended.
  void signal(int number) const;
  /// Sends SIGKILL to the program and its group. Does not wait for the end.
  void kill() const;
  /// Stops the program, as Ctrl-Z does. Blocks until it has stopped; false if it has ended instead.
  bool pause();
  /// True if the program has stopped since the last call of this function or of pause(). Does not block.
  bool hasStopped();

  /// A line of /proc/PID/status: "S (sleeping)" for "State". Empty if there is no such line.
  [[nodiscard]] std::string status(std::string_view name) const;

 private:
  void addUsage(const rusage& usage);

  Pipes pipes_;
  UniqueFd end_;
  pid_t pid_ = -1;
  std::size_t memoryOfCopy_ = 0;  ///< bytes that it had as a copy of us
  std::optional<Ending> ending_;
  ResourceUsage usage_;
};

}  // namespace poetry
