// Every fault in every program. docs/reference/faults.md says what happens, and these tests compare
// it with the programs. After a change that you want, write the tables again:
//     POETRY_WRITE_FAULTS=1 build/tree/tests/faults/faults-tests
#include "client_faults.hpp"
#include "page.hpp"
#include "server_faults.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace poetry::testing {

void PrintTo(const ClientFault& fault, std::ostream* out) {
  *out << fault.title;
}

void PrintTo(const ServerFault& fault, std::ostream* out) {
  *out << fault.title;
}

namespace {

const auto kNameOf = [](const auto& info) { return info.param.name; };

class ClientFaults : public ::testing::TestWithParam<ClientFault> {};

TEST_P(ClientFaults, HaveTheOutcomesOnThePage) {
  const ClientFault& fault = GetParam();
  std::vector<Outcome> outcomes;
  for (const ClientUnderTest& client : clients()) {
    SCOPED_TRACE(client.name());
    outcomes.push_back(outcomeOf(fault, client));
  }
  expectOnPage(fault.section, fault.title, outcomes);
}

INSTANTIATE_TEST_SUITE_P(Faults, ClientFaults, ::testing::ValuesIn(clientFaults()), kNameOf);

class ServerFaults : public ::testing::TestWithParam<ServerFault> {};

TEST_P(ServerFaults, HaveTheOutcomesOnThePage) {
  const ServerFault& fault = GetParam();
  expectOnPage(kServerSection, fault.title, {outcomeOf(fault)});
}

INSTANTIATE_TEST_SUITE_P(Faults, ServerFaults, ::testing::ValuesIn(serverFaults()), kNameOf);

TEST(FaultPage, HasTheFaultsOfTheTestsAndNoOthers) {
  if (isPageToBeWritten()) {
    GTEST_SKIP() << "the page is being written";
  }
  std::vector<std::string> tested;
  for (const ClientFault& fault : clientFaults()) {
    tested.push_back(fault.section + ": " + fault.title);
  }
  for (const ServerFault& fault : serverFaults()) {
    tested.push_back(std::string(kServerSection) + ": " + fault.title);
  }
  EXPECT_EQ(faultsOnPage(), tested);
}

}  // namespace

}  // namespace poetry::testing
