// Lesson 2: the client downloads one poem after the other.
#include "support/client_suite.hpp"
#include "support/descriptors.hpp"

#include <cstddef>
#include <fstream>
#include <string>

#include <sys/resource.h>  // prlimit

namespace poetry::testing {

const ClientUnderTest kBlockingClient{.program = POETRY_BIN_DIR "/blocking-client",
                                      .oneAfterTheOther = true};

INSTANTIATE_TEST_SUITE_P(BlockingClient, EveryClient, ::testing::Values(kBlockingClient), nameOf);
INSTANTIATE_TEST_SUITE_P(BlockingClient, ImpatientClient, ::testing::Values(kBlockingClient),
                         nameOf);

class BlockingClient : public ClientTest {
 protected:
  [[nodiscard]] const ClientUnderTest& client() const override { return kBlockingClient; }
};

TEST_F(BlockingClient, ConnectsToTheSecondServerOnlyAfterTheFirstPoem) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  const auto program = start({first.address(), second.address()});
  ScriptedConnection& one = first.accept();
  one.send("half ");
  program->waitUntilIdle();

  EXPECT_FALSE(second.hasCaller());

  one.sendAndClose("whole");
  second.serve("verse");
  expectPoems(*program, {10, 5});
}

TEST_F(BlockingClient, ReportsEachPoemWhenItIsComplete) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  const auto program = start({first.address(), second.address()});

  program->expectLine("Task 1: get poetry from: " + first.address());
  first.serve("verse");
  EXPECT_TRUE(program->readLine().starts_with(gotLine(1, 5, first.address()) + " in 0:00:"));
  program->expectLine("Task 2: get poetry from: " + second.address());
  second.serve("");
  EXPECT_TRUE(program->readLine().starts_with(gotLine(2, 0, second.address()) + " in 0:00:"));
  EXPECT_TRUE(program->readLine().starts_with("Got 2 poems in 0:00:"));

  expectPoems(*program, {5, 0});
}

TEST_F(BlockingClient, NeedsOneSocketForAnyNumberOfPoems) {
  ScriptedServer server(scenario_);
  const auto program = start({server.address(), server.address(), server.address()});
  std::vector<std::size_t> counts;
  for (int i = 0; i < 3; ++i) {
    ScriptedConnection& connection = server.accept();
    program->waitUntilIdle();
    counts.push_back(openDescriptors(program->pid()).size());
    connection.sendAndClose("verse");
  }
  expectPoems(*program, {5, 5, 5});
  EXPECT_EQ(counts, std::vector<std::size_t>(3, counts[0]));
}

/// Makes every further request of the program for memory fail. False with AddressSanitizer, whose
/// programs end without memory; they reserve more address space than any machine has memory.
bool takeMemoryFrom(const ChildProcess& program) {
  std::size_t pages = 0;
  std::ifstream("/proc/" + std::to_string(program.pid()) + "/statm") >> pages;
  const rlimit nothing{1, RLIM_INFINITY};
  return pages < std::size_t{1} << 28 &&
         ::prlimit(program.pid(), RLIMIT_AS, &nothing, nullptr) == 0;
}

TEST_F(BlockingClient, ReportsThePoemThatDoesNotFitIntoMemoryAndDownloadsTheOthers) {
  ScriptedServer first(scenario_);
  ScriptedServer second(scenario_);
  const auto program = start({first.address(), second.address()});
  ScriptedConnection& tooLong = first.accept();
  program->waitUntilIdle();
  if (!takeMemoryFrom(*program)) {
    GTEST_SKIP() << "the memory of the program cannot be limited";
  }
  tooLong.send(std::string(400'000, 'x'));
  second.serve("verse");

  EXPECT_EQ(program->wait(), Ending::code(1));
  const std::string head =
      client().name() + ": Task 1: connection to " + first.address() + " lost after ";
  ASSERT_EQ(program->errorLines().size(), 1U) << program->errors();
  EXPECT_TRUE(program->errors().starts_with(head)) << program->errors();
  EXPECT_TRUE(program->errors().ends_with(" bytes: Cannot allocate memory\n")) << program->errors();
  expectReport(*program, {{2, 5}}, 2);
}

}  // namespace poetry::testing
