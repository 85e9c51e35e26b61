#include "table.hpp"

#include "judge.hpp"
#include "lines.hpp"

#include <algorithm>

namespace poetry {

namespace {

constexpr std::size_t kPoemsShown = 5;
constexpr std::size_t kPathShown = 32;

/// The end of a path that is long, where its name is.
std::string shortPath(const std::filesystem::path& path) {
  std::string text = printable(path.string());
  if (columnsOf(text) > kPathShown) {
    text = ".../" + printable(path.filename().string());
  }
  return columnsOf(text) > kPathShown ? padded(text, kPathShown - 3) + "..." : text;
}

/// One column: its title, how wide it is, and what stands in it.
struct Column {
  const char* title;
  std::size_t width;
  std::string (*of)(const StageResult&);
};

std::string closeIn(const StageResult& stage) {
  return stage.closeTo ? nameOf(*stage.closeTo) : "-";
}

/// "12345", or "123k" from this limit on.
std::string shortNumber(std::size_t number, std::size_t limit) {
  return number < limit ? std::to_string(number) : std::to_string(number / 1000) + 'k';
}

std::string chunksIn(const StageResult& stage) {
  const Pieces pieces = piecesOf(stage.run.recording);
  return pieces.count == 0
             ? "0"
             : shortNumber(pieces.count, 10000) + " x " + inBytes(pieces.averageSize());
}

std::string memoryIn(const StageResult& stage) {
  return stage.run.exit.peakMemory ? inBytes(static_cast<double>(*stage.run.exit.peakMemory)) : "-";
}

std::string cpuIn(const StageResult& stage) {
  const Seconds cpu = stage.run.exit.user + stage.run.exit.system;
  return cpu < Seconds(10) ? std::to_string(static_cast<long>(cpu.count() * 1000)) + " ms"
                           : inSeconds(cpu);
}

const Column kColumns[] = {
    {"took", 8, [](const StageResult& stage) { return inSeconds(stage.run.elapsed); }},
    {"close to", 10, closeIn},
    {"wake-ups", 10,
     [](const StageResult& stage) { return shortNumber(stage.run.exit.wakeUps, 100000); }},
    {"CPU", 8, cpuIn},
    {"memory", 8, memoryIn},
    {"chunks", 13, chunksIn},
};
constexpr std::size_t kNameWidth = 23;

/// One line for each poem, although the servers sent more than one chunk of it.
bool tellsWholePoems(const StageResult& stage, const std::vector<Poem>& poems) {
  bool areSlow = false;
  for (std::size_t i = 0; i < poems.size(); ++i) {
    if (stage.run.recording.tasks[i].pieces > 1) {
      return false;
    }
    areSlow = areSlow || poems[i].size > poems[i].numBytes;
  }
  return areSlow;
}

}  // namespace

std::vector<std::string> describePoems(const Comparison& comparison) {
  std::vector<std::string> lines;
  const std::size_t shown = std::min(comparison.poems.size(), kPoemsShown);
  for (std::size_t i = 0; i < shown; ++i) {
    const Poem& poem = comparison.poems[i];
    const std::vector<std::string> some =
        wrapped("Task " + std::to_string(i + 1) + ": " + shortPath(poem.file) + ", " +
                    std::to_string(poem.size) + " bytes, " + std::to_string(poem.numBytes) +
                    " in a send: " + inSeconds(poem.needs()),
                2);
    lines.insert(lines.end(), some.begin(), some.end());
  }
  if (shown < comparison.poems.size()) {
    lines.push_back("  and " + std::to_string(comparison.poems.size() - shown) + " more poems");
  }
  return lines;
}

std::vector<std::string> drawTable(const Comparison& comparison) {
  std::vector<std::string> lines;
  std::string head = padded("client", kNameWidth);
  for (const Column& column : kColumns) {
    head += rightAligned(column.title, column.width);
  }
  lines.push_back(head);
  for (const StageResult& stage : comparison.stages) {
    std::string line = padded(stage.name, kNameWidth);
    for (const Column& column : kColumns) {
      line += rightAligned(column.of(stage), column.width);
    }
    lines.push_back(line);
  }
  return lines;
}

std::vector<std::string> explain(const Comparison& comparison) {
  std::vector<std::string> lines;
  const auto add = [&](const std::string& text) {
    for (const std::string& line : wrapped(text, 0)) {
      lines.push_back(line);
    }
  };
  add("The slowest poem needs " + inSeconds(comparison.slowest()) +
      "; all of them, one after the other, " + inSeconds(comparison.sum()) +
      ". Who waits for one poem at a time needs the sum. Who waits for all of them at once is done "
      "with the slowest.");
  for (const StageResult& stage : comparison.stages) {
    if (stage.closeTo == Closeness::kSlowest && tellsWholePoems(stage, comparison.poems)) {
      add(stage.name +
          " tells of each poem only when it has all of it. It looks as fast; whether it "
          "hears the others meanwhile, --check finds out.");
    }
  }
  add("wake-ups: how often it slept and was woken. memory: the most it had at any time. chunks: "
      "how "
      "many pieces it told of, and their average size.");
  return lines;
}

std::vector<std::string> describeDelivery(const Comparison& comparison) {
  std::vector<std::string> lines;
  std::size_t compared = 0;
  bool allWell = true;
  for (const StageResult& stage : comparison.stages) {
    allWell = allWell && stage.succeeded;
    compared += std::any_of(stage.run.saved.begin(), stage.run.saved.end(),
                            [](const Saved& saved) { return saved.same.has_value(); })
                    ? 1U
                    : 0U;
    for (const std::string& problem : stage.problems) {
      const std::vector<std::string> some = wrapped(stage.name + ": " + problem, 0);
      lines.insert(lines.end(), some.begin(), some.end());
    }
  }
  if (allWell && compared == comparison.stages.size()) {
    lines.emplace_back("All delivered the same bytes: every poem as it is in its file.");
  } else if (allWell) {
    lines.emplace_back(
        "All delivered every poem. Where a client saves none, bytes were only counted.");
  }
  return lines;
}

std::vector<std::string> describeVerdict(const Verdict& verdict) {
  std::string heading =
      verdict.client + (verdict.asynchronous ? ": asynchronous" : ": not asynchronous");
  if (!verdict.succeeded) {
    heading += ", and it failed";
  } else if (!verdict.shouldBe) {
    heading += verdict.asynchronous ? ", which it should not be" : ", which is its lesson";
  } else if (!verdict.asynchronous) {
    heading += ", which it should be";
  }
  std::vector<std::string> lines = {heading};
  const auto add = [&](const std::string& text) {
    for (const std::string& line : wrapped(text, 2)) {
      lines.push_back(line);
    }
  };
  add(verdict.why);
  std::for_each(verdict.problems.begin(), verdict.problems.end(), add);
  return lines;
}

}  // namespace poetry
