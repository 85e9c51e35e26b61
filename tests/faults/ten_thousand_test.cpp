// Ten thousand connections at a time, of which three thousand fail.
#include "support/client_test.hpp"
#include "support/descriptors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <regex>
#include <set>

namespace poetry::testing {

namespace {

constexpr std::size_t kMany = 10'000;
constexpr std::size_t kTenth = kMany / 10;
constexpr std::size_t kPart = 16 * 1024;  // the kernel takes this much in one send

/// AddressSanitizer keeps freed memory, to detect accesses to it.
#if defined(__SANITIZE_ADDRESS__)  // g++
constexpr bool kFreedMemoryIsKept = true;
#elif defined(__has_feature)  // clang++
constexpr bool kFreedMemoryIsKept = __has_feature(address_sanitizer);
#else
constexpr bool kFreedMemoryIsKept = false;
#endif

/// The memory that only this process uses, without files.
std::size_t kibibytesOf(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) {
      return std::stoul(line.substr(8));
    }
  }
  return 0;
}

std::size_t socketsOf(pid_t process) {
  const std::vector<std::string> open = openDescriptors(process);
  return static_cast<std::size_t>(std::count_if(open.begin(), open.end(), [](const auto& entry) {
    return entry.find("socket:") != std::string::npos;
  }));
}

/// The tasks in the messages that contain `text`. Expects one message for each of them.
std::set<std::size_t> tasksOf(const std::vector<std::string>& messages, const std::string& text) {
  static const std::regex kTask("reactor-client-2: Task (\\d+): .*");
  std::set<std::size_t> tasks;
  for (const std::string& line : messages) {
    std::smatch match;
    if (line.find(text) != std::string::npos && std::regex_match(line, match, kTask)) {
      EXPECT_TRUE(tasks.insert(std::stoul(match.str(1))).second) << "a second message: " << line;
    }
  }
  return tasks;
}

/// The tasks whose number has this last digit.
std::set<std::size_t> tasksEndingIn(std::size_t digit) {
  std::set<std::size_t> tasks;
  for (std::size_t task = digit == 0 ? 10 : digit; task <= kMany; task += 10) {
    tasks.insert(task);
  }
  return tasks;
}

}  // namespace

class TenThousandConnections : public ClientTest {
 protected:
  [[nodiscard]] const ClientUnderTest& client() const override { return client_; }

  /// Tasks 1, 11, 21... are refused, tasks 2, 12, 22... are reset, tasks 3, 13, 23... stall.
  static std::vector<std::string> commandLine(const RefusingPort& refusing,
                                              const ManyConnections& resets,
                                              const ManyConnections& stalls,
                                              const ManyConnections& good) {
    const std::vector<std::string> reset = resets.addresses();
    const std::vector<std::string> stall = stalls.addresses();
    const std::vector<std::string> rest = good.addresses();
    std::vector<std::string> words{"--quiet"};
    for (std::size_t i = 0; i < kTenth; ++i) {
      words.insert(words.end(), {refusing.address(), reset[i], stall[i]});
      const auto first = rest.begin() + static_cast<std::ptrdiff_t>(7 * i);
      words.insert(words.end(), first, first + 7);
    }
    return words;
  }

 private:
  ClientUnderTest client_{
      .program = POETRY_BIN_DIR "/reactor-client-2", .reportsChunks = true, .isReactor = true};
};

TEST_F(TenThousandConnections, LoseOnlyThePoemsThatAreRefusedResetOrStalled) {
  if (allowDescriptors(kMany + 200) < kMany + 200) {
    GTEST_SKIP() << "the hard limit for descriptors is too low (ulimit -Hn)";
  }
  const RefusingPort refusing;
  ManyConnections resets(scenario_, kTenth);
  ManyConnections stalls(scenario_, kTenth);
  ManyConnections good(scenario_, 7 * kTenth);
  ChildOptions options;
  options.environment["MALLOC_MMAP_THRESHOLD_"] = "32768";  // large blocks are unmapped when freed
  const auto program = start(commandLine(refusing, resets, stalls, good), options);
  resets.acceptAll();
  stalls.acceptAll();
  good.acceptAll();
  stalls.sendToAll("half ");
  program->waitUntilIdle();
  const std::size_t before = kibibytesOf(program->pid());

  for (int part = 0; part < 4; ++part) {
    resets.sendToAll(std::string(kPart, 'x'));
    program->waitUntilIdle();
  }
  const std::size_t full = kibibytesOf(program->pid());
  resets.resetAll();
  scenario_.waitUntil([&] { return socketsOf(program->pid()) == 8 * kTenth; }, SourceLine::here(),
                      "the client has closed the connections that failed");
  program->waitUntilIdle();
  const std::size_t after = kibibytesOf(program->pid());
  if (!kFreedMemoryIsKept) {
    EXPECT_GT(full, before + kTenth * 64) << "the client does not have the bytes that were sent";
    EXPECT_LT(after, before + (full - before) / 20) << "the bytes of lost poems were not freed";
  }
  good.sendToAll("a whole poem");
  good.closeAll();
  scenario_.waitUntil([&] { return socketsOf(program->pid()) == kTenth; }, SourceLine::here(),
                      "only the stalled connections are open");
  program->signal(SIGINT);

  EXPECT_EQ(program->wait(), Ending::bySignal(SIGINT));
  std::map<int, std::size_t> arrived;
  for (std::size_t task = 1; task <= kMany; ++task) {
    if (task % 10 == 0 || task % 10 > 3) {
      arrived.emplace(static_cast<int>(task), 12);
    }
  }
  const Transcript transcript(client(), program->outputLines());
  std::map<int, std::size_t> reported;
  for (const int task : transcript.reported) {
    reported.emplace(task, transcript.tasks.at(task).total.value_or(0));
  }
  EXPECT_EQ(reported, arrived);
  EXPECT_EQ(transcript.got, "7000 of 10000");
  const std::vector<std::string> messages = program->errorLines();
  EXPECT_EQ(messages.size(), 3 * kTenth);
  EXPECT_EQ(tasksOf(messages, ": Connection refused"), tasksEndingIn(1));
  EXPECT_EQ(tasksOf(messages, " lost after 65536 bytes: Connection reset by peer"),
            tasksEndingIn(2));
  EXPECT_EQ(tasksOf(messages, " lost after 5 bytes: the reactor was stopped"), tasksEndingIn(3));
}

}  // namespace poetry::testing
