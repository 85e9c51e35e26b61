#include "clients.hpp"

#include "cli/options.hpp"
#include "terminal.hpp"

#include <algorithm>
#include <string_view>

namespace poetry {

namespace {

constexpr std::string_view kOutput = "{output}";

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
  const std::string folder = output.string();
  for (std::string& word : words) {
    for (std::size_t at = 0; (at = word.find(kOutput, at)) != std::string::npos;
         at += folder.size()) {
      word.replace(at, kOutput.size(), folder);
    }
  }
  if (trace) {
    words.insert(words.begin() + 1, "--trace");
  }
  words.insert(words.end(), addresses.begin(), addresses.end());
  return words;
}

std::vector<Client> clientsOfLessons(const std::filesystem::path& programs) {
  const auto client = [&](const char* name, Model model, bool isAsynchronous) {
    return Client{.name = name,
                  .model = model,
                  .command = {(programs / name).string(), "--output", std::string(kOutput)},
                  .shouldBeAsynchronous = isAsynchronous};
  };
  return {client("blocking-client", Model::kBlocking, false),
          client("async-client", Model::kSelect, true),
          client("reactor-client-1", Model::kReactor, true),
          client("reactor-client-1-broken", Model::kReactor, false),
          client("reactor-client-2", Model::kReactor, true)};
}

Client parseClientWords(const std::vector<std::string>& words) {
  const std::string first = words.empty() ? "" : words.front();
  const std::size_t equals = first.find('=');
  if (equals == 0 || equals == std::string::npos || equals + 1 == first.size()) {
    throw UsageError("--client: '" + printable(first) +
                     "' is not NAME=PROGRAM, as in mine=./my-client");
  }
  Client client{.name = printable(first.substr(0, equals)), .command = words};
  client.command.front() = first.substr(equals + 1);
  return client;
}

}  // namespace poetry
