// A child process on the event loop: what it prints and how it ended arrive as callbacks.
// The names are those of twisted.internet.protocol.ProcessProtocol.
#pragma once

#include "reactor/interfaces.hpp"
#include "support/process.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace poetry {

/// Receives what a child process prints. Derive from it.
class ProcessProtocol {
 public:
  virtual ~ProcessProtocol() = default;

  /// Bytes of standard output or standard error: at least one, cut anywhere. `bytes` is valid until
  /// the function returns.
  virtual void outReceived(std::string_view bytes) = 0;
  virtual void errReceived(std::string_view bytes) = 0;

  /// Called once: the program has ended, and everything that it printed has been delivered.
  virtual void processEnded(const Ending& ending, const ResourceUsage& usage) = 0;
};

/// A thread that is running or ready to run.
struct RunningThread {
  bool isOfJava = false;  ///< a compiler or garbage collector of Java's virtual machine
  Duration cpu{0};        ///< the CPU time that it has used
};

/// A running program and the descriptors by which the reactor watches it.
///
/// The destructor kills the program and its process group. A process that has left the group is not
/// found and lives on. Must not be destroyed inside a function of its protocol.
class Child {
 public:
  /// Starts `command`, a program and its arguments, with empty standard input. With `joinErrors`,
  /// standard error goes to outReceived, too, so that the lines of both keep their order. It runs in
  /// `directory`, or in ours. `reactor` and `protocol` must outlive this. Throws std::system_error if
  /// the program cannot be started.
  Child(IReactorFDSet& reactor, ProcessProtocol& protocol, const std::vector<std::string>& command,
        bool joinErrors = false, const std::string& directory = {});
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Sends SIGKILL to the program and its process group. The protocol is called at its end, as usual.
  void kill() const { process_.kill(); }
  /// The threads in its process group that are running, by their numbers.
  [[nodiscard]] std::map<pid_t, RunningThread> runningThreads() const;

 private:
  class Output;
  class End;
  void deliverEnd();

  ProcessProtocol& protocol_;
  Subprocess process_;
  std::unique_ptr<Output> output_;
  std::unique_ptr<Output> errors_;
  std::unique_ptr<End> end_;
};

}  // namespace poetry
