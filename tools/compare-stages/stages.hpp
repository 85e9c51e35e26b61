// Who is compared: the stages of the lessons, and the clients of others.
#pragma once

#include "comparison.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace poetry {

/// A client that can be run.
struct Stage {
  std::string name;
  Model model = Model::kUnknown;
  std::vector<std::string> command;  ///< of ours: the program
  std::string shellCommand = {};     ///< of others: what --client says
  /// Whether it should turn out to be asynchronous; a client that somebody brings should.
  bool shouldBeAsynchronous = true;

  [[nodiscard]] bool isOurs() const { return shellCommand.empty(); }
  /// Has it got a place where it saves its poems?
  [[nodiscard]] bool savesPoems() const;
  /// The command line for a run: with these addresses, and a directory for the poems.
  [[nodiscard]] std::vector<std::string> commandLine(const std::vector<std::string>& addresses,
                                                     const std::filesystem::path& output,
                                                     bool trace) const;
};

/// The stages of the lessons, whose programs lie in this directory.
std::vector<Stage> ourStages(const std::filesystem::path& programs);

/// The client of --client NAME=COMMAND. Throws UsageError.
Stage parseClientStage(const std::string& word);

}  // namespace poetry
