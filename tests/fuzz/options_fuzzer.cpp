// Whole command lines, of a client without a reactor, of one with, and of the server.
//
// Whatever the words, they are either refused with a message of one line, or asked for help, or
// mean something that the program can do; and one more option changes what it says and no other.
#include "cli/command_line.hpp"
#include "cli/option_values.hpp"
#include "fuzz/require.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace poetry::fuzz {

namespace {

using Words = std::vector<std::string>;

std::vector<std::string> reactors() {
  return {"epoll", "poll"};
}

const ProgramInfo kPlainClient{"client", "gets poems", nullptr};
const ProgramInfo kReactorClient{"reactor-client", "gets poems", &reactors};
const ProgramInfo kServer{"server", "serves a poem", nullptr};

/// What `parse` makes of the words; nothing if it refuses them or prints the help.
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
    requireRefusal(error.what());
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
  require(!options->addresses.empty(), "a client has somebody to ask");
  for (const HostPort& address : options->addresses) {
    require(parseAddress(address.toString()) == address, "what is accepted is an address");
  }
  const bool hasReactor = program.reactors != nullptr;
  require(hasReactor || (!options->trace && options->reactor.empty()), "no reactor, no --reactor");
  require(options->reactor.empty() || options->reactor == "epoll" || options->reactor == "poll",
          "only a reactor that there is can be chosen");

  const auto quiet = read(&parseClient, program, withPrefix({"--quiet"}, words));
  require(quiet && quiet->quiet && quiet->addresses == options->addresses &&
              quiet->output == options->output && quiet->trace == options->trace &&
              quiet->reactor == options->reactor,
          "--quiet changes nothing else");
}

void checkServer(const Words& words) {
  const auto options = read(&parseServer, kServer, words);
  if (!options) {
    return;
  }
  require(options->delay.count() >= 0 && options->delay.count() <= 1e9, "the delay can be slept");
  require(options->numBytes > 0, "something is sent");
  require(!options->iface.empty() && !options->poetryFile.empty(), "no name is empty");

  const auto again = read(&parseServer, kServer, withPrefix({"--port", "7"}, words));
  require(again && (again->port == 7 || again->port == options->port) &&
              again->iface == options->iface && again->delay == options->delay &&
              again->numBytes == options->numBytes && again->poetryFile == options->poetryFile,
          "an option given first changes nothing else, and what is said last counts");
}

/// The input is the words, each ended by a zero byte as in /proc/self/cmdline.
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
