// Whole command lines: of a client without a reactor, of a client with one, and of the server.
//
// A program refuses a command line with a reason, prints its help, or gets options that it can use.
// The reason names the wrong word, unless a word is missing. An option that is put in front changes
// nothing but its own value.
#include "cli/command_line.hpp"
#include "cli/option_values.hpp"
#include "fuzz/require.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace poetry::fuzz {

namespace {

using Words = std::vector<std::string>;

const ProgramInfo kPlainClient{"client", "gets poems", nullptr};
const ProgramInfo kReactorClient{"reactor-client", "gets poems", [] {
                                   return Words{"epoll", "poll"};
                                 }};
const ProgramInfo kServer{"server", "serves a poem", nullptr};

/// Does the message contain a word of the command line, or the name in "--name=value"?
bool namesOneOf(const Words& words, const std::string& message) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    const bool hasName = word.starts_with("--");
    return message.find(word) != std::string::npos ||
           (hasName && message.find(word.substr(0, word.find('='))) != std::string::npos);
  });
}

/// Returns what `parse` reads from the words; nothing if it refuses them or prints the help.
template <typename Options>
std::optional<Options> read(std::optional<Options> (*parse)(int, const char* const*,
                                                            const ProgramInfo&),
                            const ProgramInfo& program, const Words& words) {
  std::vector<const char*> argv = {program.name};
  for (const std::string& word : words) {
    argv.push_back(word.c_str());
  }
  const int argc = static_cast<int>(argv.size());
  argv.push_back(nullptr);
  try {
    return parse(argc, argv.data(), program);
  } catch (const UsageError& error) {
    const std::string message = error.what();
    requireRefusal(message);
    require(message.starts_with("no ") || namesOneOf(words, message),
            "a refusal names the word, unless a word is missing");
    return std::nullopt;
  }
}

Words withPrefix(Words prefix, const Words& words) {
  prefix.insert(prefix.end(), words.begin(), words.end());
  return prefix;
}

void checkClient(const ProgramInfo& program, const Words& words) {
  const auto options = read(&parseClient, program, words);
  if (!options) {
    return;
  }
  require(!options->addresses.empty(), "a client has a server to connect to");
  for (const HostPort& address : options->addresses) {
    require(parseAddress(address.toString()) == address,
            "an address can be printed and read again");
  }
  const bool hasReactor = program.reactors != nullptr;
  require(hasReactor || (!options->trace && options->reactor.empty()), "no reactor, no --reactor");
  require(options->reactor.empty() || options->reactor == "epoll" || options->reactor == "poll",
          "--reactor takes an available demultiplexer only");

  const auto quiet = read(&parseClient, program, withPrefix({"--quiet"}, words));
  require(quiet && quiet->addresses == options->addresses && quiet->output == options->output &&
              quiet->trace == options->trace && quiet->reactor == options->reactor,
          "--quiet changes nothing else");
  const bool isOverridden = std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return word.starts_with("--quiet=");
  });
  require(quiet->quiet || isOverridden, "--quiet has an effect");
}

void checkServer(const Words& words) {
  const auto options = read(&parseServer, kServer, words);
  if (!options) {
    return;
  }
  require(options->delay.count() >= 0 && options->delay.count() <= 1e9, "the delay is in range");
  require(options->numBytes > 0, "the server sends at least one byte at a time");
  require(!options->iface.empty() && !options->poetryFile.empty(), "no name is empty");

  const auto again = read(&parseServer, kServer, withPrefix({"--port", "7"}, words));
  require(again && (again->port == 7 || again->port == options->port) &&
              again->iface == options->iface && again->delay == options->delay &&
              again->numBytes == options->numBytes && again->poetryFile == options->poetryFile,
          "--port changes nothing else, and the last one counts");
}

/// The input is the words, each ended by a zero byte, as in /proc/self/cmdline.
Words split(const std::string& text) {
  Words words;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\0', begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

}  // namespace

}  // namespace poetry::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace fuzz = poetry::fuzz;
  const fuzz::Words words = fuzz::split({reinterpret_cast<const char*>(data), size});
  fuzz::checkClient(fuzz::kPlainClient, words);
  fuzz::checkClient(fuzz::kReactorClient, words);
  fuzz::checkServer(words);
  return 0;
}
