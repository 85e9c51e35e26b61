// All that is known after everything has run: what the terminal, the page and the files show.
#pragma once

#include "loop_steps.hpp"
#include "process.hpp"
#include "recording.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace poetry {

/// A poem, and the server that serves it.
struct Poem {
  std::filesystem::path file;
  std::size_t size = 0;
  std::size_t numBytes = 10;
  Seconds delay{0};
  std::string address = {};  ///< of its server, once that serves

  /// How long it takes to send: one pause after each send.
  [[nodiscard]] Seconds needs() const;
};

/// How a client is built, as far as that is known.
enum class Model { kBlocking, kSelect, kReactor, kUnknown };

/// Which of the two times a client is close to.
enum class Closeness { kSlowest, kSum, kBoth, kNeither };

/// Is a saved poem the one that was sent?
struct Saved {
  std::optional<bool> same = {};  ///< none: the client saves no poems
  std::string difference = {};    ///< empty if it is the same
};

/// One run of a client, and what is to be said about it.
struct Run {
  std::vector<std::string> command = {};
  Recording recording = {};
  ProcessExit exit = {};
  bool hung = false;  ///< it was killed, because it had come to a stop
  Seconds elapsed{0};
  std::vector<Saved> saved = {};  ///< for each task
};

struct StageResult {
  std::string name;
  Model model = Model::kUnknown;
  Run run = {};
  std::vector<std::string> problems = {};
  bool succeeded = false;
  std::optional<Closeness> closeTo = {};  ///< none: it failed
  std::optional<Run> traced = {};         ///< a second run, with --trace
  std::vector<LoopStep> steps = {};  ///< of the traced run, or told from the lines of the first
};

/// Whether a client is asynchronous, and why we think so.
struct Verdict {
  std::string client = {};
  bool asynchronous = false;
  std::string why = {};
  std::vector<std::string> problems = {};
  bool shouldBe = true;   ///< asynchronous; two of our own should not be, which is their lesson
  bool succeeded = true;  ///< in the end it had all poems

  [[nodiscard]] bool isAsItShouldBe() const { return asynchronous == shouldBe && succeeded; }
};

struct Comparison {
  std::chrono::system_clock::time_point started = std::chrono::system_clock::now();
  std::vector<Poem> poems = {};
  std::vector<StageResult> stages = {};
  std::vector<Verdict> verdicts = {};

  /// What the poems need if all are sent at once, and if one is sent after the other.
  [[nodiscard]] Seconds slowest() const;
  [[nodiscard]] Seconds sum() const;
};

}  // namespace poetry
