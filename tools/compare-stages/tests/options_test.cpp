// The command line: what it means, and which mistakes are refused.

#include "options.hpp"

#include "cli/output.hpp"
#include "files.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <sys/resource.h>

namespace poetry {
namespace {

CompareOptions parse(std::vector<const char*> words) {
  words.insert(words.begin(), "compare-stages");
  return parseCompareOptions(static_cast<int>(words.size()), words.data(), POETRY_BIN_DIR).value();
}

std::string mistakeIn(const std::vector<const char*>& words) {
  try {
    parse(words);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(CompareOptions, TheDefaultsAreTheThreePoemsAndTheFiveClients) {
  const CompareOptions options = parse({});
  ASSERT_EQ(options.poems.size(), 3U);
  EXPECT_EQ(options.poems[0].file.filename(), "ecstasy.txt");
  EXPECT_EQ(options.poems[0].size, 3003U);
  EXPECT_EQ(options.poems[0].numBytes, 30U);
  EXPECT_EQ(options.poems[1].numBytes, 10U);
  EXPECT_EQ(options.poems[0].delay, Duration(0.015));
  ASSERT_EQ(options.clients.size(), 5U);
  EXPECT_EQ(options.clients[4].commandLine({"127.0.0.1:1"}, "/tmp/x", true),
            (std::vector<std::string>{POETRY_BIN_DIR "/reactor-client-2", "--trace", "--output",
                                      "/tmp/x", "127.0.0.1:1"}));
  EXPECT_FALSE(options.check);
}

TEST(CompareOptions, TheNumbersOfAServerFollowColons) {
  const PoemFolder folder;
  saveFile(folder.path() / "a:7", "poem");
  saveFile(folder.path() / "b", "poem");
  const std::string a = (folder.path() / "a:7").string();
  const std::string b = (folder.path() / "b").string();
  EXPECT_EQ(parsePoem(b, Duration(1)).numBytes, 10U);
  EXPECT_EQ(parsePoem(b, Duration(1)).delay, Duration(1));
  EXPECT_EQ(parsePoem(b + ":3", Duration(1)).numBytes, 3U);
  EXPECT_EQ(parsePoem(b + ":3:0.5", Duration(1)).delay, Duration(0.5));
  EXPECT_EQ(parsePoem(a, Duration(1)).file, a) << "the name of a file may contain a colon";
  EXPECT_EQ(parsePoem(a + ":3", Duration(1)).numBytes, 3U);
}

TEST(CompareOptions, AClientGetsTheWordsUpToTheNextClient) {
  const CompareOptions options = parse({"--stage", "none", "--client", "a=my program",
                                        "--to={output}:{output}", "--check", "--client", "b=./b"});
  EXPECT_FALSE(options.check);
  ASSERT_EQ(options.clients.size(), 2U);
  EXPECT_EQ(options.clients[0].name, "a");
  EXPECT_TRUE(options.clients[0].savesPoems());
  EXPECT_EQ(options.clients[0].commandLine({"127.0.0.1:1", "127.0.0.1:2"}, "/tmp/x y", false),
            (std::vector<std::string>{"my program", "--to=/tmp/x y:/tmp/x y", "--check",
                                      "127.0.0.1:1", "127.0.0.1:2"}));
  EXPECT_EQ(options.warnings,
            std::vector<std::string>{"'--check' was passed to the client a; to use it as an option "
                                     "of compare, write it before --client"});
  EXPECT_EQ(options.clients[1].command, std::vector<std::string>{"./b"});
  EXPECT_FALSE(options.clients[1].savesPoems());
}

TEST(CompareOptions, AStageHasANameOrTheNumberOfItsLesson) {
  const CompareOptions options = parse({"--stage", "5", "--stage", "2", "--stage", "async-client"});
  ASSERT_EQ(options.clients.size(), 3U);
  EXPECT_EQ(options.clients[0].name, "reactor-client-2");
  EXPECT_EQ(options.clients[1].name, "blocking-client");
  EXPECT_TRUE(mistakeIn({"--stage", "1"}).starts_with("--stage: there is no client '1'; choose "))
      << "lesson 1 is the server";
}

TEST(CompareOptions, WithAClassTheClientsOfTheLessonsRunOnlyIfTheyAreNamed) {
  const PoemFolder folder;
  saveFile(folder.path() / "a.py", "");
  saveFile(folder.path() / "notes.txt", "");
  const std::string path = folder.path().string();
  CompareOptions options = parse({"--check", "--clients", path.c_str(), "--client", "b=./b"});
  ASSERT_EQ(options.clients.size(), 2U);
  EXPECT_EQ(options.clients[0].name, "a.py");
  EXPECT_EQ(options.clients[1].name, "b");
  EXPECT_EQ(options.skipped, std::vector<std::string>{"notes.txt"});
  options = parse({"--check", "--stage", "3", "--clients", path.c_str()});
  ASSERT_EQ(options.clients.size(), 2U);
  EXPECT_EQ(options.clients[0].name, "async-client");
}

TEST(CompareOptions, NamesAMistake) {
  const auto expectStart = [](const std::string& mistake, const std::string& start) {
    EXPECT_TRUE(mistake.starts_with(start)) << mistake;
  };
  expectStart(mistakeIn({"--delay", "soon"}), "--delay: 'soon' is not a number of seconds");
  EXPECT_EQ(mistakeIn({"--server", "no-such-poem"}),
            "--server: cannot read 'no-such-poem': No such file or directory");
  EXPECT_EQ(mistakeIn({"--server", "/"}), "--server: cannot read '/': Is a directory");
  EXPECT_NE(mistakeIn({"--server", "/dev/null"}), "");
  expectStart(mistakeIn({"--server", POETRY_POETRY_DIR "/science.txt:0"}),
              "--server: '0' is not a number of bytes");
  EXPECT_EQ(mistakeIn({"--stage", "lesson-6"}),
            "--stage: there is no client 'lesson-6'; choose blocking-client (2), async-client (3), "
            "reactor-client-1 (4), reactor-client-1-broken, reactor-client-2 (5) or none");
  EXPECT_EQ(mistakeIn({"--client", "mine"}),
            "--client: 'mine' is not NAME=PROGRAM, as in mine=./my-client");
  EXPECT_EQ(mistakeIn({"--client"}), "--client: '' is not NAME=PROGRAM, as in mine=./my-client");
  EXPECT_EQ(mistakeIn({"--stage", "none"}),
            "there is no client to run: name one with --stage or --client");
  EXPECT_EQ(mistakeIn({"--check", "--delay", "1"}),
            "--check has its own servers: leave out --delay");
  EXPECT_EQ(mistakeIn({"--clients", "."}), "--clients requires --check");
  EXPECT_EQ(mistakeIn({"--csv", "x.csv"}), "--csv requires --check");
  EXPECT_EQ(mistakeIn({"--jobs", "2"}), "--jobs requires --check");
  EXPECT_EQ(mistakeIn({"--check", "--run", ".py=python3"}), "--run requires --clients");
  expectStart(mistakeIn({"--check", "--clients", ".", "--run", "python3"}),
              "--run: 'python3' is not .ENDING=COMMAND");
  EXPECT_EQ(mistakeIn({"--check", "--clients", "no-such-folder"}),
            "--clients: cannot read the folder 'no-such-folder': No such file or directory");
  expectStart(mistakeIn({"--check", "--jobs", "0"}), "--jobs: '0' is not a number of clients");
  expectStart(mistakeIn({"--check", "--jobs", ""}), "--jobs: '' is not");
  expectStart(mistakeIn({"--patience", ""}), "--patience: '' is not");
  EXPECT_EQ(mistakeIn({"--patience", "0"}), "--patience: '0' leaves a client no time");
  EXPECT_EQ(mistakeIn({"--check", "--jobs", "51"}), "--jobs: '51' is too many; at most 50");
  EXPECT_EQ(mistakeIn({"--junit", "/no/such/place.xml"}),
            "cannot write '/no/such/place.xml': No such file or directory");
  EXPECT_EQ(mistakeIn({"--junit", "/"}), "cannot write '/': Is a directory");
  EXPECT_EQ(mistakeIn({"--json", ""}), "--json: the name of the file is empty");
  EXPECT_EQ(mistakeIn({"--colour"}), "unknown option '--colour'");
  EXPECT_EQ(mistakeIn({"word"}), "unexpected word 'word': the words of a client follow --client");
  EXPECT_EQ(mistakeIn({"--json"}), "'--json' needs a value");
}

TEST(CompareOptions, NoMoreJobsAreAllowedThanTheDescriptorsOfThisProcessAreEnoughFor) {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit few{100, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &few);
  const std::string mistake = mistakeIn({"--check", "--jobs", "6"});
  const std::size_t jobs = parse({"--check"}).jobs;
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(mistake, "--jobs: '6' is too many; at most 5");
  EXPECT_LE(jobs, 5U);
}

}  // namespace
}  // namespace poetry
