#include "cli/report.hpp"

#include "in_child.hpp"
#include "net/address.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <system_error>

namespace poetry {
namespace {

using std::chrono::milliseconds;
using testing::inChild;
using testing::Outcome;

constexpr ProgramInfo kProgram{.name = "async-client", .about = "Downloads poems."};

ClientOptions optionsFor(std::size_t tasks) {
  ClientOptions options;
  options.addresses.resize(tasks, {"127.0.0.1", 10000});
  return options;
}

Address server(const std::string& host = "127.0.0.1") {
  return resolveWithoutLookup({host, 10000}).at(0);
}

/// What a report prints while `use` calls it, and its exit code.
Outcome report(const ClientOptions& options, const std::function<void(Report&)>& use) {
  return inChild([&] {
    Report report(kProgram, options);
    use(report);
    return report.exitCode();
  });
}

TEST(Report, PrintsTheLinesOfTheBlockingClient) {
  const Outcome outcome = report(optionsFor(1), [](Report& report) {
    report.getting(1, {"localhost", 10000});
    report.complete(1, std::string(3003, 'x'));
    report.gotAll(1, 3003, server(), std::chrono::microseconds(10126361));
    report.total(milliseconds(10126));
  });
  EXPECT_EQ(outcome.output,
            "Task 1: get poetry from: localhost:10000\n"
            "Task 1: got 3003 bytes of poetry from 127.0.0.1:10000 in 0:00:10.126361\n"
            "Got 1 poems in 0:00:10.126000\n");
  EXPECT_EQ(outcome.errors, "");
  EXPECT_EQ(outcome.exitCode, 0);
}

TEST(Report, PrintsTheLinesOfTheAsynchronousClients) {
  const Outcome outcome = report(optionsFor(2), [](Report& report) {
    report.got(2, 10, server("::1"));
    report.got(1, 1, server());
    report.finished(2);
    report.complete(2, "0123456789");
    report.finished(1);
    report.complete(1, "x");
    report.poems();
    report.total(milliseconds(250));
  });
  EXPECT_EQ(outcome.output,
            "Task 2: got 10 bytes of poetry from [::1]:10000\n"
            "Task 1: got 1 bytes of poetry from 127.0.0.1:10000\n"
            "Task 2 finished\n"
            "Task 1 finished\n"
            "Task 1: 1 bytes of poetry\n"
            "Task 2: 10 bytes of poetry\n"
            "Got 2 poems in 0:00:00.250000\n");
  EXPECT_EQ(outcome.exitCode, 0);
}

TEST(Report, PrintsFewerLinesWithQuiet) {
  ClientOptions options = optionsFor(1);
  options.quiet = true;
  const Outcome outcome = report(options, [](Report& report) {
    report.getting(1, {"127.0.0.1", 10000});
    report.got(1, 4, server());
    report.finished(1);
    report.gotAll(1, 4, server(), milliseconds(5));
    report.complete(1, "poem");
    report.poems();
    report.total(milliseconds(5));
  });
  EXPECT_EQ(outcome.output,
            "Task 1: got 4 bytes of poetry from 127.0.0.1:10000 in 0:00:00.005000\n"
            "Task 1: 4 bytes of poetry\n"
            "Got 1 poems in 0:00:00.005000\n");
}

TEST(Report, CountsAnEmptyPoem) {
  const Outcome outcome = report(optionsFor(1), [](Report& report) {
    report.complete(1, "");
    report.poems();
    report.total(milliseconds(0));
  });
  EXPECT_EQ(outcome.output, "Task 1: 0 bytes of poetry\nGot 1 poems in 0:00:00.000000\n");
  EXPECT_EQ(outcome.exitCode, 0);
}

TEST(Report, CountsTheMissingPoems) {
  ClientOptions options = optionsFor(3);
  options.quiet = true;  // failures are reported with --quiet, too
  const Outcome outcome = report(options, [](Report& report) {
    report.failedToConnect(2, {"::1", 10001}, "Connection refused");
    report.lost(3, server(), 120, "Connection reset by peer");
    report.complete(1, "poem");
    report.poems();
    report.total(milliseconds(0));
  });
  EXPECT_EQ(outcome.output, "Task 1: 4 bytes of poetry\nGot 1 of 3 poems in 0:00:00.000000\n");
  EXPECT_EQ(outcome.errors,
            "async-client: Task 2: failed to connect to [::1]:10001: Connection refused\n"
            "async-client: Task 3: connection to 127.0.0.1:10000 lost after 120 bytes: "
            "Connection reset by peer\n");
  EXPECT_EQ(outcome.exitCode, 1);
}

TEST(Report, PrintsZeroWhenNoPoemArrived) {
  const Outcome outcome = report(optionsFor(2), [](Report& report) {
    report.poems();
    report.total(milliseconds(0));
  });
  EXPECT_EQ(outcome.output, "Got 0 of 2 poems in 0:00:00.000000\n");
  EXPECT_EQ(outcome.exitCode, 1);
}

TEST(Report, SavesThePoemsWhereOutputSays) {
  const testing::TemporaryDirectory directory;
  ClientOptions options = optionsFor(12);
  options.output = directory.path();
  Report report(kProgram, options);
  report.complete(12, std::string("\0\xff", 2));
  std::ifstream file(directory.path() / "poem-12.txt", std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), std::string("\0\xff", 2));
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "poem-1.txt"));
}

TEST(Report, SavesTheOtherPoemsWhenOneCannotBeSaved) {
  const testing::TemporaryDirectory directory;
  ClientOptions options = optionsFor(2);
  options.output = directory.path();
  std::filesystem::create_directory(directory.path() / "poem-1.txt");
  const Outcome outcome = report(options, [](Report& report) {
    report.complete(1, "poem");
    report.complete(2, "poem");
    report.total(milliseconds(0));
  });
  EXPECT_EQ(outcome.output, "Got 2 poems in 0:00:00.000000\n")
      << "it is complete, although it is not saved";
  EXPECT_EQ(outcome.errors, "async-client: Task 1: cannot save " +
                                (directory.path() / "poem-1.txt").string() + ": Is a directory\n");
  EXPECT_EQ(outcome.exitCode, 1);
  EXPECT_TRUE(std::filesystem::exists(directory.path() / "poem-2.txt"));
}

TEST(ConnectTask, ThrowsTheMessageOfTheFailure) {
  const UniqueFd bound = makeSocket(server());  // bound, but it does not listen: refuses
  const Address any = resolveWithoutLookup({"127.0.0.1", 0}).at(0);
  ASSERT_EQ(::bind(bound.get(), any.data(), any.size()), 0);
  const HostPort refusing{"127.0.0.1", Address::hostOf(bound.get()).port()};
  try {
    connectTask(2, refusing);
    FAIL() << "it connected";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(),
              "Task 2: failed to connect to " + refusing.toString() + ": Connection refused");
  }
}

TEST(Describe, LeavesOutTheNameOfTheCall) {
  EXPECT_EQ(describe(std::system_error(ECONNREFUSED, std::generic_category(), "connect")),
            "Connection refused");
  EXPECT_EQ(describe(std::runtime_error("no such poem")), "no such poem");
}

}  // namespace
}  // namespace poetry
