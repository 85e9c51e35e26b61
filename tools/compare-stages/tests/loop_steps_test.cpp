// The steps of a loop, derived from printed lines.

#include "loop_steps.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <string>
#include <vector>

namespace poetry {
namespace {

/// Lines that arrived a tenth of a second apart.
std::vector<PrintedLine> lines(std::initializer_list<const char*> texts) {
  std::vector<PrintedLine> result;
  for (const char* text : texts) {
    result.push_back({Duration(0.1) * static_cast<double>(result.size()), Stream::kOutput, text});
  }
  return result;
}

/// "call 2: main getPoetry doRead", a line for each step.
std::vector<std::string> inWords(const std::vector<LoopStep>& steps) {
  static constexpr const char* kKinds[] = {"wait",  "timer",  "wake", "call",
                                           "print", "return", "lost", "stop"};
  std::vector<std::string> result;
  for (const LoopStep& step : steps) {
    std::string line = kKinds[static_cast<std::size_t>(step.kind)];
    line += step.task > 0 ? ' ' + std::to_string(step.task) + ':' : ":";
    for (const std::string& function : step.stack) {
      line += ' ' + function;
    }
    result.push_back(line);
  }
  return result;
}

using Steps = std::vector<std::string>;

TEST(LoopSteps, TheCallStackGrowsAndShrinksWithTheTrace) {
  const auto steps = stepsOfReactor("reactor-client-2", {10, 20},
                                    lines({
                                        "reactor: waiting on 3 readers, 1 writers, 2 timers",
                                        "reactor: [PoetryProtocol,client] readable -> doRead",
                                        "reactor: [PoetryProtocol,client] doRead -> dataReceived",
                                        "Task 2: got 10 bytes of poetry from 127.0.0.1:1",
                                        "reactor: waiting on 3 readers, 1 writers, 2 timers",
                                    }));
  const std::string loop = "main getPoetry Reactor::run";
  EXPECT_EQ(
      inWords(steps),
      (Steps{"wait: " + loop, "wake 2: " + loop, "call 2: " + loop + " TcpConnection::doRead",
             "call 2: " + loop + " TcpConnection::doRead PoetryProtocol::dataReceived",
             "print 2: " + loop + " TcpConnection::doRead PoetryProtocol::dataReceived",
             "return 2: " + loop + " TcpConnection::doRead", "return: " + loop, "wait: " + loop}));
  EXPECT_EQ(steps[0].readers, 3U);
  EXPECT_EQ(steps[0].writers, 1U);
  EXPECT_EQ(steps[0].timers, 2U);
  EXPECT_EQ(steps[4].text, "Task 2: got 10 bytes of poetry from 127.0.0.1:1");
}

TEST(LoopSteps, AConnectionThatEndsBelongsToTheOnlyTaskWhoseWholePoemHasArrived) {
  const std::string loop = "main getPoetry Reactor::run";
  const auto steps = inWords(
      stepsOfReactor("reactor-client-2", {10, 20, 0},
                     lines({
                         "reactor: [PoetryProtocol,client] readable -> doRead",
                         "reactor: [PoetryProtocol,client] doRead returned: x -> connectionLost",
                         "reactor: [PoetryProtocol,client] readable -> doRead",
                         "reactor: [PoetryProtocol,client] doRead -> dataReceived",
                         "Task 1: got 10 bytes of poetry from 127.0.0.1:1",
                         "reactor: [PoetryProtocol,client] readable -> doRead",
                         "reactor: [PoetryProtocol,client] doRead -> dataReceived",
                         "Task 2: got 10 bytes of poetry from 127.0.0.1:1",
                         "reactor: [PoetryProtocol,client] readable -> doRead",
                         "reactor: [PoetryProtocol,client] doRead returned: x -> connectionLost",
                     })));
  EXPECT_EQ(steps[0], "call 3: " + loop + " TcpConnection::doRead");
  EXPECT_EQ(steps[2], "lost 3: " + loop + " PoetryProtocol::connectionLost");
  EXPECT_EQ(steps.end()[-3], "call 1: " + loop + " TcpConnection::doRead");
  EXPECT_EQ(steps.back(), "lost 1: " + loop + " PoetryProtocol::connectionLost");
}

TEST(LoopSteps, AConnectionThatEndsBelongsToNoTaskIfSeveralCouldEnd) {
  for (const LoopStep& step :
       stepsOfReactor("reactor-client-2", {0, 0},
                      lines({
                          "reactor: [PoetryProtocol,client] readable -> doRead",
                          "reactor: [PoetryProtocol,client] doRead returned: x -> connectionLost",
                          "reactor: [PoetryProtocol,client] readable -> doRead",
                          "reactor: [PoetryProtocol,client] doRead returned: x -> connectionLost",
                      }))) {
    EXPECT_EQ(step.task, 0U) << step.text;
  }
}

TEST(LoopSteps, AStepQuotesTheLineThatReportsItAndNoOther) {
  const std::vector<PrintedLine> traced = lines(
      {"reactor: waiting on 1 readers, 0 writers, 0 timers", "reactor: [Task 1] readable -> doRead",
       "Task 1: got 10 bytes of poetry from 127.0.0.1:1",
       "reactor: [Task 1] doRead returned: x -> connectionLost", "Task 1 finished",
       "reactor: stop -> connectionLost for all that are left", "Task 1: 10 bytes of poetry"});
  const std::vector<PrintedLine> blocking =
      lines({"Task 1: get poetry from: 127.0.0.1:1",
             "Task 1: got 10 bytes of poetry from 127.0.0.1:1 in 0:00:00.100000",
             "Got 1 poems in 0:00:00.100000"});
  const std::vector<PrintedLine> select =
      lines({"Task 1: got 10 bytes of poetry from 127.0.0.1:1", "Task 1 finished"});
  const auto expectQuotes = [](const std::vector<PrintedLine>& lines,
                               const std::vector<LoopStep>& steps) {
    std::vector<std::string> quoted;
    for (const LoopStep& step : steps) {
      if (!step.text.empty()) {
        quoted.push_back(step.text);
      }
    }
    std::vector<std::string> printed;
    for (const PrintedLine& line : lines) {
      printed.push_back(line.text);
    }
    EXPECT_EQ(quoted, printed);
  };
  expectQuotes(traced, stepsOfReactor("reactor-client-1", {10}, traced));
  expectQuotes(blocking, stepsOfBlockingClient(blocking));
  expectQuotes(select, stepsOfSelectClient(1, select));
}

TEST(LoopSteps, TheTaskOfADescriptorOfLesson4IsInItsName) {
  EXPECT_EQ(
      inWords(stepsOfReactor(
          "reactor-client-1", {10, 10, 10},
          lines({
              "reactor: waiting on 1 readers, 0 writers, 0 timers",
              "reactor: [Task 3] readable -> doRead",
              "Task 3: got 10 bytes of poetry from 127.0.0.1:1",
              "reactor: [Task 3] doRead returned: Connection was closed cleanly -> connectionLost",
              "Task 3 finished",
              "reactor: stop -> connectionLost for all that are left",
              "Task 3: 10 bytes of poetry",
              "Got 1 poems in 0:00:00.500000",
          }))),
      (Steps{"wait: main getPoetry Reactor::run", "wake 3: main getPoetry Reactor::run",
             "call 3: main getPoetry Reactor::run PoetrySocket::doRead",
             "print 3: main getPoetry Reactor::run PoetrySocket::doRead",
             "return: main getPoetry Reactor::run",
             "lost 3: main getPoetry Reactor::run PoetrySocket::connectionLost",
             "print 3: main getPoetry Reactor::run PoetrySocket::connectionLost",
             "return: main getPoetry Reactor::run", "stop: main getPoetry Reactor::run",
             "return: main getPoetry", "print 3: main getPoetry", "print: main getPoetry"}));
}

TEST(LoopSteps, OnlyTheFirstReadyDescriptorOfAnIterationWakesTheLoop) {
  EXPECT_EQ(inWords(stepsOfReactor("reactor-client-1", {10, 10},
                                   lines({
                                       "reactor: waiting on 2 readers, 0 writers, 0 timers",
                                       "reactor: [Task 1] readable -> doRead",
                                       "reactor: [Task 2] readable -> doRead",
                                   }))),
            (Steps{"wait: main getPoetry Reactor::run", "wake 1: main getPoetry Reactor::run",
                   "call 1: main getPoetry Reactor::run PoetrySocket::doRead",
                   "return: main getPoetry Reactor::run",
                   "call 2: main getPoetry Reactor::run PoetrySocket::doRead"}));
}

TEST(LoopSteps, AConnectionWithoutAProtocolBelongsToNoTask) {
  EXPECT_EQ(inWords(stepsOfReactor("reactor-client-2", {10},
                                   lines({
                                       "reactor: timer due -> call",
                                       "reactor: waiting on 1 readers, 1 writers, 1 timers",
                                       "reactor: [Uninitialized] writable -> doWrite",
                                       "reactor: waiting on 1 readers, 0 writers, 0 timers",
                                   }))),
            (Steps{"timer: main getPoetry Reactor::run Reactor::runDueCalls",
                   "return: main getPoetry Reactor::run", "wait: main getPoetry Reactor::run",
                   "wake: main getPoetry Reactor::run",
                   "call: main getPoetry Reactor::run TcpClient::doWrite",
                   "return: main getPoetry Reactor::run", "wait: main getPoetry Reactor::run"}));
}

TEST(LoopSteps, TheBlockingClientWaitsUntilItHasThePoem) {
  const auto steps = stepsOfBlockingClient(
      lines({"Task 1: get poetry from: 127.0.0.1:1",
             "Task 1: got 10 bytes of poetry from 127.0.0.1:1 in 0:00:00.100000",
             "Got 1 poems in 0:00:00.100000"}));
  EXPECT_EQ(inWords(steps),
            (Steps{"call 1: main getPoetry getPoem", "print 1: main getPoetry getPoem",
                   "wait 1: main getPoetry getPoem recv", "return 1: main getPoetry getPoem",
                   "print 1: main getPoetry getPoem", "return: main getPoetry",
                   "print: main getPoetry"}));
  EXPECT_EQ(steps[2].at, Duration(0));
  EXPECT_EQ(steps[3].at, Duration(0.1));
}

TEST(LoopSteps, TheSelectClientHasWaitedWhereTimePassedBetweenItsLines) {
  auto input = lines({"Task 1: got 10 bytes of poetry from 127.0.0.1:1",
                      "Task 2: got 10 bytes of poetry from 127.0.0.1:1", "Task 2 finished",
                      "Task 1 finished", "Task 1: 10 bytes of poetry"});
  input[1].at = input[0].at;  // in one iteration,
  input[2].at = input[0].at;  // with the end of the poem
  const auto steps = stepsOfSelectClient(2, input);
  EXPECT_EQ(inWords(steps),
            (Steps{"wait: main getPoetry waitForPoetry select",
                   "wake 1: main getPoetry waitForPoetry select",
                   "return 1: main getPoetry waitForPoetry", "return: main getPoetry",
                   "call 1: main getPoetry doRead", "print 1: main getPoetry doRead",
                   "return: main getPoetry", "call 2: main getPoetry doRead",
                   "print 2: main getPoetry doRead", "print 2: main getPoetry doRead",
                   "return: main getPoetry", "wait: main getPoetry waitForPoetry select",
                   "wake 1: main getPoetry waitForPoetry select",
                   "return 1: main getPoetry waitForPoetry", "return: main getPoetry",
                   "call 1: main getPoetry doRead", "print 1: main getPoetry doRead",
                   "return: main getPoetry", "print 1: main getPoetry"}));
  EXPECT_EQ(steps[0].readers, 2U);
  EXPECT_EQ(steps[11].readers, 1U) << "the second poem is complete";
  EXPECT_EQ(steps[11].at, input[2].at) << "the wait begins when the last task was served";
  EXPECT_EQ(steps[12].at, input[3].at) << "and ends with the next";
}

/// The text of the clients and of the reactor.
std::string sources() {
  namespace fs = std::filesystem;
  std::string text;
  for (const char* folder : {"common/reactor", "blocking-client", "async-client",
                             "reactor-client-1", "reactor-client-2"}) {
    for (const auto& entry :
         fs::directory_iterator(fs::path(POETRY_POETRY_DIR).parent_path() / folder)) {
      if (entry.path().extension() == ".cpp") {
        std::ifstream file(entry.path());
        text.append(std::istreambuf_iterator<char>(file), {});
      }
    }
  }
  return text;
}

TEST(LoopSteps, EveryFunctionInACallStackIsInTheSources) {
  std::vector<LoopStep> steps = stepsOfBlockingClient(
      lines({"Task 1: get poetry from: 127.0.0.1:1", "Got 1 poems in 0:00:00.100000"}));
  const auto add = [&](const std::vector<LoopStep>& more) {
    steps.insert(steps.end(), more.begin(), more.end());
  };
  add(stepsOfSelectClient(1, lines({"Task 1: got 10 bytes of poetry from 127.0.0.1:1"})));
  for (const char* client : {"reactor-client-1", "reactor-client-2"}) {
    add(stepsOfReactor(client, {10},
                       lines({"reactor: timer due -> call", "reactor: [Task 1] readable -> doRead",
                              "reactor: [Task 1] doRead returned: x -> connectionLost"})));
  }
  add(stepsOfReactor("reactor-client-2", {10},
                     lines({"reactor: [Uninitialized] writable -> doWrite",
                            "reactor: [Uninitialized] doWrite returned: x -> connectionLost",
                            "reactor: [PoetryProtocol,client] readable -> doRead",
                            "reactor: [PoetryProtocol,client] doRead -> dataReceived"})));
  const std::string text = sources();
  const auto isThere = [&](const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  for (const LoopStep& step : steps) {
    for (const std::string& function : step.stack) {
      const std::size_t colons = function.find("::");
      // A short function is defined inside its class.
      EXPECT_TRUE(isThere(function + '(') ||
                  (colons != std::string::npos &&
                   isThere("class " + function.substr(0, colons) + ' ') &&
                   isThere("void " + function.substr(colons + 2) + '(')))
          << function;
    }
  }
}

}  // namespace
}  // namespace poetry
