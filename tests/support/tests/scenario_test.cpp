// The story that a failing test prints.

#include "support/scenario.hpp"

#include "support/child_process.hpp"
#include "support/scripted_server.hpp"

#include <gtest/gtest.h>

#include <string>

namespace poetry::testing {
namespace {

std::string startOfLine(SourceLine where) {
  return "  scenario_test.cpp:" + std::to_string(where.line) + ": ";
}

TEST(Scenario, TheStoryNamesTheLineThatStartedAProgram) {
  Scenario scenario;
  const auto where = SourceLine::here();
  const auto program = scenario.start("/bin/cat", {"-"});
  EXPECT_EQ(scenario.story(), startOfLine({where.file, where.line + 1}) + "cat starts: -\n");
}

TEST(Scenario, TheStoryNamesTheLineThatConnected) {
  Scenario scenario;
  const ScriptedServer server(scenario);
  const auto where = SourceLine::here();
  const ScriptedConnection client = scenario.connect(server.port());
  EXPECT_EQ(scenario.story(), startOfLine({where.file, where.line + 1}) + "client 1 connects to " +
                                  server.address() + '\n');
}

}  // namespace
}  // namespace poetry::testing
