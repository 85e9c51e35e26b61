// Do the scripts of faults do what testing/faults.hpp says, and is the page about all of them?
#include "matrix.hpp"
#include "support/child_process.hpp"
#include "support/faults.hpp"
#include "support/scenario.hpp"
#include "support/scripted_server.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace poetry::testing {

class FaultScripts : public FaultTest, public ::testing::Test {
 protected:
  Scenario scenario_;
};

TEST_F(FaultScripts, WithAMistakeEndTheProgramAndSayWhy) {
  for (const std::string script :
       {"conect:EMFILE", "connect", "connect:", "connect:EMFIL", "connect:EMFILE@0",
        "connect:EMFILE@second", "connect:EMFILE@", "connect:EMFILE@*2+", "recv:EAI_AGAIN",
        "recv:lapse", "getaddrinfo:EMFILE", "recv:EINTR,send"}) {
    const Faults faults(folder(), script);
    const auto program = scenario_.start(clients().front().program, {"--help"}, faults.options());
    EXPECT_EQ(program->wait(), Ending::code(125)) << script;
    EXPECT_TRUE(program->errors().starts_with("POETRY_FAULTS: '")) << program->errors();
  }
}

TEST_F(FaultScripts, HitTheCallsThatTheyName) {
  const auto metBy = [this](const std::string& script) {
    ScriptedServer server(scenario_);
    const Faults faults(folder(), script);
    const std::vector<std::string> words(4, server.address());
    const auto program = scenario_.start(clients().front().program, words, faults.options());
    for (int i = 0; i < 4; ++i) {
      server.serve("verse");
    }
    EXPECT_EQ(program->wait(), Ending::code(0));
    return faults.met();
  };
  using Lines = std::vector<std::string>;
  EXPECT_EQ(metBy("connect:EINTR@2"), Lines{"connect:EINTR@2 connect"});
  EXPECT_EQ(metBy("connect:EINTR@*2"), Lines(2, "connect:EINTR@*2 connect"));
  EXPECT_EQ(metBy("connect:EINTR@2+"), Lines(3, "connect:EINTR@2+ connect"));
  EXPECT_EQ(metBy("connect:EINTR"), Lines(4, "connect:EINTR connect"));
  EXPECT_EQ(metBy("connect:EINTR@5"), Lines());
}

TEST(FaultPage, SpeaksOfAllFaultsAndPrograms) {
  std::set<Place> played;
  for (const Entry& entry : allEntries()) {
    played.insert(entry.place);
  }
  std::set<Place> written;
  for (const auto& [place, row] : rowsOfPage()) {
    written.insert(place);
  }
  EXPECT_EQ(written, played);
}

TEST(FaultPage, KeepsTheRowsThatWereNotPlayed) {
  const std::string page =
      "before\n\n### Here\n\n| fault | program |\n|--|--|\n"
      "| old | `a`, `b` | one |\n"
      "| gone | `a` | two |\n"
      "\nafter\n";
  const std::vector<Entry> all{
      {"Here", {"old", "a"}}, {"Here", {"old", "b"}}, {"Here", {"new", "a"}}};
  EXPECT_EQ(pageWith(page, all, {{{"old", "b"}, {"three"}}, {{"new", "a"}, {"four"}}}),
            "before\n\n### Here\n\n| fault | program |\n|--|--|\n"
            "| old | `a` | one |\n"
            "|  | `b` | three |\n"
            "| new | `a` | four |\n"
            "\nafter\n");
}

TEST(FaultPage, IsNotWrittenWhileItLacksARow) {
  const std::string page = "\n### Here\n\n| fault | program |\n|--|--|\n| old | `a` | one |\n";
  EXPECT_THROW(pageWith(page, {{"Here", {"new", "a"}}}, {}), std::runtime_error);
}

}  // namespace poetry::testing
