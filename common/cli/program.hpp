// What every program does around its lesson: read the command line, catch, choose the exit code.
#pragma once

#include "cli/options.hpp"

namespace poetry {

/// For the beginning of a main function; runClient and runServer call it. Standard streams that were
/// closed when the program started are filled with a placeholder, so that no socket gets the number
/// 0, 1 or 2 and is taken for the place where messages go. A file that grows beyond `ulimit -f` is a
/// failed write from now on, and does not end us.
void prepareProcess();

/// The main function of a client, around `getPoetry`, which is the lesson and returns the exit
/// code.
///
/// Reads the command line first, and answers --help (exit code 0) or a mistake in it (2) itself;
/// makes the directory of --output. A reactor program may open as many descriptors as the system
/// grants to it. What `getPoetry` throws becomes one line on standard error: "PROGRAM: what()",
/// exit code 1, or 2 for a UsageError. When a line could not be written to standard output, the
/// exit code is never 0.
///
/// Calls prepareProcess() before all else.
int runClient(int argc, char** argv, const ProgramInfo& program,
              int (*getPoetry)(const ClientOptions&));

/// The same for the server, around `serve`.
int runServer(int argc, char** argv, const ProgramInfo& program,
              int (*serve)(const ServerOptions&));

/// Ends the process from wherever we are, with exit code 0, or 1 and a message if a line could not
/// be written to standard output. For a program that has seen enough in the middle of a callback.
[[noreturn]] void exitNow(const ProgramInfo& program);

/// Ends the process as `signal` does when nobody handles it, so that the shell sees 130 for
/// SIGINT and 143 for SIGTERM. For programs that have something to print before they obey. Does
/// nothing when `signal` is 0.
void endBySignal(int signal);

}  // namespace poetry
