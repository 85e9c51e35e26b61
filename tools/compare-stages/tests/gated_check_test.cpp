// The script of --check, where the order of its own events decides. tests/clients/ has clients for the rest.

#include "gated_check.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <utility>

#include <sys/wait.h>

namespace poetry {
namespace {

TEST(GatedCheck, AClientThatEndsAsTheTimeIsUpHasEnded) {
  Duration late{0};
  Reactor reactor({.clock = [&] {
    return std::chrono::steady_clock::now() +
           std::chrono::duration_cast<std::chrono::steady_clock::duration>(late);
  }});
  std::optional<Verdict> verdict;
  const Client client{.name = "mine", .command = {"/bin/true"}};
  const GatedCheck check(reactor, client, Duration(60), [&](Verdict result) {
    verdict = std::move(result);
    reactor.stop();
  });
  // Both are ready when the loop begins: the end of the client, and the timer of its first connection.
  siginfo_t ended{};
  ASSERT_EQ(::waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT), 0);
  late = Duration(61);
  reactor.run();
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->why, "It ended without connecting to a server.");
}

}  // namespace
}  // namespace poetry
