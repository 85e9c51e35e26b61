// The only source file that includes CLI11, because CLI11 takes seconds to compile.
#include "cli/command_line.hpp"

#include "cli/option_values.hpp"
#include "cli/output.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

namespace poetry {

namespace {

/// Adds an option that has a value. `read` gets the value as it was typed, because CLI11 would read
/// "010" as an octal number. If the option is given twice, the last value counts.
void addOption(CLI::App& app, const std::string& name, const std::string& type,
               const std::string& help, const std::function<void(const std::string&)>& read) {
  const auto readNamingOption = [name, read](const std::string& value) {
    try {
      if (value.starts_with("--")) {
        throw UsageError("a value is missing before " + inQuotes(value));
      }
      read(value);
    } catch (const UsageError& error) {
      throw UsageError(name + ": " + error.what());
    }
  };
  app.add_option_function<std::string>(name, readNamingOption, help)->type_name(type)->take_last();
}

/// CLI11 formats the options. It would wrap the other lines, and then the example could not be
/// pasted.
void printHelp(const CLI::App& app, const std::string& usage, const std::string& example) {
  CLI::Formatter formatter;
  formatter.column_width(22);
  printLine(app.get_description() + "\n\nUsage: " + app.get_name() + ' ' + usage +
            formatter.make_groups(&app, CLI::AppFormatMode::Normal) +
            "\nExample, in the repository's root after ./lesson build:\n  " + example);
}

/// The words that are not options, as they were typed: a positional argument of CLI11 would lose
/// the brackets of [::1].
std::vector<std::string> positionals(const CLI::App& app) {
  std::vector<std::string> words = app.remaining();
  const auto dashes = std::find(words.begin(), words.end(), "--");  // every word after it is one
  const auto option = std::find_if(words.begin(), dashes, [](const std::string& word) {
    return word.size() > 1 && word.starts_with('-');
  });
  if (option != dashes) {
    throw UsageError("unknown option " + inQuotes(*option));
  }
  if (dashes != words.end()) {
    words.erase(dashes);
  }
  return words;
}

/// False if the help was asked for.
bool parse(CLI::App& app, int argc, const char* const* argv) {
  // "--output=$DIR" with an unset DIR: CLI11 would take the next word, an address, as the value.
  for (int i = 1; i < argc && std::strcmp(argv[i], "--") != 0; ++i) {
    const std::string word = argv[i];
    if (word.starts_with("--") && word.find('=') == word.size() - 1) {
      throw UsageError(inQuotes(word) + " needs a value");
    }
  }
  app.allow_extras();
  try {
    app.parse(argc, argv);
    return true;
  } catch (const CLI::CallForHelp&) {
    return false;
  } catch (const CLI::ArgumentMismatch&) {  // the last word is an option without its value
    throw UsageError(inQuotes(argv[argc - 1]) + " needs a value");
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
}

}  // namespace

std::optional<ClientOptions> parseClient(int argc, const char* const* argv,
                                         const ProgramInfo& program) {
  ClientOptions options;
  CLI::App app(program.about, program.name);
  std::string usage = "[--quiet] [--output DIR] ";
  app.add_flag("--quiet", options.quiet, "leave out the lines for each chunk and finished task");
  addOption(app, "--output", "DIR", "also save each complete poem, as DIR/poem-<task>.txt",
            [&](const std::string& value) { options.output = parseName(value); });
  if (program.reactors != nullptr) {
    usage += "[--trace] [--reactor NAME] ";
    const std::vector<std::string> names = program.reactors();
    app.add_flag("--trace", options.trace, "print each step of the reactor to standard error");
    addOption(app, "--reactor", "NAME", "what the reactor waits with: " + listOf(names),
              [&options, names](const std::string& value) {
                options.reactor = parseOneOf(names, value);
              });
  }
  if (program.hasLimit) {
    usage += "[--limit SECONDS] ";
    addOption(app, "--limit", "SECONDS", "give up a poem after this time (default: 60)",
              [&](const std::string& value) {
                options.limit = std::chrono::ceil<std::chrono::milliseconds>(parseSeconds(value));
              });
  }
  if (!parse(app, argc, argv)) {
    // This example works wherever it is pasted: it starts its own server, and ends it.
    printHelp(app,
              usage +
                  "[HOST:]PORT ...\n\n"
                  "  Downloads a poem from each address: PORT or :PORT (on 127.0.0.1), HOST:PORT,\n"
                  "  [IPV6]:PORT. Tasks are numbered from 1, in the order of the addresses.\n",
              "build/bin/blocking-server --port 10000 poetry/science.txt > /dev/null & sleep 1; "
              "build/bin/" +
                  std::string(program.name) + " 10000; kill $!");
    return std::nullopt;
  }
  for (const std::string& word : positionals(app)) {
    options.addresses.push_back(parseAddress(word));
  }
  if (options.addresses.empty()) {
    throw UsageError("no address given: write [HOST:]PORT for each poem");
  }
  return options;
}

std::optional<ServerOptions> parseServer(int argc, const char* const* argv,
                                         const ProgramInfo& program) {
  ServerOptions options;
  CLI::App app(program.about, program.name);
  addOption(app, "--port", "N", "the port to listen on (default: 0, any free port)",
            [&](const std::string& value) { options.port = parsePort(value, 0); });
  addOption(app, "--iface", "HOST", "name or address to listen on (default: localhost)",
            [&](const std::string& value) { options.iface = parseHost(value); });
  addOption(app, "--delay", "SECONDS", "sleep after each send (default: 0.1)",
            [&](const std::string& value) { options.delay = parseSeconds(value); });
  addOption(app, "--num-bytes", "N", "bytes in one send (default: 10)",
            [&](const std::string& value) { options.numBytes = parseCount(value); });
  if (!parse(app, argc, argv)) {
    printHelp(app,
              "[--port N] [--iface HOST] [--delay SECONDS] [--num-bytes N] POETRY-FILE\n\n"
              "  Sends the poem to each client that connects, a few bytes at a time.\n",
              std::string("build/bin/") + program.name + " --port 10000 poetry/ecstasy.txt");
    return std::nullopt;
  }
  const std::vector<std::string> words = positionals(app);
  if (words.size() != 1) {
    throw UsageError(words.empty() ? "no poem given: write the name of a POETRY-FILE"
                                   : "only one poem can be served: " + inQuotes(words[1]) +
                                         " is one too many");
  }
  options.poetryFile = parseName(words.front());
  return options;
}

}  // namespace poetry
