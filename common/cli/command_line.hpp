// From argc and argv to the structs in options.hpp.
#pragma once

#include "cli/options.hpp"

#include <optional>

namespace poetry {

/// Reads the command line of a client. For --help, prints the help and returns nothing: the program
/// then has nothing more to do. Throws UsageError. Opens nothing.
std::optional<ClientOptions> parseClient(int argc, const char* const* argv,
                                         const ProgramInfo& program);

/// The same for the server.
std::optional<ServerOptions> parseServer(int argc, const char* const* argv,
                                         const ProgramInfo& program);

}  // namespace poetry
