#include "clients.hpp"

#include "cli/options.hpp"
#include "terminal.hpp"

#include <algorithm>
#include <string_view>

namespace poetry {

namespace {

constexpr std::string_view kOutput = "{output}";
constexpr std::string_view kFile = "{file}";

}  // namespace

bool Client::savesPoems() const {
  return std::any_of(command.begin(), command.end(), [](const std::string& word) {
    return word.find(kOutput) != std::string::npos;
  });
}

std::vector<std::string> Client::commandLine(const std::vector<std::string>& addresses,
                                             const std::filesystem::path& output,
                                             bool trace) const {
  std::vector<std::string> words = command;
  for (std::string& word : words) {
    // From left to right, since what is filled in may look like a mark.
    for (std::size_t at = 0; (at = word.find('{', at)) != std::string::npos;) {
      const bool isOutput = word.compare(at, kOutput.size(), kOutput) == 0;
      const bool isFile = word.compare(at, kFile.size(), kFile) == 0 && !file.empty();
      const std::string path = isOutput ? output.string() : isFile ? file.string() : "{";
      word.replace(at, isOutput ? kOutput.size() : isFile ? kFile.size() : 1, path);
      at += path.size();
    }
  }
  if (trace) {
    words.insert(words.begin() + 1, "--trace");
  }
  words.insert(words.end(), addresses.begin(), addresses.end());
  return words;
}

std::vector<Client> clientsOfLessons(const std::filesystem::path& programs) {
  const auto client = [&](const char* name, const char* lesson, Model model, bool isAsynchronous) {
    return Client{.name = name,
                  .model = model,
                  .command = {(programs / name).string(), "--output", std::string(kOutput)},
                  .shouldBeAsynchronous = isAsynchronous,
                  .lesson = lesson};
  };
  return {client("blocking-client", "2", Model::kBlocking, false),
          client("async-client", "3", Model::kSelect, true),
          client("reactor-client-1", "4", Model::kReactor, true),
          client("reactor-client-1-broken", "", Model::kReactor, false),
          client("reactor-client-2", "5", Model::kReactor, true)};
}

Client parseClientWords(const std::vector<std::string>& words) {
  const std::string first = words.empty() ? "" : words.front();
  const std::size_t equals = first.find('=');
  if (equals == 0 || equals == std::string::npos || equals + 1 == first.size()) {
    throw UsageError("--client: '" + printable(first) +
                     "' is not NAME=PROGRAM, as in mine=./my-client");
  }
  Client client{.name = readable(first.substr(0, equals)), .command = words};
  client.command.front() = first.substr(equals + 1);
  return client;
}

}  // namespace poetry
