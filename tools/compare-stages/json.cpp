#include "json.hpp"

#include "check_verdict.hpp"
#include "files.hpp"
#include "judge.hpp"
#include "terminal.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>

namespace poetry {

namespace {

using nlohmann::json;

constexpr int kSchema = 1;
/// The text is for the replay. The rest is in the file.
constexpr std::size_t kMostText = 65536;

/// Rounded to microseconds.
double seconds(Duration time) {
  return std::round(time.count() * 1e6) / 1e6;
}

json seconds(const std::optional<Duration>& time) {
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

const char* nameOf(Model model) {
  constexpr std::array<const char*, 4> kNames = {"blocking", "select", "reactor", "unknown"};
  return kNames[static_cast<std::size_t>(model)];
}

const char* nameOf(Outcome outcome) {
  constexpr std::array<const char*, 4> kNames = {"unfinished", "complete", "lost", "failed"};
  return kNames[static_cast<std::size_t>(outcome)];
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
                       {"text", base64(firstBytesOf(poem.file, kMostText))}});
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

json loopOf(const ClientResult& client) {
  if (client.steps.empty()) {
    return nullptr;
  }
  const Run& run = client.traced ? *client.traced : client.run;
  return {{"traced", client.traced.has_value()},
          {"elapsed", seconds(run.elapsed)},
          {"linesNotKept", run.recording.linesNotKept},
          {"tasks", tasksOf(run)},
          {"steps", stepsOf(client.steps)}};
}

json endingOf(const Run& run) {
  if (run.hung) {
    return {{"hung", true}};
  }
  if (run.ending.signal != 0) {
    return {{"signal", run.ending.signal}, {"name", ::strsignal(run.ending.signal)}};
  }
  return {{"exitCode", run.ending.exitCode}};
}

json clientToJson(const ClientResult& client) {
  const Run& run = client.run;
  const ChunkCount chunks = countChunks(run.recording);
  json command = json::array();
  for (const std::string& word : run.command) {
    command.push_back(printable(word));
  }
  return {{"name", client.name},
          {"command", std::move(command)},
          {"model", nameOf(client.model)},
          {"ending", endingOf(run)},
          {"succeeded", client.succeeded},
          {"problems", client.problems},
          {"remarks", client.remarks},
          {"elapsed", seconds(run.elapsed)},
          {"reported", seconds(run.recording.reported)},
          {"closeTo", client.closeTo ? json(nameOf(*client.closeTo)) : json()},
          {"closeToInWords", client.closeTo ? json(inWords(*client.closeTo)) : json()},
          {"wakeUps", run.usage.wakeUps},
          {"userSeconds", seconds(run.usage.user)},
          {"systemSeconds", seconds(run.usage.system)},
          {"peakMemory", run.usage.peakMemory ? json(*run.usage.peakMemory) : json()},
          {"chunks", chunks.count},
          {"averageChunk", std::round(chunks.averageSize() * 100) / 100},
          {"finished", finishedOrder(run.recording)},
          {"tasks", tasksOf(run)},
          {"lines", linesOf(run.recording)},
          {"linesNotKept", run.recording.linesNotKept},
          {"strangeLines", run.recording.strangeLines},
          {"messages", run.recording.messages},
          {"messageCount", run.recording.messageCount},
          {"loop", loopOf(client)}};
}

}  // namespace

std::string toJson(const Comparison& comparison) {
  // --check has no poems.
  const auto ifAny = [&](Duration time) {
    return comparison.poems.empty() ? json() : json(seconds(time));
  };
  json clients = json::array();
  for (const ClientResult& client : comparison.clients) {
    clients.push_back(clientToJson(client));
  }
  json verdicts = json::array();
  for (const Verdict& verdict : comparison.verdicts) {
    verdicts.push_back({{"client", verdict.client.name},
                        {"judgement", inWords(verdict.judgement)},
                        {"asynchronous", verdict.judgement == Judgement::kUnknown
                                             ? json()
                                             : json(verdict.judgement == Judgement::kAsynchronous)},
                        {"shouldBe", verdict.shouldBe},
                        {"isAsItShouldBe", verdict.isAsItShouldBe()},
                        {"why", verdict.why},
                        {"advice", verdict.advice},
                        {"succeeded", verdict.client.succeeded},
                        {"problems", verdict.client.problems},
                        {"run", clientToJson(verdict.client)}});
  }
  const json all = {{"schema", kSchema},
                    {"started", utcTime(comparison.started)},
                    {"slowest", ifAny(comparison.slowest())},
                    {"sum", ifAny(comparison.sum())},
                    {"servers", serversOf(comparison)},
                    {"stages", std::move(clients)},
                    {"verdicts", std::move(verdicts)},
                    {"skipped", comparison.skipped}};
  return all.dump(1) + '\n';
}

}  // namespace poetry
