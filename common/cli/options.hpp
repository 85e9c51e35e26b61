// What a command line says, as plain structs.
#pragma once

#include "net/address.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace poetry {

/// What a program says about itself.
struct ProgramInfo {
  const char* name;   ///< "async-client": also the first word of every message it prints
  const char* about;  ///< for --help: what it does, in one sentence
  /// What --reactor may name. Set by reactor programs only; they have --trace, too.
  std::vector<std::string> (*reactors)() = nullptr;
  /// True for a program that has --limit: a solution of the exercise time-limit.
  bool hasLimit = false;
};

/// The time that a program with --limit gives each poem if the command line has no --limit.
constexpr std::chrono::milliseconds kDefaultLimit{60000};

/// The command line of every client: [--quiet] [--output DIR] [HOST:]PORT ...
struct ClientOptions {
  std::vector<HostPort> addresses;  ///< never empty; the task at index 0 is Task 1
  bool quiet = false;
  std::filesystem::path output = {};  ///< the directory for the poems; empty: don't save them
  bool trace = false;                 ///< reactor programs only
  std::string reactor = {};           ///< reactor programs only; empty: the default
  std::chrono::milliseconds limit = kDefaultLimit;  ///< for each poem; programs with hasLimit only
};

/// The command line of the server.
struct ServerOptions {
  std::uint16_t port = 0;  ///< 0: any free port
  std::string iface = "localhost";
  std::chrono::duration<double> delay{0.1};  ///< not negative, and short enough for any sleep call
  std::size_t numBytes = 10;                 ///< at least 1
  std::filesystem::path poetryFile = {};
};

/// A mistake in the command line. what() quotes the wrong word and says what is right, on one line.
/// runClient and runServer print it, add how to get help, and return exit code 2.
struct UsageError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

}  // namespace poetry
