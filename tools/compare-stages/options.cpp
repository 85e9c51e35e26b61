#include "options.hpp"

#include "cli/option_values.hpp"
#include "cli/output.hpp"
#include "submissions.hpp"
#include "terminal.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <memory>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

namespace poetry {

namespace {

namespace fs = std::filesystem;

constexpr const char* kUsage =
    "\nUsage: compare-stages [OPTION]... [--client NAME=PROGRAM [WORD]...]...\n\n"
    "  Starts a slow server for each poem, runs the client of each lesson against these\n"
    "  servers, one client after the other, and shows when the bytes arrived. Without\n"
    "  options: the three poems and the five clients of the lessons.\n";

constexpr const char* kFooter =
    "--check --clients DIR checks a class. Each file and each folder in DIR is a client, and\n"
    "the clients of the lessons are left out. In a folder, main.* or client.* runs, or the\n"
    "only file that can run. These can run: .py, .go, .js, .java, .sh, programs, and scripts\n"
    "that begin with #!. A client runs in the folder of its file. --run adds an ending, or\n"
    "changes how it runs: --run '.py=pypy3 {file} --output {output}'.\n\n"
    "A client of yours comes last. All words after --client, up to the next --client,\n"
    "are its command line, and the addresses of the servers follow them. It must print\n"
    "the same lines as the clients of the lessons. {output} in a word becomes the name\n"
    "of a directory, where the client saves poem-1.txt, poem-2.txt, ...: then the poems\n"
    "are compared byte by byte. Without {output}, the reported bytes are only counted.\n\n"
    "A client that reports nothing new for --patience seconds is killed. Before its first\n"
    "report, it also gets the time of all poems, one after the other. With --check, the\n"
    "limit holds for each chunk that the client has to report; its first connection may\n"
    "take 20 s. A client that has all poems has 5 s to exit, or --patience if that is less.\n\n"
    "Exit code: 0 all clients succeeded; 1 a client failed, saved other bytes or, with\n"
    "--check, did not pass, or a file cannot be written; 2 a mistake in the command line.\n\n"
    "Example, in the root of the repository after ./lesson build:\n"
    "  build/bin/compare-stages --delay 0.01 --client mine=build/bin/async-client";

class Formatter : public CLI::Formatter {
 public:
  Formatter() { column_width(22); }
  std::string make_usage(const CLI::App*, std::string) const override {  // NOLINT(*-naming)
    return kUsage;
  }
};

/// The values of the command line, not parsed yet.
struct Words {
  std::vector<std::string> servers = {};
  std::vector<std::string> names = {};
  std::vector<std::string> folders = {};
  std::vector<std::string> runners = {};
  std::optional<std::string> jobs = {};
  std::string delay = "0.015";
  std::optional<std::string> patience = {};
  std::set<std::string> options = {"--serve"};  ///< all names; ./lesson compare has this one
};

/// Puts the option's name in front of what is wrong with its value.
template <typename Function>
auto namingOption(const std::string& option, Function parse) {
  try {
    return parse();
  } catch (const UsageError& error) {
    throw UsageError(option + ": " + error.what());
  }
}

/// Finds out before the runs that a file cannot be written, as far as that is possible.
void checkFile(const std::string& option, const fs::path& file) {
  if (file.empty()) {
    throw UsageError(option + ": the name of the file is empty");
  }
  std::error_code error;
  const fs::path written = fs::exists(file, error) ? file : fs::absolute(file).parent_path();
  const int reason = fs::is_directory(file, error)          ? EISDIR
                     : ::access(written.c_str(), W_OK) != 0 ? errno
                                                            : 0;
  if (reason != 0) {
    throw UsageError("cannot write '" + printable(file.string()) + "': " + std::strerror(reason));
  }
}

/// Parses everything before the first --client. False: --help was asked for, and printed.
bool parseWords(int argc, const char* const* argv, Words& words, CompareOptions& options) {
  CLI::App app("Compares the clients of the lessons, and yours.", "compare-stages");
  app.formatter(std::make_shared<Formatter>());
  app.footer(kFooter);
  app.set_help_flag("--help,-h", "print this and exit");
  const auto many = [&](const char* name, std::vector<std::string>& values, const char* type,
                        const char* help) {
    return app.add_option(name, values, help)->type_name(type)->expected(1)->take_all();
  };
  const auto one = [&](const char* name, auto& value, const char* type, const char* help) {
    return app.add_option(name, value, help)->type_name(type)->take_last();
  };
  one("--delay", words.delay, "SECONDS", "pause after each send (default: 0.015)");
  many("--server", words.servers, "SPEC", "serve POEM[:NUM-BYTES[:DELAY]], with 10 bytes per send");
  many("--stage", words.names, "NAME",
       "run only these clients of the lessons; a name, a number or 'none'");
  auto* const check =
      app.add_flag("--check", options.check, "check which clients are asynchronous");
  auto* const folders =
      many("--clients", words.folders, "DIR", "check each file and folder in DIR")->needs(check);
  many("--run", words.runners, ".END=CMD", "how --clients runs files with this ending")
      ->needs(folders);
  one("--html", options.html, "FILE", "write a page with timelines and a replay");
  one("--json", options.json, "FILE", "write everything that was measured");
  one("--junit", options.junit, "FILE", "write the results as a test report");
  one("--csv", options.csv, "FILE", "write the verdicts of --check for a spreadsheet")
      ->needs(check);
  one("--patience", words.patience, "SECONDS",
      "how long to wait for a report (default: 10; with --check: 5)");
  one("--jobs", words.jobs, "N", "clients that --check runs at a time (default: 4 per core)")
      ->needs(check);
  for (const CLI::Option* option : app.get_options()) {
    words.options.insert(option->get_name());
  }
  try {
    app.parse(argc, argv);
    for (const char* option : {"--delay", "--server"}) {
      if (options.check && app.count(option) > 0) {
        throw UsageError("--check has its own servers: leave out " + std::string(option));
      }
    }
    for (const auto& [option, file] : {std::pair{"--html", &options.html},
                                       {"--json", &options.json},
                                       {"--junit", &options.junit},
                                       {"--csv", &options.csv}}) {
      if (app.count(option) > 0) {
        checkFile(option, *file);
      }
    }
    return true;
  } catch (const CLI::CallForHelp&) {
    std::string help = app.help();
    help.erase(help.find_last_not_of('\n') + 1);
    printLine(help);
    return false;
  } catch (const CLI::ExtrasError&) {
    const std::string word = printable(app.remaining().front());
    throw UsageError(word.starts_with('-')
                         ? "unknown option '" + word + "'"
                         : "unexpected word '" + word + "': the words of a client follow --client");
  } catch (const CLI::ArgumentMismatch&) {  // the last word is an option without its value
    throw UsageError("'" + printable(argv[argc - 1]) + "' needs a value");
  } catch (const CLI::ParseError& error) {
    throw UsageError(printable(error.what()));
  }
}

/// Clients wait most of the time, so a core has room for several. A check needs up to 16 descriptors.
std::size_t parseJobs(const std::optional<std::string>& word) {
  rlimit descriptors{};
  ::getrlimit(RLIMIT_NOFILE, &descriptors);
  const std::size_t most = std::clamp<std::size_t>(descriptors.rlim_cur / 16, 2, 51) - 1;
  if (!word) {
    return std::min<std::size_t>(std::max(1U, std::thread::hardware_concurrency()) * 4, most);
  }
  const std::size_t jobs = parseCount(*word, "clients");
  if (jobs > most) {
    throw UsageError("'" + *word + "' is too many; at most " + std::to_string(most));
  }
  return jobs;
}

std::vector<Poem> parsePoems(const Words& words, const fs::path& programs) {
  const Duration delay = namingOption("--delay", [&] { return parseSeconds(words.delay); });
  std::vector<std::string> servers = words.servers;
  if (servers.empty()) {
    std::error_code error;
    // The short name if we are in the root of the repository. The build copies the poems, too.
    const std::string folder = fs::exists("poetry/ecstasy.txt", error)
                                   ? "poetry"
                                   : (programs.parent_path() / "poetry").string();
    servers = {folder + "/ecstasy.txt:30", folder + "/fascination.txt:10",
               folder + "/science.txt:10"};
  }
  std::vector<Poem> poems;
  for (const std::string& server : servers) {
    poems.push_back(namingOption("--server", [&] { return parsePoem(server, delay); }));
  }
  return poems;
}

std::vector<Client> chooseClients(const std::vector<std::string>& names, const fs::path& programs) {
  const std::vector<Client> all = clientsOfLessons(programs);
  if (names.empty()) {
    return all;
  }
  std::vector<Client> chosen;
  for (const std::string& name : names) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const Client& client) {
      return client.name == name || client.lesson == name;
    });
    if (found != all.end()) {
      chosen.push_back(*found);
    } else if (name != "none") {
      std::string known;
      for (const Client& client : all) {
        known += (known.empty() ? "" : ", ") + client.name;
        known += client.lesson.empty() ? "" : " (" + client.lesson + ')';
      }
      throw UsageError("--stage: there is no client '" + printable(name) + "'; choose " + known +
                       " or none");
    }
  }
  return chosen;
}

/// Adds the clients of --clients.
void addSubmissions(CompareOptions& options, const Words& words) {
  std::vector<Runner> runners;
  for (const std::string& runner : words.runners) {
    runners.push_back(namingOption("--run", [&] { return parseRunner(runner); }));
  }
  for (const std::string& folder : words.folders) {
    Submissions found = namingOption("--clients", [&] { return findSubmissions(folder, runners); });
    std::move(found.clients.begin(), found.clients.end(), std::back_inserter(options.clients));
    std::move(found.skipped.begin(), found.skipped.end(), std::back_inserter(options.skipped));
  }
}

/// Warns of options of this program in the command line of a client: the user may have meant this program.
void addWarnings(CompareOptions& options, const std::set<std::string>& ours,
                 const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    const std::string name = word.substr(0, word.find('='));
    if (ours.contains(name)) {
      options.warnings.push_back("'" + printable(name) + "' was passed to the client " +
                                 options.clients.back().name +
                                 "; to use it as an option of compare, write it before --client");
    }
  }
}

}  // namespace

Poem parsePoem(const std::string& word, Duration delay) {
  Poem poem{.file = word, .delay = delay};
  std::vector<std::string> fields;
  std::error_code error;
  // The name of a file may contain a ':'. A file with the whole name wins.
  while (fields.size() < 2 && !fs::exists(poem.file, error)) {
    const std::string name = poem.file.string();
    const std::size_t colon = name.rfind(':');
    if (colon == std::string::npos) {
      break;
    }
    fields.insert(fields.begin(), name.substr(colon + 1));
    poem.file = name.substr(0, colon);
  }
  poem.size = fs::file_size(poem.file, error);
  if (error) {
    throw UsageError("cannot read '" + printable(poem.file.string()) + "': " + error.message());
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
  const std::string kClient = "--client";
  const auto* const end = argv + argc;
  const auto* client = std::find(argv, end, kClient);
  CompareOptions options;
  Words words;
  if (!parseWords(static_cast<int>(client - argv), argv, words, options)) {
    return std::nullopt;
  }
  if (words.folders.empty() || !words.names.empty()) {
    options.clients = chooseClients(words.names, programs);
  }
  addSubmissions(options, words);
  while (client != end) {
    const auto* const next = std::find(client + 1, end, kClient);
    options.clients.push_back(parseClientWords({client + 1, next}));
    addWarnings(options, words.options, {client + 1, next});
    client = next;
  }
  if (options.clients.empty()) {
    throw UsageError("there is no client to run: name one with --stage or --client");
  }
  options.jobs = namingOption("--jobs", [&] { return parseJobs(words.jobs); });
  const std::string patience = words.patience.value_or(options.check ? "5" : "10");
  options.patience = namingOption("--patience", [&] { return parseSeconds(patience); });
  if (options.patience <= Duration::zero()) {
    throw UsageError("--patience: " + inQuotes(patience) + " leaves a client no time");
  }
  if (!options.check) {
    options.poems = parsePoems(words, programs);
  }
  return options;
}

}  // namespace poetry
