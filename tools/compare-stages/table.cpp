#include "table.hpp"

#include "judge.hpp"
#include "terminal.hpp"

#include <algorithm>

namespace poetry {

namespace {

constexpr std::size_t kPoemsShown = 5;
constexpr std::size_t kPathShown = 32;
constexpr std::size_t kNameWidth = 23;

/// A long path is reduced to the name of the file.
std::string shortPath(const std::filesystem::path& path) {
  std::string text = printable(path.string());
  if (text.size() > kPathShown) {
    text = ".../" + printable(path.filename().string());
  }
  return text.size() > kPathShown ? padded(text, kPathShown - 3) + "..." : text;
}

/// A column of the table.
struct Column {
  const char* title;
  std::size_t width;
  std::string (*of)(const ClientResult&);
};

/// "12345", or "123k" from this limit on.
std::string shortNumber(std::size_t number, std::size_t limit) {
  return number < limit ? std::to_string(number) : std::to_string(number / 1000) + 'k';
}

std::string chunksIn(const ClientResult& client) {
  const ChunkCount chunks = countChunks(client.run.recording);
  return chunks.count == 0
             ? "0"
             : shortNumber(chunks.count, 10000) + " x " + inBytes(chunks.averageSize());
}

std::string memoryIn(const ClientResult& client) {
  const auto& memory = client.run.usage.peakMemory;
  return memory ? inBytes(static_cast<double>(*memory)) : "-";
}

std::string cpuIn(const ClientResult& client) {
  const Duration cpu = client.run.usage.user + client.run.usage.system;
  return cpu < Duration(10) ? std::to_string(static_cast<long>(cpu.count() * 1000)) + " ms"
                            : inSeconds(cpu);
}

const Column kColumns[] = {
    {"took", 8, [](const ClientResult& client) { return inSeconds(client.run.elapsed); }},
    {"close to", 10,
     [](const ClientResult& client) {
       return std::string(client.closeTo ? nameOf(*client.closeTo) : "-");
     }},
    {"wake-ups", 10,
     [](const ClientResult& client) { return shortNumber(client.run.usage.wakeUps, 100000); }},
    {"CPU", 8, cpuIn},
    {"memory", 8, memoryIn},
    {"chunks", 13, chunksIn},
};

void addWrapped(std::vector<std::string>& lines, const std::string& text, std::size_t indent) {
  const std::vector<std::string> some = wrapped(text, indent);
  lines.insert(lines.end(), some.begin(), some.end());
}

}  // namespace

std::vector<std::string> describePoems(const Comparison& comparison) {
  std::vector<std::string> lines;
  const std::size_t shown = std::min(comparison.poems.size(), kPoemsShown);
  for (std::size_t i = 0; i < shown; ++i) {
    const Poem& poem = comparison.poems[i];
    addWrapped(lines,
               "Task " + std::to_string(i + 1) + ": " + shortPath(poem.file) + ", " +
                   std::to_string(poem.size) + " bytes, " + std::to_string(poem.numBytes) +
                   " per send: " + inSeconds(poem.needs()),
               2);
  }
  if (shown < comparison.poems.size()) {
    lines.push_back("  and " + std::to_string(comparison.poems.size() - shown) + " more poems");
  }
  return lines;
}

std::string describeRun(const ClientResult& client) {
  const std::string line =
      "  " + padded(client.name, kNameWidth + 3) + rightAligned(inSeconds(client.run.elapsed), 8);
  if (client.succeeded) {
    return line;
  }
  return shortened(line + "  FAILED: " + client.problems.front(), kWidth);
}

std::vector<std::string> drawTable(const Comparison& comparison) {
  std::vector<std::string> lines = {padded("client", kNameWidth)};
  for (const Column& column : kColumns) {
    lines.front() += rightAligned(column.title, column.width);
  }
  for (const ClientResult& client : comparison.clients) {
    lines.push_back(padded(client.name, kNameWidth));
    for (const Column& column : kColumns) {
      lines.back() += rightAligned(column.of(client), column.width);
    }
  }
  return lines;
}

std::vector<std::string> explain(const Comparison& comparison) {
  std::vector<std::string> lines;
  addWrapped(
      lines,
      "The slowest poem takes " + inSeconds(comparison.slowest()) +
          "; all poems, one after the other, take " + inSeconds(comparison.sum()) +
          ". A client that waits for one poem at a time takes the sum of all times. A client "
          "that waits for all poems at once is done with the slowest.",
      0);
  for (const ClientResult& client : comparison.clients) {
    for (const std::string& remark : client.remarks) {
      addWrapped(lines, client.name + ": " + remark, 0);
    }
  }
  addWrapped(lines,
             "wake-ups: how often the client slept and was woken. memory: its peak. chunks: how "
             "many it reported, and their average size.",
             0);
  return lines;
}

std::vector<std::string> describeDelivery(const Comparison& comparison) {
  std::vector<std::string> lines;
  bool allSucceeded = true;
  bool allCompared = true;
  for (const ClientResult& client : comparison.clients) {
    const auto& saved = client.run.saved;
    allSucceeded = allSucceeded && client.succeeded;
    allCompared = allCompared && std::any_of(saved.begin(), saved.end(), [](const Saved& each) {
                    return each.same.has_value();
                  });
    for (const std::string& problem : client.problems) {
      addWrapped(lines, client.name + ": " + problem, 0);
    }
  }
  if (allSucceeded) {
    addWrapped(lines,
               allCompared ? "All delivered poems are identical to their files."
                           : "All poems arrived. Where a client saves none, only the reported "
                             "bytes were counted.",
               0);
  }
  return lines;
}

}  // namespace poetry
