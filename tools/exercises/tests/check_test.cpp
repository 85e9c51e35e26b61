// What Check says about programs that misbehave. The programs are shell commands.
#include "exercises/support/check.hpp"

#include "exercises/support/place.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>

namespace poetry::testing {

const ExercisePlace kExercisePlace{"lesson/name", "/bin/sh", "/nowhere"};

namespace {

/// A check that a test runs by hand.
class Probe : public Check {
 public:
  using Check::accept, Check::activity, Check::requireExitCode, Check::scenario_, Check::TearDown;
  using Check::await, Check::finish, Check::letRun, Check::lines, Check::note, Check::prints,
      Check::require;

  ChildProcess& run(const std::string& command) {
    return start({"-c", command}, {.input = Stream::kPipe});
  }
  void TestBody() override {}
};

/// What the check says: the headline, then the story.
std::string saidBy(const std::function<void()>& step) {
  try {
    step();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "nothing";
}

std::string headline(const std::string& said) {
  return said.substr(0, said.find('\n'));
}

TEST(CheckOfAnExercise, ReportsAHangAndWhereTheProgramWaits) {
  Probe probe;
  probe.run("exec cat");
  EXPECT_EQ(headline(saidBy([&] { probe.finish(); })),
            "The client hangs: it waits in `read` on descriptor 0.");
}

TEST(CheckOfAnExercise, SaysThatItHasStoppedTheProgram) {
  Probe probe;
  probe.run("exec cat").pause();
  EXPECT_EQ(probe.activity(), "is stopped by the check");
}

TEST(CheckOfAnExercise, EndsAProgramThatRunsWithoutPause) {
  Probe probe;
  probe.run("while :; do :; done");
  EXPECT_EQ(headline(saidBy([&] { probe.finish(); })),
            "The client runs without pause and does not end.");
}

TEST(CheckOfAnExercise, EndsAProgramThatPrintsWithoutEnd) {
  Probe probe;
  probe.run("exec yes");
  EXPECT_EQ(headline(saidBy([&] { probe.letRun(); })), "The client prints without end.");
}

TEST(CheckOfAnExercise, ComparesTheExitCode) {
  Probe probe;
  probe.run("exit 4");
  EXPECT_EQ(headline(saidBy([&] { probe.requireExitCode(0); })),
            "The client ended with exit code 4; expected: 0.");
}

TEST(CheckOfAnExercise, NamesTheSignalThatEndedTheProgram) {
  Probe probe;
  probe.run("kill -PIPE $$");
  EXPECT_EQ(headline(saidBy([&] { probe.requireExitCode(0); })),
            "The client was ended by signal 13 (Broken pipe).");
}

TEST(CheckOfAnExercise, FindsASanitizersReport) {
  Probe probe;
  probe.run("echo '/nowhere/get_poetry.cpp:3:1: runtime error: division by zero' >&2; exit 1");
  EXPECT_EQ(headline(saidBy([&] { probe.letRun(); })),
            "Undefined behaviour at get_poetry.cpp:3: division by zero");
}

TEST(CheckOfAnExercise, TheStoryHasNoLinesOfASanitizersReport) {
  Probe probe;
  probe.run(
      "echo complaint >&2; echo ====== >&2; echo '==9==ERROR: AddressSanitizer: heap' >&2;"
      "echo ' #0 0x4f in run' >&2; exit 1");
  const std::string said = saidBy([&] { probe.letRun(); });
  EXPECT_NE(said.find("[your program, standard error] complaint"), std::string::npos) << said;
  EXPECT_EQ(said.find("standard error] =="), std::string::npos) << said;
  EXPECT_EQ(said.find("standard error]  #0"), std::string::npos) << said;
}

TEST(CheckOfAnExercise, TheStorySaysThatTheOrderOfTheTwoStreamsIsNotKnown) {
  constexpr std::string_view kHint = "(lines of standard error may have come earlier)";
  Probe both;
  both.run("echo complaint >&2; echo verse; exit 1");
  EXPECT_NE(saidBy([&] { both.requireExitCode(0); }).find(kHint), std::string::npos);
  Probe one;
  one.run("echo complaint >&2; exit 1");
  EXPECT_EQ(saidBy([&] { one.requireExitCode(0); }).find(kHint), std::string::npos);
}

TEST(CheckOfAnExercise, NamesTheServerThatNoClientConnectsTo) {
  Probe probe;
  ScriptedServer server(probe.scenario_);
  probe.run("exec cat");
  EXPECT_EQ(headline(saidBy([&] { probe.accept(server); })),
            "The client did not connect to server 1. It waits in `read` on descriptor 0.");
}

TEST(CheckOfAnExercise, ACheckThatHoldsReportsNothing) {
  Probe probe;
  probe.run("echo verse; exec cat");
  EXPECT_TRUE(probe.prints("verse"));
  EXPECT_FALSE(probe.prints("prose"));
  EXPECT_EQ(saidBy([&] { probe.require(true, {.headline = "Wrong."}); }), "nothing");
}

TEST(CheckOfAnExercise, TheStoryMarksTheLastStepAndWhatTheProgramPrinted) {
  Probe probe;
  probe.run("echo verse");
  probe.finish();
  const std::string said = saidBy([&] {
    probe.require(false, {.headline = "The client printed a verse.",
                          .cause = "It should not.",
                          .expected = "prose",
                          .got = "verse"});
  });
  EXPECT_EQ(said, R"(The client printed a verse.

     1  the client starts: -c echo verse
     2  [your program] verse
->   3  the client ends with exit code 0

  expected  "prose" (5 bytes in all)
  got       "verse" (5 bytes in all)
            the first difference is at byte 0
  now       the client has ended with exit code 0
  why       It should not.
  again     ./lesson check lesson/name --only TheStoryMarksTheLastStepAndWhatTheProgramPrinted
  a hint    ./lesson hint lesson/name
)");
}

TEST(CheckOfAnExercise, ALongStoryLosesStepsBeforeTheLastOnes) {
  Probe probe;
  probe.run("i=0; while [ $i -lt 500 ]; do i=$((i + 1)); echo line $i; done");
  probe.finish();
  const std::string said = saidBy([&] { probe.require(false, {.headline = "Wrong."}); });
  EXPECT_LE(said.size(), 1700U);
  EXPECT_NE(said.find("[your program] line 1\n"), std::string::npos) << said;
  EXPECT_NE(said.find(" steps left out)"), std::string::npos) << said;
  EXPECT_NE(said.find("[your program] line 500\n"), std::string::npos) << said;
}

TEST(CheckOfAnExercise, AStoryNeverLosesASingleStep) {
  Probe probe;
  probe.run("exit 0");
  probe.finish();
  for (int i = 0; i < 60; ++i) {
    probe.note("server 1", "sends \"x\"");
    const std::string said = saidBy([&] { probe.require(false, {.headline = "Wrong."}); });
    EXPECT_EQ(said.find("(1 steps left out)"), std::string::npos) << said;
  }
}

TEST(CheckOfAnExercise, WritesARecordInJson) {
  Probe probe;
  const TemporaryDirectory folder;
  const std::filesystem::path file = folder.path() / "records";
  ::setenv("POETRY_EXERCISE_RECORDS", file.c_str(), 1);
  probe.run("exit 0");
  static_cast<void>(saidBy([&] { probe.require(false, {.headline = "A \"quote\"."}); }));
  probe.TearDown();
  ::unsetenv("POETRY_EXERCISE_RECORDS");
  std::ifstream stream(file);
  const std::string record{std::istreambuf_iterator<char>(stream), {}};
  EXPECT_TRUE(record.starts_with(R"({"check": "WritesARecordInJson", "status": "failed", )"
                                 R"("headline": "A \"quote\".", "story": "\u000a)"))
      << record;
}

}  // namespace
}  // namespace poetry::testing
