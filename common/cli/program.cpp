#include "cli/program.hpp"

#include "cli/command_line.hpp"
#include "cli/output.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <sys/resource.h>  // setrlimit
#include <sys/select.h>    // FD_SETSIZE
#include <unistd.h>

namespace poetry {

namespace {

/// The system gives a new descriptor the lowest free number. If standard error was closed at the
/// start, a socket could get the number 2, and messages would be sent to a server.
void guardStandardStreams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
      // Opened in the wrong direction on purpose: writing to it stays an error. Otherwise the lines
      // would be lost without one.
      const int placeholder = ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
      if (placeholder != fd) {
        std::_Exit(EXIT_FAILURE);  // there is no stream for a message
      }
    }
  }
}

/// Allows a reactor program more than the usual 1,024 descriptors. With select, no descriptor may
/// be higher than an fd_set can hold.
void setDescriptorLimit(const std::string& reactor) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    if (reactor == "select") {
      limit.rlim_cur = std::min<rlim_t>(limit.rlim_cur, FD_SETSIZE);
    }
    ::setrlimit(RLIMIT_NOFILE, &limit);  // if it fails, the old limit stays
  }
}

/// Called in a catch block: prints a message for the exception and returns the exit code.
int explainException(const std::string& program) {
  try {
    throw;
  } catch (const std::invalid_argument& error) {  // a UsageError, or a --reactor that there isn't
    printError(program, std::string(error.what()) + "; try '" + program + " --help'");
    return 2;
  } catch (const std::exception& error) {
    printError(program, error.what());
    return EXIT_FAILURE;
  }
}

}  // namespace

void prepareProcess() {
  guardStandardStreams();
  std::signal(SIGXFSZ, SIG_IGN);  // raised by a write that exceeds `ulimit -f`
}

int runClient(int argc, char** argv, const ProgramInfo& program,
              int (*getPoetry)(const ClientOptions&)) {
  prepareProcess();
  try {
    int exitCode = EXIT_SUCCESS;
    if (const std::optional<ClientOptions> options = parseClient(argc, argv, program)) {
      if (!options->output.empty()) {
        makeDirectory(options->output);
      }
      if (program.reactors != nullptr) {
        setDescriptorLimit(options->reactor);
      }
      exitCode = getPoetry(*options);
    }
    checkOutput();
    return exitCode;
  } catch (...) {
    return explainException(program.name);
  }
}

int runServer(int argc, char** argv, const ProgramInfo& program,
              int (*serve)(const ServerOptions&)) {
  prepareProcess();
  try {
    const std::optional<ServerOptions> options = parseServer(argc, argv, program);
    const int exitCode = options ? serve(*options) : EXIT_SUCCESS;
    checkOutput();
    return exitCode;
  } catch (...) {
    return explainException(program.name);
  }
}

void exitNow(const ProgramInfo& program) {
  try {
    checkOutput();
    std::exit(EXIT_SUCCESS);
  } catch (...) {
    std::exit(explainException(program.name));
  }
}

void endBySignal(int signal) {
  if (signal == 0) {
    return;
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace poetry
