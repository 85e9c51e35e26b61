#include "cli/program.hpp"

#include "cli/command_line.hpp"
#include "cli/output.hpp"
#include "cli/report.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/resource.h>  // setrlimit
#include <sys/select.h>    // FD_SETSIZE
#include <unistd.h>

namespace poetry {

namespace {

/// The system hands out the lowest free descriptor, so a program that is started without, say,
/// standard error would get 2 for its first socket, and send its messages to a server.
void guardStandardStreams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
      // The wrong way round on purpose: the stream stays unusable, and a line that is written to
      // it is an error, not a line that nobody misses.
      const int placeholder = ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
      if (placeholder != fd) {
        std::_Exit(EXIT_FAILURE);  // nothing can be opened, and nobody can be told
      }
    }
  }
}

/// What waits with epoll or poll may watch more descriptors than the 1,024 that are usual at first.
/// For select there must be none beyond those that fit into an fd_set.
void setDescriptorLimit(const std::string& reactor) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    if (reactor == "select") {
      limit.rlim_cur = std::min<rlim_t>(limit.rlim_cur, FD_SETSIZE);
    }
    ::setrlimit(RLIMIT_NOFILE, &limit);  // if it fails we go on with what we have
  }
}

void prepareOutput(const std::filesystem::path& directory) {
  try {
    makeDirectory(directory);
  } catch (const std::system_error& error) {
    throw std::runtime_error("cannot use directory " + directory.string() + ": " + describe(error));
  }
}

/// Called in a catch block: tells what was caught, and returns the exit code.
int explainException(const std::string& program) {
  try {
    throw;
  } catch (const UsageError& error) {
    complain(program, std::string(error.what()) + "; try '" + program + " --help'");
    return 2;
  } catch (const std::exception& error) {
    complain(program, error.what());
    return EXIT_FAILURE;
  }
}

}  // namespace

void prepareProcess() {
  guardStandardStreams();
  // A file that grows beyond the limit of `ulimit -f` is a failed write for us, not our end.
  std::signal(SIGXFSZ, SIG_IGN);
}

int runClient(int argc, char** argv, const ProgramInfo& program,
              int (*getPoetry)(const ClientOptions&)) {
  prepareProcess();
  try {
    int exitCode = EXIT_SUCCESS;
    if (const std::optional<ClientOptions> options = parseClient(argc, argv, program)) {
      if (!options->output.empty()) {
        prepareOutput(options->output);
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
    int exitCode = EXIT_SUCCESS;
    if (const std::optional<ServerOptions> options = parseServer(argc, argv, program)) {
      exitCode = serve(*options);
    }
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
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
  std::raise(signal);
}

}  // namespace poetry
