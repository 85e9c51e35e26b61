// The base of every check of an exercise. It runs the program under test, waits until the program has
// reacted, and says in a student's words what happened if the check fails.
//
//     class ReadToTheEnd : public Check {};
//
//     TEST_F(ReadToTheEnd, WaitsWhenTheServerPauses) {
//       ScriptedServer server(scenario_);
//       start({server.address()});
//       ScriptedConnection& connection = accept(server);
//       connection.send("Ten bytes ");
//       letRun();
//       require(isRunning(), {.headline = "Server 1 sent 10 bytes, and the client stopped.",
//                             .cause = "A short chunk is not the end."});
//       ...
//
// The name of a test is the claim that the student reads. A check does not wait for a time: it waits
// until the program is idle, that is, until it sleeps and everything that was sent to it has arrived.
#pragma once

#include "support/child_process.hpp"
#include "support/faults.hpp"
#include "support/scenario.hpp"
#include "support/scripted_server.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace poetry::testing {

/// Why a check fails.
struct Finding {
  /// One sentence of at most 100 bytes: the actor first, then what was seen.
  std::string headline;
  /// One sentence, only if a known mistake fits. Printed after "why".
  std::string cause = {};
  /// Bytes. Printed, cut around the first difference, if they differ.
  std::string expected = {};
  std::string got = {};
};

class Check : public ::testing::Test {
 protected:
  Check();
  void TearDown() override;

  /// Starts the program under test. Once in each check.
  ChildProcess& start(const std::vector<std::string>& arguments, const ChildOptions& options = {},
                      SourceLine where = SourceLine::here());
  [[nodiscard]] ChildProcess& program() { return *program_; }

  // Each function that waits for the program returns when the program can do nothing more without us. It
  // fails the check if a sanitizer has found a mistake, or if the program runs or prints without end.

  /// Waits until the program is idle or has ended.
  void letRun(SourceLine where = SourceLine::here());
  /// The same, but returns false for a program that runs without pause: the check can say why.
  [[nodiscard]] bool comesToRest(SourceLine where = SourceLine::here());
  /// Waits until `condition` holds. Returns false if the program is idle, or has ended, and it does not hold.
  [[nodiscard]] bool await(const std::function<bool()>& condition,
                           SourceLine where = SourceLine::here());
  /// Waits for a client at `server`. Fails if none comes.
  ScriptedConnection& accept(ScriptedServer& server, SourceLine where = SourceLine::here());
  /// Waits until `size` bytes have arrived at our end of a connection, and returns what has arrived: fewer
  /// bytes if the program sends no more.
  [[nodiscard]] std::string receive(ScriptedConnection& connection, std::size_t size,
                                    SourceLine where = SourceLine::here());
  /// Waits until the program has printed this line on standard output, at any place. False if it does not.
  [[nodiscard]] bool prints(const std::string& line, SourceLine where = SourceLine::here());
  /// Waits for the end of the program. Fails, as a hang, if it does not end.
  Ending finish(SourceLine where = SourceLine::here());
  /// finish(), then fails unless the program has ended with this exit code.
  void requireExitCode(int expected, SourceLine where = SourceLine::here());

  /// True if the program has not ended. Does not wait.
  [[nodiscard]] bool isRunning();
  /// What the program does at the moment: "waits in `recv` on descriptor 4", "runs", "is stopped by
  /// the check", "has ended with exit code 0".
  [[nodiscard]] std::string activity();
  /// The time of a processor that the program has used so far.
  [[nodiscard]] std::chrono::milliseconds processorTime() const;

  /// A program that sleeps until a timer is due looks idle. From now on it counts as idle only when it
  /// has been so for this long and has printed nothing.
  void setQuietTime(std::chrono::milliseconds time) { quietTime_ = time; }
  /// For a program that is not a client: "The server". It begins the sentences that Check writes itself.
  void setActor(const std::string& actor) { actor_ = actor; }
  /// The likely cause, in one sentence, if a sanitizer finds a mistake of this kind from now on. `kind`
  /// begins the headline, or is in what the program printed: "what():  bad optional access".
  void setCauseOfCrash(const std::string& kind, const std::string& cause) {
    causesOfCrash_[kind] = cause;
  }
  /// Commands with which a student sees the same by hand, each in a terminal of its own; {program}
  /// stands for the path of the program under test. Without them, the story names the command that
  /// repeats this check alone.
  void setCommandsByHand(const std::vector<std::string>& commands) { byHand_ = commands; }

  /// Adds a step to the story, for what the scenario does not see by itself.
  void note(const std::string& actor, const std::string& what,
            SourceLine where = SourceLine::here());

  /// Fails the check unless `holds`.
  void require(bool holds, const Finding& otherwise);
  [[noreturn]] void fail(const Finding& finding);

  /// The lines that the program has printed so far on standard output and on standard error. Do not wait.
  [[nodiscard]] std::vector<std::string> lines();
  [[nodiscard]] std::vector<std::string> errorLines();
  /// True if one of `lines` is `line`.
  [[nodiscard]] static bool contains(const std::vector<std::string>& lines,
                                     const std::string& line);

  /// A file under test, such as answers.txt. Fails if it cannot be read.
  [[nodiscard]] std::string fileUnderTest(const std::string& name);
  /// A file in `folder`, such as one that the program has saved. Fails if it cannot be read.
  [[nodiscard]] std::string fileIn(const std::filesystem::path& folder, const std::string& name);
  /// A directory for this check alone, empty at the start.
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

  Scenario scenario_;

 private:
  enum class Status { kPassed, kFailed, kError };
  [[noreturn]] void failWith(Status status, const Finding& finding);
  void reap(SourceLine where);
  [[nodiscard]] std::string whyEndless(std::chrono::steady_clock::time_point begin,
                                       std::chrono::milliseconds usedBefore);
  [[nodiscard]] std::string storyOf(const Finding& finding);
  [[nodiscard]] std::string stepsUpTo(std::size_t bytes) const;

  TemporaryDirectory folder_;
  std::unique_ptr<ChildProcess> program_;
  std::optional<Ending> ending_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  bool isEndless_ = false;
  std::chrono::milliseconds quietTime_{0};
  std::string actor_ = "The client";
  std::map<std::string, std::string> causesOfCrash_;  ///< kind: cause
  std::vector<std::string> byHand_;

  Status status_ = Status::kPassed;
  std::string headline_;
  std::string story_;
};

}  // namespace poetry::testing
