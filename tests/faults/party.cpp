#include "party.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <utility>

namespace poetry::testing {

namespace fs = std::filesystem;

namespace {

std::string replaceAll(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
  return text;
}

/// The sockets that a process has open, those of a resolver (UDP) not counted.
std::size_t openConnections(pid_t process) {
  std::set<std::string> others;
  std::ifstream table("/proc/net/udp");
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    std::string word;
    for (int column = 0; column < 10; ++column) {
      fields >> word;  // the tenth is the inode
    }
    others.insert("socket:[" + word + "]");
  }
  const std::vector<std::string> open = openDescriptors(process);
  return static_cast<std::size_t>(std::count_if(open.begin(), open.end(), [&](const auto& entry) {
    const std::size_t at = entry.find("socket:");
    return at != std::string::npos && !others.contains(entry.substr(at));
  }));
}

std::string nameOfEnding(const Ending& ending) {
  return ending.signal == 0 ? std::to_string(ending.exitCode)
                            : std::string("SIG") + ::sigabbrev_np(ending.signal);
}

}  // namespace

void PrintTo(const Cells& cells, std::ostream* out) {
  *out << "| " << cells.says << " | " << cells.last << " | " << cells.ends << " |";
}

Party::Party(const ClientUnderTest& client, Plan plan, fs::path folder)
    : client_(client),
      plan_(std::move(plan)),
      folder_(std::move(folder)),
      task_(plan_.alone || isStack() ? 1 : 2),
      faults_(folder_, replaceAll(plan_.script, "#", std::to_string(task_))),
      first_(scenario_),
      faulty_(scenario_),
      last_(scenario_) {}

bool Party::isStack() const {
  return client_.name() == "reactor-client-2-stack";
}

bool Party::hasLast() const {
  return task_ > 1 && !plan_.brisk;
}

std::vector<std::string> Party::arguments() const {
  std::vector<std::string> words = plan_.words;
  words.insert(words.end(), {"--output", (folder_ / "poems").string()});
  const std::string faulty = plan_.address.empty() ? faulty_.address() : plan_.address;
  if (task_ > 1) {
    words.push_back(first_.address());
  }
  words.push_back(faulty);
  if (hasLast()) {
    words.push_back(last_.address());
  }
  return words;
}

Cells Party::run() {
  if (plan_.prepare) {
    plan_.prepare(folder_ / "poems", task_);
  }
  ChildOptions options = plan_.options;
  if (plan_.brisk) {
    options.environment["ASAN_OPTIONS"] = "detect_leaks=0";
  }
  faults_.addTo(options);
  program_ = scenario_.start(client_.program, arguments(), options);
  if (task_ > 1) {
    serve(first_, "first", 1);
    settle();
  }
  serveFaulty();
  settle();
  if (hasLast()) {
    serveLast();
  }
  const std::string heard = plan_.signal != 0 ? interrupt() : "";
  scenario_.waitUntil(
      [&] {
        program_->resumeIfStopped();
        return program_->hasEnded();
      },
      SourceLine::here(), program_->name() + " ends");
  const Ending ending = program_->wait();
  checkReport();
  checkFiles();
  return {messages(), lastLine(), nameOfEnding(ending) + heard};
}

ScriptedConnection* Party::callerOf(ScriptedServer& server) {
  const auto isDecided = [&] {
    program_->resumeIfStopped();
    return server.hasCaller() || program_->hasEnded();
  };
  if (plan_.brisk) {
    scenario_.waitUntil(isDecided, SourceLine::here(), "a client comes, or the program ends");
  } else {
    program_->waitUnlessIdle(isDecided);
  }
  return server.hasCaller() ? &server.accept() : nullptr;
}

void Party::settle() {
  const auto hasEnded = [&] {
    program_->resumeIfStopped();
    return program_->hasEnded();
  };
  if (!plan_.brisk && !program_->waitUnlessIdle(hasEnded) && plan_.pauses) {
    program_->pause();
    program_->resume();
    program_->waitUnlessIdle(hasEnded);
  }
}

void Party::serve(ScriptedServer& server, const std::string& poem, int task) {
  if (ScriptedConnection* connection = callerOf(server)) {
    if (connection->trySend(poem)) {
      arrived_[task] = poem;
    }
    connection->closeInOrder();
  }
}

void Party::serveFaulty() {
  ScriptedConnection* connection = plan_.address.empty() ? callerOf(faulty_) : nullptr;
  if (connection == nullptr) {
    return;
  }
  if (plan_.serve) {
    plan_.serve(*connection);
  } else if (plan_.inOnePart) {
    connection->send(plan_.poem);
    connection->closeInOrder();
  } else if (plan_.options.output != Stream::kPipe) {
    connection->trySend(plan_.poem);  // nobody can tell when a part of it is read
    connection->closeInOrder();
  } else {
    const std::size_t half = plan_.poem.size() / 2;
    connection->trySend(plan_.poem.substr(0, half));
    waitForChunk(half);
    settle();
    connection->trySend(plan_.poem.substr(half));
    connection->closeInOrder();
  }
  if (plan_.arrives) {
    arrived_[task_] = plan_.poem;
  }
}

/// A client that tells of each chunk has told of this one, or has ended.
void Party::waitForChunk(std::size_t bytes) {
  const std::string line =
      "Task " + std::to_string(task_) + ": got " + std::to_string(bytes) + " bytes";
  scenario_.waitUntil(
      [&] {
        program_->resumeIfStopped();
        return !client_.reportsChunks || program_->hasEnded() ||
               program_->output().find(line) != std::string::npos;
      },
      SourceLine::here(), "the first part is read");
}

/// While the last poem has not begun, all that the others have used must have been given back.
void Party::serveLast() {
  ScriptedConnection* connection = callerOf(last_);
  if (connection == nullptr) {
    return;
  }
  settle();
  if (!program_->hasEnded()) {
    EXPECT_EQ(openConnections(program_->pid()), plan_.staysOpen ? 2U : 1U)
        << "a descriptor leaks:\n"
        << ::testing::PrintToString(openDescriptors(program_->pid())) << scenario_.story();
  }
  if (connection->trySend("third")) {
    arrived_[3] = "third";
  }
  connection->closeInOrder();
}

/// Sends the signal, a second time if the first has no effect; says so.
std::string Party::interrupt() {
  settle();
  program_->signal(plan_.signal);
  settle();
  if (program_->hasEnded()) {
    return "";
  }
  program_->signal(plan_.signal);
  return ", at the second";
}

/// No poem is reported that did not arrive, and none that arrived is left out.
void Party::checkReport() const {
  std::vector<std::string> lines = program_->outputLines();
  if (isStack() && !lines.empty() && lines.front() == "main") {
    return;  // its report is another one
  }
  const Transcript transcript(client_, lines);
  for (const int task : transcript.reported) {
    ASSERT_TRUE(arrived_.contains(task)) << "task " << task << " did not arrive\n"
                                         << scenario_.story();
    EXPECT_EQ(transcript.tasks.at(task).total, arrived_.at(task).size()) << scenario_.story();
  }
  if (!transcript.got.empty() && program_->wait().signal == 0) {
    EXPECT_EQ(transcript.reported.size(), arrived_.size()) << "one was lost\n" << scenario_.story();
  }
}

/// What stands under the name of a poem is that poem, and a poem that was reported is there.
void Party::checkFiles() const {
  std::set<int> saved;
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_ / "poems", none)) {
    const std::string name = entry.path().filename();
    if (entry.is_directory() || (name.starts_with(".poem-") && program_->wait().signal != 0)) {
      continue;  // in the way on purpose; or not finished, and not under the name of a poem
    }
    ASSERT_TRUE(std::regex_match(name, std::regex(R"(poem-[123]\.txt)")))
        << name << " is left over";
    const int task = name[5] - '0';
    ASSERT_TRUE(arrived_.contains(task)) << name << " is no whole poem\n" << scenario_.story();
    EXPECT_TRUE(contentsOf(entry.path()) == arrived_.at(task)) << name << scenario_.story();
    saved.insert(task);
  }
  const bool hasReport =
      program_->wait().signal == 0 && program_->output().find("Got ") != std::string::npos;
  for (const auto& [task, poem] : arrived_) {
    const std::string excuse = "Task " + std::to_string(task) + ": cannot save";
    EXPECT_TRUE(!hasReport || saved.contains(task) ||
                program_->errors().find(excuse) != std::string::npos)
        << "task " << task << " was not saved, and nobody said so\n"
        << scenario_.story();
  }
}

std::string Party::messages() {
  static const std::regex kPort(R"(127\.0\.0\.1:\d+)");
  static const std::regex kLongName("a{70}");
  std::string text;
  for (std::string line : program_->errorLines()) {
    EXPECT_TRUE(line.starts_with(client_.name() + ": ")) << line;
    line = line.substr(std::min(line.size(), client_.name().size() + 2));
    line = replaceAll(line, (folder_ / "poems").string(), "DIR");
    line = std::regex_replace(line, kPort, "127.0.0.1:PORT");
    line = std::regex_replace(line, kLongName, "NAME");
    text += (text.empty() ? "`" : "<br>`") + line + '`';
  }
  return text;
}

std::string Party::lastLine() {
  static const std::regex kElapsed(R"(\d+:\d\d:\d\d\.\d{6})");
  const std::vector<std::string> lines = program_->outputLines();
  if (lines.empty()) {
    return "";
  }
  if (lines.back().starts_with("Got ")) {
    return '`' + std::regex_replace(lines.back(), kElapsed, "TIME") + '`';
  }
  return lines.front() == "main" ? "the call stack" : "";
}

}  // namespace poetry::testing
