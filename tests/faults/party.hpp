// One download with a fault in it, from the command line to the exit code: plays it, checks what
// must hold whatever goes wrong, and says in a few words what the client has said.
#pragma once

#include "plan.hpp"
#include "support/faults.hpp"
#include "support/scenario.hpp"
#include "support/scripted_server.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

namespace poetry::testing {

/// What the page says about a run: the cells of a row, as the reader sees them.
struct Cells {
  std::string says;  ///< on standard error, without the program's name
  std::string last;  ///< line of standard output, if it is one that sums up
  std::string ends;  ///< "0", "SIGINT"

  bool operator==(const Cells&) const = default;
};

/// For GoogleTest.
void PrintTo(const Cells& cells, std::ostream* out);

/// Plays a Plan once.
class Party {
 public:
  /// `folder` is empty, and this party's alone.
  Party(const ClientUnderTest& client, Plan plan, std::filesystem::path folder);

  /// Runs the client to its end. What does not hold fails the test.
  Cells run();

  /// The faults that it met; see Faults.
  [[nodiscard]] std::vector<std::string> faultsMet() const { return faults_.met(); }
  [[nodiscard]] std::string story() const { return scenario_.story(); }

 private:
  [[nodiscard]] std::vector<std::string> arguments() const;
  /// The next client at `server`; nullptr when the program waits for somebody else, or has ended.
  ScriptedConnection* callerOf(ScriptedServer& server);
  /// Until the program waits for us, or has ended.
  void settle();
  void serve(ScriptedServer& server, const std::string& poem, int task);
  void serveFaulty();
  void waitForChunk(std::size_t bytes);
  void serveLast();
  std::string interrupt();
  void checkReport() const;
  void checkFiles() const;
  [[nodiscard]] std::string messages();
  [[nodiscard]] std::string lastLine();
  [[nodiscard]] bool isStack() const;
  [[nodiscard]] bool hasLast() const;

  ClientUnderTest client_;
  Plan plan_;
  std::filesystem::path folder_;
  int task_;  ///< the one with the fault
  Faults faults_;
  Scenario scenario_;
  ScriptedServer first_;
  ScriptedServer faulty_;
  ScriptedServer last_;
  std::map<int, std::string> arrived_ = {};  ///< what we have sent in full, by task
  std::unique_ptr<ChildProcess> program_ = {};
};

}  // namespace poetry::testing
