// The scripts that support/faults.hpp describes.
#include "client_faults.hpp"
#include "support/child_process.hpp"
#include "support/faults.hpp"
#include "support/scenario.hpp"
#include "support/scripted_server.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
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
        "recv:SHORT", "getaddrinfo:EMFILE", "recv:EINTR,send"}) {
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

TEST(FaultScripts, LetASendTakeHalfOfTheBytes) {
  const TemporaryDirectory folder;
  const std::filesystem::path poem = folder.path() / "poem.txt";
  std::ofstream(poem, std::ios::binary) << "fifteen bytes..";
  Scenario scenario;
  const Faults faults("send:SHORT");
  const auto server =
      scenario.start(POETRY_BIN_DIR "/blocking-server",
                     {"--delay", "0", "--num-bytes", "15", poem.string()}, faults.options());
  const std::string line = server->readLine();  // "Serving ... on port 45012."
  const auto port = static_cast<std::uint16_t>(std::stoul(line.substr(line.rfind(' '))));

  EXPECT_EQ(scenario.connect(port).receiveAll(), "fifteen bytes..");
  EXPECT_EQ(faults.met(), std::vector<std::string>(4, "send:SHORT"));  // 8, 4, 2 and 1 bytes
}

}  // namespace

}  // namespace poetry::testing
