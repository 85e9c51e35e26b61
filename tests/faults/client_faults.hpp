// The faults that a client can meet, and what a client does when one of them happens.
#pragma once

#include "page.hpp"
#include "support/client_test.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace poetry::testing {

/// What is different from three downloads that succeed. The fault is in the second one.
struct ClientSetup {
  std::string script = {};          ///< see Faults
  std::string reactor2Script = {};  ///< for reactor-client-2, if it needs another one
  Stream output = Stream::kPipe;
  /// Returns the address of the second task, where no server accepts. Without it, there is a scripted
  /// server, and the client connects to it or ends.
  std::string (*address)() = nullptr;
  /// Plays the second server. Without it, the server sends its poem in two parts and closes.
  void (*serve)(ScriptedConnection& connection) = nullptr;
  /// Called before the client starts, with the directory of --output, which does not exist yet.
  void (*prepare)(const std::filesystem::path& directory) = nullptr;
  /// What arrives as the second poem. Without a value, the second download fails.
  std::optional<std::string> poem = {};
  /// The second server never closes. When the client waits for nothing else, it gets Ctrl-C.
  bool interrupt = false;
};

struct ClientFault {
  std::string section;  ///< the heading of its table
  std::string name;     ///< of its test
  std::string title;    ///< the first cell of its row
  ClientSetup setup;
};

/// In the order of the page.
const std::vector<ClientFault>& clientFaults();

/// All clients but reactor-client-2-stack, which ends when the first bytes arrive.
const std::vector<ClientUnderTest>& clients();

/// Runs the client from the command line to the exit code. Fails the test if the client leaks a
/// connection, reports or saves a poem that did not arrive, or loses one that did. The cells: standard
/// error, the last line of standard output, the exit code.
Outcome outcomeOf(const ClientFault& fault, const ClientUnderTest& client);

}  // namespace poetry::testing
