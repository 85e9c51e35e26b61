// Where a program waits, and how much of a processor it uses.

#include "support/waiting.hpp"

#include "support/child_process.hpp"
#include "support/scenario.hpp"
#include "support/scripted_server.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>

namespace poetry::testing {
namespace {

TEST(Waiting, NamesTheCallAndItsDescriptor) {
  Scenario scenario;
  const auto program = scenario.start("/bin/cat", {}, {.input = Stream::kPipe});
  program->waitUntilIdle();
  EXPECT_EQ(whereItWaits(program->pid()), "`read` on descriptor 0");
}

TEST(Waiting, NamesACallWithoutADescriptor) {
  Scenario scenario;
  const auto program = scenario.start("/bin/sleep", {"1000"});
  program->waitUntilIdle();
  EXPECT_EQ(whereItWaits(program->pid()), "`sleep`");
}

TEST(Waiting, NamesNothingWhileTheProgramIsStopped) {
  Scenario scenario;
  const auto program = scenario.start("/bin/cat", {}, {.input = Stream::kPipe});
  program->waitUntilIdle();
  EXPECT_FALSE(isStopped(program->pid()));
  program->pause();
  EXPECT_TRUE(isStopped(program->pid()));
  EXPECT_EQ(whereItWaits(program->pid()), "");
}

TEST(Waiting, AProgramThatWaitsForAChildIsNotIdle) {
  Scenario scenario;
  const auto program = scenario.start("/bin/sh", {"-c", "sleep 1000; exit"});
  scenario.waitUntil([&] { return whereItWaits(program->pid()) == "`wait`"; }, SourceLine::here(),
                     "it waits for its child");
  EXPECT_FALSE(program->isIdle());
}

TEST(Waiting, NamesNothingAfterTheEnd) {
  Scenario scenario;
  const auto program = scenario.start("/bin/true", {});
  program->wait();
  EXPECT_EQ(whereItWaits(program->pid()), "");
  EXPECT_EQ(processorTime(program->pid()).count(), 0);
}

TEST(Waiting, CountsTheTimeOfAProgramThatRunsWithoutPause) {
  Scenario scenario;
  const auto program = scenario.start("/bin/sh", {"-c", "while :; do :; done"});
  scenario.waitUntil([&] { return processorTime(program->pid()).count() >= 50; },
                     SourceLine::here(), "it has used 50 ms");
}

TEST(Waiting, CountsNothingForAProgramThatSleeps) {
  Scenario scenario;
  const auto program = scenario.start("/bin/cat", {}, {.input = Stream::kPipe});
  program->waitUntilIdle();
  const auto before = processorTime(program->pid());
  program->waitUntilIdle();
  EXPECT_EQ(processorTime(program->pid()), before);
}

}  // namespace
}  // namespace poetry::testing
