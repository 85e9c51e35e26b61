// Runs the clients against the same slow servers, and shows when the bytes arrived.
//
// An event-driven program on our own reactor: the output of each child process is a descriptor that
// the reactor watches, its end is another one, and callLater measures time. Loop::run is the only
// call that waits for other processes. Files are read and written at once.

#include "check_runner.hpp"
#include "cli/option_values.hpp"
#include "cli/output.hpp"
#include "cli/program.hpp"
#include "comparison_runner.hpp"
#include "html.hpp"
#include "json.hpp"
#include "junit.hpp"
#include "loop.hpp"
#include "options.hpp"
#include "table.hpp"
#include "terminal.hpp"
#include "timeline.hpp"
#include "verdict_report.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <sys/prctl.h>

namespace poetry {

constexpr const char* kName = "compare-stages";

namespace fs = std::filesystem;

/// The programs of the lessons are in the same directory as this one.
fs::path directoryOfPrograms(const char* argv0) {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  return (error ? fs::path(argv0) : self).parent_path();
}

void printLines(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    printLine(line);
  }
}

/// Runs all clients. Returns the signal that ended the run, or 0. No child process is left then.
int runClients(const CompareOptions& options, const fs::path& programs, Comparison& comparison) {
  Loop loop;
  ComparisonRunner runner(loop, options, programs, comparison);
  loop.run([&] { runner.start(); });
  return loop.exitSignal();
}

/// The same for --check.
int runChecks(const CompareOptions& options, Comparison& comparison) {
  Loop loop;
  CheckRunner runner(loop, options, comparison);
  loop.run([&] { runner.start(); });
  return loop.exitSignal();
}

void printResult(const Comparison& comparison, const Terminal& terminal) {
  printLine("");
  printLines(drawTimelines(comparison, terminal));
  printLine("");
  printLines(drawTable(comparison));
  printLine("");
  printLines(explain(comparison));
  printLine("");
  printLines(describeDelivery(comparison));
}

/// Writes a file, if one was asked for. If that fails, prints why and returns false, because other files
/// can still be written.
bool save(const fs::path& file, const std::string& text) {
  try {
    if (!file.empty()) {
      saveFile(file, text);
    }
    return true;
  } catch (const std::system_error& error) {
    printError(kName, "cannot write '" + printable(file.string()) + "': " + error.code().message());
    return false;
  }
}

/// Writes the files that were asked for. Returns whether that worked.
bool saveFiles(const CompareOptions& options, const Comparison& comparison) {
  const std::string json = toJson(comparison);
  const bool hasJunit = save(options.junit, toJunit(comparison));
  const bool hasCsv = save(options.csv, toCsv(comparison.verdicts));
  const bool hasJson = save(options.json, json);
  const bool hasPage =
      save(options.html, makePage(json, options.check ? "verdicts.html" : "page.html"));
  const bool isServed = std::getenv("POETRY_SERVED") != nullptr;  // ./lesson compare --serve
  if (hasPage && !options.html.empty() && !isServed) {
    printLine("");
    printLine("The page for your browser: " + fileUrl(fs::absolute(options.html)));
    std::error_code ignored;
    if (fs::exists("/.dockerenv", ignored) || fs::exists("/run/.containerenv", ignored)) {
      printLine(
          "From outside this container: ./lesson compare --serve shows the page on a local port.");
    }
  }
  return hasJunit && hasCsv && hasJson && hasPage;
}

int compare(const CompareOptions& options, const fs::path& programs) {
  Comparison comparison;
  comparison.poems = options.poems;
  comparison.skipped = options.skipped;
  for (const std::string& warning : options.warnings) {
    printError(kName, warning);
  }
  if (options.check) {
    printLines(describeCheck());
    if (!options.skipped.empty()) {
      printLines(wrapped("Left out: " + listOf(options.skipped), 0));
    }
    printLine("");
    endBySignal(runChecks(options, comparison));
    if (comparison.verdicts.size() > 1) {
      printLine("");
      printLines(drawVerdicts(comparison.verdicts, Terminal::ofStandardOutput().columns));
    }
  } else {
    printLines(describePoems(comparison));
    printLine("");
    endBySignal(runClients(options, programs, comparison));
    printResult(comparison, Terminal::ofStandardOutput());
  }
  const bool allSaved = saveFiles(options, comparison);
  const auto succeeded = [](const ClientResult& client) { return client.succeeded; };
  const auto isRight = [](const Verdict& verdict) { return verdict.isAsItShouldBe(); };
  return allSaved && std::all_of(comparison.clients.begin(), comparison.clients.end(), succeeded) &&
                 std::all_of(comparison.verdicts.begin(), comparison.verdicts.end(), isRight)
             ? EXIT_SUCCESS
             : EXIT_FAILURE;
}

/// A terminal that closes, or Ctrl-\, ends the run in the same way as SIGTERM: no child process is left.
void endAsBySigterm() {
  for (const int signal : {SIGHUP, SIGQUIT}) {
    if (std::signal(signal, SIG_IGN) != SIG_IGN) {  // nohup(1) makes the program ignore SIGHUP
      std::signal(signal, [](int) { ::raise(SIGTERM); });
    }
  }
}

int runProgram(int argc, char** argv) {
  prepareProcess();
  endAsBySigterm();
  // What a client has started becomes ours when the client ends, so that its usage counts.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  try {
    const fs::path programs = directoryOfPrograms(argv[0]);
    int exitCode = EXIT_SUCCESS;
    if (const auto options = parseCompareOptions(argc, argv, programs)) {
      exitCode = compare(*options, programs);
    }
    checkOutput();
    return exitCode;
  } catch (const UsageError& error) {
    printError(kName, std::string(error.what()) + "; try '" + kName + " --help'");
    return 2;
  } catch (const std::exception& error) {
    printError(kName, error.what());
    return EXIT_FAILURE;
  }
}

}  // namespace poetry

int main(int argc, char** argv) {
  return poetry::runProgram(argc, argv);
}
