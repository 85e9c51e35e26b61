#include "stages.hpp"

#include "cli/options.hpp"
#include "cli/option_values.hpp"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

namespace poetry {

namespace {

constexpr std::string_view kOutputWord = "{output}";
constexpr std::size_t kLongestName = 23;  // as wide as the column of the table

bool isInName(unsigned char c) {
  return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
}

}  // namespace

bool Stage::savesPoems() const {
  return isOurs() || shellCommand.find(kOutputWord) != std::string::npos;
}

std::vector<std::string> Stage::commandLine(const std::vector<std::string>& addresses,
                                            const std::filesystem::path& output, bool trace) const {
  std::vector<std::string> words = command;
  if (isOurs()) {
    if (trace) {
      words.emplace_back("--trace");
    }
    words.insert(words.end(), {"--output", output.string()});
  } else {
    // The shell splits the words, as in a terminal; the addresses come behind the last one.
    std::string line = shellCommand;
    for (std::size_t at = line.find(kOutputWord); at != std::string::npos;
         at = line.find(kOutputWord, at)) {
      line.replace(at, kOutputWord.size(), output.string());
    }
    words = {"/bin/sh", "-c", line + " \"$@\"", name};
  }
  words.insert(words.end(), addresses.begin(), addresses.end());
  return words;
}

std::vector<Stage> ourStages(const std::filesystem::path& programs) {
  const auto stage = [&](const char* name, Model model, bool isAsynchronous) {
    return Stage{.name = name,
                 .model = model,
                 .command = {(programs / name).string()},
                 .shouldBeAsynchronous = isAsynchronous};
  };
  return {stage("blocking-client", Model::kBlocking, false),
          stage("async-client", Model::kSelect, true),
          stage("reactor-client-1", Model::kReactor, true),
          stage("reactor-client-1-broken", Model::kReactor, false),
          stage("reactor-client-2", Model::kReactor, true)};
}

Stage parseClientStage(const std::string& word) {
  const std::size_t equals = word.find('=');
  const std::string name = word.substr(0, equals);
  if (equals == std::string::npos || equals + 1 == word.size()) {
    throw UsageError(inQuotes(word) + " is not NAME=COMMAND, as in mine=./my-client");
  }
  if (name.size() > kLongestName) {
    throw UsageError(inQuotes(name) + " is too long for a name: at most " +
                     std::to_string(kLongestName) + " characters");
  }
  if (name.empty() || !std::all_of(name.begin(), name.end(), isInName)) {
    throw UsageError(inQuotes(name) +
                     " is no name for a client: letters, digits, '-', '_' and '.'");
  }
  return {.name = name, .command = {}, .shellCommand = word.substr(equals + 1)};
}

}  // namespace poetry
