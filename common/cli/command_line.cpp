// The one source file that includes CLI11, because it takes seconds to compile.
#include "cli/command_line.hpp"

#include "cli/output.hpp"
#include "cli/words.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace poetry {

namespace {

/// CLI11 prints the options; the lines above them are ours.
class Formatter : public CLI::Formatter {
 public:
  explicit Formatter(std::string usage) : usage_(std::move(usage)) { column_width(22); }

  std::string make_usage(const CLI::App*, std::string) const override {  // NOLINT(*-naming)
    return "\nUsage: " + usage_;
  }

 private:
  std::string usage_;
};

/// CLI11 with our habits: every value stays a word, because words.hpp reads numbers, strictly and
/// never in octal; an option that is given twice means what it said last.
class CommandLine {
 public:
  CommandLine(const ProgramInfo& program, const std::string& usage, const std::string& example)
      : app_(program.about, program.name) {
    app_.formatter(std::make_shared<Formatter>(std::string(program.name) + ' ' + usage));
    app_.footer("Example, in the repository's root after ./lesson build:\n  " + example);
    app_.set_help_flag("--help,-h", "print this and exit");
    app_.allow_extras();
  }

  void flag(const std::string& name, bool& value, const std::string& help) {
    app_.add_flag(name, value, help);
    flags_.push_back(name);
  }

  /// `use` gets the value if the option was given. It may throw UsageError.
  template <typename Use>
  void option(const std::string& name, const std::string& type, const std::string& help, Use use) {
    app_.add_option_function<std::string>(name, explain(name, std::move(use)), help)
        ->type_name(type)
        ->take_last();
    valued_.push_back(name);
  }

  /// False: --help was asked for, and printed.
  bool parse(int argc, const char* const* argv) {
    checkValues(argc, argv);
    try {
      app_.parse(argc, argv);
      return true;
    } catch (const CLI::CallForHelp&) {
      std::string help = app_.help();
      help.erase(help.find_last_not_of('\n') + 1);
      printLine(help);
      return false;
    } catch (const CLI::ArgumentMismatch&) {
      throw UsageError(inQuotes(argv[argc - 1]) + " needs a value");
    }
  }

  /// What is not an option. CLI11 would do strange things to these words, such as to take the
  /// brackets off [::1]; as "extras" they stay as they were typed.
  [[nodiscard]] std::vector<std::string> words() const {
    std::vector<std::string> words;
    bool onlyWords = false;  // after a "--"
    for (const std::string& word : app_.remaining()) {
      if (!onlyWords && word == "--") {
        onlyWords = true;
      } else if (!onlyWords && word.size() > 1 && word.starts_with('-')) {
        throw UsageError("unknown option " + inQuotes(word));
      } else {
        words.push_back(word);
      }
    }
    return words;
  }

 private:
  /// For CLI11, "--output= x" is "--output x", "--quiet=no" is fine, and "-hello" is "-h" and more.
  void checkValues(int argc, const char* const* argv) const {
    for (int i = 1; i < argc && std::string_view(argv[i]) != "--"; ++i) {
      const std::string_view word = argv[i];
      if (std::find(valued_.begin(), valued_.end(), word) != valued_.end()) {
        ++i;  // the next word is its value
        continue;
      }
      const std::size_t equals = word.find('=');
      const std::string_view name = word.substr(0, equals);
      if (equals != std::string_view::npos) {
        if (word.starts_with("--") && word.ends_with('=')) {
          throw UsageError(inQuotes(std::string(word)) + " has no value");
        }
        if (std::find(flags_.begin(), flags_.end(), name) != flags_.end()) {
          throw UsageError(inQuotes(std::string(word)) + ": " + std::string(name) +
                           " takes no value");
        }
      }
      if (name.starts_with("-h") && name != "-h") {
        throw UsageError("unknown option " + inQuotes(std::string(word)));
      }
    }
  }

  /// Puts the option's name in front of what is wrong with its value.
  template <typename Use>
  static auto explain(const std::string& name, Use use) {
    return [name, use](const std::string& word) {
      try {
        if (word.starts_with("--")) {
          throw UsageError("a value is missing before " + inQuotes(word));
        }
        use(word);
      } catch (const UsageError& error) {
        throw UsageError(name + ": " + error.what());
      }
    };
  }

  CLI::App app_;
  std::vector<std::string> flags_ = {"--help", "-h"};
  std::vector<std::string> valued_;
};

const std::string& notEmpty(const std::string& word) {
  if (word.empty()) {
    throw UsageError("'' is no name");
  }
  return word;
}

/// "epoll, poll, select".
std::string listOf(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    list += (list.empty() ? "" : ", ") + name;
  }
  return list;
}

std::string clientUsage(const ProgramInfo& program) {
  return std::string("[--quiet] [--output DIR] ") +
         (program.reactors != nullptr ? "[--trace] [--reactor NAME] " : "") +
         "[HOST:]PORT ...\n\n"
         "  Downloads a poem from each address: PORT or :PORT (on 127.0.0.1), HOST:PORT,\n"
         "  [IPV6]:PORT. Tasks are numbered from 1, in the order of the addresses.\n";
}

/// A line that works wherever it is pasted: it brings its own server, and ends it.
std::string clientExample(const ProgramInfo& program) {
  return "build/bin/blocking-server --port 10000 poetry/science.txt > /dev/null & sleep 1; "
         "build/bin/" +
         std::string(program.name) + " 10000; kill $!";
}

}  // namespace

std::optional<ClientOptions> parseClient(int argc, const char* const* argv,
                                         const ProgramInfo& program) {
  ClientOptions options;
  CommandLine line(program, clientUsage(program), clientExample(program));
  line.flag("--quiet", options.quiet, "leave out the lines for each chunk and each finished task");
  line.option("--output", "DIR", "also save each complete poem, as DIR/poem-<task>.txt",
              [&](const std::string& word) { options.output = notEmpty(word); });
  if (program.reactors != nullptr) {
    const std::vector<std::string> names = program.reactors();
    line.flag("--trace", options.trace, "say on standard error what the reactor does");
    line.option("--reactor", "NAME", "what it waits with: " + listOf(names),
                [&options, names](const std::string& word) {
                  if (std::find(names.begin(), names.end(), word) == names.end()) {
                    throw UsageError(inQuotes(word) + " is none of " + listOf(names));
                  }
                  options.reactor = word;
                });
  }
  if (!line.parse(argc, argv)) {
    return std::nullopt;
  }
  for (const std::string& word : line.words()) {
    options.addresses.push_back(parseAddress(word));
  }
  if (options.addresses.empty()) {
    throw UsageError("no address given: say where the poems are, as [HOST:]PORT");
  }
  return options;
}

std::optional<ServerOptions> parseServer(int argc, const char* const* argv,
                                         const ProgramInfo& program) {
  ServerOptions options;
  CommandLine line(program,
                   "[--port N] [--iface HOST] [--delay SECONDS] [--num-bytes N] POETRY-FILE\n\n"
                   "  Sends the poem, a few bytes at a time, to whoever connects.\n",
                   std::string("build/bin/") + program.name + " --port 10000 poetry/ecstasy.txt");
  line.option("--port", "N", "the port to listen on (default: 0, any free one)",
              [&](const std::string& word) { options.port = parsePort(word, 0); });
  line.option("--iface", "HOST", "name or address to listen on (default: localhost)",
              [&](const std::string& word) { options.iface = notEmpty(word); });
  line.option("--delay", "SECONDS", "sleep after each send (default: 0.1)",
              [&](const std::string& word) { options.delay = parseSeconds(word); });
  line.option("--num-bytes", "N", "bytes in one send (default: 10)",
              [&](const std::string& word) { options.numBytes = parseCount(word); });
  if (!line.parse(argc, argv)) {
    return std::nullopt;
  }
  const std::vector<std::string> words = line.words();
  if (words.size() != 1) {
    throw UsageError(words.empty() ? "no poem given: say which POETRY-FILE to serve"
                                   : "one poem at a time: " + inQuotes(words[1]) + " is too much");
  }
  options.poetryFile = notEmpty(words.front());
  return options;
}

}  // namespace poetry
