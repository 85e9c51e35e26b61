// The client must receive until the server closes the connection, whatever the chunks look like.
#include "exercises/support/check.hpp"

#include <string>
#include <string_view>

namespace poetry::testing {

class ReadToTheEnd : public Check {
 protected:
  /// Starts the client for one poem, which it saves, and accepts it.
  ScriptedConnection& begin(const ChildOptions& options = {}) {
    start({"--output", folder().string(), server_.address()}, options);
    return accept(server_);
  }

  /// The server sends `chunk`, the client reads it and must wait for more.
  void sendAndExpectMore(ScriptedConnection& connection, std::string_view chunk) {
    connection.send(chunk);
    sent_ += chunk;
    letRun();
    const std::string count =
        std::to_string(sent_.size()) + (sent_.size() == 1 ? " byte" : " bytes");
    require(isRunning(),
            {.headline = "Server 1 sent " + count +
                         " and is still connected. The client stopped after " + count + ".",
             .cause = "A chunk is only what has arrived so far. A short chunk is not the end."});
  }

  /// The client must end with the poem that the server has sent.
  void expectPoem() {
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
  setCommandByHand(
      "./lesson run blocking-server --port 10000 poetry/science.txt & {program} 10000");
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

TEST_F(ReadToTheEnd, ReportsAPoemAsLostAfterAReset) {
  ScriptedConnection& connection = begin();
  sendAndExpectMore(connection, "6 of 2");
  connection.reset();
  const Ending ending = finish();
  const std::string lost = "blocking-client: Task 1: connection to " + server_.address() +
                           " lost after 6 bytes: Connection reset by peer";
  require(!contains(lines(), "Task 1 finished"),
          {.headline = "Server 1 reset the connection after 6 of 20 bytes. The client reported a "
                       "poem of 6 bytes.",
           .cause = "A reset is not the end of a poem. `recv` returned -1, not 0."});
  require(contains(errorLines(), lost),
          {.headline = "Server 1 reset the connection. The client did not report task 1 as lost.",
           .cause = "`recv` returned -1. Set `error` to errno."});
  require(ending == Ending::code(1),
          {.headline = "Server 1 reset the connection. The client ended with " + ending.toString() +
                       "; expected: 1."});
}

TEST_F(ReadToTheEnd, TakesAnEmptyPoem) {
  begin().closeInOrder();
  expectPoem();
}

TEST_F(ReadToTheEnd, ReceivesAgainAfterASignal) {
  const Faults faults("recv:EINTR@2");
  ScriptedConnection& connection = begin(faults.options());
  sendAndExpectMore(connection, "before, ");
  sendAndExpectMore(connection, "after.");
  connection.closeInOrder();
  const Ending ending = finish();
  require(ending == Ending::code(0),
          {.headline = "A signal interrupted `recv`, and the client gave up the poem.",
           .cause = "With EINTR, nothing is lost: call `recv` again."});
  expectPoem();
}

}  // namespace poetry::testing
