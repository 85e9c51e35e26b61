// The fault matrix of the clients: each against every fault, and docs/faults.md says how it went.
//
// One test for each pair. What a program prints and returns is compared with the page, word for
// word. After a change that is meant, this writes the tables anew:
//     POETRY_WRITE_FAULTS=1 build/gcc/tree/tests/faults/faults-tests
#include "matrix.hpp"
#include "party.hpp"
#include "plan.hpp"
#include "summary.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace poetry::testing {

namespace {

/// "Refused_async_client"
template <typename Fault>
std::string nameOfPair(const ::testing::TestParamInfo<std::tuple<Fault, ClientUnderTest>>& info) {
  std::string name = std::get<0>(info.param).name + '_' + std::get<1>(info.param).name();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

/// It leaves at the first bytes, so it never comes to a second recv, nor to a file.
bool leavesBefore(const ClientFault& fault, const ClientUnderTest& client) {
  static const std::set<std::string> kTooLate{"NoBuffersToReceive", "OpenFails", "DiskFull",
                                              "DiskFullAtClose"};
  return client.name() == "reactor-client-2-stack" && kTooLate.contains(fault.name);
}

}  // namespace

void PrintTo(const Sweep& sweep, std::ostream* out) {
  *out << sweep.what;
}

void PrintTo(const ClientFault& fault, std::ostream* out) {
  *out << fault.what;
}

class Matrix : public FaultTest,
               public ::testing::TestWithParam<std::tuple<ClientFault, ClientUnderTest>> {};

TEST_P(Matrix, IsAsThePageSays) {
  const auto& [fault, client] = GetParam();
  Plan plan = fault.plan(client);
  const bool hasScript = !plan.script.empty();
  Party party(client, std::move(plan), folder());

  const Cells cells = party.run();

  EXPECT_EQ(!party.faultsMet().empty(), hasScript && !leavesBefore(fault, client))
      << "does the fault happen?\n"
      << party.story();
  expectOnPage({fault.what, client.name()}, {cells.says, cells.last, cells.ends}, party.story());
}

INSTANTIATE_TEST_SUITE_P(Faults, Matrix,
                         ::testing::Combine(::testing::ValuesIn(clientFaults()),
                                            ::testing::ValuesIn(clients())),
                         nameOfPair<ClientFault>);

class MatrixOfMoments : public FaultTest,
                        public ::testing::TestWithParam<std::tuple<Sweep, ClientUnderTest>> {
 protected:
  /// True if it met a fault by this rule (empty: by any), or has no script.
  bool run(const Plan& plan, const std::string& rule) {
    SCOPED_TRACE(plan.script);
    const std::filesystem::path ours = folder() / std::to_string(++runs_);
    std::filesystem::create_directory(ours);
    Party party(client_, plan, ours);
    const Cells cells = party.run();
    const std::vector<std::string> met = party.faultsMet();
    const bool isMet = plan.script.empty() ||
                       std::any_of(met.begin(), met.end(),
                                   [&](const std::string& line) { return line.starts_with(rule); });
    if (isMet) {
      summary_.add(cells);
    }
    return isMet;
  }

  const Sweep& sweep_ = std::get<0>(GetParam());
  const ClientUnderTest& client_ = std::get<1>(GetParam());
  Summary summary_;

 private:
  int runs_ = 0;
};

TEST_P(MatrixOfMoments, IsAsThePageSays) {
  for (const Plan& plan : sweep_.others) {
    EXPECT_TRUE(run(plan, "")) << "the fault did not happen: " << plan.script;
  }
  std::set<std::string> hit;
  int moments = 0;
  for (const std::string& script : sweep_.scripts) {
    for (int number = 1; !HasFailure(); ++number, ++moments) {
      const std::string full = script + std::to_string(number);
      const std::string rule = full.substr(full.rfind(',') + 1) + ' ';
      if (!run({.script = full, .brisk = true}, rule)) {
        break;
      }
      hit.insert(callOf(script));
    }
  }
  EXPECT_EQ(hit, sweep_.callsOf(client_)) << "the calls of which one at least was hit";
  EXPECT_GT(moments, 1);
  expectOnPage({sweep_.what, client_.name()}, summary_.row(), "");
}

INSTANTIATE_TEST_SUITE_P(Faults, MatrixOfMoments,
                         ::testing::Combine(::testing::ValuesIn(sweeps()),
                                            ::testing::ValuesIn(clients())),
                         nameOfPair<Sweep>);

}  // namespace poetry::testing
