// The faults that the server can meet, and what the server does when one of them happens.
#pragma once

#include "page.hpp"

#include <string>
#include <vector>

namespace poetry::testing {

class ServerRun;

struct ServerFault {
  std::string name;    ///< of its test
  std::string title;   ///< the first cell of its row
  std::string script;  ///< see Faults
  bool ends = false;   ///< the fault ends the server
  /// Returns what the first client receives. Without it, a client connects and reads the poem.
  std::string (*play)(ServerRun& run) = nullptr;
};

/// In the order of the page.
const std::vector<ServerFault>& serverFaults();

/// Runs the server with a first client, then with a second one if the fault does not end it. Fails the
/// test if the server leaks a descriptor, or if a connection has an orderly close without the whole
/// poem. The cells: standard error, what the first client receives, what the server does afterwards.
Outcome outcomeOf(const ServerFault& fault);

}  // namespace poetry::testing
