#include "json.hpp"

#include "judge.hpp"
#include "lines.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <fstream>
#include <string>
#include <string_view>

namespace poetry {

namespace {

using nlohmann::json;

constexpr int kSchema = 1;
/// A poem's text is there to be looked at; who wants more has the file.
constexpr std::size_t kMostText = 65536;

/// Microseconds are enough.
double seconds(Seconds time) {
  return std::round(time.count() * 1e6) / 1e6;
}

json seconds(const std::optional<Seconds>& time) {
  return time ? json(seconds(*time)) : json();
}

std::string utcTime(std::chrono::system_clock::time_point time) {
  const std::time_t stamp = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&stamp, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text += i + k > bytes.size() ? '=' : kDigits[group >> (18 - 6 * k) & 63U];
    }
  }
  return text;
}

std::string beginningOf(const std::filesystem::path& file) {
  std::string text(kMostText, '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

const char* nameOf(Model model) {
  switch (model) {
    case Model::kBlocking:
      return "blocking";
    case Model::kSelect:
      return "select";
    case Model::kReactor:
      return "reactor";
    case Model::kUnknown:
      break;
  }
  return "unknown";
}

const char* nameOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kComplete:
      return "complete";
    case Outcome::kLost:
      return "lost";
    case Outcome::kFailed:
      return "failed";
    case Outcome::kUnfinished:
      break;
  }
  return "unfinished";
}

const char* nameOf(LoopStep::Kind kind) {
  constexpr std::array<const char*, 8> kNames = {"wait",  "timer",  "wake", "call",
                                                 "print", "return", "lost", "stop"};
  return kNames[static_cast<std::size_t>(kind)];
}

json serversOf(const Comparison& comparison) {
  json servers = json::array();
  for (const Poem& poem : comparison.poems) {
    servers.push_back({{"task", servers.size() + 1},
                       {"poem", printable(poem.file.string())},
                       {"bytes", poem.size},
                       {"numBytes", poem.numBytes},
                       {"delay", seconds(poem.delay)},
                       {"needs", seconds(poem.needs())},
                       {"address", poem.address},
                       {"text", base64(beginningOf(poem.file))}});
  }
  return servers;
}

json tasksOf(const Run& run) {
  json tasks = json::array();
  for (std::size_t i = 0; i < run.recording.tasks.size(); ++i) {
    const TaskRecord& task = run.recording.tasks[i];
    const Saved saved = i < run.saved.size() ? run.saved[i] : Saved();
    json chunks = json::array();
    for (const Chunk& chunk : task.chunks) {
      chunks.push_back({seconds(chunk.at), chunk.bytes});
    }
    tasks.push_back({{"task", i + 1},
                     {"asked", seconds(task.asked)},
                     {"chunks", std::move(chunks)},
                     {"end", seconds(task.end)},
                     {"outcome", nameOf(task.outcome)},
                     {"bytes", task.bytes},
                     {"same", saved.same ? json(*saved.same) : json()},
                     {"difference", saved.difference.empty() ? json() : json(saved.difference)}});
  }
  return tasks;
}

json linesOf(const Recording& recording) {
  json lines = json::array();
  for (const PrintedLine& line : recording.lines) {
    lines.push_back({{"at", seconds(line.at)},
                     {"stream", line.stream == Stream::kOutput ? "output" : "errors"},
                     {"text", line.text}});
  }
  return lines;
}

json stepsOf(const std::vector<LoopStep>& steps) {
  json all = json::array();
  for (const LoopStep& step : steps) {
    json one = {{"at", seconds(step.at)},
                {"kind", nameOf(step.kind)},
                {"task", step.task > 0 ? json(step.task) : json()},
                {"stack", step.stack},
                {"text", step.text}};
    if (step.kind == LoopStep::Kind::kWait) {
      one["readers"] = step.readers;
      one["writers"] = step.writers;
      one["timers"] = step.timers;
    }
    all.push_back(std::move(one));
  }
  return all;
}

json loopOf(const StageResult& stage) {
  if (stage.steps.empty()) {
    return nullptr;
  }
  const Run& run = stage.traced ? *stage.traced : stage.run;
  return {{"traced", stage.traced.has_value()},
          {"elapsed", seconds(run.elapsed)},
          {"linesNotKept", run.recording.linesNotKept},
          {"tasks", tasksOf(run)},
          {"steps", stepsOf(stage.steps)}};
}

json endingOf(const Run& run) {
  if (run.hung) {
    return {{"hung", true}};
  }
  if (run.exit.signal != 0) {
    return {{"signal", run.exit.signal}, {"name", ::strsignal(run.exit.signal)}};
  }
  return {{"exitCode", run.exit.exitCode}};
}

json stageToJson(const StageResult& stage) {
  const Run& run = stage.run;
  const Pieces pieces = piecesOf(run.recording);
  json command = json::array();
  for (const std::string& word : run.command) {
    command.push_back(printable(word));
  }
  return {{"name", stage.name},
          {"command", std::move(command)},
          {"model", nameOf(stage.model)},
          {"ending", endingOf(run)},
          {"succeeded", stage.succeeded},
          {"problems", stage.problems},
          {"elapsed", seconds(run.elapsed)},
          {"reported", seconds(run.recording.reported)},
          {"closeTo", stage.closeTo ? json(nameOf(*stage.closeTo)) : json()},
          {"closeToInWords", stage.closeTo ? json(inWords(*stage.closeTo)) : json()},
          {"wakeUps", run.exit.wakeUps},
          {"userSeconds", seconds(run.exit.user)},
          {"systemSeconds", seconds(run.exit.system)},
          {"peakMemory", run.exit.peakMemory ? json(*run.exit.peakMemory) : json()},
          {"chunks", pieces.count},
          {"averageChunk", std::round(pieces.averageSize() * 100) / 100},
          {"finished", finishedOrder(run.recording)},
          {"tasks", tasksOf(run)},
          {"lines", linesOf(run.recording)},
          {"linesNotKept", run.recording.linesNotKept},
          {"strangeLines", run.recording.strangeLines},
          {"messageCount", run.recording.messageCount},
          {"loop", loopOf(stage)}};
}

}  // namespace

json toJson(const Comparison& comparison) {
  // --check has no poems whose times could be told.
  const auto ifAny = [&](Seconds time) {
    return comparison.poems.empty() ? json() : json(seconds(time));
  };
  json stages = json::array();
  for (const StageResult& stage : comparison.stages) {
    stages.push_back(stageToJson(stage));
  }
  json verdicts = json::array();
  for (const Verdict& verdict : comparison.verdicts) {
    verdicts.push_back({{"client", verdict.client},
                        {"asynchronous", verdict.asynchronous},
                        {"shouldBe", verdict.shouldBe},
                        {"why", verdict.why},
                        {"succeeded", verdict.succeeded},
                        {"problems", verdict.problems}});
  }
  return {{"schema", kSchema},
          {"started", utcTime(comparison.started)},
          {"slowest", ifAny(comparison.slowest())},
          {"sum", ifAny(comparison.sum())},
          {"servers", serversOf(comparison)},
          {"stages", std::move(stages)},
          {"verdicts", std::move(verdicts)}};
}

}  // namespace poetry
