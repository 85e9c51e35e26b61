// The fault matrix: every program against every fault, and docs/faults.md says how it went.
//
// One test for each pair. What a program prints and returns is compared with the page, word for
// word. After a change that is meant, this writes the tables anew:
//     POETRY_WRITE_FAULTS=1 build/gcc/tree/docs/faults-tests
#include "page.hpp"
#include "party.hpp"
#include "plan.hpp"
#include "server_party.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <regex>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace poetry::testing {

namespace {

namespace fs = std::filesystem;

const std::string kServer = "blocking-server";

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

/// "Refused_async_client"
template <typename Fault>
std::string nameOfPair(const ::testing::TestParamInfo<std::tuple<Fault, ClientUnderTest>>& info) {
  std::string name = std::get<0>(info.param).name + '_' + std::get<1>(info.param).name();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

/// Compares with the page, or keeps the row for it.
void expectOnPage(const std::string& section, const Place& place, const Row& row,
                  const std::string& story) {
  if (isPageToBeWritten()) {
    keepRow(section, place, row);
    return;
  }
  const std::map<Place, Row> page = rowsOfPage();
  const auto found = page.find(place);
  ASSERT_NE(found, page.end()) << "docs/faults.md does not say what happens to " << place.second
                               << " with: " << place.first;
  EXPECT_EQ(row, found->second) << story;
}

class WritesPage : public ::testing::Environment {
 public:
  void TearDown() override {
    if (isPageToBeWritten()) {
      writePage();
    }
  }
};

[[maybe_unused]] const ::testing::Environment* const kWriter =
    ::testing::AddGlobalTestEnvironment(new WritesPage);

std::string joined(const std::set<std::string>& words, const std::string& border) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : border) + (word.empty() ? "nothing" : word);
  }
  return words == std::set<std::string>{""} ? "" : text;
}

/// What many runs had in common: each cell with all that any of them had in it.
struct Summary {
  int runs = 0;
  std::set<std::string> says = {};
  std::set<std::string> last = {};
  std::set<std::string> ends = {};

  void add(const Cells& cells) {
    static const std::regex kNumber("(Task|after|Got|of) \\d+");
    ++runs;
    // How far it got is different each time: "Got N of N poems" if that is not all.
    const auto general = [](const std::string& text) {
      return std::regex_replace(text, kNumber, "$1 N");
    };
    std::string lines = general(cells.says);
    for (std::size_t end = 0; (end = lines.find("<br>")) != std::string::npos;) {
      says.insert(lines.substr(0, end));
      lines.erase(0, end + 4);
    }
    says.insert(lines);
    last.insert(general(cells.last));
    ends.insert(cells.ends);
  }

  [[nodiscard]] Row row() const {
    return {joined(says, "<br>"), joined(last, " or "), joined(ends, " or ")};
  }
};

/// A folder for a test.
class FaultTest {
 public:
  FaultTest(const FaultTest&) = delete;
  FaultTest& operator=(const FaultTest&) = delete;

 protected:
  FaultTest() {
    std::string name = (fs::temp_directory_path() / "poetry-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw std::runtime_error("mkdtemp");
    }
    folder_ = name;
  }
  ~FaultTest() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  [[nodiscard]] const fs::path& folder() const { return folder_; }

 private:
  fs::path folder_;
};

}  // namespace

class FaultScripts : public FaultTest, public ::testing::Test {
 protected:
  Scenario scenario_;
};

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

  EXPECT_TRUE(!hasScript || !party.faultsMet().empty() || client.name() == "reactor-client-2-stack")
      << "the fault did not happen\n"
      << party.story();
  expectOnPage(fault.section, {fault.what, client.name()}, {cells.says, cells.last, cells.ends},
               party.story());
}

class MatrixOfMoments : public FaultTest,
                        public ::testing::TestWithParam<std::tuple<Sweep, ClientUnderTest>> {};

TEST_P(MatrixOfMoments, IsAsThePageSays) {
  const Sweep& sweep = std::get<0>(GetParam());
  const ClientUnderTest& client = std::get<1>(GetParam());
  Summary summary;
  const auto run = [&](const Plan& plan) {
    SCOPED_TRACE(plan.script);
    const fs::path folder = this->folder() / std::to_string(summary.runs);
    fs::create_directory(folder);
    Party party(client, plan, folder);
    const Cells cells = party.run();
    const bool isMet = !party.faultsMet().empty();
    if (isMet || plan.script.empty()) {
      summary.add(cells);
    }
    return isMet;
  };
  for (const Plan& plan : sweep.others) {
    run(plan);
  }
  for (const std::string& script : sweep.scripts) {
    int number = 1;
    while (run({.script = script + std::to_string(number), .brisk = true}) && !HasFailure()) {
      ++number;
    }
  }
  expectOnPage("At any moment", {sweep.what, client.name()}, summary.row(), "");
}

INSTANTIATE_TEST_SUITE_P(Faults, MatrixOfMoments,
                         ::testing::Combine(::testing::ValuesIn(sweeps()),
                                            ::testing::ValuesIn(clients())),
                         nameOfPair<Sweep>);

void PrintTo(const ServerFault& fault, std::ostream* out) {
  *out << fault.what;
}

void PrintTo(const ServerSweep& sweep, std::ostream* out) {
  *out << sweep.what;
}

template <typename Fault>
std::string nameOfFault(const ::testing::TestParamInfo<Fault>& info) {
  return info.param.name + "_blocking_server";
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
  expectOnPage("The server", {fault.what, kServer}, {party.messages(), gets, then}, party.story());
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
  }
  expectOnPage("The server", {sweep.what, kServer}, summary.row(), "");
}

INSTANTIATE_TEST_SUITE_P(Faults, ServerMatrixOfMoments, ::testing::ValuesIn(serverSweeps()),
                         nameOfFault<ServerSweep>);

INSTANTIATE_TEST_SUITE_P(Faults, Matrix,
                         ::testing::Combine(::testing::ValuesIn(clientFaults()),
                                            ::testing::ValuesIn(clients())),
                         nameOfPair<ClientFault>);

TEST(FaultPage, SpeaksOfAllFaultsAndPrograms) {
  std::set<Place> played;
  for (const ClientUnderTest& client : clients()) {
    for (const ClientFault& fault : clientFaults()) {
      played.emplace(fault.what, client.name());
    }
    for (const Sweep& sweep : sweeps()) {
      played.emplace(sweep.what, client.name());
    }
  }
  for (const ServerFault& fault : serverFaults()) {
    played.emplace(fault.what, kServer);
  }
  for (const ServerSweep& sweep : serverSweeps()) {
    played.emplace(sweep.what, kServer);
  }
  std::set<Place> written;
  for (const auto& [place, row] : rowsOfPage()) {
    written.insert(place);
  }
  EXPECT_EQ(written, played);
}

TEST_F(FaultScripts, WithAMistakeEndTheProgramAndSayWhy) {
  for (const std::string script :
       {"conect:EMFILE", "connect", "connect:", "connect:EMFIL", "connect:EMFILE@0",
        "connect:EMFILE@second", "connect:EMFILE@", "recv:EAI_AGAIN", "recv:lapse",
        "getaddrinfo:EMFILE", "recv:EINTR,send"}) {
    const Faults faults(folder(), script);
    ChildProcess program(scenario_, clients().front().program, {"--help"}, faults.options());
    EXPECT_EQ(program.wait(), Ending::code(125)) << script;
    EXPECT_TRUE(program.errors().starts_with("POETRY_FAULTS: '")) << program.errors();
  }
}

TEST_F(FaultScripts, HitTheCallsThatTheyName) {
  const auto metBy = [this](const std::string& script) {
    ScriptedServer server(scenario_);
    const Faults faults(folder(), script);
    const std::vector<std::string> words(4, server.address());
    ChildProcess program(scenario_, clients().front().program, words, faults.options());
    for (int i = 0; i < 4; ++i) {
      server.serve("verse");
    }
    EXPECT_EQ(program.wait(), Ending::code(0));
    return faults.met();
  };
  using Lines = std::vector<std::string>;
  EXPECT_EQ(metBy("connect:EINTR@2"), Lines{"connect:EINTR@2 connect"});
  EXPECT_EQ(metBy("connect:EINTR@*2"), Lines(2, "connect:EINTR@*2 connect"));
  EXPECT_EQ(metBy("connect:EINTR@2+"), Lines(3, "connect:EINTR@2+ connect"));
  EXPECT_EQ(metBy("connect:EINTR"), Lines(4, "connect:EINTR connect"));
  EXPECT_EQ(metBy("connect:EINTR@5"), Lines());
}

}  // namespace poetry::testing
