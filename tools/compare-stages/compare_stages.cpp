// Runs every stage's client against the same slow servers, and shows when the bytes arrived.
//
// An event-driven program, on our own reactor: servers and clients are child processes whose output
// comes in through descriptors that are watched, a signal that says that one has ended is one more
// descriptor, and time passes by callLater. Nothing in here waits for what others do but Loop::run;
// regular files are read and written at once, and who takes leave of a child has killed it before.

#include "cli/output.hpp"
#include "cli/program.hpp"
#include "gated_check.hpp"
#include "html.hpp"
#include "json.hpp"
#include "junit.hpp"
#include "look.hpp"
#include "loop.hpp"
#include "options.hpp"
#include "progress.hpp"
#include "stage_runner.hpp"
#include "table.hpp"
#include "timeline.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace poetry {

constexpr const char* kName = "compare-stages";

namespace fs = std::filesystem;

/// The programs of the lessons lie beside this one.
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

/// Runs all clients, one after the other. If a signal ends that, so it does us: when this returns,
/// nobody is left who could stay behind.
void runStages(const CompareOptions& options, const fs::path& programs, const Look& look,
               Comparison& comparison) {
  int signal = 0;
  {
    Loop loop;
    Progress progress(look);
    StageRunner runner(
        loop.reactor(), loop.processes(), options, programs, comparison, progress,
        [&] { loop.end(); }, [&](const std::string& why) { loop.fail(why); });
    loop.reactor().callWhenRunning([&] { runner.start(); });
    loop.run();
    signal = loop.exitSignal();
  }
  endBySignal(signal);
}

/// The same for --check.
void runChecks(const CompareOptions& options, const Look& look, Comparison& comparison) {
  int signal = 0;
  {
    Loop loop;
    Progress progress(look);
    CheckRunner runner(
        loop.reactor(), loop.processes(), options.stages, options.patience,
        [&](const Stage& stage) { progress.announces("checking " + stage.name); },
        [&](const Verdict& verdict) {
          progress.clear();
          printLines(describeVerdict(verdict));
          comparison.verdicts.push_back(verdict);
        },
        [&] { loop.end(); });
    loop.reactor().callWhenRunning([&] { runner.startNext(); });
    loop.run();
    signal = loop.exitSignal();
  }
  endBySignal(signal);
}

void printResult(const Comparison& comparison, const Look& look) {
  printLine("");
  printLines(drawTimelines(comparison, look));
  printLine("");
  printLines(drawTable(comparison));
  printLine("");
  printLines(explain(comparison));
  printLine("");
  printLines(describeDelivery(comparison));
}

/// Writes files, and remembers which of them cannot be written.
class Files {
 public:
  /// Writes a file that was asked for; an empty name was not. Returns whether it is there now.
  template <typename Write>
  bool save(const fs::path& file, Write write) {
    if (file.empty()) {
      return false;
    }
    try {
      write();
      return true;
    } catch (const std::system_error& error) {
      const std::string problem = "cannot write " + file.string() + ": " + error.code().message();
      problems_ += problems_.empty() ? problem : "; " + problem;
      return false;
    }
  }

  /// Throws std::runtime_error, which names every file that could not be written.
  void check() const {
    if (!problems_.empty()) {
      throw std::runtime_error(problems_);
    }
  }

 private:
  std::string problems_;
};

/// A measurement takes its time, so a file that cannot be written does not cost the others theirs.
void saveFiles(const CompareOptions& options, const Comparison& comparison) {
  Files files;
  files.save(options.junit, [&] { saveFile(options.junit, toJunit(comparison)); });
  if (!options.html.empty() || !options.json.empty()) {
    const nlohmann::json json = toJson(comparison);
    files.save(options.json, [&] { saveFile(options.json, json.dump(1) + '\n'); });
    if (files.save(options.html, [&] { saveHtml(options.html, json); })) {
      printLine("");
      printLine("The pictures and the replay, for any browser: " +
                fileUrl(fs::absolute(options.html)));
    }
  }
  files.check();
}

int compare(const CompareOptions& options, const fs::path& programs) {
  const Look look = Look::ofStandardOutput(options.colour);
  Comparison comparison;
  comparison.poems = options.poems;
  if (options.check) {
    runChecks(options, look, comparison);
  } else {
    printLines(describePoems(comparison));
    printLine("");
    runStages(options, programs, look, comparison);
    printResult(comparison, look);
  }
  saveFiles(options, comparison);
  const auto isFine = [](const StageResult& stage) { return stage.succeeded; };
  const auto isRight = [](const Verdict& verdict) { return verdict.isAsItShouldBe(); };
  return std::all_of(comparison.stages.begin(), comparison.stages.end(), isFine) &&
                 std::all_of(comparison.verdicts.begin(), comparison.verdicts.end(), isRight)
             ? EXIT_SUCCESS
             : EXIT_FAILURE;
}

/// Says what is being handled, and returns the exit code for it.
int explainException() {
  try {
    throw;
  } catch (const UsageError& error) {
    printError(kName, std::string(error.what()) + "; try '" + kName + " --help'");
    return 2;
  } catch (const std::exception& error) {
    printError(kName, error.what());
    return EXIT_FAILURE;
  }
}

int runProgram(int argc, char** argv) {
  prepareProcess();
  try {
    const fs::path programs = directoryOfPrograms(argv[0]);
    int exitCode = EXIT_SUCCESS;
    if (const auto options = parseCompareOptions(argc, argv, programs)) {
      exitCode = compare(*options, programs);
    }
    checkOutput();
    return exitCode;
  } catch (...) {
    return explainException();
  }
}

}  // namespace poetry

int main(int argc, char** argv) {
  return poetry::runProgram(argc, argv);
}
