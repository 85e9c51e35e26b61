// What every program does before and after its lesson.
#pragma once

#include "cli/options.hpp"

namespace poetry {

/// Prepares the process for a program; runClient and runServer call it first.
///
/// Standard streams that were closed when the program started are filled with a placeholder, so
/// that no socket gets the number 0, 1 or 2. A write that exceeds `ulimit -f` fails, and no longer
/// ends the process.
void prepareProcess();

/// The main function of a client. `getPoetry` is the lesson; its result is the exit code.
///
/// Reads the command line and makes the directory of --output first, and answers --help (exit code
/// 0) and a mistake (2). A reactor program may open as many descriptors as the system allows. If
/// `getPoetry` throws, one line goes to standard error: "PROGRAM: what()". The exit code is then 2
/// for a std::invalid_argument, such as a UsageError, and 1 for any other exception. It is never 0
/// if a line could not be written to standard output.
int runClient(int argc, char** argv, const ProgramInfo& program,
              int (*getPoetry)(const ClientOptions&));

/// The same for the server, around `serve`.
int runServer(int argc, char** argv, const ProgramInfo& program,
              int (*serve)(const ServerOptions&));

/// Ends the process at once, also inside a callback. The exit code is 0, or 1 after a message if a
/// line could not be written to standard output.
[[noreturn]] void exitNow(const ProgramInfo& program);

/// Ends the process as `signal` does by default: the shell shows 130 for SIGINT and 143 for
/// SIGTERM. For programs that print something between the signal and their end. Does nothing if
/// `signal` is 0.
void endBySignal(int signal);

}  // namespace poetry
