// What a command line says, as plain structs. No option parser is needed to read one.
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
  const char* about;  ///< for --help: what it shows, in one sentence
  /// What --reactor may name, for a program that runs on the reactor; it has --trace, too.
  std::vector<std::string> (*reactors)() = nullptr;
};

/// The command line of every client: [--quiet] [--output DIR] [HOST:]PORT ...
struct ClientOptions {
  std::vector<HostPort> addresses;  ///< never empty; the task at index 0 is Task 1
  bool quiet = false;
  std::filesystem::path output = {};  ///< the directory for the poems; empty: do not save them
  bool trace = false;                 ///< reactor programs only
  std::string reactor = {};           ///< reactor programs only; empty: the default
};

/// The command line of the server.
struct ServerOptions {
  std::uint16_t port = 0;  ///< 0: any free port
  std::string iface = "localhost";
  std::chrono::duration<double> delay{0.1};  ///< never negative, short enough for any sleep call
  std::size_t numBytes = 10;                 ///< at least 1
  std::filesystem::path poetryFile = {};
};

/// A command line that cannot be obeyed. what() says which word and why, in one line; runClient
/// and runServer add how to get help and end the program with exit code 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace poetry
