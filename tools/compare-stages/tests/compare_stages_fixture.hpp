// Runs the whole program in a directory of its own, with small poems that come fast.
#pragma once

#include "cli/output.hpp"
#include "processes.hpp"
#include "support/child_process.hpp"
#include "support/client_test.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace poetry::testing {

class CompareStages : public ::testing::Test {
 protected:
  /// What one line of the screen has at most.
  static constexpr std::size_t kScreen = 80;

  CompareStages() {
    std::string name = (std::filesystem::temp_directory_path() / "compare-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    json_ = folder_ / "result.json";
  }
  ~CompareStages() override { std::filesystem::remove_all(folder_); }
  CompareStages(const CompareStages&) = delete;
  CompareStages& operator=(const CompareStages&) = delete;

  void TearDown() override {
    if (HasFailure()) {
      std::fprintf(stderr, "The story of this test:\n%s", scenario_.story().c_str());
    }
  }

  /// A poem of this size, and what --server makes of it.
  std::string poem(std::size_t size, const std::string& numbers = ":10:0.001") {
    const std::filesystem::path file = folder_ / ("poem-of-" + std::to_string(size));
    saveFile(file, randomBytes(size, 1));
    return file.string() + numbers;
  }

  std::unique_ptr<ChildProcess> start(std::vector<std::string> words,
                                      const ChildOptions& options = {},
                                      SourceLine where = SourceLine::here()) {
    words.insert(words.begin(), {"--json", json_.string()});
    return scenario_.start(POETRY_BIN_DIR "/compare-stages", words, options, where);
  }

  /// Runs it to its end. What it has measured is in `result_` then.
  void run(const std::vector<std::string>& words, int exitCode) {
    const auto program = start(words);
    EXPECT_EQ(program->wait(), Ending::code(exitCode));
    errors_ = program->errors();
    lines_ = program->outputLines();
    if (std::ifstream file(json_); file) {
      result_ = nlohmann::json::parse(file);
    }
    for (const std::string& line : lines_) {
      EXPECT_LE(columns(line), kScreen) << line;
      EXPECT_EQ(line.find('\033'), std::string::npos) << line;
    }
    expectNobodyIsLeft();
  }

  static std::size_t columns(const std::string& line) {
    return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
  }

  /// All that it starts has the folder's name on its command line.
  void expectNobodyIsLeft() {
    scenario_.waitUntil([&] { return livingWithWord(folder_.string()).empty(); },
                        SourceLine::here(), "nobody of ours is left");
  }

  [[nodiscard]] nlohmann::json stage(const std::string& name) const {
    for (const nlohmann::json& stage : result_.at("stages")) {
      if (stage.at("name") == name) {
        return stage;
      }
    }
    return {};
  }

  [[nodiscard]] bool printed(const std::string& text) const {
    return std::any_of(lines_.begin(), lines_.end(), [&](const std::string& line) {
      return line.find(text) != std::string::npos;
    });
  }

  /// Runs one client against two poems; `command` is a line of shell.
  void runClient(const std::string& command, int exitCode, const std::string& patience = "30") {
    run({"--server", poem(200), "--server", poem(100), "--stage", "none", "--patience", patience,
         "--client", "mine=" + command},
        exitCode);
  }

  Scenario scenario_;
  std::filesystem::path folder_;
  std::filesystem::path json_;
  std::string errors_;
  std::vector<std::string> lines_;
  nlohmann::json result_;
};

}  // namespace poetry::testing
