#include "options.hpp"

#include "cli/output.hpp"
#include "cli/option_values.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace poetry {

namespace {

namespace fs = std::filesystem;

constexpr const char* kUsage =
    "\nUsage: compare-stages [OPTION]...\n\n"
    "  Starts a slow server for each poem, runs each stage's client against them, one\n"
    "  after the other, and shows when the bytes arrived. Without options: the three\n"
    "  poems of the lessons, and their five clients.\n";

constexpr const char* kExample =
    "Servers are given as POEM[:NUM-BYTES[:DELAY]], clients as NAME=COMMAND. A client\n"
    "prints lines like ours. The shell splits COMMAND into words, and\n"
    "the addresses follow the last one. {output} in it stands for a directory, where\n"
    "the client saves poem-1.txt, poem-2.txt, ...: then the bytes are compared, and\n"
    "otherwise they are counted.\n\n"
    "A client that has nothing new to say is killed, but not before all poems could\n"
    "have been sent one after the other, and --patience after that and after what it\n"
    "said last. With --check, it is so long that each step of it is waited for.\n\n"
    "Exit code: 0 all succeeded; 1 a client failed, delivered other bytes or, with\n"
    "--check, is not what it should be; 2 a mistake in the command line.\n\n"
    "Example, in the repository's root after ./lesson build:\n"
    "  build/bin/compare-stages --delay 0.01 --client mine=build/bin/async-client";

/// CLI11 prints the options; the lines above them are ours.
class Formatter : public CLI::Formatter {
 public:
  Formatter() { column_width(22); }
  std::string make_usage(const CLI::App*, std::string) const override {  // NOLINT(*-naming)
    return kUsage;
  }
};

/// The words of the command line, not yet looked at.
struct Words {
  std::vector<std::string> servers = {};
  std::vector<std::string> stages = {};
  std::vector<std::string> clients = {};
  std::string delay = "0.015";
  std::string patience = "10";
  std::string html = {};
  std::string json = {};
  std::string junit = {};
  bool givesDelay = false;
  bool noColour = false;
  bool check = false;
};

/// False: --help was asked for, and printed.
bool readWords(int argc, const char* const* argv, Words& words) {
  CLI::App app("Runs the stages side by side and draws what happened.", "compare-stages");
  app.formatter(std::make_shared<Formatter>());
  app.footer(kExample);
  app.set_help_flag("--help,-h", "print this and exit");
  const auto many = [&](const char* name, std::vector<std::string>& values, const char* type,
                        const char* help) {
    app.add_option(name, values, help)->type_name(type)->expected(1)->take_all();
  };
  const auto one = [&](const char* name, std::string& value, const char* type, const char* help) {
    app.add_option(name, value, help)->type_name(type)->take_last();
  };
  one("--delay", words.delay, "SECONDS", "pause of a server after a send (default: 0.015)");
  many("--server", words.servers, "SPEC",
       "serve this poem, 10 bytes in a send unless it says more");
  many("--stage", words.stages, "NAME", "of our clients, run this one alone; or none");
  many("--client", words.clients, "SPEC", "run this client, too");
  one("--html", words.html, "FILE", "write a page with pictures and a replay");
  one("--json", words.json, "FILE", "write everything that was measured");
  one("--junit", words.junit, "FILE", "write what was found out, as a report of tests");
  app.add_flag("--no-color", words.noColour, "no colours on a terminal");
  app.add_flag("--check", words.check,
               "judge which clients are asynchronous, in place of pictures");
  one("--patience", words.patience, "SECONDS",
      "wait beyond the sum, or per step of --check (default: 10)");
  try {
    app.parse(argc, argv);
    words.givesDelay = app.count("--delay") > 0;
    for (const char* file : {"--html", "--json", "--junit"}) {
      if (app.count(file) > 0 && app[file]->as<std::string>().empty()) {
        throw UsageError(std::string(file) + ": '' is no name of a file");
      }
    }
    return true;
  } catch (const CLI::CallForHelp&) {
    std::string help = app.help();
    help.erase(help.find_last_not_of('\n') + 1);
    printLine(help);
    return false;
  } catch (const CLI::ExtrasError&) {
    const std::string word = app.remaining().front();
    throw UsageError((word.starts_with('-') ? "unknown option '" : "this is no option: '") +
                     printable(word) + '\'');
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
}

/// Puts the option's name in front of what is wrong with its value.
template <typename Function>
auto namingOption(const std::string& option, Function read) {
  try {
    return read();
  } catch (const UsageError& error) {
    throw UsageError(option + ": " + error.what());
  }
}

/// False also if that cannot be found out; whoever opens the file learns why.
bool isThere(const fs::path& file) {
  std::error_code error;
  return fs::exists(file, error);
}

/// Whether a file can be made and written there is found out now, as far as that goes, and not after
/// all has run. A file that is there is replaced, so it is its folder that counts.
fs::path readFileName(const std::string& word) {
  if (word.empty()) {
    return word;
  }
  std::error_code error;
  if (fs::is_directory(word, error)) {
    throw UsageError(inQuotes(word) + " is a directory");
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    throw UsageError("cannot write " + inQuotes(word) + ": " + error.message());
  }
  const fs::path file = fs::exists(word) ? fs::canonical(word) : fs::absolute(word);
  const fs::path folder = file.parent_path();
  if (!fs::is_directory(folder, error)) {
    throw UsageError("cannot write " + inQuotes(word) + ": there is no directory " +
                     inQuotes(fs::path(word).parent_path().string()));
  }
  const bool isReplaced = !fs::exists(file) || fs::is_regular_file(file);
  if (::access(isReplaced ? folder.c_str() : file.c_str(), W_OK) != 0) {
    throw UsageError("cannot write " + inQuotes(word) + ": " + std::strerror(errno) +
                     "; name a file elsewhere");
  }
  return word;
}

/// Two reports in one file would be the second one alone.
void checkFilesDiffer(const CompareOptions& options) {
  const std::pair<const char*, fs::path> files[] = {
      {"--html", options.html}, {"--json", options.json}, {"--junit", options.junit}};
  const auto place = [](const fs::path& file) { return fs::weakly_canonical(fs::absolute(file)); };
  for (const auto& one : files) {
    for (const auto* other = &one + 1; other != std::end(files); ++other) {
      if (!one.second.empty() && !other->second.empty() &&
          place(one.second) == place(other->second)) {
        throw UsageError(std::string(one.first) + " and " + other->first + " cannot both write " +
                         inQuotes(one.second.string()) + ": name two files");
      }
    }
  }
}

std::vector<Poem> readPoems(const Words& words) {
  const Seconds delay = namingOption("--delay", [&] { return parseSeconds(words.delay); });
  std::vector<std::string> servers = words.servers;
  if (servers.empty()) {
    const std::string folder = isThere("poetry/ecstasy.txt") ? "poetry" : POETRY_POETRY_DIR;
    servers = {folder + "/ecstasy.txt:30", folder + "/fascination.txt:10",
               folder + "/science.txt:10"};
  }
  std::vector<Poem> poems;
  for (const std::string& server : servers) {
    poems.push_back(namingOption("--server", [&] { return parsePoem(server, delay); }));
  }
  return poems;
}

std::vector<Stage> chooseOurs(const Words& words, const fs::path& programs) {
  std::vector<Stage> all = ourStages(programs);
  if (words.stages.empty()) {
    return all;
  }
  std::vector<Stage> chosen;
  for (const std::string& name : words.stages) {
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const Stage& stage) { return stage.name == name; });
    if (found != all.end()) {
      chosen.push_back(*found);
    } else if (name != "none") {
      std::string names;
      for (const Stage& stage : all) {
        names += stage.name + ", ";
      }
      throw UsageError("--stage: there is no stage " + inQuotes(name) + "; there are " + names +
                       "and none");
    }
  }
  return chosen;
}

void checkNames(const std::vector<Stage>& stages) {
  if (stages.empty()) {
    throw UsageError("nobody to compare: name a --stage of ours, or a --client");
  }
  for (auto stage = stages.begin(); stage != stages.end(); ++stage) {
    if (std::any_of(stages.begin(), stage,
                    [&](const Stage& other) { return other.name == stage->name; })) {
      throw UsageError("two clients cannot both be called " + inQuotes(stage->name));
    }
  }
}

}  // namespace

Poem parsePoem(const std::string& word, Seconds delay) {
  Poem poem{.file = word, .delay = delay};
  std::vector<std::string> fields;
  // A file may have a ':' in its name, so what is there as a whole is a file.
  while (fields.size() < 2 && !isThere(poem.file)) {
    const std::string name = poem.file.string();
    const std::size_t colon = name.rfind(':');
    if (colon == std::string::npos) {
      break;
    }
    fields.insert(fields.begin(), name.substr(colon + 1));
    poem.file = name.substr(0, colon);
  }
  std::error_code error;
  if (fs::is_directory(poem.file, error)) {
    throw UsageError(inQuotes(poem.file.string()) + " is a directory, not a poem");
  }
  // Before it is opened: to open a named pipe would wait for somebody who writes into it.
  if (isThere(poem.file) && !fs::is_regular_file(poem.file, error)) {
    throw UsageError(inQuotes(poem.file.string()) + " is not a file that can be read twice");
  }
  if (!std::ifstream(poem.file)) {
    throw UsageError("cannot read " + inQuotes(poem.file.string()) + ": " + std::strerror(errno));
  }
  poem.size = fs::file_size(poem.file, error);
  if (error) {
    throw UsageError("cannot read " + inQuotes(poem.file.string()) + ": " + error.message());
  }
  if (!fields.empty()) {
    poem.numBytes = parseCount(fields[0]);
  }
  if (fields.size() == 2) {
    poem.delay = parseSeconds(fields[1]);
  }
  return poem;
}

std::optional<CompareOptions> parseCompareOptions(int argc, const char* const* argv,
                                                  const fs::path& programs) {
  Words words;
  if (!readWords(argc, argv, words)) {
    return std::nullopt;
  }
  CompareOptions options{.colour = !words.noColour, .check = words.check};
  options.html = namingOption("--html", [&] { return readFileName(words.html); });
  options.json = namingOption("--json", [&] { return readFileName(words.json); });
  options.junit = namingOption("--junit", [&] { return readFileName(words.junit); });
  options.patience = namingOption("--patience", [&] { return parseSeconds(words.patience); });
  if (options.patience <= Seconds(0)) {
    throw UsageError("--patience: '" + printable(words.patience) + "' leaves no client any time");
  }
  options.stages = chooseOurs(words, programs);
  for (const std::string& client : words.clients) {
    options.stages.push_back(namingOption("--client", [&] { return parseClientStage(client); }));
  }
  checkNames(options.stages);
  checkFilesDiffer(options);
  if (options.check && !options.html.empty()) {
    throw UsageError("--check makes no pictures, so there is nothing for --html");
  }
  if (options.check && !words.servers.empty()) {
    throw UsageError("--check has servers of its own, so there is nothing for --server");
  }
  if (options.check && words.givesDelay) {
    throw UsageError("--check sends without pauses, so there is nothing for --delay");
  }
  if (!options.check) {
    options.poems = readPoems(words);
  }
  return options;
}

}  // namespace poetry
