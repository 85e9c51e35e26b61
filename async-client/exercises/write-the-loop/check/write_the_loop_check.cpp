// The client must wait for all servers at once, read what has arrived, and stop watching sockets
// that have ended.
#include "exercises/support/client_check.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace poetry::testing {

class WriteTheLoop : public ClientCheck {
 protected:
  /// Starts the client for `count` poems, which it saves. It must connect to each server and wait.
  void begin(std::size_t count, const ChildOptions& options = {}) {
    startFor(count, {}, options);
    setCauseOfCrash("heap-use-after-free", "Did the loop erase a task while it iterated?");
    setCauseOfCrash("Undefined behaviour", "Is a task whose socket is closed still in the list?");
    acceptAll();
    sent_.resize(count);
    require(comesToRest(),
            {.headline = "No server has sent a byte, and the client runs without pause.",
             .cause = "`select` sleeps until a socket is readable, if it gets no time limit."});
    require(isRunning(), {.headline = "No server has sent a byte. The client " + activity() + '.'});
  }

  /// The server sends `bytes`. The client must report them and keep the task.
  void sendAndExpectReport(std::size_t number, std::string_view bytes) {
    server(number).send(bytes);
    sent_.at(number - 1) += bytes;
    require(comesToRest(), {.headline = nameOf(number) + " sent " + std::to_string(bytes.size()) +
                                        " bytes. The client runs without pause."});
    const std::size_t reported = bytesReported(number);
    require(!isFinished(number),
            {.headline = "Task " + std::to_string(number) + " was reported finished after " +
                         std::to_string(reported) + " bytes, but server " + std::to_string(number) +
                         " is still connected.",
             .cause = "`recv` said \"would block\", and that is not the end."});
    expectRunning(number);
    if (reported != sent_.at(number - 1).size()) {
      failToReport(number, reported);
    }
    latest_ = number;
  }

  /// The server has closed the connection. The client must report the end and stop watching.
  void expectFinished(std::size_t number) {
    require(comesToRest(),
            {.headline = nameOf(number) +
                         " closed the connection. The client still watches it and runs without "
                         "pause.",
             .cause = "`recv` returns 0 again and again. Close the socket and erase the task."});
    require(isFinished(number),
            {.headline = nameOf(number) + " closed the connection. Task " + std::to_string(number) +
                         " was not reported finished."});
  }

  /// The server has not closed its connection. The client must not end.
  void expectRunning(std::size_t number) {
    require(isRunning(),
            {.headline = nameOf(number) + " is still connected. The client " + activity() + '.'});
  }

  /// All servers close. The client must end, with the poems that they have sent.
  void closeAndExpectPoems() {
    for (std::size_t number = 1; number <= count(); ++number) {
      server(number).closeInOrder();
    }
    expectEnd(0);
    for (std::size_t number = 1; number <= count(); ++number) {
      requirePoem(number, sent_.at(number - 1));
    }
  }

  /// No server is connected any more. The client must end.
  void expectEnd(int exitCode) {
    require(comesToRest(), {.headline = "All servers have closed. The client runs without pause."});
    require(!isRunning(), {.headline = "All servers have closed. The client " + activity() + '.',
                           .cause = "Does the loop end when no task is left?"});
    requireExitCode(exitCode);
  }

 private:
  static std::string nameOf(std::size_t number) { return "Server " + std::to_string(number); }

  [[noreturn]] void failToReport(std::size_t number, std::size_t reported) {
    const std::string state = activity();
    require(state.find("`select`") != std::string::npos || !isRunning(),
            {.headline = nameOf(number) + " sent bytes, and the client does not read them: it " +
                         state + '.',
             .cause = "Only `select` may wait."});
    const bool wasSilent = reported == 0 && latest_ != 0;
    if (wasSilent && number == count()) {
      fail({.headline = nameOf(number) + " sent bytes. The newest connection is never reported.",
            .cause = "The first argument of `select` is the highest descriptor plus one."});
    }
    if (wasSilent) {
      fail({.headline = "The client reported server " + std::to_string(latest_) +
                        " and then never woke up for server " + std::to_string(number) + '.',
            .cause = "`select` overwrites its sets: fill them before each call."});
    }
    fail({.headline = nameOf(number) + " sent " + std::to_string(sent_.at(number - 1).size()) +
                      " bytes. The client reported " + std::to_string(reported) + '.'});
  }

  std::vector<std::string> sent_;  ///< by each server, until now
  std::size_t latest_ = 0;         ///< the server whose bytes were reported last
};

TEST_F(WriteTheLoop, SleepsWhileAllServersAreSilent) {
  begin(3);
}

TEST_F(WriteTheLoop, ReportsEachServerWhenItsBytesArrive) {
  setCommandsByHand({"./lesson run blocking-server --port 10000 poetry/science.txt",
                     "./lesson run blocking-server --port 10001 poetry/ecstasy.txt",
                     "{program} 10000 10001"});
  begin(3);
  sendAndExpectReport(1, "ten bytes,");
  sendAndExpectReport(2, "ten bytes,");
  sendAndExpectReport(3, "ten bytes,");
  sendAndExpectReport(1, " ten more.");
  closeAndExpectPoems();
}

TEST_F(WriteTheLoop, KeepsATaskWhenRecvWouldBlock) {
  const Faults faults("recv:EAGAIN@2");
  begin(2, faults.options());
  sendAndExpectReport(1, "ten bytes,");
  sendAndExpectReport(1, " ten more.");
  closeAndExpectPoems();
}

TEST_F(WriteTheLoop, ReadsLastBytesAndTwoEndsInOneIteration) {
  begin(3);
  whileStopped([&] {
    server(1).sendAndClose("poem one");
    server(2).sendAndClose("poem two");
  });
  expectFinished(1);
  expectFinished(2);
  expectRunning(3);
  sendAndExpectReport(3, "poem three");
  server(3).closeInOrder();
  expectEnd(0);
  requirePoem(1, "poem one");
  requirePoem(2, "poem two");
  requirePoem(3, "poem three");
}

TEST_F(WriteTheLoop, CallsSelectAgainAfterASignal) {
  const Faults faults("select:EINTR@2");
  begin(2, faults.options());
  server(1).sendAndClose("poem one");
  require(comesToRest(),
          {.headline = "A signal interrupted `select`. The client runs without pause."});
  require(
      !contains(errorLines(), "async-client: select: Interrupted system call"),
      {.headline = "A signal interrupted `select`, and the client ended with \"Interrupted system "
                   "call\".",
       .cause = "With EINTR, nothing is lost: call `select` again."});
  require(!faults.met().empty(),
          {.headline = "The client did not call `select` again after the first poem."});
  expectRunning(2);
  server(2).sendAndClose("poem two");
  expectEnd(0);
  requirePoem(2, "poem two");
}

TEST_F(WriteTheLoop, ReportsAPoemAsLostAfterAReset) {
  begin(2);
  sendAndExpectReport(1, "Busy o");
  const std::string lost = "async-client: Task 1: connection to " + server(1).address() +
                           " lost after 6 bytes: Connection reset by peer";
  server(1).reset();
  require(comesToRest(),
          {.headline = "Server 1 reset the connection. The client runs without pause."});
  for (const std::string& line : errorLines()) {
    require(line == lost || line.find(" lost after ") == std::string::npos,
            {.headline = "Server 1 reset the connection. The client reported it in another way.",
             .expected = lost,
             .got = line});
  }
  require(contains(errorLines(), lost),
          {.headline = "Server 1 reset the connection. The client did not report task 1 as lost.",
           .cause = "After a reset, `recv` returns -1 and sets errno to ECONNRESET."});
  expectRunning(2);
  server(2).sendAndClose("poem two");
  expectEnd(1);
  requirePoem(2, "poem two");
}

}  // namespace poetry::testing
