// --check: who is found to be asynchronous, and why not.

#include "compare_stages_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>

namespace poetry::testing {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

TEST_F(CompareStages, AsynchronousClientsAreFoundToBeSo) {
  run({"--check", "--stage", "async-client", "--stage", "reactor-client-1", "--stage",
       "reactor-client-2", "--client", "mine=" POETRY_BIN_DIR "/async-client --output {output}"},
      0);
  ASSERT_EQ(result_["verdicts"].size(), 4U);
  for (const json& verdict : result_["verdicts"]) {
    EXPECT_EQ(verdict["asynchronous"], true) << verdict;
    EXPECT_EQ(verdict["succeeded"], true) << verdict;
  }
}

TEST_F(CompareStages, TwoOfOursAreNotAsynchronousWhichIsNoFailure) {
  run({"--check", "--stage", "blocking-client", "--stage", "reactor-client-1-broken", "--patience",
       "1"},
      0);
  EXPECT_TRUE(printed("blocking-client: not asynchronous, which is its lesson"));
  EXPECT_TRUE(printed("it did not ask server 2"));
  for (const json& verdict : result_["verdicts"]) {
    EXPECT_EQ(verdict["why"].get<std::string>().find(" at once"), std::string::npos)
        << "nobody has shown that: " << verdict["why"];
  }
  EXPECT_TRUE(printed("reactor-client-1-broken: not asynchronous, which is its lesson"));
  EXPECT_EQ(result_["verdicts"][1]["succeeded"], true) << "in the end they have their poems";
}

TEST_F(CompareStages, ABlockingClientOfYoursIsAFailure) {
  const fs::path junit = folder_ / "junit.xml";
  run({"--check", "--stage", "none", "--client", "mine=" POETRY_BIN_DIR "/blocking-client",
       "--patience", "1", "--junit", junit.string()},
      1);
  EXPECT_TRUE(printed("mine: not asynchronous, which it should be"));
  EXPECT_NE(contentsOf(junit).find("tests=\"2\" failures=\"1\""), std::string::npos);
}

TEST_F(CompareStages, WhoReportsWhatWasNeverSentIsFoundOut) {
  run({"--check", "--stage", "none", "--patience", "30", "--client",
       "mine=f() { for i in 1 2 3; do echo \"Task $i: got 20 bytes of poetry from x:1\"; done; "
       "}; f"},
      1);
  EXPECT_TRUE(printed("mine: not asynchronous, and it failed"));
  EXPECT_TRUE(printed("It reported more than server 1 had sent"));
}

TEST_F(CompareStages, WhoFailsAfterItHasShownThatItIsAsynchronousIsAsynchronous) {
  run({"--check", "--stage", "none", "--patience", "5", "--client",
       "mine=f() { " POETRY_BIN_DIR
       "/async-client \"$@\" | grep --line-buffered -v 'Task 1'; }; f"},
      1);
  EXPECT_TRUE(printed("mine: asynchronous, and it failed"));
  EXPECT_FALSE(printed("it did not report what server 1 had sent"));
}

TEST_F(CompareStages, WhoEndsTooEarlyIsToldWhy) {
  run({"--check", "--stage", "none", "--client", "mine=exit 4; :"}, 1);
  EXPECT_TRUE(printed("It ended before servers 2 and 3 had sent their poems"));
  EXPECT_TRUE(printed("exit code 4"));
}

}  // namespace
}  // namespace poetry::testing
