// The fault matrix of the server, as faults_test.cpp has that of the clients.
#include "matrix.hpp"
#include "plan.hpp"
#include "server_party.hpp"
#include "summary.hpp"

#include <gtest/gtest.h>

#include <string>

namespace poetry::testing {

namespace {

template <typename Fault>
std::string nameOfFault(const ::testing::TestParamInfo<Fault>& info) {
  return info.param.name + "_blocking_server";
}

}  // namespace

void PrintTo(const ServerFault& fault, std::ostream* out) {
  *out << fault.what;
}

void PrintTo(const ServerSweep& sweep, std::ostream* out) {
  *out << sweep.what;
}

class ServerMatrix : public FaultTest, public ::testing::TestWithParam<ServerFault> {};

TEST_P(ServerMatrix, IsAsThePageSays) {
  const ServerFault& fault = GetParam();
  ServerParty party(folder(), fault.script, fault.options);
  std::string gets;
  if (fault.play) {
    gets = fault.play(party);
  } else {
    party.start();
    gets = party.deliveryOf(party.connect());
  }
  const std::string then = party.afterwards();
  EXPECT_TRUE(fault.script.empty() || party.metItsFault()) << "the fault did not happen";
  expectOnPage({fault.what, kServer}, {party.messages(), gets, then}, party.story());
}

INSTANTIATE_TEST_SUITE_P(Faults, ServerMatrix, ::testing::ValuesIn(serverFaults()),
                         nameOfFault<ServerFault>);

class ServerMatrixOfMoments : public FaultTest, public ::testing::TestWithParam<ServerSweep> {};

TEST_P(ServerMatrixOfMoments, IsAsThePageSays) {
  const ServerSweep& sweep = GetParam();
  Summary summary;
  ChildOptions options;
  options.environment["ASAN_OPTIONS"] = "detect_leaks=0";  // as in Plan::brisk
  const auto run = [&](const std::string& script) {
    SCOPED_TRACE(script);
    ServerParty party(folder(), script, options);
    party.start();
    const std::string gets = party.deliveryOf(party.connect());
    if (!party.metItsFault()) {
      return false;
    }
    const std::string then = sweep.ends ? party.ending() : party.afterwards();
    summary.add({party.messages(), gets, then});
    return true;
  };
  for (const std::string& script : sweep.scripts) {
    int number = 1;
    while (run(script + std::to_string(number)) && !HasFailure()) {
      ++number;
    }
    EXPECT_GT(number, script.starts_with("any:") ? 2 : 1) << "never met: " << script;
  }
  expectOnPage({sweep.what, kServer}, summary.row(), "");
}

INSTANTIATE_TEST_SUITE_P(Faults, ServerMatrixOfMoments, ::testing::ValuesIn(serverSweeps()),
                         nameOfFault<ServerSweep>);

}  // namespace poetry::testing
