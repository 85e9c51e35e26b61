// What is written for other programs to read.

#include "json.hpp"
#include "junit.hpp"
#include "samples.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace poetry {
namespace {

using nlohmann::json;

/// A comparison in which every field has something to say.
Comparison everything() {
  Comparison comparison = testing::comparisonOf(3);
  StageResult hung = testing::failed(comparison.poems);
  hung.run.hung = true;
  StageResult traced = testing::interleaved(comparison.poems);
  traced.traced = traced.run;
  traced.traced->recording.linesNotKept = 7;
  comparison.stages.push_back(hung);
  comparison.stages.push_back(traced);
  return comparison;
}

/// "stages[].tasks[].end": the path of every field. The tasks of a loop are like those of a stage.
void collectFields(const json& value, const std::string& path, std::set<std::string>& fields) {
  if (value.is_object()) {
    for (const auto& [name, inner] : value.items()) {
      const std::string field = path.empty() ? name : path + '.' + name;
      fields.insert(inner.is_array() && !inner.empty() && inner[0].is_object() ? field + "[]"
                                                                               : field);
      collectFields(inner, field, fields);
    }
  } else if (value.is_array()) {
    for (const json& inner : value) {
      collectFields(inner, path == "stages[].loop.tasks" ? "stages[].tasks[]" : path + "[]",
                    fields);
    }
  }
}

TEST(Json, ThePageAboutItNamesEveryFieldAndNoOther) {
  std::set<std::string> written;
  collectFields(toJson(everything()), "", written);
  written.insert("servers[]");
  std::ifstream page(std::filesystem::path(POETRY_POETRY_DIR).parent_path() /
                     "docs/compare-json.md");
  std::set<std::string> documented;
  static const std::regex row("\\| `([^`]+)` \\| .*");
  for (std::string line; std::getline(page, line);) {
    std::smatch match;
    if (std::regex_match(line, match, row)) {
      documented.insert(match.str(1));
    }
  }
  for (const std::string& field : written) {
    EXPECT_TRUE(documented.contains(field)) << "not on the page: " << field;
  }
  for (const std::string& field : documented) {
    EXPECT_TRUE(written.contains(field)) << "not in the output: " << field;
  }
}

TEST(Json, NumbersAreThoseOfTheComparison) {
  const json all = toJson(everything());
  EXPECT_EQ(all["schema"], 1);
  EXPECT_EQ(all["slowest"], 1.0);
  EXPECT_EQ(all["sum"], 3.0);
  EXPECT_TRUE(std::regex_match(all["started"].get<std::string>(),
                               std::regex("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ")));
  const json& staircase = all["stages"][0];
  EXPECT_EQ(staircase["name"], "staircase");
  EXPECT_EQ(staircase["model"], "blocking");
  EXPECT_EQ(staircase["elapsed"], 3.0);
  EXPECT_EQ(staircase["closeTo"], "sum");
  EXPECT_EQ(all["stages"][2]["closeTo"], nullptr) << "who failed is close to nothing";
  EXPECT_EQ(all["stages"][2]["closeToInWords"], nullptr);
  EXPECT_EQ(staircase["ending"], (json{{"exitCode", 0}}));
  EXPECT_EQ(staircase["chunks"], 3);
  EXPECT_EQ(staircase["averageChunk"], 100.0);
  EXPECT_EQ(staircase["reported"], nullptr);
  EXPECT_EQ(staircase["peakMemory"], nullptr);
  EXPECT_EQ(staircase["tasks"][1]["asked"], 1.0);
  EXPECT_EQ(staircase["tasks"][1]["end"], 2.0);
  EXPECT_EQ(staircase["tasks"][1]["chunks"], json::parse("[[2.0, 100]]"));
  const json& interleaved = all["stages"][1];
  EXPECT_EQ(interleaved["closeTo"], "slowest");
  EXPECT_EQ(interleaved["finished"], json::parse("[3, 2, 1]"));
  EXPECT_EQ(interleaved["reported"], 1.0);
  EXPECT_EQ(interleaved["loop"]["traced"], false);
  EXPECT_EQ(all["stages"][2]["ending"], (json{{"signal", 11}, {"name", "Segmentation fault"}}));
  EXPECT_EQ(all["stages"][2]["tasks"][1]["outcome"], "unfinished");
  EXPECT_EQ(all["stages"][2]["strangeLines"], 1);
  EXPECT_EQ(all["stages"][2]["messageCount"], 0);
  EXPECT_EQ(all["stages"][4]["linesNotKept"], 0);
  EXPECT_EQ(all["stages"][4]["loop"]["linesNotKept"], 7) << "of the traced run";
  EXPECT_EQ(all["stages"][3]["ending"], (json{{"hung", true}}));
  EXPECT_EQ(all["stages"][4]["loop"]["traced"], true);
}

TEST(Json, WhateverAClientPrintsItCanBeWritten) {
  Comparison comparison = testing::comparisonOf(1);
  Recorder recorder({100});
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) {
    bytes += static_cast<char>(byte);
  }
  recorder.received(Stream::kOutput, bytes, Seconds(1));
  recorder.received(Stream::kErrors, bytes, Seconds(1));
  recorder.finish(Seconds(1));
  comparison.stages[2].run.recording = recorder.take();
  comparison.stages[2].run.command = {bytes};
  EXPECT_NO_THROW(toJson(comparison).dump());
}

TEST(Json, TheTextOfAPoemIsInBase64) {
  Comparison comparison;
  comparison.poems = {{.file = POETRY_POETRY_DIR "/science.txt", .size = 653}};
  const std::string text = toJson(comparison)["servers"][0]["text"];
  EXPECT_EQ(text.size(), (653U + 2) / 3 * 4);
  EXPECT_TRUE(text.ends_with("=") && !text.ends_with("==")) << "653 is 217 * 3 + 2";
  EXPECT_EQ(
      text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="),
      std::string::npos);
  EXPECT_TRUE(text.starts_with("U")) << text.substr(0, 20);
}

TEST(Junit, FailuresAreCountedAndEscaped) {
  const std::string xml = toJunit(testing::comparisonOf(3));
  EXPECT_TRUE(
      xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                      "<testsuites name=\"compare-stages\" tests=\"10\" failures=\"3\">\n"))
      << xml;
  EXPECT_NE(xml.find("<testsuite name=\"failed\" tests=\"2\" failures=\"1\""), std::string::npos)
      << xml;
  EXPECT_NE(xml.find("<testsuite name=\"interleaved\" tests=\"2\" failures=\"0\" skipped=\"1\""),
            std::string::npos)
      << xml;
  EXPECT_NE(xml.find("&lt;b&gt;&quot;strange&quot; &amp; &apos;odd&apos;&lt;/b&gt; \\x01"),
            std::string::npos)
      << xml;
  EXPECT_NE(xml.find("<skipped message=\"it saved no poem to compare\"/>"), std::string::npos)
      << xml;
  EXPECT_NE(xml.find("name=\"asynchronous\">\n      <failure message=\"It did not ask.\"/>"),
            std::string::npos)
      << xml;
}

TEST(Junit, ADifferenceIsAFailureOfItsOwn) {
  Comparison comparison = testing::comparisonOf(1);
  comparison.verdicts.clear();
  comparison.stages.resize(1);
  comparison.stages[0].run.saved = {{.same = false, .difference = "ends after 7 bytes"}};
  const std::string xml = toJunit(comparison);
  EXPECT_NE(xml.find("name=\"delivered the same bytes\">\n"
                     "      <failure message=\"Task 1: ends after 7 bytes\"/>"),
            std::string::npos)
      << xml;
}

}  // namespace
}  // namespace poetry
