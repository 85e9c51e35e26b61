// What every client prints. The lines are the same in every lesson.
#pragma once

#include "cli/options.hpp"
#include "net/address.hpp"
#include "net/socket.hpp"

#include <chrono>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace poetry {

/// Prints what happens to each task, saves the poems where --output says, and counts them.
///
/// Tasks are numbered from 1, in the order of the command line. Lines are printed as events happen;
/// failures go to standard error. No function throws if something can't be printed or saved: it
/// reports that, the other poems go on, and exitCode() is 1.
class Report {
 public:
  Report(const ProgramInfo& program, const ClientOptions& options);

  /// "Task 1: get poetry from: localhost:10000". Left out by --quiet.
  void getting(int task, const HostPort& from) const;

  /// "Task 1: got 30 bytes of poetry from 127.0.0.1:10000": one chunk. Left out by --quiet.
  void got(int task, std::size_t bytes, const Address& from) const;

  /// The same with "in 0:00:10.126361" at the end: a complete poem. Printed with --quiet, too.
  void gotAll(int task, std::size_t bytes, const Address& from,
              std::chrono::nanoseconds elapsed) const;

  /// "Task 1 finished". Left out by --quiet.
  void finished(int task) const;

  /// "Task 1: failed to connect to 127.0.0.1:10000: Connection refused".
  void failedToConnect(int task, const HostPort& to, const std::string& why) const;

  /// "Task 1: connection to 127.0.0.1:10000 lost after 120 bytes: Connection reset by peer".
  void lost(int task, const Address& from, std::size_t bytes, const std::string& why) const;

  /// Counts a complete poem, and saves it if --output was given. Prints nothing, unless it cannot
  /// be saved. Keeps no reference to `poem`.
  void complete(int task, const std::string& poem);

  /// "Task 1: 3003 bytes of poetry" for each complete poem, in the order of the tasks.
  void poems() const;

  /// The last line: "Got 3 poems in 0:00:10.134220", or "Got 2 of 3 poems in …".
  void total(std::chrono::nanoseconds elapsed) const;

  /// 0 when every task is complete and saved as asked, else 1.
  [[nodiscard]] int exitCode() const;

 private:
  std::string program_;
  bool quiet_;
  std::filesystem::path output_;
  std::vector<std::optional<std::size_t>> sizes_;  ///< of each poem, once it is complete
  std::size_t complete_ = 0;
  bool allSaved_ = true;
};

/// connectTo(), for the clients that end at the first server that does not answer. Blocks as
/// connectTo() does. Throws std::runtime_error, whose what() is the line of
/// Report::failedToConnect. If the program does not catch it, runClient prints it.
Connection connectTask(int task, const HostPort& to);

/// The reason of a failure, without the name of the system call: "Connection refused" for a
/// std::system_error, what() for any other exception.
std::string describe(const std::exception& error);

}  // namespace poetry
