// Runs every stage's client against the same slow servers, and shows when the bytes arrived.
//
// An event-driven program, on our own reactor: servers and clients are child processes whose output
// comes in through descriptors that are watched, their ends are noticed by a signal that becomes
// readable, and time passes by callLater. Nothing here waits but reactor.run().

#include "cli/output.hpp"
#include "cli/program.hpp"
#include "html.hpp"
#include "json.hpp"
#include "look.hpp"
#include "options.hpp"
#include "process.hpp"
#include "progress.hpp"
#include "reactor/reactor.hpp"
#include "signal_pipe.hpp"
#include "stage_runner.hpp"
#include "table.hpp"
#include "timeline.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>

namespace poetry {

constexpr const char* kName = "compare-stages";

/// The reactor, what ends its run, and why.
struct Loop {
  Reactor reactor{{.onError = [this](const Failure& error, std::string_view /*where*/) {
    end(error.getErrorMessage());
  }}};
  SignalPipe signals{reactor};
  ProcessTable processes{reactor, signals};
  std::string failure;
  int endedBy = 0;  ///< a signal

  Loop() {
    // SIGINT and SIGTERM end the run of every reactor. These would end us without another word, and
    // our children would stay behind.
    for (const int signal : {SIGHUP, SIGQUIT, SIGPIPE}) {
      signals.handle(signal, [this, signal] {
        endedBy = signal;
        end("");
      });
    }
  }

  /// Ends the run: it is done, or has failed. The first reason counts.
  void end(const std::string& why) {
    if (failure.empty()) {
      failure = why;
    }
    if (reactor.running()) {
      try {
        reactor.stop();
      } catch (const ReactorNotRunning&) {
        // somebody has asked for the end already
      }
    }
  }

  /// Runs until somebody calls end(). Throws std::runtime_error if it has failed.
  void run() {
    reactor.run();
    if (!failure.empty()) {
      throw std::runtime_error(failure);
    }
  }
};

void printLines(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    printLine(line);
  }
}

/// The programs of the lessons lie beside this one.
std::filesystem::path directoryOfPrograms(const char* argv0) {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (error ? std::filesystem::path(argv0) : self).parent_path();
}

void saveFiles(const CompareOptions& options, const Comparison& comparison) {
  if (options.html.empty() && options.json.empty()) {
    return;
  }
  const nlohmann::json json = toJson(comparison);
  if (!options.json.empty()) {
    saveFile(options.json, json.dump(1) + '\n');
  }
  if (!options.html.empty()) {
    saveHtml(options.html, json);
  }
}

int compare(const CompareOptions& options, const std::filesystem::path& programs) {
  const Look look = Look::ofStandardOutput(options.colour);
  Comparison comparison;
  comparison.poems = options.poems;
  int endedBy = 0;
  {
    Loop loop;
    Progress progress(look);
    StageRunner runner(
        loop.reactor, loop.processes, options, programs, comparison, progress,
        [&] { loop.end(""); }, [&](const std::string& why) { loop.end(why); });
    printLines(describePoems(comparison));
    printLine("");
    loop.reactor.callWhenRunning([&] { runner.start(); });
    loop.run();
    progress.clear();
    endedBy = loop.endedBy != 0 ? loop.endedBy : loop.reactor.exitSignal();
  }  // whatever still ran is gone now
  endBySignal(endedBy);

  printLine("");
  printLines(drawTimelines(comparison, look));
  printLine("");
  printLines(drawTable(comparison));
  printLine("");
  printLines(describeDelivery(comparison));
  saveFiles(options, comparison);
  const bool allWell = std::all_of(comparison.stages.begin(), comparison.stages.end(),
                                   [](const StageResult& stage) { return stage.succeeded; });
  return allWell ? EXIT_SUCCESS : EXIT_FAILURE;
}

int runProgram(int argc, char** argv) {
  try {
    const std::filesystem::path programs = directoryOfPrograms(argv[0]);
    int exitCode = EXIT_SUCCESS;
    if (const auto options = parseCompareOptions(argc, argv, programs)) {
      exitCode = compare(*options, programs);
    }
    checkOutput();
    return exitCode;
  } catch (const UsageError& error) {
    complain(kName, std::string(error.what()) + "; try '" + kName + " --help'");
    return 2;
  } catch (const std::exception& error) {
    complain(kName, error.what());
    return EXIT_FAILURE;
  }
}

}  // namespace poetry

int main(int argc, char** argv) {
  return poetry::runProgram(argc, argv);
}
