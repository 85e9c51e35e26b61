// The clients that are compared: those of the lessons, and those of the user.
#pragma once

#include "comparison.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace poetry {

/// A client and how to start it.
struct Client {
  std::string name;
  Model model = Model::kUnknown;
  /// The program and its arguments. "{output}" in one of them stands for the directory where the
  /// client saves its poems, and "{file}" for `file`. The addresses follow.
  std::vector<std::string> command = {};
  /// What --check expects. Two clients of the lessons are not asynchronous.
  bool shouldBeAsynchronous = true;
  std::string lesson = {};               ///< its number; empty for other clients
  std::filesystem::path file = {};       ///< what a student handed in; empty for other clients
  std::filesystem::path directory = {};  ///< where it runs; empty: in ours
  std::string problem = {};              ///< why it cannot be run; empty if it can

  /// Whether its command line says where to save the poems.
  [[nodiscard]] bool savesPoems() const;
  /// The command line of a run. `trace`: with --trace, which the reactor clients have.
  [[nodiscard]] std::vector<std::string> commandLine(const std::vector<std::string>& addresses,
                                                     const std::filesystem::path& output,
                                                     bool trace) const;
};

/// The clients of the lessons. Their programs are in this directory.
std::vector<Client> clientsOfLessons(const std::filesystem::path& programs);

/// The client that the words after --client describe: NAME=PROGRAM, and the program's arguments.
/// Throws UsageError.
Client parseClientWords(const std::vector<std::string>& words);

}  // namespace poetry
