// The faults that a client may meet, each as a plan: what is different from a download that goes
// well.
#pragma once

#include "support/client_test.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace poetry::testing {

/// A client is asked for three poems. The fault is in the second, and the third does not begin
/// before the fault has had its effect.
struct Plan {
  /// Of the second task; empty: a server that sends `poem` in two parts.
  std::string address = {};
  /// For Faults. '#' stands for the number of the task with the fault.
  std::string script = {};
  ChildOptions options = {};
  std::vector<std::string> words = {};  ///< on the command line, before the addresses
  /// No other poems beside: for faults of calls that nobody can assign to one task.
  bool alone = false;
  std::string poem = "the second";
  bool inOnePart = false;  ///< sent as fast as the client reads; for a long poem
  /// Plays the second server; without it, it sends `poem`.
  std::function<void(ScriptedConnection&)> serve = {};
  bool arrives = true;     ///< the second poem is complete
  bool staysOpen = false;  ///< the second connection is still there when all else is done
  /// For runs by the dozen: the last poem is left out, nobody waits until the client is idle, and no
  /// sanitizer looks for leaks at the end, which takes it as long as the run.
  bool brisk = false;
  bool pauses = false;  ///< the client is stopped, and goes on, whenever it waits for us
  int signal = 0;       ///< sent to the client when it waits for us and nothing else happens
  /// Prepares the folder of --output, which is not there yet, for a fault in this task.
  std::function<void(const std::filesystem::path& folder, int task)> prepare = {};
  std::shared_ptr<void> keeps = {};  ///< for as long as the client runs
};

/// A sanitizer is in this program, and in those that it starts.
#if defined(__SANITIZE_ADDRESS__)  // g++
constexpr bool kHasSanitizer = true;
#elif defined(__has_feature)  // clang++
constexpr bool kHasSanitizer = __has_feature(address_sanitizer);
#else
constexpr bool kHasSanitizer = false;
#endif

struct ClientFault {
  std::string section;  ///< of the page
  std::string name;     ///< of the test: "Refused"
  std::string what;     ///< the first cell of its row: "refused"
  Plan (*plan)(const ClientUnderTest& client);
};

/// A fault that can come at any moment of a download that goes well otherwise: one run for each.
struct Sweep {
  std::string name;
  std::string what;
  /// Scripts without their number: "recv:EINTR@" is run as "recv:EINTR@1", "recv:EINTR@2" and so
  /// on, until one run has no such call any more. Of several rules, the last is the one.
  std::vector<std::string> scripts;
  /// The calls, of those in `scripts`, that this client makes: its runs must meet one of each.
  std::set<std::string> (*callsOf)(const ClientUnderTest& client);
  /// Runs that go with them: for faults that find the client asleep.
  std::vector<Plan> others;
};

/// In the order of the page.
const std::vector<ClientFault>& clientFaults();

const std::vector<Sweep>& sweeps();

/// The call in the last rule of a script: "recv" in "recv:EINTR@".
std::string callOf(const std::string& script);

/// A client on the reactor that connects without waiting, and outlives what cannot be reached.
bool isPatient(const ClientUnderTest& client);

}  // namespace poetry::testing
