// The client must receive until the server closes the connection, whatever the chunks look like.
#include "exercises/support/check.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace poetry::testing {

class ReadToTheEnd : public Check {
 protected:
  /// Starts the client, which saves its poems: one of server 1, then one of each server in `others`.
  ScriptedConnection& begin(const ChildOptions& options = {},
                            const std::vector<std::string>& others = {}) {
    std::vector<std::string> arguments = {"--output", folder().string(), server_.address()};
    arguments.insert(arguments.end(), others.begin(), others.end());
    start(arguments, options);
    return accept(server_);
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
    const std::string saved = fileIn(folder(), "poem-1.txt");
    require(saved == sent_, {.headline = "Server 1 sent " + std::to_string(sent_.size()) +
                                         " bytes. The client saved another poem.",
                             .expected = sent_,
                             .got = saved});
  }

  ScriptedServer server_{scenario_};
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
  ScriptedServer second(scenario_);
  ScriptedConnection& connection = begin({}, {second.address()});
  sendAndExpectMore(connection, "Busy o");
  connection.reset();
  require(comesToRest(),
          {.headline = "Server 1 reset the connection. The client runs without pause.",
           .cause = "`recv` returned -1. Does the loop end then?"});
  require(!hasReportedPoem(),
          {.headline =
               "Server 1 reset the connection after 6 bytes. The client reported a complete poem.",
           .cause = "A reset is not the end of a poem. `recv` returned -1, not 0."});
  require(contains(errorLines(), "blocking-client: Task 1: connection to " + server_.address() +
                                     " lost after 6 bytes: Connection reset by peer"),
          {.headline = "Server 1 reset the connection. The client did not report task 1 as lost.",
           .cause = "`recv` returned -1, and its error number is in errno. Set `error` to it."});
  accept(second).sendAndClose("a whole poem");
  requireExitCode(1);
  require(fileIn(folder(), "poem-2.txt") == "a whole poem",
          {.headline = "Server 2 sent a whole poem. The client saved another one."});
}

TEST_F(ReadToTheEnd, TakesAnEmptyPoem) {
  begin().closeInOrder();
  expectPoem();
}

TEST_F(ReadToTheEnd, ReceivesAgainAfterASignal) {
  const Faults faults("recv:EINTR@2,read:EINTR@2");
  ScriptedConnection& connection = begin(faults.options());
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
