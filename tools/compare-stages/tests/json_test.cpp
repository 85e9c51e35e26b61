// What --json writes: its values, and that docs/reference/compare-json.md describes every field.

#include "json.hpp"

#include "json_value.hpp"
#include "samples.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <regex>
#include <set>
#include <string>

namespace poetry {

using nlohmann::json;

namespace testing {

namespace {

json valueAt(const json& all, const std::string& pointer) {
  const json::json_pointer path(pointer);
  return all.contains(path) ? all[path] : json();
}

}  // namespace

JsonFile::JsonFile(const std::filesystem::path& file) {
  std::ifstream stream(file);
  all_ = std::make_shared<const json>(json::parse(stream, nullptr, false));
}

std::string JsonFile::at(const std::string& pointer) const {
  return valueAt(*all_, pointer).dump();
}

std::size_t JsonFile::sizeOf(const std::string& pointer) const {
  return valueAt(*all_, pointer).size();
}

}  // namespace testing

namespace {

/// A comparison in which every field has a value.
json everything() {
  Comparison comparison = testing::comparisonOf(3);
  ClientResult hung = testing::failed(comparison.poems);
  hung.run.hung = true;
  ClientResult traced = testing::interleaved(comparison.poems);
  traced.traced = traced.run;
  traced.traced->recording.linesNotKept = 7;
  comparison.clients.push_back(hung);
  comparison.clients.push_back(traced);
  return json::parse(toJson(comparison));
}

/// "stages[].tasks[].end": the path of every field. The tasks of a loop are like those of a client,
/// and the run of a verdict is like a client.
void collectFields(const json& value, const std::string& path, std::set<std::string>& fields) {
  if (value.is_object()) {
    for (const auto& [name, inner] : value.items()) {
      const std::string field = path.empty() ? name : path + '.' + name;
      const bool isList = inner.is_array() && !inner.empty() && inner[0].is_object();
      fields.insert(isList ? field + "[]" : field);
      collectFields(inner, field == "verdicts[].run" ? "stages[]" : field, fields);
    }
  } else if (value.is_array()) {
    for (const json& inner : value) {
      collectFields(inner, path == "stages[].loop.tasks" ? "stages[].tasks[]" : path + "[]",
                    fields);
    }
  }
}

TEST(Json, HasExactlyTheFieldsThatItsPageDescribes) {
  std::set<std::string> written;
  collectFields(everything(), "", written);
  std::ifstream page(std::filesystem::path(POETRY_POETRY_DIR).parent_path() /
                     "docs/reference/compare-json.md");
  std::set<std::string> documented;
  static const std::regex row("\\| `([^`]+)` \\| .*");
  for (std::string line; std::getline(page, line);) {
    std::smatch match;
    if (std::regex_match(line, match, row)) {
      documented.insert(match.str(1));
    }
  }
  EXPECT_EQ(written, documented);
}

TEST(Json, HasTheNumbersOfTheComparison) {
  const json expected = json::parse(R"({
    "/schema": 1, "/slowest": 1.0, "/sum": 3.0,
    "/stages/0/name": "staircase", "/stages/0/model": "blocking", "/stages/0/elapsed": 3.0,
    "/stages/0/closeTo": "sum", "/stages/0/ending": {"exitCode": 0}, "/stages/0/chunks": 3,
    "/stages/0/averageChunk": 100.0, "/stages/0/reported": null, "/stages/0/peakMemory": null,
    "/stages/0/tasks/1/asked": 1.0, "/stages/0/tasks/1/end": 2.0,
    "/stages/0/tasks/1/chunks": [[2.0, 100]],
    "/stages/1/closeTo": "slowest", "/stages/1/finished": [3, 2, 1], "/stages/1/reported": 1.0,
    "/stages/1/loop/traced": false,
    "/stages/2/closeTo": null, "/stages/2/closeToInWords": null,
    "/stages/2/ending": {"signal": 11, "name": "Segmentation fault"},
    "/stages/2/tasks/1/outcome": "unfinished", "/stages/2/strangeLines": 1,
    "/stages/2/messageCount": 0,
    "/stages/3/ending": {"hung": true},
    "/stages/4/linesNotKept": 0, "/stages/4/loop/linesNotKept": 7, "/stages/4/loop/traced": true
  })");
  const json all = everything();
  for (const auto& [pointer, value] : expected.items()) {
    EXPECT_EQ(all.at(json::json_pointer(pointer)), value) << pointer;
  }
  EXPECT_TRUE(std::regex_match(all["started"].get<std::string>(),
                               std::regex("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ")));
}

TEST(Json, TakesAnyBytesThatAClientPrints) {
  Comparison comparison = testing::comparisonOf(1);
  Recorder recorder({100});
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) {
    bytes += static_cast<char>(byte);
  }
  recorder.received(Stream::kOutput, bytes, Duration(1));
  recorder.received(Stream::kErrors, bytes, Duration(1));
  recorder.finish(Duration(1));
  comparison.clients[2].run.recording = recorder.take();
  comparison.clients[2].run.command = {bytes};
  EXPECT_NO_THROW(toJson(comparison));
}

TEST(Json, HoldsThePoemsInBase64) {
  Comparison comparison;
  comparison.poems = {{.file = POETRY_POETRY_DIR "/science.txt", .size = 653}};
  const std::string text = json::parse(toJson(comparison))["servers"][0]["text"];
  EXPECT_EQ(text.size(), (653U + 2) / 3 * 4);
  EXPECT_TRUE(text.ends_with("=") && !text.ends_with("==")) << "653 is 217 * 3 + 2";
  EXPECT_EQ(
      text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="),
      std::string::npos);
}

}  // namespace
}  // namespace poetry
