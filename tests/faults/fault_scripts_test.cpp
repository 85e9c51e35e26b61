// The scripts that support/faults.hpp describes.
#include "client_faults.hpp"
#include "support/child_process.hpp"
#include "support/faults.hpp"
#include "support/scenario.hpp"
#include "support/scripted_server.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace poetry::testing {

namespace {

const std::string kProgram = POETRY_BIN_DIR "/blocking-client";

/// The rules that were applied while a client downloads four poems.
std::vector<std::string> metWith(const std::string& script) {
  Scenario scenario;
  ScriptedServer server(scenario);
  const Faults faults(script);
  const std::vector<std::string> arguments(4, server.address());
  const auto program = scenario.start(kProgram, arguments, faults.options());
  for (int i = 0; i < 4; ++i) {
    server.serve("verse");
  }
  EXPECT_EQ(program->wait(), Ending::code(0));
  return faults.met();
}

TEST(FaultScripts, EndTheProgramWithAMessageWhenTheyHaveAMistake) {
  for (const std::string script :
       {"connect", "connect:", "connect:EMFIL", "connect:EMFILE@0", "connect:EMFILE@second",
        "connect:EMFILE@", "connect:EMFILE@*", "recv:EAI_AGAIN", "recv:SELF", "recv:SUSPEND",
        "getaddrinfo:EMFILE", "recv:EINTR,send"}) {
    Scenario scenario;
    const Faults faults(script);
    const auto program = scenario.start(kProgram, {"--help"}, faults.options());
    EXPECT_EQ(program->wait(), Ending::code(125)) << script;
    EXPECT_TRUE(program->errors().starts_with("POETRY_FAULTS: ")) << program->errors();
  }
}

TEST(FaultScripts, ApplyToTheCallsThatTheyName) {
  using Rules = std::vector<std::string>;
  EXPECT_EQ(metWith("connect:EINTR"), Rules(4, "connect:EINTR"));
  EXPECT_EQ(metWith("connect:EINTR@2"), Rules{"connect:EINTR@2"});
  EXPECT_EQ(metWith("connect:EINTR@*2"), Rules(2, "connect:EINTR@*2"));
  EXPECT_EQ(metWith("connect:EINTR@5"), Rules());
}

}  // namespace

}  // namespace poetry::testing
