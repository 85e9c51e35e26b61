// The client must fill its set before each wait, wait for all servers, and erase the tasks that have
// ended.
#include "exercises/support/client_check.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace poetry::testing {

class OrderTheLoop : public ClientCheck {
 protected:
  /// Starts the client for `count` poems, which it saves. It must connect to each server and wait.
  void begin(std::size_t count) {
    startFor(count);
    setCauseOfCrash(
        "Undefined behaviour",
        "Did `FD_SET` or `FD_ISSET` get -1, a closed socket? Call `erase_if` in each iteration, "
        "after the second `for`: inside a `for` it moves the tasks.");
    acceptAll();
    require(comesToRest(),
            {.headline = "No server has sent a byte, and the client runs without pause.",
             .cause = "The loop must call `select` in each iteration."});
    require(isRunning(), {.headline = "No server has sent a byte. The client " + activity() + '.'});
  }

  /// The server sends 10 bytes. The client must report them.
  void sendAndExpectReport(std::size_t number) {
    server(number).send("ten bytes,");
    const std::string sent = nameOf(number) + " sent 10 bytes. The client ";
    require(comesToRest(), {.headline = sent + "runs without pause."});
    const bool isReported = bytesReported(number) > 0;
    require(isReported || number != 2,
            {.headline = "The client reported server 1 and then never woke up for server 2.",
             .cause = "`select` overwrites its set: fill it before each call, and call it outside "
                      "both `for`s."});
    require(isReported || number != 3,
            {.headline = "Server 3 sent bytes. The newest connection is never reported.",
             .cause = "The first argument of `select` is the highest descriptor plus one."});
    require(isReported, {.headline = sent + activity() + " and does not report them.",
                         .cause = "`select` watches only the sockets that were put into its set."});
    require(isRunning(), {.headline = sent + activity() + '.'});
  }

  /// The server has closed its connection. The client must report that and wait for the others.
  void expectEndOfTask(std::size_t number) {
    const std::string name = std::to_string(number);
    require(comesToRest(),
            {.headline = nameOf(number) + " has closed. The client runs without pause."});
    require(
        contains(lines(), "Task " + name + " finished"),
        {.headline = nameOf(number) + " has closed. Task " + name + " was not reported finished."});
    require(!contains(errorLines(), "async-client: select: Bad file descriptor"),
            {.headline = "Task " + name + " ended, and `select` failed: \"Bad file descriptor\".",
             .cause = "The set still has the closed socket. Empty the set in each iteration."});
    require(isRunning(),
            {.headline = "Only task " + name + " has ended. The client " + activity() + '.'});
  }

  /// All servers have closed. The client must end.
  void expectEnd() {
    require(comesToRest(), {.headline = "All servers have closed. The client runs without pause."});
    require(!isRunning(), {.headline = "All servers have closed. The client " + activity() + '.',
                           .cause = "Does the loop end when no task is left?"});
    requireExitCode(0);
  }

 private:
  static std::string nameOf(std::size_t number) { return "Server " + std::to_string(number); }
};

TEST_F(OrderTheLoop, ReportsEachServerWhenItsBytesArrive) {
  setCommandsByHand({"./lesson run blocking-server --port 10000 poetry/science.txt",
                     "./lesson run blocking-server --port 10001 poetry/ecstasy.txt",
                     "{program} 10000 10001"});
  begin(3);
  sendAndExpectReport(1);
  sendAndExpectReport(2);
  sendAndExpectReport(3);
}

TEST_F(OrderTheLoop, WaitsForTheOthersWhenATaskHasEnded) {
  begin(3);
  server(1).sendAndClose("poem one");
  expectEndOfTask(1);
  server(2).sendAndClose("poem two");
  expectEndOfTask(2);
  requirePoem(1, "poem one");
  requirePoem(2, "poem two");
}

TEST_F(OrderTheLoop, EndsTwoTasksInOneIteration) {
  begin(3);
  whileStopped([&] {
    server(1).sendAndClose("poem one");
    server(3).sendAndClose("poem three");
  });
  expectEndOfTask(1);
  expectEndOfTask(3);
  requirePoem(1, "poem one");
  requirePoem(3, "poem three");
}

TEST_F(OrderTheLoop, EndsAfterTheLastPoem) {
  begin(1);
  server(1).sendAndClose("a poem");
  expectEnd();
  requirePoem(1, "a poem");
}

}  // namespace poetry::testing
