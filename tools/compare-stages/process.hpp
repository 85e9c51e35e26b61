// Programs that the reactor looks after: what they print comes to a protocol, and so does their end.
// The names are those of twisted.internet.protocol.ProcessProtocol and reactor.spawnProcess.
#pragma once

#include "net/unique_fd.hpp"
#include "reactor/interfaces.hpp"
#include "signal_pipe.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace poetry {

/// How a program ended, and what it cost by the system's own books.
struct ProcessExit {
  int exitCode = 0;
  int signal = 0;             ///< not 0: a signal ended it, and there is no exit code
  std::uint64_t wakeUps = 0;  ///< voluntary context switches: it slept, and something woke it
  Seconds user{0};
  Seconds system{0};
  /// Bytes. A program begins as a copy of the one that starts it, and the system counts that in; so
  /// there is none where it never needed more than that.
  std::optional<std::size_t> peakMemory = {};
};

/// What is done with a program's output. Derive from it.
class ProcessProtocol {
 public:
  virtual ~ProcessProtocol() = default;

  /// Some bytes of its standard output, or of its standard error: never none, cut anywhere. The
  /// view is good until you return.
  virtual void outReceived(std::string_view /*bytes*/) {}
  virtual void errReceived(std::string_view /*bytes*/) {}

  /// It is over: the program has ended, all that it printed has been delivered. Comes once.
  virtual void processEnded(const ProcessExit& exit) = 0;
};

struct ProcessOptions {
  /// Both streams in one pipe, so that the order of their lines is kept; all comes to outReceived.
  bool joinErrors = false;
};

class ProcessTable;

/// A program that runs. Whoever has it owns it: when this goes, so does the program.
///
/// It has a process group of its own, and what it leaves behind there is killed together with it,
/// or when it ends. What it has started and what leaves the group, as setsid(1) and shells with job
/// control do, is not found any more, and lives on. It must not be destroyed from inside its
/// protocol's functions.
class Process {
 public:
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// SIGKILL for the program and for its whole group. The protocol is told the end as always.
  void kill() const;

  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  friend class ProcessTable;
  class Pipe;

  Process(ProcessTable& table, ProcessProtocol& protocol);
  void start(const std::vector<std::string>& command, const ProcessOptions& options);
  void noticeEnd();
  void hearOfBirth();

  ProcessTable& table_;
  ProcessProtocol& protocol_;
  std::unique_ptr<Pipe> output_;
  std::unique_ptr<Pipe> errors_;
  UniqueFd birth_;         ///< brings what it said before it was the program
  std::size_t floor_ = 0;  ///< of its peak memory: what it had as a copy of us
  std::string name_;
  pid_t pid_ = -1;
};

/// Starts programs, and learns of their ends: by SIGCHLD, which every POSIX system has.
class ProcessTable {
 public:
  /// Both must outlive this, and this must outlive the programs.
  ProcessTable(IReactorTransports& reactor, SignalPipe& signals);
  ~ProcessTable() = default;
  ProcessTable(const ProcessTable&) = delete;
  ProcessTable& operator=(const ProcessTable&) = delete;

  /// Starts `command`, a program and its arguments; without a '/' in it, the program is looked for
  /// as the shell does. Standard input is empty. Does not wait: that a program cannot be started is
  /// told as its end, with exit code 127 as the shell has it, after the reason came to errReceived.
  /// `protocol` must outlive the process. Throws std::system_error if the system has no room for
  /// another process or pipe.
  std::unique_ptr<Process> spawnProcess(ProcessProtocol& protocol,
                                        const std::vector<std::string>& command,
                                        const ProcessOptions& options = {});

 private:
  friend class Process;

  void noticeEnds();

  IReactorTransports& reactor_;
  std::vector<Process*> processes_;
};

}  // namespace poetry
