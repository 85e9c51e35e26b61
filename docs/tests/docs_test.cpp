// Compares every *.md of the repository with the files, programs and names that it mentions.
//
// The word behind ``` says what a fence contains and how it is checked:
//     sh     commands to paste; those of ./lesson must exist
//     text   a transcript: lines that our programs print, and "(12 lines left out)"
//     cpp    lines of a source file, unchanged
//     diff   the same, each behind a ' ', '-' or '+'
// Other fences are not checked.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace poetry {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

const fs::path& root() {
  static const fs::path path = fs::path(POETRY_POETRY_DIR).parent_path();
  return path;
}

std::string contentOf(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// All files of the repository, except hidden ones and those in build folders.
const std::vector<fs::path>& files() {
  static const std::vector<fs::path> all = [] {
    std::vector<fs::path> found;
    for (auto entry = fs::recursive_directory_iterator(root()); entry != fs::end(entry); ++entry) {
      const std::string name = entry->path().filename();
      if (entry->is_directory() && (name == "build" || name.starts_with('.') ||
                                    fs::exists(entry->path() / "CMakeCache.txt"))) {
        entry.disable_recursion_pending();
      } else if (entry->is_regular_file()) {
        found.push_back(entry->path());
      }
    }
    std::sort(found.begin(), found.end());
    return found;
  }();
  return all;
}

/// The contents of the C++ files, each with a newline in front, so that "\nabc\n" finds a line.
const Words& sources() {
  static const Words all = [] {
    Words found;
    for (const fs::path& file : files()) {
      if (file.extension() == ".cpp" || file.extension() == ".hpp") {
        found.push_back('\n' + contentOf(file));
      }
    }
    return found;
  }();
  return all;
}

bool isInSources(const std::string& lines) {
  return std::any_of(sources().begin(), sources().end(), [&](const std::string& source) {
    return source.find('\n' + lines) != std::string::npos;
  });
}

/// What `expression` matches in `text`: group `group` of each match.
Words findAll(const std::string& text, const std::regex& expression, std::size_t group = 1) {
  Words found;
  for (std::sregex_iterator match(text.begin(), text.end(), expression), end; match != end;
       ++match) {
    found.push_back(match->str(group));
  }
  return found;
}

Words split(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

/// One line of a page, and what it is part of.
struct Line {
  std::string where;  ///< "README.md:12", for messages
  std::string text;
  std::string fence;  ///< the word behind ```; "code" if indented; empty in prose
  int fenceNumber;    ///< tells neighbouring fences apart
};

struct Page {
  fs::path path;
  std::vector<Line> lines;

  [[nodiscard]] std::string name() const { return path.lexically_relative(root()); }
};

Page read(const fs::path& path) {
  Page page{path, {}};
  std::istringstream stream(contentOf(path));
  std::string fence;
  int fenceNumber = 0;
  int number = 0;
  for (std::string text; std::getline(stream, text);) {
    const std::string where = page.name() + ':' + std::to_string(++number);
    if (text.starts_with("```")) {
      ++fenceNumber;
      const std::string word = text == "```" ? "plain" : text.substr(3);
      fence = fence.empty() ? word : "";
    } else if (fence.empty() && text.starts_with("    ")) {
      page.lines.push_back({where, text, "code", fenceNumber});
    } else {
      page.lines.push_back({where, text, fence, fenceNumber});
    }
  }
  EXPECT_EQ(fence, "") << page.name() << ": the last fence is not closed";
  return page;
}

const std::vector<Page>& pages() {
  static const std::vector<Page> all = [] {
    std::vector<Page> found;
    for (const fs::path& file : files()) {
      if (file.extension() == ".md") {
        found.push_back(read(file));
      }
    }
    return found;
  }();
  return all;
}

/// The lines of each fence of this kind, each with its newline.
struct Fence {
  std::string where;
  std::string text;
};

std::vector<Fence> fences(const Page& page, const std::string& kind) {
  std::vector<Fence> found;
  int last = -1;
  for (const Line& line : page.lines) {
    if (line.fence != kind) {
      continue;
    }
    if (line.fenceNumber != last) {
      found.push_back({line.where, ""});
      last = line.fenceNumber;
    }
    found.back().text += line.text + '\n';
  }
  return found;
}

const std::regex kQuoted("`([^`]+)`");

// --- What there is ------------------------------------------------------------------------------

std::set<std::string> lessons() {
  const Words line =
      findAll(contentOf(root() / "tools/helpers.sh"), std::regex("\nlessons='([^']*)'"));
  const Words names = line.empty() ? Words() : split(line[0]);
  return {names.begin(), names.end()};
}

std::set<std::string> programs() {
  std::set<std::string> found;
  for (const std::string& lesson : lessons()) {
    const Words names = findAll(contentOf(root() / lesson / "CMakeLists.txt"),
                                std::regex("poetry_program\\(([^ ]+)"));
    found.insert(names.begin(), names.end());
  }
  return found;
}

bool isLesson(const std::string& word) {
  static const std::set<std::string> names = lessons();
  static const std::regex number("[1-9]");
  return names.contains(word) ||
         (std::regex_match(word, number) && std::stoul(word) <= names.size());
}

bool isProgram(const std::string& word) {
  static const std::set<std::string> names = programs();
  return names.contains(word) || isLesson(word);
}

/// "common/net/", "get_poetry.cpp"; not "EV_READ", "doRead()", "build/bin", "event2/event.h".
bool looksLikeFile(const std::string& word) {
  static const std::regex path("(\\./)?[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_.-]*)*");
  static const std::regex name(".+\\.(cpp|hpp|md|txt|cmake|json)");
  return std::regex_match(word, path) &&
         (word.find('/') != std::string::npos || std::regex_match(word, name)) &&
         !word.starts_with("build/") && !word.starts_with("event2/") &&
         word != "compile_commands.json";
}

/// Seen from the page, from the root, from common/ (as in #include), or by its bare name.
bool isFile(const Page& page, const std::string& word) {
  const bool isBare = word.find('/') == std::string::npos;
  return fs::exists(page.path.parent_path() / word) || fs::exists(root() / word) ||
         fs::exists(root() / "common" / word) ||
         (isBare && std::any_of(files().begin(), files().end(),
                                [&](const fs::path& file) { return file.filename() == word; }));
}

// --- The tests ----------------------------------------------------------------------------------

TEST(Docs, EveryLessonHasAPage) {
  ASSERT_FALSE(lessons().empty()) << "tools/helpers.sh has no line lessons='...'";
  EXPECT_TRUE(fs::exists(root() / "README.md"));
  for (const std::string& lesson : lessons()) {
    EXPECT_TRUE(fs::exists(root() / lesson / "README.md")) << lesson;
  }
}

TEST(Docs, EveryLinkLeadsSomewhere) {
  static const std::regex link("\\]\\(([^)\\s]+)\\)");
  for (const Page& page : pages()) {
    for (const Line& line : page.lines) {
      if (!line.fence.empty()) {
        continue;
      }
      for (const std::string& target : findAll(line.text, link)) {
        if (!target.starts_with("http") && !target.starts_with("#")) {
          EXPECT_TRUE(fs::exists(page.path.parent_path() / target.substr(0, target.find('#'))))
              << line.where << ": there is no " << target;
        }
      }
    }
  }
}

TEST(Docs, EveryFileThatIsNamedExists) {
  for (const Page& page : pages()) {
    for (const Line& line : page.lines) {
      for (const std::string& word : findAll(line.text, kQuoted)) {
        if (line.fence.empty() && looksLikeFile(word)) {
          EXPECT_TRUE(isFile(page, word)) << line.where << ": there is no " << word;
        }
      }
    }
  }
}

TEST(Docs, EveryPieceOfCodeIsOurs) {
  for (const Page& page : pages()) {
    for (const Fence& fence : fences(page, "cpp")) {
      EXPECT_TRUE(isInSources(fence.text)) << fence.where << ": is in no source file:\n"
                                           << fence.text;
    }
    for (const Line& line : page.lines) {
      if (line.fence == "diff" && !line.text.empty()) {
        EXPECT_TRUE(isInSources(line.text.substr(1) + '\n'))
            << line.where << ": is in no source file: " << line.text;
      }
    }
  }
}

/// What our programs print, as regular expressions that match a whole line.
bool isPrintedByAProgram(const std::string& line) {
  static const std::string address =
      "(\\d+\\.\\d+\\.\\d+\\.\\d+|\\[[0-9a-f:]+\\]|[a-z.]+):\\d{1,5}";
  static const std::string elapsed = "\\d+:\\d\\d:\\d\\d\\.\\d{6}";
  static const std::vector<std::regex> shapes = {
      // clients
      std::regex("Task \\d+: get poetry from: " + address),
      std::regex("Task \\d+: got \\d+ bytes of poetry from " + address + "( in " + elapsed + ")?"),
      std::regex("Task \\d+ finished"),
      std::regex("Task \\d+: \\d+ bytes of poetry"),
      std::regex("Got \\d+ (of \\d+ )?poems in " + elapsed),
      // the server
      std::regex("Serving \\S+ on port \\d+\\."),
      std::regex("Somebody at " + address + " wants poetry!"),
      std::regex("Sending \\d+ bytes"),
      // the reactor
      std::regex("reactor: waiting on \\d+ readers, \\d+ writers, \\d+ timers"),
      std::regex(
          "reactor: \\[[^\\]]+\\] (readable -> doRead|writable -> doWrite|doRead -> dataReceived)"),
      std::regex("reactor: \\[[^\\]]+\\] do(Read|Write) returned: .+ -> connectionLost"),
      std::regex("reactor: timer due -> call"),
      std::regex("reactor: stop -> connectionLost for all that are left"),
      // the stack
      std::regex("main"),
      std::regex("poetry::[A-Za-z:]+\\(.*\\)"),
      // the table of ./lesson demo
      std::regex("  client +took +expected   why"),
      // in place of lines that a page leaves out
      std::regex("\\(\\d+ lines left out\\)"),
  };
  static const std::regex errorMessage("([a-z0-9-]+): Task \\d+: (failed to connect to " + address +
                                       ": .+|connection to " + address +
                                       " lost after \\d+ bytes: .+)");
  static const std::regex demo("  ([a-z0-9-]+) +(\\d+\\.\\d\\d s|-) +(\\d+\\.\\d\\d s|-)   .+");
  std::smatch match;
  if (std::regex_match(line, match, errorMessage) || std::regex_match(line, match, demo)) {
    return isProgram(match.str(1));
  }
  return std::any_of(shapes.begin(), shapes.end(),
                     [&](const std::regex& shape) { return std::regex_match(line, shape); });
}

TEST(Docs, EveryTranscriptIsWhatAProgramPrints) {
  for (const Page& page : pages()) {
    for (const Line& line : page.lines) {
      if (line.fence == "text") {
        EXPECT_TRUE(isPrintedByAProgram(line.text)) << line.where << ": " << line.text;
      }
    }
  }
}

/// A page may also contain a poem of another length that it makes with `head -c 3000000`.
TEST(Docs, EveryFinishedPoemHasItsLength) {
  std::set<std::string> poems;
  for (const char* name : {"ecstasy", "fascination", "science"}) {
    poems.insert(std::to_string(fs::file_size(fs::path(POETRY_POETRY_DIR) / name += ".txt")));
  }
  EXPECT_EQ(poems, (std::set<std::string>{"3003", "623", "653"}));

  static const std::regex finished("Task \\d+: (got )?(\\d+) bytes of poetry(.* in .*)?");
  static const std::regex made("head -c (\\d+)");
  for (const Page& page : pages()) {
    std::set<std::string> allowed = poems;
    for (const Line& line : page.lines) {
      const Words sizes = findAll(line.text, made);
      allowed.insert(sizes.begin(), sizes.end());
    }
    for (const Line& line : page.lines) {
      std::smatch match;
      if (line.fence == "text" && std::regex_match(line.text, match, finished) &&
          match[1].matched == match[3].matched) {
        EXPECT_TRUE(allowed.contains(match.str(2))) << line.where << ": " << line.text;
      }
    }
  }
}

/// Words that stand for something else: "A", "PROGRAM", "ARG...", "[LESSON]".
bool isPlaceholder(const std::string& word) {
  static const std::regex placeholder("\\[?[A-Z]+(\\.\\.\\.)?\\]?");
  return std::regex_match(word, placeholder);
}

bool hasWord(const std::string& text, const std::string& word) {
  const auto isPart = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
  };
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !isPart(text[at - 1])) && (end == text.size() || !isPart(text[end]))) {
      return true;
    }
  }
  return false;
}

/// What is wrong with the words behind ./lesson; empty if nothing is.
std::string mistakeIn(const Words& words) {
  static const std::string overview = contentOf(root() / "lesson");
  static const std::string demo = contentOf(root() / "tools/demo");
  static const std::string options = contentOf(root() / "common/cli/command_line.cpp");
  if (words.empty()) {
    return "";
  }
  const std::string& command = words[0];
  if (!hasWord(overview, "./lesson " + command)) {
    return "./lesson has no command " + command;
  }
  if (command == "run" && words.size() < 2) {
    return "run needs a program";
  }
  if (command == "diff" && words.size() != 3) {
    return "diff takes two lessons";
  }
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    const bool isName = command == "diff" || (command == "run" && i == 1);
    if (isPlaceholder(word)) {
      continue;
    }
    if (word.starts_with("--") && command == "demo" && demo.find(word) == std::string::npos) {
      return "demo has no option " + word;
    }
    if (word.starts_with("--") && command == "run" && word != "--help" &&
        options.find('"' + word) == std::string::npos) {
      return "no program has an option " + word;
    }
    if (isName && !isProgram(word)) {
      return "there is no program " + word;
    }
    if ((command == "test" || command == "build") && !isLesson(word)) {
      return "there is no lesson " + word;
    }
    if (command == "run" && i > 1 && looksLikeFile(word) && !fs::exists(root() / word)) {
      return "there is no " + word + " in the root of the repository";
    }
  }
  return "";
}

TEST(Docs, EveryCommandOfLessonExists) {
  static const std::regex command("\\./lesson((?: +[^\\s#`;&|<>)]+)*)");
  for (const Page& page : pages()) {
    for (const Line& line : page.lines) {
      const Words code = line.fence.empty() ? findAll(line.text, kQuoted) : Words{line.text};
      for (const std::string& text : code) {
        for (const std::string& words : findAll(text, command)) {
          EXPECT_EQ(mistakeIn(split(words)), "") << line.where << ": ./lesson" << words;
        }
      }
    }
  }
}

/// The cells of a row of a table: "| a | b |". A "\|" is no border.
Words cellsOf(const std::string& row) {
  Words cells;
  std::string cell;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i] == '|' && (i == 0 || row[i - 1] != '\\')) {
      cells.push_back(cell);
      cell.clear();
    } else {
      cell += row[i];
    }
  }
  if (!cells.empty()) {
    cells.erase(cells.begin());  // what is before the first border
  }
  return cells;
}

std::string headersIn(const fs::path& directory) {
  std::string text;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.path().extension() == ".hpp" || entry.path().extension() == ".h") {
      text += contentOf(entry.path());
    }
  }
  return text;
}

/// The identifiers in backquotes in one column of the tables of names.
std::set<std::string> namesInColumn(std::size_t column) {
  std::set<std::string> names;
  bool isOurs = false;
  for (const Line& line : read(root() / "docs/reference/names.md").lines) {
    if (!line.text.starts_with('|')) {
      isOurs = false;
      continue;
    }
    if (line.text.starts_with("| here | Twisted |")) {
      isOurs = true;
      continue;
    }
    const Words cells = cellsOf(line.text);
    if (!isOurs || column >= cells.size()) {
      continue;
    }
    for (const std::string& quoted : findAll(cells[column], kQuoted)) {
      const Words found = findAll(quoted, std::regex("([A-Za-z_][A-Za-z0-9_]*)"));
      names.insert(found.begin(), found.end());
    }
  }
  return names;
}

TEST(Docs, EveryNameOfOursIsInAHeader) {
  const std::string headers =
      headersIn(root() / "common/reactor") + headersIn(root() / "tests/support");
  const std::set<std::string> names = namesInColumn(0);
  EXPECT_GT(names.size(), 80U)
      << "the tables of docs/reference/names.md begin with | here | Twisted |";
  for (const std::string& name : names) {
    EXPECT_TRUE(hasWord(headers, name)) << name;
  }
}

TEST(Docs, EveryNameOfLibeventIsInAHeader) {
  const fs::path headersOfLibevent = "/usr/include/event2";
  if (!fs::exists(headersOfLibevent)) {
    GTEST_SKIP() << "libevent's headers are somewhere else on this system";
  }
  static const std::regex prefix(
      "(event|evtimer|evsignal|evconnlistener|evdns|evbuffer|bufferevent|"
      "evutil|EV|EVLOOP|EVUTIL)_.*[^_]|bufferevent|evbuffer");
  const std::string headers = headersIn(headersOfLibevent);
  for (const std::string& name : namesInColumn(2)) {
    if (std::regex_match(name, prefix)) {
      EXPECT_TRUE(hasWord(headers, name)) << name;
    }
  }
}

TEST(Docs, NoPageSaysThatItIsEasy) {
  static const std::regex words("\\b(simply|just|obviously|of course)\\b", std::regex::icase);
  for (const Page& page : pages()) {
    for (const Line& line : page.lines) {
      EXPECT_FALSE(std::regex_search(line.text, words)) << line.where << ": " << line.text;
    }
  }
}

}  // namespace
}  // namespace poetry
