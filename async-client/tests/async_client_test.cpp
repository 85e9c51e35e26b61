// Lesson 3: the client downloads all poems at the same time, in one loop around select.
#include "support/client_suite.hpp"
#include "support/descriptors.hpp"

#include <cstddef>
#include <fstream>
#include <string>

#include <sys/resource.h>  // prlimit
#include <sys/select.h>    // FD_SETSIZE

namespace poetry::testing {

const ClientUnderTest kAsyncClient{
    .program = POETRY_BIN_DIR "/async-client", .reportsChunks = true, .reportsFinished = true};

INSTANTIATE_TEST_SUITE_P(AsyncClient, EveryClient, ::testing::Values(kAsyncClient), nameOf);
INSTANTIATE_TEST_SUITE_P(AsyncClient, AsynchronousClient, ::testing::Values(kAsyncClient), nameOf);
INSTANTIATE_TEST_SUITE_P(AsyncClient, ImpatientClient, ::testing::Values(kAsyncClient), nameOf);

class AsyncClient : public ClientTest {
 protected:
  [[nodiscard]] const ClientUnderTest& client() const override { return kAsyncClient; }

  /// How many descriptors the client has open before its first connection.
  std::size_t countDescriptorsWithoutConnections() {
    ScriptedServer server(scenario_);
    const auto program = start({server.address()});
    ScriptedConnection& connection = server.accept();
    program->waitUntilIdle();
    const std::size_t count = openDescriptors(program->pid()).size() - 1;
    connection.closeInOrder();
    program->wait();
    return count;
  }

  /// Allows the client enough descriptors, so that only select can be the limit.
  static ChildOptions manyDescriptors() {
    ChildOptions options;
    options.descriptorLimit = 2 * FD_SETSIZE;
    return options;
  }
};

TEST_F(AsyncClient, ReadsFromAsManyConnectionsAsSelectCanWatch) {
  const std::size_t most = FD_SETSIZE - countDescriptorsWithoutConnections();
  ManyConnections server(scenario_, most);
  if (!server.fits() || allowDescriptors(2 * FD_SETSIZE) < 2 * FD_SETSIZE) {
    GTEST_SKIP() << "the hard limit of descriptors is too low (ulimit -Hn)";
  }
  const auto program = start(server.addresses(), manyDescriptors());

  server.acceptAll();
  server.sendToAll("half ");
  server.sendToAll("whole");
  server.closeAll();

  expectPoems(*program, std::vector<std::size_t>(most, 10));
}

TEST_F(AsyncClient, RefusesADescriptorThatSelectCannotWatch) {
  const std::size_t tooMany = FD_SETSIZE - countDescriptorsWithoutConnections() + 1;
  ManyConnections server(scenario_, tooMany);
  if (!server.fits() || allowDescriptors(2 * FD_SETSIZE) < 2 * FD_SETSIZE) {
    GTEST_SKIP() << "the hard limit of descriptors is too low (ulimit -Hn)";
  }
  const auto program = start(server.addresses(), manyDescriptors());

  EXPECT_EQ(program->wait(), Ending::code(1));
  ASSERT_EQ(program->errorLines().size(), 1U) << program->errors();
  EXPECT_TRUE(program->errors().starts_with("async-client: ")) << program->errors();
  EXPECT_NE(program->errors().find("select"), std::string::npos) << program->errors();
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

TEST_F(AsyncClient, ReportsThePoemThatDoesNotFitIntoMemoryAndDownloadsTheOthers) {
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
