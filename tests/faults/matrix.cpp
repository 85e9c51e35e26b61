#include "matrix.hpp"

#include "plan.hpp"
#include "server_party.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <system_error>

namespace poetry::testing {

namespace fs = std::filesystem;

namespace {

class WritesPage : public ::testing::Environment {
 public:
  void TearDown() override {
    if (isPageToBeWritten()) {
      writePage(allEntries());
    }
  }
};

[[maybe_unused]] const ::testing::Environment* const kWriter =
    ::testing::AddGlobalTestEnvironment(new WritesPage);

}  // namespace

const std::vector<ClientUnderTest>& clients() {
  static const std::vector<ClientUnderTest> all{
      {.program = POETRY_BIN_DIR "/blocking-client", .oneAfterTheOther = true},
      {.program = POETRY_BIN_DIR "/async-client", .reportsChunks = true, .reportsFinished = true},
      {.program = POETRY_BIN_DIR "/reactor-client-1",
       .reportsChunks = true,
       .reportsFinished = true,
       .isReactor = true},
      {.program = POETRY_BIN_DIR "/reactor-client-1-broken",
       .reportsFinished = true,
       .isReactor = true},
      {.program = POETRY_BIN_DIR "/reactor-client-2", .reportsChunks = true, .isReactor = true},
      {.program = POETRY_BIN_DIR "/reactor-client-2-stack", .isReactor = true}};
  return all;
}

std::vector<Entry> allEntries() {
  std::vector<Entry> entries;
  for (const ClientFault& fault : clientFaults()) {
    for (const ClientUnderTest& client : clients()) {
      entries.push_back({fault.section, {fault.what, client.name()}});
    }
  }
  for (const Sweep& sweep : sweeps()) {
    for (const ClientUnderTest& client : clients()) {
      entries.push_back({"At any moment", {sweep.what, client.name()}});
    }
  }
  for (const ServerFault& fault : serverFaults()) {
    entries.push_back({"The server", {fault.what, kServer}});
  }
  for (const ServerSweep& sweep : serverSweeps()) {
    entries.push_back({"The server", {sweep.what, kServer}});
  }
  return entries;
}

void expectOnPage(const Place& place, const Row& row, const std::string& story) {
  if (isPageToBeWritten()) {
    keepRow(place, row);
    return;
  }
  const std::map<Place, Row> page = rowsOfPage();
  const auto found = page.find(place);
  ASSERT_NE(found, page.end()) << "docs/faults.md does not say what happens to " << place.second
                               << " with: " << place.first;
  EXPECT_EQ(row, found->second) << story;
}

FaultTest::FaultTest() {
  std::string name = (fs::temp_directory_path() / "poetry-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::runtime_error("mkdtemp");
  }
  folder_ = name;
}

FaultTest::~FaultTest() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

}  // namespace poetry::testing
