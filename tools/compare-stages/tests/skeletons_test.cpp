// The clients in docs/code/clients, where students begin to write their own in another language.
#include "support/client_test.hpp"
#include "support/scripted_server.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <vector>

namespace poetry::testing {
namespace {

struct Skeleton {
  const char* language;
  const char* tool;  ///< runs or compiles it
  const char* file;
};

/// For GoogleTest.
void PrintTo(const Skeleton& skeleton, std::ostream* out) {
  *out << skeleton.language;
}

class SkeletonClient : public ::testing::TestWithParam<Skeleton> {
 protected:
  void SetUp() override {
    const std::string tool = GetParam().tool;
    const std::string source =
        std::string(POETRY_POETRY_DIR "/../docs/code/clients/") + GetParam().file;
    if (shell("command -v " + tool)->wait() != Ending::code(0)) {
      GTEST_SKIP() << tool << " is not installed";
    }
    if (tool == "go") {
      const std::string program = (folder_.path() / "get_poetry").string();
      const auto build = shell("GOCACHE=${GOCACHE:-" POETRY_BIN_DIR "/../go} go build -o '" +
                               program + "' '" + source + "'");
      ASSERT_EQ(build->wait(), Ending::code(0)) << build->errors();
      command_ = {program};
    } else {
      command_ = {"/usr/bin/env", "-u", "PYTHONUNBUFFERED", tool, source};  // it must flush
    }
  }

  std::unique_ptr<ChildProcess> shell(const std::string& script) {
    return scenario_.start("/bin/sh", {"-c", script});
  }

  std::unique_ptr<ChildProcess> start(const std::vector<std::string>& addresses) {
    std::vector<std::string> words(command_.begin() + 1, command_.end());
    words.insert(words.end(), addresses.begin(), addresses.end());
    return scenario_.start(command_.front(), words);
  }

  Scenario scenario_;
  std::vector<std::string> command_;

 private:
  TemporaryDirectory folder_;
};

TEST_P(SkeletonClient, IsAsynchronous) {
  std::vector<std::string> words = {"--check", "--patience", "60", "--stage", "none", "--client"};
  words.push_back("mine=" + command_.front());
  words.insert(words.end(), command_.begin() + 1, command_.end());
  const auto check = scenario_.start(POETRY_BIN_DIR "/compare-stages", words);
  EXPECT_EQ(check->wait(), Ending::code(0)) << check->output();
}

TEST_P(SkeletonClient, ReportsEachChunkAtOnceAndThePoemsAtTheEnd) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  const auto client = start({std::to_string(first.port()), second.address()});  // both forms
  ScriptedConnection& one = first.accept();
  ScriptedConnection& two = second.accept();

  two.send("verse");
  client->expectLine("Task 2: got 5 bytes of poetry from " + second.address());
  two.sendAndClose("");
  client->expectLine("Task 2 finished");
  one.send("two");
  client->expectLine("Task 1: got 3 bytes of poetry from " + first.address());
  one.sendAndClose("");
  client->expectLine("Task 1 finished");
  client->expectLine("Task 1: 3 bytes of poetry");
  client->expectLine("Task 2: 5 bytes of poetry");
  EXPECT_EQ(parseReportLine(client->readLine()).kind, ReportLine::Kind::kSummary);
  EXPECT_EQ(client->wait(), Ending::code(0));
  EXPECT_EQ(client->errors(), "");
}

TEST_P(SkeletonClient, NamesAServerThatRefusesAndOneThatResetsAndDownloadsTheOthers) {
  const RefusingPort refusing;
  ScriptedServer second(scenario_);
  ScriptedServer third(scenario_);
  const auto client = start({refusing.address(), second.address(), third.address()});
  EXPECT_NE(client->readErrorLine().find("Task 1: failed to connect to " + refusing.address()),
            std::string::npos);
  ScriptedConnection& broken = second.accept();
  client->waitUntilIdle();  // it has to notice the connection before the reset
  broken.sendAndReset("half a po");
  EXPECT_NE(client->readErrorLine().find("Task 2: connection to " + second.address() + " lost"),
            std::string::npos);
  third.serve("");
  EXPECT_EQ(client->wait(), Ending::code(1));
  const std::vector<std::string> lines = client->outputLines();
  ASSERT_GE(lines.size(), 2U);
  EXPECT_EQ(lines[lines.size() - 2], "Task 3: 0 bytes of poetry");
  EXPECT_TRUE(lines.back().starts_with("Got 1 of 3 poems in 0:00:")) << lines.back();
}

TEST_P(SkeletonClient, RefusesAWrongAddressWithOneLine) {
  for (const std::string word : {"abc", "99999", "0", ":", "127.0.0.1:x"}) {
    const auto client = start({word});
    EXPECT_EQ(client->wait(), Ending::code(2)) << word;
    ASSERT_EQ(client->errorLines().size(), 1U) << client->errors();
    EXPECT_NE(client->errors().find("'" + word + "'"), std::string::npos) << client->errors();
  }
  EXPECT_EQ(start({})->wait(), Ending::code(2));
}

INSTANTIATE_TEST_SUITE_P(Book, SkeletonClient,
                         ::testing::Values(Skeleton{"Python", "python3", "get_poetry.py"},
                                           Skeleton{"Go", "go", "get_poetry.go"}),
                         [](const ::testing::TestParamInfo<Skeleton>& test) {
                           return std::string(test.param.language);
                         });

}  // namespace
}  // namespace poetry::testing
