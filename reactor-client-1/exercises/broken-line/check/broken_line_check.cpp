// Each of the three clients must do what its wrong line prevents, and the rest as before.
#include "exercises/support/client_check.hpp"
#include "support/descriptors.hpp"

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>

namespace poetry::testing {

class BrokenLine : public ClientCheck {
 protected:
  /// Starts client `number` for `count` poems, which it saves. It must connect to each server and wait.
  void begin(const std::string& number, std::size_t count, const ChildOptions& options = {}) {
    client_ = "Client " + number;
    setActor(client_);
    startFor(count, {number}, options);
    acceptAll();
    require(comesToRest(), {.headline = "No server has sent a byte, and " + lowerClient() +
                                        " runs without pause."});
    expectRunning(1);
  }

  /// "client 1"
  [[nodiscard]] std::string lowerClient() const { return 'c' + client_.substr(1); }

  /// True if each socket of the client is in non-blocking mode.
  [[nodiscard]] bool areSocketsNonBlocking() {
    const std::string folder = "/proc/" + std::to_string(program().pid()) + "/fdinfo/";
    const std::vector<std::string> open = openDescriptors(program().pid());  // "3 -> socket:[1234]"
    return std::all_of(open.begin(), open.end(), [&](const std::string& descriptor) {
      std::ifstream info(folder + descriptor.substr(0, descriptor.find(' ')));
      std::string label;
      long position = 0;
      unsigned flags = 0;
      info >> label >> position >> label >> std::oct >> flags;  // "pos: 0", "flags: 04002"
      return descriptor.find("socket:") == std::string::npos || (flags & O_NONBLOCK) != 0;
    });
  }

  /// The reason that the client has reported for the loss of task `number`; empty if it has reported none.
  [[nodiscard]] std::string reasonOfLoss(std::size_t number) {
    const std::string head = "broken-line: Task " + std::to_string(number) + ": connection to ";
    for (const std::string& line : errorLines()) {
      const std::size_t reason = line.rfind(": ");
      if (line.starts_with(head)) {
        return line.substr(reason + 2);
      }
    }
    return "";
  }

  /// Server `number` is still connected. The client must not end.
  void expectRunning(std::size_t number, const std::string& cause = "") {
    require(isRunning(), {.headline = "Server " + std::to_string(number) + " is still connected. " +
                                      client_ + ' ' + activity() + '.',
                          .cause = cause});
  }

  /// Server `number` sends the rest of its poem and closes. The client must report the end.
  void finishPoem(std::size_t number, std::string_view rest) {
    server(number).sendAndClose(rest);
    const std::string name = std::to_string(number);
    require(
        comesToRest(),
        {.headline = "Server " + name + " closed the connection. " + client_ +
                     " still watches it and runs without pause.",
         .cause = "`recv` returns 0 at once, again and again. What must `doRead` return then?"});
    const std::string reason = reasonOfLoss(number);
    require(reason.empty(), {.headline = "Server " + name + " closed in order. Task " + name +
                                         " was lost: " + reason.substr(0, 50)});
    require(isFinished(number),
            {.headline = "Server " + name + " closed the connection. Task " + name +
                         " is neither finished nor lost.",
             .cause = "If `doRead` returns nothing, the reactor does not call `connectionLost`."});
  }

  /// All servers have closed. The client must end.
  void expectEnd(int exitCode) {
    letRun();
    require(!isRunning(),
            {.headline = "All servers have closed, and " + lowerClient() + ' ' + activity() + '.'});
    requireExitCode(exitCode);
  }

 private:
  std::string client_;
};

TEST_F(BrokenLine, Client1ReadsTheOthersWhileOneServerPauses) {
  setCommandsByHand({"./lesson run blocking-server --port 10000 --delay 5 poetry/science.txt",
                     "./lesson run blocking-server --port 10001 poetry/ecstasy.txt",
                     "{program} 1 --trace 10000 10001"});
  begin("1", 2);
  server(1).send("ten bytes,");
  server(2).send("ten bytes,");
  require(comesToRest(), {.headline = "Two servers sent bytes. Client 1 runs without pause."});
  require(bytesReported(2) == 10,
          {.headline = "Server 1 pauses. Server 2 sent 10 bytes, and client 1 " + activity() + '.',
           .cause = "Only the reactor may wait. Is the socket really in non-blocking mode?"});
  require(bytesReported(1) == 10, {.headline = "Server 1 sent 10 bytes. Client 1 reported " +
                                               std::to_string(bytesReported(1)) + '.'});
  require(areSocketsNonBlocking(),
          {.headline = "Client 1 reads both servers, but its sockets are not in non-blocking mode.",
           .cause = "The reactor may call `doRead` when there is nothing to read. What does `recv` "
                    "do then?"});
  finishPoem(2, " ten more.");
  expectRunning(1);
  finishPoem(1, " ten more.");
  expectEnd(0);
  requirePoem(1, "ten bytes, ten more.");
  requirePoem(2, "ten bytes, ten more.");
}

TEST_F(BrokenLine, Client2KeepsATaskWhenRecvWouldBlock) {
  const Faults faults("recv:EAGAIN@2");
  begin("2", 2, faults.options());
  server(1).send("ten bytes,");
  letRun();
  note("`recv`", "says \"would block\" the next time");
  server(1).send(" ten more.");
  require(comesToRest(), {.headline = "Server 1 sent 20 bytes. Client 2 runs without pause."});
  require(!isFinished(1),
          {.headline = "Task 1 was reported finished, but server 1 is still connected.",
           .cause = "`recv` said \"would block\", and that is not the end."});
  expectRunning(1);
  require(!faults.met().empty(), {.headline = "Client 2 called `recv` only once."});
  require(bytesReported(1) == 20, {.headline = "Server 1 sent 20 bytes. Client 2 reported " +
                                               std::to_string(bytesReported(1)) + '.'});
  server(1).reset();
  letRun();
  require(reasonOfLoss(1) == "Connection reset by peer",
          {.headline = "Server 1 reset the connection. Client 2 did not report task 1 as lost."});
  expectRunning(2);
}

TEST_F(BrokenLine, Client2ReportsTheEndOfAPoem) {
  setCommandsByHand({"./lesson run blocking-server --port 10000 --delay 0.02 poetry/science.txt",
                     "{program} 2 --trace 10000 2>&1 | head -n 500"});
  begin("2", 2);
  finishPoem(1, "poem one");
  expectRunning(2);
  finishPoem(2, "poem two");
  expectEnd(0);
  requirePoem(1, "poem one");
  requirePoem(2, "poem two");
}

TEST_F(BrokenLine, Client3EndsAfterALostPoem) {
  setCommandsByHand({"./lesson run blocking-server --port 10000 poetry/science.txt",
                     "{program} 3 --trace 10000      (then type Ctrl-C in terminal 1)"});
  begin("3", 3);
  const std::string count =
      "Each task counts once, finished or lost. Only the last one stops the reactor.";
  server(1).send("Busy o");
  letRun();
  server(1).reset();
  letRun();
  require(reasonOfLoss(1) == "Connection reset by peer",
          {.headline = "Server 1 reset the connection. Client 3 did not report task 1 as lost."});
  require(!isFinished(1), {.headline = "Task 1 was lost, and was then reported as finished, too.",
                           .cause = "After `lost`, the lines for a complete poem must not run."});
  expectRunning(2, count);
  finishPoem(2, "poem two");
  expectRunning(3, count);
  finishPoem(3, "poem three");
  letRun();
  require(
      !isRunning(),
      {.headline = "Task 1 was lost, tasks 2 and 3 are finished. Client 3 " + activity() + '.',
       .cause = "A lost poem also ends a task. Which function counts the tasks that are left?"});
  requireExitCode(1);
  requirePoem(2, "poem two");
  requirePoem(3, "poem three");
}

}  // namespace poetry::testing
