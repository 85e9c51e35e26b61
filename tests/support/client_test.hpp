// A client, described; what it prints, read strictly; and a test around one run of it.
//
// client_suite.hpp builds on this the tests that all clients share; a lesson derives its own.
#pragma once

#include "support/child_process.hpp"
#include "support/descriptors.hpp"
#include "support/report_lines.hpp"
#include "support/scenario.hpp"
#include "support/scripted_server.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace poetry::testing {

/// What there is to know about a client before it can be tested.
struct ClientUnderTest {
  std::string program;  ///< its path

  /// "Task 1: get poetry from: ..." before it connects, "... in 0:00:01.000000" after each poem.
  bool oneAfterTheOther = false;
  /// A `got` line for each chunk, as it comes. Without: one for the whole poem.
  bool reportsChunks = false;
  /// "Task 1 finished" for each complete poem.
  bool reportsFinished = false;
  /// It runs on the reactor: it has --trace and --reactor.
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

/// A scenario with a client, a folder to write to, and an eye on our own descriptors.
class ClientTest : public ::testing::Test {
 public:
  ~ClientTest() override;
  ClientTest(const ClientTest&) = delete;
  ClientTest& operator=(const ClientTest&) = delete;

 protected:
  ClientTest();
  void TearDown() override;

  /// The client that this test is about.
  [[nodiscard]] virtual const ClientUnderTest& client() const = 0;

  /// Starts the client.
  std::unique_ptr<ChildProcess> start(const std::vector<std::string>& arguments,
                                      const ChildOptions& options = {},
                                      SourceLine where = SourceLine::here());

  /// The `got` line of a chunk; a client that reports whole poems prints it for those.
  static std::string gotLine(int task, std::size_t bytes, const std::string& address);
  /// "async-client: Task 2: connection to 127.0.0.1:10001 lost after 120 bytes: Connection reset
  /// by peer"
  [[nodiscard]] std::string lostLine(int task, std::size_t bytes, const std::string& address) const;
  /// "async-client: Task 2: failed to connect to 127.0.0.1:10001: Connection refused"
  [[nodiscard]] std::string refusedLine(int task, const std::string& address) const;

  /// Waits until the client has taken in a chunk: until it has told so, if it reports chunks, and
  /// until it waits for the next if it does not.
  void expectNoticed(ChildProcess& program, int task, std::size_t bytes, const ScriptedServer& from,
                     SourceLine where = SourceLine::here());

  /// Waits for the end of a client for which all went well: exit code 0, no message, and a
  /// faultless report of poems with these sizes.
  void expectPoems(ChildProcess& program, const std::vector<std::size_t>& sizes,
                   SourceLine where = SourceLine::here());
  /// Checks the report of a client: shape of each line, chunks that add up to the totals, the
  /// sizes of the complete poems by task, and how many tasks there were.
  void expectReport(ChildProcess& program, const std::map<int, std::size_t>& sizes,
                    std::size_t tasks, SourceLine where = SourceLine::here());
  /// Checks that all messages are these lines.
  static void expectMessages(ChildProcess& program, const std::vector<std::string>& lines,
                             SourceLine where = SourceLine::here());

  /// A folder for this test alone, empty at first.
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  /// Where the client saves a poem with --output folder().
  [[nodiscard]] std::filesystem::path poemFile(int task) const;

  /// Plays the script that only an asynchronous client can follow: three servers, and each chunk
  /// of a poem is sent only after the chunk before it, of another poem, was reported. Returns how
  /// many chunks were reported before the client stood still: 3 * `rounds` if it never did. After
  /// that it lets the client finish, which everyone can.
  std::size_t playGatedScript(std::size_t rounds);

  Scenario scenario_;

 private:
  DescriptorCheck descriptors_;
  std::filesystem::path folder_;
};

/// The bytes of `file`. Throws std::runtime_error if it cannot be read.
std::string contentsOf(const std::filesystem::path& file);

}  // namespace poetry::testing
