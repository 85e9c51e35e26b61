// A description of a client, a strict parser of all that it prints, and a test of one run of it.
//
// The tests that all clients share are in client_suite.hpp; a lesson derives its own from ClientTest.
#pragma once

#include "support/child_process.hpp"
#include "support/report_lines.hpp"
#include "support/scenario.hpp"
#include "support/scripted_server.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace poetry::testing {

/// What a test must know about a client.
struct ClientUnderTest {
  std::string program;  ///< its path

  /// Prints "Task 1: get poetry from: ..." before it connects, "... in 0:00:01.000000" after each poem.
  bool oneAfterTheOther = false;
  /// Prints a `got` line for each chunk as it comes; otherwise one for the whole poem.
  bool reportsChunks = false;
  /// Prints "Task 1 finished" for each complete poem.
  bool reportsFinished = false;
  /// Uses the reactor: it has --trace and --reactor.
  bool isReactor = false;

  /// "async-client"
  [[nodiscard]] std::string name() const;
};

/// For GoogleTest.
void PrintTo(const ClientUnderTest& client, std::ostream* out);

/// What a client has printed on standard output.
class Transcript {
 public:
  /// Throws std::runtime_error for a line that this client must not print at this place.
  Transcript(const ClientUnderTest& client, const std::vector<std::string>& lines);

  struct Task {
    std::vector<std::size_t> chunks = {};   ///< bytes of each `got` line
    std::string address = {};               ///< of the `got` lines; they have to agree
    std::string asked = {};                 ///< of the `get poetry from` line
    bool finished = false;                  ///< has a `finished` line
    std::optional<std::size_t> total = {};  ///< of the report
  };

  std::map<int, Task> tasks = {};
  std::vector<int> reported = {};  ///< the tasks of the report, in the order of their lines
  std::string got = {};            ///< "3" or "2 of 3", of the last line; empty if there is none

 private:
  bool add(const ReportLine& line);
  bool addChunk(const ReportLine& line);
  void addTotal(const ReportLine& line);

  const ClientUnderTest& client_;
};

/// A scenario with a client and a directory for its poems.
class ClientTest : public ::testing::Test {
 protected:
  void TearDown() override;

  /// The client that this test is about.
  [[nodiscard]] virtual const ClientUnderTest& client() const = 0;

  /// Starts the client.
  std::unique_ptr<ChildProcess> start(const std::vector<std::string>& arguments,
                                      const ChildOptions& options = {},
                                      SourceLine where = SourceLine::here());

  /// The `got` line of a chunk, or of a poem for a client that reports only whole poems.
  static std::string gotLine(int task, std::size_t bytes, const std::string& address);
  /// "async-client: Task 2: connection to 127.0.0.1:10001 lost after 120 bytes: Connection reset
  /// by peer"
  [[nodiscard]] std::string lostLine(int task, std::size_t bytes, const std::string& address) const;
  /// "async-client: Task 2: failed to connect to 127.0.0.1:10001: Connection refused"
  [[nodiscard]] std::string refusedLine(int task, const std::string& address) const;

  /// Waits for the end of a client that must succeed: exit code 0, no message, and a correct report
  /// of poems with these sizes.
  void expectPoems(ChildProcess& program, const std::vector<std::size_t>& sizes,
                   SourceLine where = SourceLine::here());
  /// Checks all that a client has printed: the form of each line, that the chunks add up to the
  /// totals, the sizes of the complete poems by task, and the number of tasks.
  void expectReport(ChildProcess& program, const std::map<int, std::size_t>& sizes,
                    std::size_t tasks, SourceLine where = SourceLine::here());
  /// Checks that all messages are these lines.
  static void expectMessages(ChildProcess& program, const std::vector<std::string>& lines,
                             SourceLine where = SourceLine::here());

  /// A directory for this test alone, empty at the start.
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
  /// Where the client saves a poem with --output folder().
  [[nodiscard]] std::filesystem::path poemFile(int task) const;

  Scenario scenario_;

 private:
  TemporaryDirectory folder_;
};

/// The bytes of `file`. Throws std::runtime_error if it cannot be read.
std::string contentsOf(const std::filesystem::path& file);

}  // namespace poetry::testing
