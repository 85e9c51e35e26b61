// The client must take the length from the byte stream, and then exactly that many bytes.
#include "exercises/support/check.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace poetry::testing {

class LengthFirst : public Check {
 protected:
  /// Starts the client, which saves its poems: one of server 1, then one of each server in `others`.
  ScriptedConnection& begin(const std::vector<std::string>& others = {}) {
    std::vector<std::string> arguments = {"--output", folder().string(), server_.address()};
    arguments.insert(arguments.end(), others.begin(), others.end());
    start(arguments);
    return accept(server_);
  }

  /// True if the client has reported that poem 1 is complete.
  [[nodiscard]] bool hasReportedPoem() {
    const std::vector<std::string> printed = lines();
    return std::any_of(printed.begin(), printed.end(),
                       [](const std::string& line) { return line.starts_with("Task 1: got "); });
  }

  /// The end of the line "... Task 1: connection to ... lost after 10 bytes: closed too early", from "lost
  /// after". Empty if there is none.
  [[nodiscard]] std::string loss() {
    for (const std::string& line : errorLines()) {
      const std::size_t at = line.find("lost after ");
      if (line.starts_with("blocking-client: Task 1: ") && at != std::string::npos) {
        return line.substr(at);
      }
    }
    return "";
  }

  /// The server sends `bytes`. The poem is not complete then, so the client must wait for more.
  void sendAndExpectMore(ScriptedConnection& connection, std::string_view bytes,
                         const Finding& ifReported) {
    connection.send(bytes);
    letRun();
    require(!hasReportedPoem(), ifReported);
    const bool foundNoNumber = program().errors().find("sto") != std::string::npos;
    require(isRunning(),
            {.headline = "Server 1 is still connected. The client " + activity() + '.',
             .cause = foundNoNumber
                          ? "The client looked for a number where there is none. Which bytes did "
                            "it take for the length?"
                          : ""});
    require(loss().empty(), {.headline = "Server 1 is still connected. The client gave up."});
  }

  /// The server has sent all of `poem` and is connected. The client must report it and end.
  void expectPoemBeforeTheClose(const std::string& poem, const std::string& whatWasSent,
                                const std::string& cause) {
    require(await([&] { return hasReportedPoem(); }) || !isRunning(),
            {.headline = whatWasSent + ". The client still waits for more.", .cause = cause});
    expectPoem(poem);
  }

  void expectPoem(const std::string& poem) {
    require(comesToRest(), {.headline = "The client runs without pause after the poem."});
    requireExitCode(0);
    requireSaved(1, poem);
  }

  void requireSaved(int task, const std::string& poem) {
    const std::string number = std::to_string(task);
    const std::string saved = fileIn(folder(), "poem-" + number + ".txt");
    const bool hasLength = saved == std::to_string(poem.size()) + '\n' + poem;
    require(saved == poem,
            {.headline = "Server " + number + " sent a poem of " + std::to_string(poem.size()) +
                         " bytes. The client saved another one.",
             .cause = hasLength ? "The length and its newline are not part of the poem." : "",
             .expected = poem,
             .got = saved});
  }

  ScriptedServer server_{scenario_};
};

TEST_F(LengthFirst, TakesALengthInTwoSegments) {
  setCommandsByHand(
      {"(wc -c < poetry/science.txt; cat poetry/science.txt) > build/with-length.txt; ./lesson "
       "run blocking-server --port 10000 --num-bytes 1 build/with-length.txt",
       "{program} 10000"});
  ScriptedConnection& connection = begin();
  const Finding onlyLength{
      .headline =
          "Server 1 sent only the length, as \"2\" and \"0\\n\". The client reported a poem.",
      .cause =
          "A chunk can end anywhere, also within the length. Did the client take 2 for the "
          "length?"};
  sendAndExpectMore(connection, "2", onlyLength);
  sendAndExpectMore(connection, "0\n", onlyLength);
  sendAndExpectMore(connection, "ten bytes\n",
                    {.headline = "Server 1 sent 10 of 20 bytes. The client reported a poem."});
  connection.sendAndClose("ten more.\n");
  expectPoem("ten bytes\nten more.\n");
}

TEST_F(LengthFirst, KeepsBytesThatComeWithTheLength) {
  ScriptedConnection& connection = begin();
  sendAndExpectMore(connection, "20\nten bytes,",
                    {.headline = "Server 1 sent 10 of 20 bytes. The client reported a poem."});
  connection.sendAndClose(" ten more.");
  static_cast<void>(finish());
  require(
      !loss().starts_with("lost after 10 bytes: "),
      {.headline = "10 of 20 bytes came in the same segment as the length. The client lost them.",
       .cause = "What comes after the newline belongs to the poem. Keep it."});
  expectPoem("ten bytes, ten more.");
}

TEST_F(LengthFirst, EndsBeforeTheServerCloses) {
  ScriptedServer second(scenario_);
  ScriptedConnection& connection = begin({second.address()});
  sendAndExpectMore(connection, "20\n",
                    {.headline = "Server 1 sent only the length. The client reported a poem."});
  connection.send("ten bytes, ten more.");
  require(
      await([&] { return second.hasCaller(); }) || !isRunning() || hasReportedPoem(),
      {.headline = "Server 1 sent the length and all 20 bytes. The client still waits for more.",
       .cause = "The length says where the poem ends. The close may come much later."});
  accept(second).sendAndClose("5\nverse");
  expectPoem("ten bytes, ten more.");
  requireSaved(2, "verse");
}

TEST_F(LengthFirst, ReportsAShorterPoemAsLost) {
  ScriptedServer second(scenario_);
  ScriptedConnection& connection = begin({second.address()});
  connection.sendAndClose("653\n" + std::string(500, 'x'));
  letRun();
  const std::string wanted = "lost after 500 bytes: closed too early";
  require(
      !hasReportedPoem(),
      {.headline = "Server 1 closed after 500 of 653 bytes. The client reported a complete poem.",
       .cause = "The end of file alone does not say that the poem is complete. Compare its size "
                "with the length."});
  require(!loss().empty(),
          {.headline = "Server 1 closed after 500 of 653 bytes. The client " + activity() + '.'});
  require(loss() == wanted,
          {.headline = "Server 1 closed after 500 of 653 bytes. The client printed another error.",
           .expected = wanted,
           .got = loss()});
  accept(second).sendAndClose("5\nverse");
  requireExitCode(1);
  requireSaved(2, "verse");
}

TEST_F(LengthFirst, TakesAnEmptyPoem) {
  ScriptedConnection& connection = begin();
  connection.send("0\n");
  expectPoemBeforeTheClose("", "Server 1 sent the length 0 and is still connected",
                           "All 0 bytes of the poem have arrived. Does the client call `recv` "
                           "before it compares?");
}

TEST_F(LengthFirst, StillReportsAReset) {
  ScriptedConnection& connection = begin();
  sendAndExpectMore(connection, "20\nBusy o",
                    {.headline = "Server 1 sent 6 of 20 bytes. The client reported a poem."});
  connection.reset();
  letRun();
  require(!hasReportedPoem(),
          {.headline = "Server 1 reset the connection. The client reported a complete poem."});
  const std::string wanted = "lost after 6 bytes: Connection reset by peer";
  require(loss() == wanted, {.headline = "Server 1 reset the connection after 6 of 20 bytes. The "
                                         "client printed another error.",
                             .expected = wanted,
                             .got = loss()});
  requireExitCode(1);
}

}  // namespace poetry::testing
