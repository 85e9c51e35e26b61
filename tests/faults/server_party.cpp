#include "server_party.hpp"

#include "support/descriptors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>
#include <regex>
#include <utility>

namespace poetry::testing {

namespace fs = std::filesystem;

namespace {

const std::string kPoem = "fifteen bytes..";
const std::string kNewPoem = "another poem, and longer";
/// More than a system buffers for somebody who does not read.
constexpr std::size_t kMuch = std::size_t{16} << 20;

void write(const fs::path& file, const std::string& poem) {
  std::ofstream(file, std::ios::binary) << poem;
}

ChildOptions outputTo(Stream stream) {
  ChildOptions options;
  options.output = stream;
  return options;
}

/// A client comes, gets five bytes, and then something happens to the poem.
std::string changedInBetween(ServerParty& party,
                             const std::function<void(const fs::path&)>& change) {
  party.start();
  ScriptedConnection* client = party.connect();
  party.whileItIsStopped([&] { change(party.poem()); });
  const std::string gets = party.deliveryOf(client);
  write(party.poem(), kPoem);  // for the next
  return gets;
}

std::string replaced(ServerParty& party) {
  return changedInBetween(party, [](const fs::path& poem) {
    const fs::path other = poem.parent_path() / "other.txt";
    write(other, kNewPoem);
    fs::rename(other, poem);
  });
}

std::string rewritten(ServerParty& party) {
  return changedInBetween(party, [](const fs::path& poem) { write(poem, kNewPoem); });
}

std::string truncated(ServerParty& party) {
  return changedInBetween(party, [](const fs::path& poem) { fs::resize_file(poem, 5); });
}

std::string removed(ServerParty& party) {
  return changedInBetween(party, [](const fs::path& poem) { fs::remove(poem); });
}

/// Clients come, one after the other, read a little and leave.
std::string leaving(ServerParty& party, int clients,
                    const std::function<void(ScriptedConnection&)>& how) {
  write(party.poem(), std::string(kMuch, 'x'));
  party.start("65536");
  for (int i = 0; i < clients; ++i) {
    ScriptedConnection* client = party.connect();
    client->receiveExactly(5);
    how(*client);
    party.program().readErrorLine();
  }
  write(party.poem(), kPoem);
  return "";
}

std::string resetByAHundred(ServerParty& party) {
  return leaving(party, 100, [](ScriptedConnection& client) { client.reset(); });
}

std::string unread(ServerParty& party) {
  return leaving(party, 1, [&](ScriptedConnection& client) {
    party.program().waitUntilIdle();  // it sends to somebody who does not read
    client.reset();
  });
}

std::string halfClosed(ServerParty& party) {
  party.start();
  ScriptedConnection* client = party.connect();
  client->closeInOrder();  // and listens on
  return party.deliveryOf(client);
}

}  // namespace

ServerParty::ServerParty(const fs::path& folder, const std::string& script,
                         const ChildOptions& options)
    : poem_(folder / "poem.txt"), options_(options), faults_(folder, script) {
  write(poem_, kPoem);
}

void ServerParty::start(const std::string& numBytes) {
  faults_.addTo(options_);
  // The delay is as short as can be, and yet one that the server sleeps for.
  const std::vector<std::string> words{"--delay", "0.000001", "--num-bytes", numBytes,
                                       poem_.string()};
  program_ = scenario_.start(POETRY_BIN_DIR "/blocking-server", words, options_);
  const std::string head = "Serving " + poem_.string() + " on port ";
  scenario_.waitUntil(
      [&] {
        program_->resumeIfStopped();
        return program_->output().find('\n') != std::string::npos || program_->hasEnded();
      },
      SourceLine::here(), "the server serves, or ends");
  if (program_->output().starts_with(head)) {
    port_ = static_cast<std::uint16_t>(std::stoul(program_->output().substr(head.size())));
    descriptors_ = openDescriptors(program_->pid());
  }
}

void ServerParty::whileItIsStopped(const std::function<void()>& act) {
  scenario_.waitUntil([&] { return metItsFault(); }, SourceLine::here(), "the script stops it");
  program_->pause();
  act();
  program_->resume();
}

ScriptedConnection* ServerParty::connect() {
  if (port_ == 0) {
    return nullptr;
  }
  program_->pause();  // or it may break the connection off before we know that we have one
  ScriptedConnection* client = nullptr;
  try {
    client = &clients_.emplace_back(scenario_, port_, "127.0.0.1", SourceLine::here());
  } catch (const ScenarioError&) {  // it has ended
  }
  program_->resume();
  return client;
}

std::string ServerParty::deliveryOf(ScriptedConnection* client) {
  if (client == nullptr) {
    return "nothing";
  }
  scenario_.waitUntil(
      [&] {
        program_->resumeIfStopped();
        return client->hasEnded();
      },
      SourceLine::here(), "the client has got what it gets");
  const ScriptedConnection::Delivery delivery = client->receiveToTheEnd();
  if (!delivery.inOrder) {
    return "a reset after " + std::to_string(delivery.bytes.size()) + " bytes";
  }
  EXPECT_EQ(delivery.bytes, kPoem) << "it looks complete, and is no poem\n" << scenario_.story();
  return delivery.bytes == kPoem ? "the poem" : "what is no poem";
}

std::string ServerParty::afterwards() {
  if (ScriptedConnection* next = connect()) {
    const std::string gets = deliveryOf(next);
    // The client has the end before the server has closed the poem.
    bool leaks = false;
    try {
      scenario_.waitUntil([&] { return openDescriptors(program_->pid()) == descriptors_; },
                          SourceLine::here(), "all descriptors are given back");
    } catch (const ScenarioError&) {
      leaks = true;
    }
    program_->signal(SIGTERM);
    program_->wait();
    return (gets == "the poem" ? "serves the next" : "the next gets " + gets) +
           (leaks ? ", and leaks a descriptor" : "");
  }
  return ending();
}

std::string ServerParty::ending() {
  const Ending ending = program_->wait();
  return ending.signal == 0 ? std::to_string(ending.exitCode)
                            : std::string("SIG") + ::sigabbrev_np(ending.signal);
}

/// Equal lines once.
std::string ServerParty::messages() {
  static const std::regex kPort(R"(127\.0\.0\.1:\d+)");
  std::vector<std::string> lines;
  for (std::string line : program_->errorLines()) {
    line.erase(0, line.starts_with("blocking-server: ") ? 17 : 0);
    line = std::regex_replace(line, kPort, "127.0.0.1:PORT");
    if (const std::size_t at = line.find(poem_.string()); at != std::string::npos) {
      line.replace(at, poem_.string().size(), "POEM");
    }
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) {
      lines.push_back(line);
    }
  }
  std::string text;
  for (const std::string& line : lines) {
    text += (text.empty() ? "`" : "<br>`") + line + '`';
  }
  return text;
}

const std::vector<ServerSweep>& serverSweeps() {
  static const std::vector<ServerSweep> all{
      {"Eintr",
       "EINTR anywhere",
       {"accept:EINTR@", "close:EINTR@", "nanosleep:EINTR@", "open:EINTR@", "print:EINTR@",
        "read:EINTR@", "send:EINTR@"}},
      {"Stopped", "SIGSTOP and SIGCONT anywhere", {"any:SIGSTOP@"}},
      {"Interrupt", "SIGINT at every step", {"any:SIGINT@"}, true},
      {"Terminate", "SIGTERM at every step", {"any:SIGTERM@"}, true},
  };
  return all;
}

const std::vector<ServerFault>& serverFaults() {
  static const std::vector<ServerFault> all{
      {"AcceptEmfile", "EMFILE at accept", "accept:EMFILE@1"},
      {"AcceptEnobufs", "ENOBUFS at accept", "accept:ENOBUFS@1"},
      {"AcceptAborted", "a client leaves before it is accepted", "accept:ECONNABORTED@1"},
      {"OpenEmfile", "EMFILE at open", "open:EMFILE@2"},
      {"OpenEmfileAtTheStart", "EMFILE at open, at the start", "open:EMFILE@1"},
      {"ReadEio", "the poem cannot be read any further", "read:EIO@2"},
      {"SendEnobufs", "ENOBUFS at send", "send:ENOBUFS@2"},
      {"Replaced", "the poem is replaced while it is served", "nanosleep:SIGSTOP@1", {}, &replaced},
      {"Rewritten", "the poem is rewritten in its place", "nanosleep:SIGSTOP@1", {}, &rewritten},
      {"Truncated", "the poem is cut short", "nanosleep:SIGSTOP@1", {}, &truncated},
      {"Removed", "the poem is removed", "nanosleep:SIGSTOP@1", {}, &removed},
      {"AHundredLeave", "a hundred clients that leave in mid-poem", "", {}, &resetByAHundred},
      {"Unread", "a client that never reads, and leaves", "", {}, &unread},
      {"HalfClosed", "half-close", "", {}, &halfClosed},
      {"OutputClosed", "standard output closed", "", outputTo(Stream::kClosed)},
      {"OutputFull", "standard output full", "", outputTo(Stream::kFull)},
      {"OutputFullInMidPoem", "standard output full in mid-poem", "print:ENOSPC@4"},
      {"NobodyReads", "standard output a pipe that nobody reads", "", outputTo(Stream::kNoReader)},
  };
  return all;
}

}  // namespace poetry::testing
