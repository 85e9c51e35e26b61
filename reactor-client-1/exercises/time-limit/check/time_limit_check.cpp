// The client must give up each poem at its own limit, and no poem that is complete.
//
// Where nothing else happens in the meantime, the limit passes as the clock runs. Where something does,
// the limit is 30 s, and the client's clock is set forward: the client is stopped while it waits, and finds that
// its time is over when it continues.
#include "exercises/support/client_check.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace poetry::testing {

class TimeLimit : public ClientCheck {
 protected:
  /// Starts the client for `count` poems, which it saves.
  void begin(const std::string& limit, std::size_t count, const ChildOptions& options = {}) {
    limit_ = limit;
    startFor(count, {"--limit", limit}, options);
  }

  /// Sets the client's clock to the time when its next timer is due. Needs the faults of kSetForward.
  void letLimitPass() {
    letRun();
    program().pause();
    note("the clock", "is set forward by the limit, " + limit_ + " s");
    program().resume();
    // The timers of tasks that began one after the other are due one after the other.
    setQuietTime(std::chrono::milliseconds(1000));
  }

  /// The lines that report the loss of task `number`.
  [[nodiscard]] std::vector<std::string> losses(std::size_t number) {
    std::vector<std::string> found = errorLines();
    const std::string head = "reactor-client-1: " + nameOf(number) + ": connection to ";
    found.erase(std::remove_if(found.begin(), found.end(),
                               [&](const std::string& line) { return !line.starts_with(head); }),
                found.end());
    return found;
  }

  /// Fails if a callback has thrown an exception, which the reactor reports.
  void requireNoException() {
    for (const std::string& line : errorLines()) {
      const std::size_t at = line.find(" failed: ");
      const bool isReport = line.starts_with("reactor: ") && at != std::string::npos;
      const bool isCalled = line.find("has been called already") != std::string::npos;
      require(!isReport,
              {.headline = "A callback threw: " + line.substr(isReport ? at + 9 : 0, 80),
               .cause = isCalled ? "When the timer has fired, there is nothing to cancel. "
                                   "Ask `active` first."
                                 : ""});
    }
  }

  /// The limit of task `number` has passed. Waits until the client reports it.
  void expectTimeOut(std::size_t number) {
    static_cast<void>(await([&] { return !losses(number).empty() || isFinished(number); }));
    requireNoException();
    const std::string task = nameOf(number);
    require(!isFinished(number),
            {.headline = task + " timed out, and the client reported it as finished.",
             .cause = "A poem that timed out is not complete. Give another reason."});
    const std::vector<std::string> reports = losses(number);
    require(!reports.empty(),
            {.headline = "The limit of " + limit_ +
                         " s has passed, and the client did not give up " + lowered(task) + '.'});
    const std::string wanted = "reactor-client-1: " + task + ": connection to " +
                               server(number).address() + " lost after " +
                               std::to_string(bytesReported(number)) + " bytes: timed out";
    require(reports.front() == wanted,
            {.headline = task + " timed out. The client reported: " +
                         reports.front().substr(reports.front().rfind(": ") + 2, 40) + '.',
             .cause = reports.front().ends_with(": the reactor was stopped")
                          ? "The limit ends one task. The last task stops the reactor."
                          : "",
             .expected = wanted,
             .got = reports.front()});
  }

  /// All tasks have ended. The client must end, and must have reported each loss once.
  void expectEnd() {
    letRun();
    requireNoException();
    require(!isRunning(), {.headline = "All tasks have ended, and the client " + activity() + '.',
                           .cause = "`poemFinished` stops the reactor after the last task."});
    for (std::size_t number = 1; number <= count(); ++number) {
      const std::vector<std::string> reports = losses(number);
      require(reports.size() <= 1,
              {.headline = nameOf(number) + " timed out, and was then reported as lost again.",
               .cause = reports.size() > 1 && reports[1].ends_with(": the reactor was stopped")
                            ? "It was still registered: call `removeReader`."
                            : ""});
    }
    requireExitCode(1);
  }

  static std::string lowered(std::string task) {
    task[0] = 't';
    return task;
  }

  static std::string nameOf(std::size_t number) { return "Task " + std::to_string(number); }

  static constexpr const char* kSetForward = "epoll_wait:SUSPEND";

 private:
  std::string limit_;
};

TEST_F(TimeLimit, GivesUpOnASilentServer) {
  setCommandsByHand({"./lesson run blocking-server --port 10000 --delay 5 poetry/science.txt",
                     "{program} --limit 2 10000"});
  begin("0.3", 1);
  acceptAll();
  setQuietTime(std::chrono::milliseconds(1500));
  expectTimeOut(1);
  expectEnd();
}

TEST_F(TimeLimit, GivesUpWhileBytesTrickle) {
  setCommandsByHand({"./lesson run blocking-server --port 10000 --num-bytes 1 poetry/science.txt",
                     "{program} --limit 2 10000"});
  begin("1", 1);
  acceptAll();
  setQuietTime(std::chrono::milliseconds(100));
  constexpr int kMostBytes = 25;
  int sent = 0;
  const auto hasGivenUp = [&] {
    return !isRunning() || !losses(1).empty() || isFinished(1) || server(1).hasEnded();
  };
  while (sent < kMostBytes && !hasGivenUp() && server(1).trySend("p")) {
    ++sent;
    letRun();  // at least 0.1 s
  }
  require(hasGivenUp(), {.headline = "Server 1 sent a byte each 0.1 s, " + std::to_string(sent) +
                                     " times. The limit is 1 s, and task 1 goes on.",
                         .cause = "Does each byte start the limit again?"});
  expectTimeOut(1);
  expectEnd();
}

TEST_F(TimeLimit, CancelsTheTimerOfATaskThatHasEnded) {
  const Faults faults(kSetForward);
  begin("30", 3, faults.options());
  acceptAll();
  server(1).sendAndClose("poem one");
  server(2).send("Busy o");
  letRun();
  server(2).reset();
  letRun();
  require(isFinished(1), {.headline = "Server 1 sent a whole poem. Task 1 is not finished."});
  require(losses(2).size() == 1,
          {.headline = "Server 2 reset the connection. The client reported " +
                       std::to_string(losses(2).size()) + " losses."});
  letLimitPass();
  static_cast<void>(
      await([&] { return !losses(1).empty() || losses(2).size() > 1 || !losses(3).empty(); }));
  const std::string cause = "Its timer was still pending: cancel it in `connectionLost`.";
  require(losses(1).empty(),
          {.headline = "Task 1 finished, and was later reported as timed out.", .cause = cause});
  require(losses(2).size() == 1,
          {.headline = "Task 2 was lost, and was later reported as timed out.", .cause = cause});
  expectTimeOut(3);
  expectEnd();
  requirePoem(1, "poem one");
  require(!faults.met().empty(), {.headline = "The client did not call `epoll_wait`."});
}

TEST_F(TimeLimit, GivesUpOnTwoTasksAtOnce) {
  const Faults faults(kSetForward);
  begin("30", 2, faults.options());
  acceptAll();
  server(2).send("ten bytes,");
  letLimitPass();
  expectTimeOut(1);
  expectTimeOut(2);
  expectEnd();
  require(!faults.met().empty(), {.headline = "The client did not call `epoll_wait`."});
}

TEST_F(TimeLimit, GivesEachTaskItsOwnLimit) {
  // The client is stopped before it connects to server 2, until the limit of task 1 has passed.
  const Faults faults("connect:SIGSTOP@2");
  begin("3", 2, faults.options());
  scenario_.waitUntil([&] { return program().hasStopped(); }, SourceLine::here(),
                      "the client connects to server 2");
  note("the client", "is stopped before it connects to server 2, for longer than the limit");
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(3200);
  scenario_.waitUntil([&] { return std::chrono::steady_clock::now() >= end; }, SourceLine::here(),
                      "the limit of task 1");
  program().resume();
  acceptAll();
  expectTimeOut(1);
  require(isRunning(),
          {.headline =
               "Task 1 timed out. Server 2 is still connected, and the client " + activity() + '.',
           .cause = "Each task has its own limit, from the moment of its connection."});
  server(1).trySend("too late!!");
  letRun();
  const std::size_t late = bytesReported(1);
  require(late == 0, {.headline = "Task 1 timed out and then reported " + std::to_string(late) +
                                  " more bytes.",
                      .cause = "It is still registered: call `removeReader`."});
  require(server(1).hasEnded(),
          {.headline = "Task 1 timed out. The client does not close its socket."});
  server(2).sendAndClose("poem two");
  expectEnd();
  requirePoem(2, "poem two");
  require(!faults.met().empty(), {.headline = "The client did not connect to server 2."});
}

TEST_F(TimeLimit, EndsBeforeTheLimitIfAllTasksHaveEnded) {
  begin("30", 2);
  acceptAll();
  server(1).send("Busy o");
  letRun();
  server(1).reset();
  server(2).sendAndClose("poem two");
  letRun();
  require(!isRunning(), {.headline = "Both servers have closed. The client " + activity() + '.'});
  requireNoException();
  require(losses(1).size() == 1 && losses(1).front().ends_with(": Connection reset by peer"),
          {.headline =
               "Server 1 reset the connection. The client did not report that task 1 is lost."});
  requireExitCode(1);
  requirePoem(2, "poem two");
}

}  // namespace poetry::testing
