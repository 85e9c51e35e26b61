// The programs of the chapters that need no server of ours, and the client that never waits.
#include "support/child_process.hpp"
#include "support/client_test.hpp"
#include "support/scenario.hpp"
#include "support/scripted_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <unistd.h>  // sysconf

namespace poetry::testing {

using Lines = std::vector<std::string>;

namespace {

/// Runs a program that must succeed, and returns what it prints.
Lines linesOf(Scenario& scenario, const std::string& name) {
  const auto program = scenario.start(std::string(POETRY_BIN_DIR "/") + name, {});
  EXPECT_EQ(program->wait(), Ending::code(0));
  EXPECT_EQ(program->errors(), "");
  return program->outputLines();
}

}  // namespace

TEST(FunctionReactor, ShowsWhatBreaksWithoutAnObject) {
  Scenario scenario;
  const Lines lines = linesOf(scenario, "function-reactor");
  ASSERT_EQ(lines.size(), 7U);
  EXPECT_EQ(lines[0], "1. The function does not act on the end: 1000 calls for 6 bytes.");
  std::smatch numbers;
  ASSERT_TRUE(std::regex_match(lines[1], numbers,
                               std::regex("2\\. Descriptor (\\d+) was closed, and is now "
                                          "descriptor (\\d+) of the second poem\\.")));
  EXPECT_EQ(numbers[1], numbers[2]);
  EXPECT_EQ(lines[2], "   The function of the first poem got: bytes of the second poem.");
  EXPECT_TRUE(lines[3].ends_with(" too late."));
  EXPECT_EQ(lines[4], "   Calls of the second poem's function: 0; of the third's: 1.");
  EXPECT_EQ(lines[5], "4. All that the loop can report about a function that throws:");
  EXPECT_TRUE(std::regex_match(lines[6], std::regex("   descriptor \\d+ failed: not a poem")));
}

TEST(DuckTyping, PutsTwoClassesIntoOneListInBothWays) {
  Scenario scenario;
  EXPECT_EQ(linesOf(scenario, "duck-typing"),
            (Lines{"Virtual functions, two classes in one list:", "descriptor 3: a line of poetry",
                   "descriptor 4: a signal", "A concept, one class in the list:",
                   "descriptor 3: a line of poetry", "descriptor 3: a line of poetry",
                   "A concept and type erasure, two classes in one list:",
                   "descriptor 3: a line of poetry", "descriptor 4: a signal"}));
}

TEST(LevelAndEdge, OnlyLevelTriggeredReportsTheSecondByte) {
  Scenario scenario;
  EXPECT_EQ(linesOf(scenario, "level-and-edge"),
            (Lines{"level-triggered: ready, read 'a'; ready, read 'b'; no byte is left",
                   "edge-triggered: ready, read 'a'; not reported again, but a byte is left"}));
}

TEST(MissingStack, CallbackHasTheLoopOnItsStackAndNotTheFunctionThatAsked) {
  Scenario scenario;
  const Lines lines = linesOf(scenario, "missing-stack");
  const auto begin = std::find(lines.begin(), lines.end(), "The stack in the callback:");
  ASSERT_NE(begin, lines.end());
  const auto has = [](auto from, auto to, const std::string& function) {
    return std::any_of(from, to, [&](const std::string& line) {
      return line.starts_with("  poetry::" + function + '(');
    });
  };
  EXPECT_TRUE(has(lines.begin(), begin, "askForPoem"));
  EXPECT_FALSE(has(lines.begin(), begin, "Reactor::run"));
  EXPECT_FALSE(has(begin, lines.end(), "askForPoem"));
  EXPECT_TRUE(has(begin, lines.end(), "Reactor::run"));
  EXPECT_TRUE(has(begin, lines.end(), "poemFailed"));
  EXPECT_EQ(lines.back(), "  clientConnectionFailed: there is no poem");
}

class SpinningClient : public ClientTest {
 protected:
  [[nodiscard]] const ClientUnderTest& client() const override { return client_; }

  /// The CPU time that a program has used, in clock ticks, by proc(5).
  static long cpuTicks(const ChildProcess& program) {
    std::ifstream file("/proc/" + std::to_string(program.pid()) + "/stat");
    std::string text;
    std::getline(file, text);
    std::istringstream fields(text.substr(text.rfind(')') + 1));
    std::string skipped;
    for (int i = 0; i < 11; ++i) {
      fields >> skipped;
    }
    long user = 0;
    long system = 0;
    fields >> user >> system;
    return user + system;
  }

 private:
  ClientUnderTest client_{.program = POETRY_BIN_DIR "/spinning-client"};
};

TEST_F(SpinningClient, UsesCpuTimeWhileTheServerIsSilent) {
  ScriptedServer server(scenario_);
  const auto program = start({"--output", folder().string(), server.address()});
  ScriptedConnection& connection = server.accept();
  connection.send("half ");
  const long before = cpuTicks(*program);
  scenario_.waitUntil([&] { return cpuTicks(*program) >= before + 10; }, SourceLine::here(),
                      "it has used a tenth of a second of CPU time");
  connection.sendAndClose("whole");

  EXPECT_EQ(program->wait(), Ending::code(0));
  const Lines lines = program->outputLines();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(std::regex_match(
      lines[0], std::regex("2 calls of receive returned bytes, [1-9]\\d+ said \"would block\"\\.")))
      << lines[0];
  const std::string time = "\\d+:\\d\\d:\\d\\d\\.\\d{6}";
  EXPECT_TRUE(
      std::regex_match(lines[1], std::regex("Used " + time + " of CPU time in " + time + "\\.")))
      << lines[1];
  EXPECT_EQ(contentsOf(poemFile(1)), "half whole");
}

TEST_F(SpinningClient, ReportsAReset) {
  ScriptedServer server(scenario_);
  const auto program = start({server.address()});
  server.accept().reset();
  EXPECT_EQ(program->wait(), Ending::code(1));
  expectMessages(*program, {lostLine(1, 0, server.address())});
}

TEST_F(SpinningClient, RefusesASecondAddress) {
  const auto program = start({"10000", "10001"});
  EXPECT_EQ(program->wait(), Ending::code(2));
  EXPECT_EQ(program->output(), "");
}

}  // namespace poetry::testing
