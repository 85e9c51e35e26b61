#include "submissions.hpp"

#include "cli/option_values.hpp"
#include "cli/options.hpp"
#include "files.hpp"
#include "terminal.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace poetry {

namespace {

namespace fs = std::filesystem;

std::vector<std::string> wordsOf(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) {
    words.push_back(word);
  }
  return words;
}

std::string lowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string firstLineOf(const fs::path& file) {
  const std::string bytes = firstBytesOf(file, 256);  // the kernel looks at no more
  return bytes.substr(0, bytes.find('\n'));
}

/// "#!/usr/bin/env python3": as the kernel does it, everything after the program is one word.
std::vector<std::string> commandOfScript(std::string line) {
  line.erase(line.find_last_not_of(" \t\r") + 1);  // '\r': written on Windows
  line.erase(0, std::min(line.find_first_not_of(" \t", 2), line.size()));
  const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
  std::vector<std::string> command = {line.substr(0, end)};
  if (const std::size_t rest = line.find_first_not_of(" \t", end); rest != std::string::npos) {
    command.push_back(line.substr(rest));
  }
  command.emplace_back("{file}");
  return command;
}

/// Sets the command of a client, or its problem. Neither: its file is no client.
void findCommand(Client& client, const std::vector<Runner>& runners) {
  // Without -u, Python would keep the lines until its end.
  static const std::map<std::string, std::string> kKnown = {{".py", "python3 -u {file}"},
                                                            {".go", "go run {file}"},
                                                            {".js", "node {file}"},
                                                            {".java", "java {file}"}};
  static const std::set<std::string> kToBuild = {".c", ".cc", ".cpp", ".rs"};
  const fs::path& file = client.file;
  const std::string ending = lowerCase(file.extension());
  const std::string name = readable(file.filename().string());
  const auto runner = std::find_if(runners.begin(), runners.end(),
                                   [&](const Runner& each) { return each.ending == ending; });
  std::error_code error;
  if (runner != runners.end()) {
    client.command = runner->words;
  } else if (ending == ".go" && fs::exists(client.directory / "go.mod", error)) {
    client.command = {"go", "run", "."};
  } else if (const auto known = kKnown.find(ending); known != kKnown.end()) {
    client.command = wordsOf(known->second);
  } else if (kToBuild.contains(ending)) {
    client.problem = name +
                     " must be built first: hand in the program, or give a command with --run " +
                     ending + "=COMMAND";
  } else if (const std::string line = firstLineOf(file); line.starts_with("#!")) {
    client.command = commandOfScript(line);
  } else if (line.starts_with("\x7f"
                              "ELF")) {
    if (::access(file.c_str(), X_OK) == 0) {
      client.command = {"{file}"};
    } else {
      client.problem = name + " is not executable; chmod +x changes that";
    }
  } else if (ending == ".sh") {
    client.command = {"sh", "{file}"};
  }
}

bool isNoClient(const std::string& name) {
  return name.starts_with('.') || name == "__pycache__" || name == "__MACOSX";
}

/// A file that is no program.
bool isDocument(const fs::path& file) {
  static const std::set<std::string> kEndings = {".class", ".csv", ".docx", ".html", ".json",
                                                 ".log",   ".md",  ".pdf",  ".txt",  ".xml"};
  return kEndings.contains(lowerCase(file.extension()));
}

/// The paths in a folder, in the order of their names.
std::vector<fs::path> entriesOf(const fs::path& folder, std::error_code& error) {
  std::vector<fs::path> entries;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    entries.push_back(entry->path());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

/// The client in a file, if it is one.
std::optional<Client> clientInFile(const std::string& name, const fs::path& file,
                                   const std::vector<Runner>& runners) {
  Client client{.name = name, .file = file, .directory = file.parent_path()};
  std::error_code error;
  if (fs::is_regular_file(file, error)) {  // opening a pipe could block
    findCommand(client, runners);
  }
  return client.command.empty() && client.problem.empty() ? std::nullopt : std::optional(client);
}

/// The client in a student's folder: main.* or client.*, or the only file that can be run.
Client clientInFolder(const std::string& name, const fs::path& folder,
                      const std::vector<Runner>& runners) {
  std::error_code error;
  std::vector<fs::path> entries = entriesOf(folder, error);
  std::erase_if(entries, [](const fs::path& path) { return isNoClient(path.filename()); });
  if (entries.size() == 1 && fs::is_directory(entries.front(), error)) {
    return clientInFolder(name, entries.front(), runners);  // an archive was unpacked here
  }
  std::vector<Client> found;
  std::vector<Client> broken;
  for (const fs::path& path : entries) {
    if (const auto client = clientInFile(name, path, runners)) {
      (client->problem.empty() ? found : broken).push_back(*client);
    }
  }
  // The source of a program may be beside it.
  const std::vector<Client>& some = found.empty() ? broken : found;
  for (const char* stem : {"main", "client"}) {
    const auto isNamed = [&](const Client& client) {
      return lowerCase(client.file.stem()) == stem;
    };
    if (std::count_if(some.begin(), some.end(), isNamed) == 1) {
      return *std::find_if(some.begin(), some.end(), isNamed);
    }
  }
  if (some.size() == 1) {
    return some.front();
  }
  std::vector<std::string> names;
  for (const Client& client : some) {
    names.push_back(readable(client.file.filename().string()));
  }
  return {.name = name,
          .problem = "a folder needs one main.* or client.*, or only one file that can be run; " +
                     (names.empty() ? "there is none" : "there are " + listOf(names))};
}

}  // namespace

Runner parseRunner(const std::string& text) {
  const std::size_t equals = std::min(text.find('='), text.size());
  Runner runner{lowerCase(text.substr(0, equals)),
                wordsOf(text.substr(std::min(equals + 1, text.size())))};
  if (runner.ending.size() < 2 || !runner.ending.starts_with('.') || runner.words.empty()) {
    throw UsageError(inQuotes(text) + " is not .ENDING=COMMAND, as in '.py=pypy3 {file}'");
  }
  if (text.find("{file}") == std::string::npos) {
    runner.words.emplace_back("{file}");
  }
  return runner;
}

Submissions findSubmissions(const fs::path& folder, const std::vector<Runner>& runners) {
  std::error_code error;
  Submissions all;
  for (const fs::path& path : entriesOf(fs::absolute(folder), error)) {
    const std::string name = readable(path.filename().string());
    if (isNoClient(path.filename())) {
      all.skipped.push_back(name);
    } else if (std::error_code ignored; fs::is_directory(path, ignored)) {
      all.clients.push_back(clientInFolder(name, path, runners));
    } else if (const auto client = clientInFile(name, path, runners)) {
      all.clients.push_back(*client);
    } else if (isDocument(path) || !fs::is_regular_file(path, ignored)) {
      all.skipped.push_back(name);
    } else {
      const std::string ending = readable(path.extension().string());
      all.clients.push_back(
          {.name = name,
           .problem = "the check does not know how to run " + name +
                      ": give it an ending such as .py, or a first line such as "
                      "#!/usr/bin/env python3" +
                      (ending.empty() ? "" : ", or use --run " + ending + "=COMMAND")});
    }
  }
  if (error) {
    throw UsageError("cannot read the folder " + inQuotes(folder.string()) + ": " +
                     error.message());
  }
  if (all.clients.empty()) {
    throw UsageError("there is no client in " + inQuotes(folder.string()) + ": it " +
                     (all.skipped.empty() ? "is empty" : "has " + listOf(all.skipped)));
  }
  return all;
}

}  // namespace poetry
