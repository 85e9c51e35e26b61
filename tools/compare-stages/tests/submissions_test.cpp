// Which clients are in the folder of a class, and how each of them is run.

#include "submissions.hpp"

#include "cli/option_values.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "files.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include <sys/stat.h>

namespace poetry {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

class FindSubmissions : public ::testing::Test {
 protected:
  /// Writes a file, and the folders above it.
  void write(const std::string& name, const std::string& text = "text", bool executable = false) {
    const fs::path file = folder_.path() / name;
    fs::create_directories(file.parent_path());
    saveFile(file, text);
    if (executable) {
      fs::permissions(file, fs::perms::owner_all);
    }
  }
  Submissions find(const std::vector<std::string>& runners = {}) {
    std::vector<Runner> parsed;
    for (const std::string& runner : runners) {
      parsed.push_back(parseRunner(runner));
    }
    return findSubmissions(folder_.path(), parsed);
  }
  /// The only client.
  Client only(const std::vector<std::string>& runners = {}) {
    const Submissions found = find(runners);
    EXPECT_EQ(found.clients.size(), 1U);
    return found.clients.at(0);
  }
  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_.path() / name).string();
  }

  PoemFolder folder_;
};

TEST_F(FindSubmissions, TheEndingSaysHowAFileIsRun) {
  const std::vector<std::pair<std::string, Words>> expected = {
      {"a.py", {"python3", "-u", path("a.py"), "x:1"}},
      {"b.go", {"go", "run", path("b.go"), "x:1"}},
      {"c.JS", {"node", path("c.JS"), "x:1"}},
      {"d.sh", {"sh", path("d.sh"), "x:1"}},
      {"e.java", {"java", path("e.java"), "x:1"}}};
  for (const auto& [name, words] : expected) {
    write(name);
  }
  const Submissions found = find();
  ASSERT_EQ(found.clients.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(found.clients[i].name, expected[i].first);
    EXPECT_EQ(found.clients[i].commandLine({"x:1"}, "", false), expected[i].second);
    EXPECT_EQ(found.clients[i].directory, folder_.path());
  }
}

TEST_F(FindSubmissions, TheFirstLineSaysHowAScriptIsRunAsTheKernelReadsIt) {
  write("a", "#! /usr/bin/env  -S python3 -u\t\r\nprint()");
  EXPECT_EQ(only().command, (Words{"/usr/bin/env", "-S python3 -u", "{file}"}));
}

TEST_F(FindSubmissions, TheFirstLineOfAShellScriptComesBeforeItsEnding) {
  write("a.sh", "#!/bin/bash");
  EXPECT_EQ(only().command, (Words{"/bin/bash", "{file}"}));
}

TEST_F(FindSubmissions, AnOptionComesBeforeTheEndingAndTheFirstLine) {
  write("a.py", "#!/bin/sh");
  EXPECT_EQ(only({".PY=pypy3  --in={file} {output}"}).commandLine({}, "/tmp/x", false),
            (Words{"pypy3", "--in=" + path("a.py"), "/tmp/x"}));
  EXPECT_EQ(only({".py=pypy3"}).commandLine({}, "/tmp/x", false), (Words{"pypy3", path("a.py")}));
}

TEST_F(FindSubmissions, AProgramRunsItself) {
  write("a",
        "\x7f"
        "ELF",
        true);
  EXPECT_EQ(only().commandLine({"x:1"}, "", false), (Words{path("a"), "x:1"}));
}

TEST_F(FindSubmissions, SaysWhyAFileCannotBeRun) {
  write("a",
        "\x7f"
        "ELF");
  write("b.c", "int main");
  write("lab.ipynb");
  const Submissions found = find();
  ASSERT_EQ(found.clients.size(), 3U);
  EXPECT_EQ(found.clients[0].problem, "a is not executable; chmod +x changes that");
  EXPECT_EQ(
      found.clients[1].problem,
      "b.c must be built first: hand in the program, or give a command with --run .c=COMMAND");
  EXPECT_EQ(found.clients[2].problem,
            "the check does not know how to run lab.ipynb: give it an ending such as .py, or a "
            "first line such as #!/usr/bin/env python3, or use --run .ipynb=COMMAND");
}

TEST_F(FindSubmissions, NamesTheFilesThatAreNoClients) {
  write("a.py");
  write("README.md", "#", true);
  write(".git/config");
  write("__pycache__/a.pyc");
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  fs::create_symlink("nowhere", path("link.py"));
  EXPECT_EQ(find().skipped, (Words{".git", "README.md", "__pycache__", "link.py", "pipe"}));
}

TEST_F(FindSubmissions, AFolderIsOneClient) {
  write("by main/main.py");
  write("by main/client.py");
  write("by main/notes.txt");
  write("client/Client.java");
  write("client/Poem.java");
  write("in archive/lab3/only.go");
  write("in archive/.DS_Store");
  write("module/go.mod");
  write("module/main.go");
  write("program/client",
        "\x7f"
        "ELF",
        true);
  write("program/client.c");
  const Submissions found = find();
  ASSERT_EQ(found.clients.size(), 5U);
  EXPECT_EQ(found.clients[0].name, "by main");
  EXPECT_EQ(found.clients[0].file, path("by main/main.py"));
  EXPECT_EQ(found.clients[0].directory, path("by main"));
  EXPECT_EQ(found.clients[1].file, path("client/Client.java"));
  EXPECT_EQ(found.clients[2].file, path("in archive/lab3/only.go"));
  EXPECT_EQ(found.clients[3].command, (Words{"go", "run", "."}));
  EXPECT_EQ(found.clients[4].file, path("program/client"));
}

TEST_F(FindSubmissions, SaysWhatAFolderNeeds) {
  const std::string start =
      "a folder needs one main.* or client.*, or only one file that can be run; there ";
  write("a/one.py");
  write("a/two.py");
  write("b/notes.txt");
  write("c/main.c");
  write("c/main.h");
  const Submissions found = find();
  EXPECT_EQ(found.clients[0].problem, start + "are one.py, two.py");
  EXPECT_EQ(found.clients[1].problem, start + "is none");
  EXPECT_TRUE(found.clients[2].problem.starts_with("main.c must be built first"));
}

TEST_F(FindSubmissions, ANameMayHoldAnyCharacter) {
  for (const char* name :
       {"-a.py", "=b.py", "c\nd.py", "e\xff.py", "{file}{output}.py", "Zo\u00eb \u674e.py"}) {
    write(name);
  }
  Words names;
  Words files;
  for (const Client& client : find().clients) {
    names.push_back(client.name);
    files.push_back(client.commandLine({}, "/tmp/x", false).back());
    EXPECT_FALSE(client.savesPoems()) << client.name;
  }
  EXPECT_EQ(names, (Words{"-a.py", "=b.py", "Zo\u00eb \u674e.py", "c\\x0ad.py", "e\\xff.py",
                          "{file}{output}.py"}));
  EXPECT_EQ(files, (Words{path("-a.py"), path("=b.py"), path("Zo\u00eb \u674e.py"), path("c\nd.py"),
                          path("e\xff.py"), path("{file}{output}.py")}));
}

TEST_F(FindSubmissions, NamesAMistake) {
  const auto mistake = [this](const std::string& folder, const std::string& runner) {
    try {
      findSubmissions(path(folder),
                      runner.empty() ? std::vector<Runner>() : std::vector{parseRunner(runner)});
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(mistake("x", ""),
            "cannot read the folder '" + path("x") + "': No such file or directory");
  write("a.py");
  EXPECT_EQ(mistake("a.py", ""), "cannot read the folder '" + path("a.py") + "': Not a directory");
  fs::create_directory(path("x"));
  EXPECT_EQ(mistake("x", ""), "there is no client in '" + path("x") + "': it is empty");
  write("x/notes.md");
  write("x/more.txt");
  EXPECT_EQ(mistake("x", ""),
            "there is no client in '" + path("x") + "': it has more.txt, notes.md");
  for (const char* runner : {"py=python3", ".py", ".py=", ".=x", "=", ".py= "}) {
    EXPECT_EQ(mistake("x", runner),
              inQuotes(runner) + " is not .ENDING=COMMAND, as in '.py=pypy3 {file}'");
  }
}

}  // namespace
}  // namespace poetry
