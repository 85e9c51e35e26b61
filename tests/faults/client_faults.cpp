#include "client_faults.hpp"

#include "support/descriptors.hpp"
#include "support/faults.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstring>  // sigabbrev_np
#include <fstream>
#include <map>
#include <optional>
#include <regex>
#include <set>

namespace poetry::testing {

namespace fs = std::filesystem;

namespace {

const std::string kPoem = "Don\xe2\x80\x99t go\n";

std::string refusingAddress() {
  static const RefusingPort port;
  return port.address();
}

std::string silentAddress() {
  static const SilentPort port;
  return port.address();
}

void sendByteByByte(ScriptedConnection& connection) {
  for (const char byte : kPoem) {
    connection.trySend({&byte, 1});
  }
  connection.closeInOrder();
}

/// One client and its three servers.
class ClientRun {
 public:
  ClientRun(const ClientFault& fault, const ClientUnderTest& client);

  Outcome play();

 private:
  [[nodiscard]] const std::string& script() const;
  [[nodiscard]] std::vector<std::string> arguments() const;
  /// Waits until the client has reacted to everything so far: until it waits for the test, or has ended.
  void settle();
  /// Accepts the client's connection. Nullptr if the client ends, or waits for another server.
  ScriptedConnection* accept(ScriptedServer& server);
  void serve(ScriptedServer& server, const std::string& poem, int task);
  void serveFaulty();
  /// Stops the client during the call that waits, and lets it continue: see SUSPEND.
  void suspend();
  /// Sends Ctrl-C, and a second one if the first has no effect. Returns what the page says about it.
  std::string interrupt();
  void waitForClosedConnections();
  void checkReport();
  void checkFiles();
  [[nodiscard]] std::string messages();
  [[nodiscard]] std::string lastLine();

  const ClientSetup& setup_;
  const ClientUnderTest& client_;
  TemporaryDirectory directory_;
  fs::path poems_ = directory_.path() / "poems";
  Faults faults_{script()};
  Scenario scenario_;
  ScriptedServer first_{scenario_};
  ScriptedServer faulty_{scenario_};
  ScriptedServer last_{scenario_};
  std::map<int, std::string> arrived_ = {};  ///< the poems that were sent completely, by task
  std::unique_ptr<ChildProcess> program_ = {};
};

ClientRun::ClientRun(const ClientFault& fault, const ClientUnderTest& client)
    : setup_(fault.setup), client_(client) {}

const std::string& ClientRun::script() const {
  const bool isReactor2 = client_.name() == "reactor-client-2";
  return isReactor2 && !setup_.reactor2Script.empty() ? setup_.reactor2Script : setup_.script;
}

std::vector<std::string> ClientRun::arguments() const {
  const std::string faulty = setup_.address != nullptr ? setup_.address() : faulty_.address();
  return {"--output", poems_.string(), first_.address(), faulty, last_.address()};
}

Outcome ClientRun::play() {
  if (setup_.prepare != nullptr) {
    setup_.prepare(poems_);
  }
  ChildOptions options = faults_.options();
  options.output = setup_.output;
  program_ = scenario_.start(client_.program, arguments(), options);
  serve(first_, "the first", 1);
  settle();
  serveFaulty();
  settle();
  if (script().ends_with(":SUSPEND")) {
    suspend();
  }
  if (!program_->hasEnded()) {
    serve(last_, "the third", 3);
  }
  const std::string attempt = setup_.interrupt ? interrupt() : "";
  const Ending ending = program_->wait();
  SCOPED_TRACE(scenario_.story());
  EXPECT_EQ(faults_.met().empty(), script().empty()) << "the fault did not happen";
  checkReport();
  checkFiles();
  const std::string end = ending.signal == 0 ? std::to_string(ending.exitCode)
                                             : std::string("SIG") + ::sigabbrev_np(ending.signal);
  return {client_.name(), {messages(), lastLine(), end + attempt}, scenario_.story()};
}

void ClientRun::settle() {
  program_->waitUnlessIdle([this] { return program_->hasEnded(); });
}

ScriptedConnection* ClientRun::accept(ScriptedServer& server) {
  const auto isDecided = [&] { return server.hasCaller() || program_->hasEnded(); };
  if (setup_.interrupt) {
    program_->waitUnlessIdle(isDecided);  // blocking-client waits for the second poem
  } else {
    scenario_.waitUntil(isDecided, SourceLine::here(), "the client connects or ends");
  }
  return server.hasCaller() ? &server.accept() : nullptr;
}

void ClientRun::serve(ScriptedServer& server, const std::string& poem, int task) {
  if (ScriptedConnection* connection = accept(server)) {
    if (task == 3) {
      waitForClosedConnections();
    }
    if (connection->trySend(poem)) {
      arrived_[task] = poem;
    }
    connection->closeInOrder();
  }
}

void ClientRun::serveFaulty() {
  if (setup_.poem) {
    arrived_[2] = *setup_.poem;
  }
  if (setup_.address != nullptr) {
    return;
  }
  ScriptedConnection* connection = accept(faulty_);
  if (connection == nullptr) {
    return;
  }
  if (setup_.serve != nullptr) {
    setup_.serve(*connection);
  } else {
    connection->trySend(kPoem.substr(0, 4));
    settle();
    connection->trySend(kPoem.substr(4));
    connection->closeInOrder();
  }
}

void ClientRun::suspend() {
  program_->pause();
  program_->resume();
  settle();
}

std::string ClientRun::interrupt() {
  settle();
  program_->signal(SIGINT);
  settle();
  if (program_->hasEnded()) {
    return "";
  }
  program_->signal(SIGINT);
  return ", at the second Ctrl-C";
}

/// Before the third poem begins, the client needs this one connection, and the second one if it never
/// ends. A client that leaks a descriptor never gets there, and the scenario fails the test.
void ClientRun::waitForClosedConnections() {
  const std::ptrdiff_t needed = setup_.interrupt && setup_.address == nullptr ? 2 : 1;
  const auto areClosed = [&] {
    const std::vector<std::string> open = openDescriptors(program_->pid());
    const auto isSocket = [](const std::string& entry) {
      return entry.find("socket:") != std::string::npos;
    };
    return std::count_if(open.begin(), open.end(), isSocket) == needed;
  };
  scenario_.waitUntil(areClosed, SourceLine::here(), "the client has closed its old connections");
}

/// The client reports exactly the poems that arrived, if it reports at all.
void ClientRun::checkReport() {
  const Transcript transcript(client_, program_->outputLines());
  std::map<int, std::size_t> reported;
  for (const int task : transcript.reported) {
    reported[task] = transcript.tasks.at(task).total.value_or(0);
  }
  std::map<int, std::size_t> arrived;
  for (const auto& [task, poem] : arrived_) {
    arrived[task] = poem.size();
  }
  if (!transcript.got.empty()) {
    EXPECT_EQ(reported, arrived);
  }
}

/// The client saves nothing but the poems that arrived, and all that it reports, or says why not.
void ClientRun::checkFiles() {
  std::set<int> saved;
  std::error_code none;  // --output may be no directory
  for (const fs::directory_entry& entry : fs::directory_iterator(poems_, none)) {
    const std::string name = entry.path().filename();
    ASSERT_TRUE(std::regex_match(name, std::regex(R"(poem-[123]\.txt)"))) << name;
    const int task = name[5] - '0';
    ASSERT_TRUE(arrived_.contains(task)) << name << " is not a complete poem";
    EXPECT_EQ(contentsOf(entry.path()), arrived_.at(task)) << name;
    saved.insert(task);
  }
  const bool hasReport = program_->output().find("Got ") != std::string::npos;
  for (const auto& [task, poem] : arrived_) {
    const std::string excuse = "Task " + std::to_string(task) + ": cannot save";
    EXPECT_TRUE(!hasReport || saved.contains(task) ||
                program_->errors().find(excuse) != std::string::npos)
        << "the poem of task " << task << " was not saved, without a message";
  }
}

/// Standard error without the program's name, and with words for what differs from run to run.
std::string ClientRun::messages() {
  static const std::regex kPort(R"(127\.0\.0\.1:\d+)");
  std::string text;
  for (std::string line : program_->errorLines()) {
    EXPECT_TRUE(line.starts_with(client_.name() + ": ")) << line;
    line.erase(0, client_.name().size() + 2);
    if (const std::size_t at = line.find(poems_.string()); at != std::string::npos) {
      line.replace(at, poems_.string().size(), "DIR");
    }
    line = std::regex_replace(line, kPort, "127.0.0.1:PORT");
    text += (text.empty() ? "`" : "<br>`") + line + '`';
  }
  return text;
}

std::string ClientRun::lastLine() {
  static const std::regex kElapsed(R"(\d+:\d\d:\d\d\.\d{6})");
  const std::vector<std::string> lines = program_->outputLines();
  return lines.empty() || !lines.back().starts_with("Got ")
             ? ""
             : '`' + std::regex_replace(lines.back(), kElapsed, "TIME") + '`';
}

}  // namespace

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
      {.program = POETRY_BIN_DIR "/reactor-client-2", .reportsChunks = true, .isReactor = true}};
  return all;
}

const std::vector<ClientFault>& clientFaults() {
  static const std::vector<ClientFault> all{
      {"No connection",
       "Refused",
       "the server refuses the connection",
       {.address = &refusingAddress}},
      {"No connection",
       "ConnectsToItself",
       "the client's socket connects to itself",
       {.script = "connect:SELF@2", .address = &refusingAddress}},
      {"No connection",
       "NameLookupFails",
       "the look-up of the name fails",
       {.script = "getaddrinfo:EAI_AGAIN",
        .address = [] { return std::string("nowhere.invalid:10000"); }}},
      {"No connection",
       "NameLookupHangs",
       "the look-up of the name does not end, then Ctrl-C",
       {.script = "getaddrinfo:HANG",
        .address = [] { return std::string("silent.invalid:10000"); },
        .interrupt = true}},
      {"No connection",
       "NoAnswer",
       "the server does not answer at all",
       {.script = "connect:ETIMEDOUT@2",  // the kernel's time limit, without the wait
        .reactor2Script = "epoll_wait:SUSPEND",
        .address = &silentAddress}},

      {"The poem",
       "OneByteAtATime",
       "it arrives one byte at a time",
       {.serve = &sendByteByByte, .poem = kPoem}},
      {"The poem",
       "Empty",
       "it is empty",
       {.serve = [](ScriptedConnection& connection) { connection.closeInOrder(); }, .poem = ""}},
      {"The poem",
       "ResetInTheMiddle",
       "a reset after 6 of 11 bytes",
       {.serve =
            [](ScriptedConnection& connection) { connection.sendAndReset(kPoem.substr(0, 6)); }}},
      {"The poem",
       "ResetAfterTheLastByte",
       "a reset after the last byte, without an orderly close",
       {.serve = [](ScriptedConnection& connection) { connection.sendAndReset(kPoem); }}},
      {"The poem",
       "ResetAfterTheClose",
       "a reset after the orderly close",
       {.serve =
            [](ScriptedConnection& connection) {
              connection.sendAndClose(kPoem);
              connection.reset();
            },
        .poem = kPoem}},
      {"The poem",
       "StallAndCtrlC",
       "it stops after 6 bytes, then Ctrl-C",
       {.serve = [](ScriptedConnection& connection) { connection.trySend(kPoem.substr(0, 6)); },
        .interrupt = true}},

      {"The system",
       "NoDescriptor",
       "no descriptor is left for the socket (EMFILE)",
       {.script = "socket:EMFILE@2", .address = &refusingAddress}},
      {"The system",
       "Interrupted",
       "a signal interrupts every second call that can wait (EINTR)",
       {.script = "close:EINTR@*2,connect:EINTR@*2,epoll_wait:EINTR@*2,open:EINTR@*2,poll:EINTR@*2,"
                  "print:EINTR@*2,recv:EINTR@*2,save:EINTR@*2,select:EINTR@*2",
        .poem = kPoem}},

      {"Output",
       "OutputFull",
       "standard output is full (`/dev/full`)",
       {.output = Stream::kFull, .poem = kPoem}},
      {"Output",
       "OutputUnread",
       "standard output is a pipe that no program reads",
       {.output = Stream::kNoReader, .poem = kPoem}},
      {"Output",
       "DirectoryIsAFile",
       "the directory of `--output` is a file",
       {.prepare = [](const fs::path& directory) { std::ofstream(directory) << "a file"; }}},
      {"Output",
       "DiskFull",
       "the disk is full when the poem is saved",
       {.script = "save:ENOSPC@2", .poem = kPoem}}};
  return all;
}

Outcome outcomeOf(const ClientFault& fault, const ClientUnderTest& client) {
  return ClientRun(fault, client).play();
}

}  // namespace poetry::testing
