// The command line: what is meant, and what is refused.

#include "options.hpp"

#include "cli/output.hpp"
#include "client_run.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include <unistd.h>

namespace poetry {
namespace {

namespace fs = std::filesystem;

CompareOptions parse(std::vector<const char*> words) {
  words.insert(words.begin(), "compare-stages");
  return parseCompareOptions(static_cast<int>(words.size()), words.data(), "bin").value();
}

std::string mistakeIn(const std::vector<const char*>& words) {
  try {
    parse(words);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(CompareOptions, WithoutAnyTheyAreTheThreePoemsAndTheFiveClients) {
  const CompareOptions options = parse({});
  ASSERT_EQ(options.poems.size(), 3U);
  EXPECT_EQ(options.poems[0].file.filename(), "ecstasy.txt");
  EXPECT_EQ(options.poems[0].size, 3003U);
  EXPECT_EQ(options.poems[0].numBytes, 30U);
  EXPECT_EQ(options.poems[1].numBytes, 10U);
  EXPECT_EQ(options.poems[0].delay, Seconds(0.015));
  ASSERT_EQ(options.stages.size(), 5U);
  EXPECT_EQ(options.stages[0].command, std::vector<std::string>{"bin/blocking-client"});
  EXPECT_FALSE(options.check);
}

TEST(CompareOptions, AServerHasItsNumbersBehindColons) {
  const PoemFolder folder;
  saveFile(folder.path() / "a:7", "poem");
  saveFile(folder.path() / "b", "poem");
  const std::string a = (folder.path() / "a:7").string();
  const std::string b = (folder.path() / "b").string();
  EXPECT_EQ(parsePoem(b, Seconds(1)).numBytes, 10U);
  EXPECT_EQ(parsePoem(b, Seconds(1)).delay, Seconds(1));
  EXPECT_EQ(parsePoem(b + ":3", Seconds(1)).numBytes, 3U);
  EXPECT_EQ(parsePoem(b + ":3:0.5", Seconds(1)).delay, Seconds(0.5));
  EXPECT_EQ(parsePoem(a, Seconds(1)).file, a) << "a file may have a colon in its name";
  EXPECT_EQ(parsePoem(a + ":3", Seconds(1)).numBytes, 3U);
}

TEST(CompareOptions, AMistakeIsNamed) {
  EXPECT_EQ(mistakeIn({"--delay", "soon"}),
            "--delay: 'soon' is not a number of seconds: 0 or more, as in 0.1");
  EXPECT_EQ(mistakeIn({"--server", "no-such-poem"}),
            "--server: cannot read 'no-such-poem': No such file or directory");
  EXPECT_EQ(mistakeIn({"--server", "/"}), "--server: '/' is a directory, not a poem");
  EXPECT_EQ(mistakeIn({"--server", "/dev/null"}),
            "--server: '/dev/null' is not a file that can be read twice");
  EXPECT_EQ(mistakeIn({"--server", POETRY_POETRY_DIR "/science.txt:0"}),
            "--server: '0' is not a number of bytes: a whole number, at least 1");
  EXPECT_EQ(mistakeIn({"--stage", "lesson-6"}),
            "--stage: there is no stage 'lesson-6'; there are blocking-client, async-client, "
            "reactor-client-1, reactor-client-1-broken, reactor-client-2, and none");
  EXPECT_EQ(mistakeIn({"--client", "mine"}),
            "--client: 'mine' is not NAME=COMMAND, as in mine=./my-client");
  EXPECT_EQ(mistakeIn({"--client", "my own=x"}),
            "--client: 'my own' is no name for a client: letters, digits, '-', '_' and '.'");
  EXPECT_EQ(mistakeIn({"--client", "a-name-of-24-characters-=x"}),
            "--client: 'a-name-of-24-characters-' is too long for a name: at most 23 characters");
  EXPECT_EQ(mistakeIn({"--client", "async-client=x"}),
            "two clients cannot both be called 'async-client'");
  EXPECT_EQ(mistakeIn({"--stage", "none"}),
            "nobody to compare: name a --stage of ours, or a --client");
  EXPECT_EQ(mistakeIn({"--check", "--html", "/tmp/x"}),
            "--check makes no pictures, so there is nothing for --html");
  EXPECT_EQ(mistakeIn({"--check", "--delay", "soon"}),
            "--check sends without pauses, so there is nothing for --delay");
  EXPECT_EQ(mistakeIn({"--json", "/tmp/x", "--html", "/tmp/./x"}),
            "--html and --json cannot both write '/tmp/./x': name two files");
  EXPECT_EQ(mistakeIn({"--junit", "/tmp/x", "--json", "/tmp/x"}),
            "--json and --junit cannot both write '/tmp/x': name two files");
  EXPECT_EQ(mistakeIn({"--junit", "/no/such/place.xml"}),
            "--junit: cannot write '/no/such/place.xml': there is no directory '/no/such'");
  EXPECT_EQ(mistakeIn({"--html", "/"}), "--html: '/' is a directory");
  EXPECT_EQ(mistakeIn({"--html", ""}), "--html: '' is no name of a file");
  EXPECT_EQ(mistakeIn({"--html", "x", "--json", ""}), "--json: '' is no name of a file");
  EXPECT_NE(mistakeIn({"--colour"}), "");
  EXPECT_NE(mistakeIn({"word"}), "");
  EXPECT_NE(mistakeIn({"--json"}), "");
}

TEST(CompareOptions, WhereNothingCanBeWrittenIsToldBeforeAnythingRuns) {
  if (::geteuid() == 0) {
    GTEST_SKIP() << "root may write anywhere";
  }
  const PoemFolder folder;
  fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
  const std::string file = (folder.path() / "x.json").string();
  EXPECT_EQ(mistakeIn({"--json", file.c_str()}),
            "--json: cannot write '" + file + "': Permission denied; name a file elsewhere");
  fs::permissions(folder.path(), fs::perms::owner_all);
}

TEST(CompareOptions, ANameThatIsTooLongIsAMistakeInTheCommandLine) {
  const std::string name(5000, 'x');
  const std::string inDirectory = name + "/x";
  EXPECT_TRUE(mistakeIn({"--server", name.c_str()}).ends_with(": File name too long"));
  EXPECT_TRUE(mistakeIn({"--json", name.c_str()}).ends_with(": File name too long"));
  EXPECT_TRUE(mistakeIn({"--junit", inDirectory.c_str()}).starts_with("--junit: cannot write "));
}

TEST(CompareOptions, TheShellSplitsTheCommandOfAClient) {
  const Stage stage = parseClientStage("mine=./mine --to {output} -v");
  EXPECT_TRUE(stage.savesPoems());
  EXPECT_EQ(stage.commandLine({"127.0.0.1:1", "127.0.0.1:2"}, "/tmp/x", false),
            (std::vector<std::string>{"/bin/sh", "-c", "./mine --to /tmp/x -v \"$@\"", "mine",
                                      "127.0.0.1:1", "127.0.0.1:2"}));
  EXPECT_FALSE(parseClientStage("mine=./mine").savesPoems());
}

TEST(CompareOptions, OurClientsSaveTheirPoems) {
  const Stage ours = ourStages("bin").back();
  EXPECT_EQ(ours.commandLine({"127.0.0.1:1"}, "/tmp/x", true),
            (std::vector<std::string>{"bin/reactor-client-2", "--trace", "--output", "/tmp/x",
                                      "127.0.0.1:1"}));
}

}  // namespace
}  // namespace poetry
