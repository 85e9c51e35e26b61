#include "exercises/support/client_check.hpp"

#include <iterator>

namespace poetry::testing {

void ClientCheck::startFor(std::size_t count, std::vector<std::string> words,
                           const ChildOptions& options, SourceLine where) {
  words.insert(words.end(), {"--output", folder().string()});
  for (std::size_t i = 0; i < count; ++i) {
    words.push_back(listeners_.emplace_back(scenario_).address());
  }
  start(words, options, where);
}

void ClientCheck::acceptAll(SourceLine where) {
  for (ScriptedServer& listener : listeners_) {
    connections_.push_back(&accept(listener, where));
  }
}

ScriptedServer& ClientCheck::listener(std::size_t number) {
  return *std::next(listeners_.begin(), static_cast<std::ptrdiff_t>(number) - 1);
}

void ClientCheck::whileStopped(const std::function<void()>& steps, SourceLine where) {
  program().pause(where);
  steps();
  scenario_.waitUntil([&] { return scenario_.allDelivered(); }, where, "all of it has arrived");
  program().resume(where);
}

std::vector<ReportLine> ClientCheck::chunks() {
  std::vector<ReportLine> found;
  for (const std::string& text : lines()) {
    const ReportLine line = parseReportLine(text);
    if (line.kind == ReportLine::Kind::kChunk) {
      found.push_back(line);
    }
  }
  return found;
}

std::size_t ClientCheck::bytesReported(std::size_t number) {
  std::size_t bytes = 0;
  for (const ReportLine& chunk : chunks()) {
    bytes += chunk.task == number ? chunk.bytes : 0;
  }
  return bytes;
}

bool ClientCheck::isFinished(std::size_t number) {
  return contains(lines(), "Task " + std::to_string(number) + " finished");
}

void ClientCheck::requirePoem(std::size_t number, std::string_view poem, const std::string& cause) {
  const std::string saved = fileIn(folder(), "poem-" + std::to_string(number) + ".txt");
  require(saved == poem,
          {.headline =
               "Server " + std::to_string(number) + " sent " + std::to_string(poem.size()) +
               " bytes. The client saved " +
               (saved.size() == poem.size() ? "other bytes" : std::to_string(saved.size())) + '.',
           .cause = cause,
           .expected = std::string(poem),
           .got = saved});
}

}  // namespace poetry::testing
