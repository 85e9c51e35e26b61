// The server with a fault in it: how one run of it goes, and the faults that it may meet.
#pragma once

#include "support/child_process.hpp"
#include "support/faults.hpp"
#include "support/scenario.hpp"
#include "support/scripted_server.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace poetry::testing {

/// A server with a poem of fifteen bytes, which it sends five at a time, and clients of it.
class ServerParty {
 public:
  /// `folder` is empty, and this party's alone. For `script` see Faults.
  ServerParty(const std::filesystem::path& folder, const std::string& script,
              const ChildOptions& options = {});

  /// Starts it, and waits until it serves or has ended.
  void start(const std::string& numBytes = "5");
  /// Waits until the script has stopped it, lets `act` do something, and has it go on.
  void whileItIsStopped(const std::function<void()>& act);
  /// A client. Nullptr if the server is not there any more.
  ScriptedConnection* connect();
  /// What a client gets: "the poem", "nothing", "a reset after 5 bytes".
  std::string deliveryOf(ScriptedConnection* client);
  /// "serves the next" if it does so, and leaks nothing; otherwise how it has ended.
  std::string afterwards();
  /// Waits for the end: its exit code, or "SIGINT".
  std::string ending();
  /// All it has said on standard error.
  [[nodiscard]] std::string messages();

  [[nodiscard]] const std::filesystem::path& poem() const { return poem_; }
  [[nodiscard]] ChildProcess& program() { return *program_; }
  [[nodiscard]] bool metItsFault() const { return !faults_.met().empty(); }
  [[nodiscard]] std::string story() const { return scenario_.story(); }

 private:
  std::filesystem::path poem_;
  ChildOptions options_;
  Faults faults_;
  Scenario scenario_;
  std::unique_ptr<ChildProcess> program_ = {};
  std::vector<std::string> descriptors_ = {};  ///< that it had open when it began to serve
  std::uint16_t port_ = 0;
  std::list<ScriptedConnection> clients_ = {};
};

struct ServerFault {
  std::string name;    ///< of the test
  std::string what;    ///< the first cell of its row
  std::string script;  ///< see Faults
  ChildOptions options = {};
  /// Plays it and returns what the client gets; without it, a client comes and reads.
  std::function<std::string(ServerParty&)> play = {};
};

/// A fault that can come at any moment: one run for each.
struct ServerSweep {
  std::string name;
  std::string what;
  /// Without their number, as in Sweep.
  std::vector<std::string> scripts;
  bool ends = false;  ///< the server is not to outlive it
};

/// In the order of the page.
const std::vector<ServerSweep>& serverSweeps();
const std::vector<ServerFault>& serverFaults();

}  // namespace poetry::testing
