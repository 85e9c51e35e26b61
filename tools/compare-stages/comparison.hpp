// Everything that is known after the runs: the terminal, the page and the files show it.
#pragma once

#include "loop_steps.hpp"
#include "recording.hpp"
#include "support/process.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace poetry {

/// A poem, and how its server sends it.
struct Poem {
  std::filesystem::path file;
  std::size_t size = 0;
  std::size_t numBytes = 10;  ///< per send
  Duration delay{0};          ///< after each send
  std::string address = {};   ///< of its server; empty until the server listens

  /// How long sending it takes.
  [[nodiscard]] Duration needs() const;
};

std::vector<std::size_t> sizesOf(const std::vector<Poem>& poems);

/// How a client waits. Unknown for a client of the user.
enum class Model { kBlocking, kSelect, kReactor, kUnknown };

/// Which time a client's time is close to: that of the slowest poem, or the sum of all.
enum class Closeness { kSlowest, kSum, kBoth, kNeither };

/// Whether a saved poem is the poem that was sent.
struct Saved {
  std::optional<bool> same = {};  ///< empty: the client saves no poems
  std::string difference = {};    ///< empty if it is the same
};

/// One run of a client.
struct Run {
  std::vector<std::string> command = {};
  Recording recording = {};
  Ending ending = {};
  ResourceUsage usage = {};
  bool hung = false;   ///< it made no progress for `waited` and was killed
  Duration waited{0};  ///< how long its next progress was waited for
  Duration elapsed{0};
  std::vector<Saved> saved = {};  ///< for each task
};

struct ClientResult {
  std::string name;
  Model model = Model::kUnknown;
  Run run = {};
  std::vector<std::string> problems = {};
  std::vector<std::string> remarks = {};  ///< no failure, and worth knowing
  bool succeeded = false;
  std::optional<Closeness> closeTo = {};  ///< empty: it failed
  std::optional<Run> traced = {};         ///< a second run, with --trace
  std::vector<LoopStep> steps = {};  ///< of the traced run, or derived from the lines of the first
};

/// Whether a client is asynchronous. What the check cannot see is unknown.
enum class Judgement { kAsynchronous, kNotAsynchronous, kUnknown };

/// What --check found out about a client.
struct Verdict {
  ClientResult client = {};  ///< the check as a run: what the client did, and what went wrong
  Judgement judgement = Judgement::kUnknown;
  std::string why = {};     ///< what the check saw
  std::string advice = {};  ///< what to change in the client; empty if that is clear, or nothing
  bool shouldBe = true;     ///< asynchronous

  /// Whether the judgement is the one that is expected.
  [[nodiscard]] bool isRight() const {
    return judgement == (shouldBe ? Judgement::kAsynchronous : Judgement::kNotAsynchronous);
  }
  [[nodiscard]] bool isAsItShouldBe() const { return isRight() && client.succeeded; }
};

struct Comparison {
  std::chrono::system_clock::time_point started = std::chrono::system_clock::now();
  std::vector<Poem> poems = {};
  std::vector<ClientResult> clients = {};
  std::vector<Verdict> verdicts = {};
  std::vector<std::string> skipped =
      {};  ///< files beside the clients of --clients that are no clients

  /// How long sending the slowest poem takes.
  [[nodiscard]] Duration slowest() const;
  /// How long sending all poems takes, one after the other.
  [[nodiscard]] Duration sum() const;
};

}  // namespace poetry
