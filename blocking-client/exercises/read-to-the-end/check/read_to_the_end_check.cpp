// The client must receive until the server closes the connection, whatever the chunks look like.
#include "exercises/support/client_check.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace poetry::testing {

class ReadToTheEnd : public ClientCheck {
 protected:
  /// Starts the client for one poem of each of `count` servers, and waits until it connects to server 1.
  ScriptedConnection& begin(std::size_t count = 1, const ChildOptions& options = {}) {
    startFor(count, {}, options);
    return accept(listener(1));
  }

  /// True if the client has reported that poem 1 is complete.
  [[nodiscard]] bool hasReportedPoem() {
    const std::vector<std::string> printed = lines();
    return std::any_of(printed.begin(), printed.end(),
                       [](const std::string& line) { return line.starts_with("Task 1: got "); });
  }

  /// The server sends `chunk`, the client reads it and must wait for more.
  void sendAndExpectMore(ScriptedConnection& connection, std::string_view chunk) {
    connection.send(chunk);
    sent_ += chunk;
    letRun();
    const std::string count =
        std::to_string(sent_.size()) + (sent_.size() == 1 ? " byte" : " bytes");
    require(isRunning() || hasReportedPoem(),
            {.headline = "Server 1 is still connected. The client " + activity() + '.'});
    require(isRunning(),
            {.headline = "Server 1 sent " + count +
                         " and is still connected. The client stopped after " + count + ".",
             .cause = "A chunk is only what has arrived so far. A short chunk is not the end."});
  }

  /// The client must end with the poem that the server has sent.
  void expectPoem() {
    require(comesToRest(),
            {.headline = "Server 1 closed the connection. The client runs without pause.",
             .cause = "After the end, `recv` returns 0 at once, again and again."});
    requireExitCode(0);
    requirePoem(1, sent_);
  }

  std::string sent_;
};

TEST_F(ReadToTheEnd, WaitsWhileTheServerPauses) {
  setCommandsByHand(
      {"./lesson run blocking-server --port 10000 poetry/science.txt", "{program} 10000"});
  ScriptedConnection& connection = begin();
  sendAndExpectMore(connection, "ten bytes,");
  sendAndExpectMore(connection, " ten more.");
  connection.closeInOrder();
  expectPoem();
}

TEST_F(ReadToTheEnd, JoinsChunksOfOneByte) {
  ScriptedConnection& connection = begin();
  for (const char* byte : {"p", "o", "e", "m"}) {
    sendAndExpectMore(connection, byte);
  }
  connection.closeInOrder();
  expectPoem();
}

TEST_F(ReadToTheEnd, KeepsEveryByteOfALongPoem) {
  // Longer than the buffer, with each of the 256 bytes in it.
  ScriptedConnection& connection = begin();
  sent_ = randomBytes(3003, 24);
  connection.sendAndClose(sent_);
  expectPoem();
}

TEST_F(ReadToTheEnd, ReportsAPoemAsLostAfterAReset) {
  setCauseOfCrash("stack-buffer-overflow", "`recv` returned -1. Is it used as a number of bytes?");
  ScriptedConnection& connection = begin(2);
  sendAndExpectMore(connection, "Busy o");
  connection.reset();
  require(comesToRest(),
          {.headline = "Server 1 reset the connection. The client runs without pause.",
           .cause = "`recv` returned -1. Does the loop end then?"});
  require(!hasReportedPoem(),
          {.headline =
               "Server 1 reset the connection after 6 bytes. The client reported a complete poem.",
           .cause = "A reset is not the end of a poem. `recv` returned -1, not 0."});
  require(contains(errorLines(), "blocking-client: Task 1: connection to " + listener(1).address() +
                                     " lost after 6 bytes: Connection reset by peer"),
          {.headline = "Server 1 reset the connection. The client did not report task 1 as lost.",
           .cause = "`recv` returned -1, and its error number is in errno. Set `error` to it."});
  accept(listener(2)).sendAndClose("a whole poem");
  requireExitCode(1);
  requirePoem(2, "a whole poem");
}

TEST_F(ReadToTheEnd, TakesAnEmptyPoem) {
  begin().closeInOrder();
  expectPoem();
}

TEST_F(ReadToTheEnd, ReceivesAgainAfterASignal) {
  const Faults faults("recv:EINTR@2,read:EINTR@2");
  ScriptedConnection& connection = begin(1, faults.options());
  connection.send("before, ");
  note("a signal", "interrupts the second `recv`");
  letRun();
  const Finding finding{
      .headline = "A signal interrupted `recv`, and the client gave up the poem.",
      .cause = "`recv` returned -1 with EINTR in errno. Nothing is lost: call it again."};
  require(isRunning(), finding);
  require(!faults.met().empty(), {.headline = "The client called `recv` only once."});
  connection.sendAndClose("after.");
  sent_ = "before, after.";
  require(comesToRest(),
          {.headline = "Server 1 closed the connection. The client runs without pause."});
  require(finish() == Ending::code(0), finding);
  expectPoem();
}

}  // namespace poetry::testing
