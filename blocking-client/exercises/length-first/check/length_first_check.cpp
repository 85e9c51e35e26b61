// The client must take the length from the byte stream, and then exactly that many bytes.
#include "exercises/support/client_check.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace poetry::testing {

class LengthFirst : public ClientCheck {
 protected:
  /// Starts the client for one poem of each of `count` servers, and waits until it connects to server 1.
  ScriptedConnection& begin(std::size_t count) {
    startFor(count);
    return accept(listener(1));
  }

  /// The line "Task 1: got 20 bytes of poetry from ...", which reports a complete poem. Empty if there is
  /// none.
  [[nodiscard]] std::string reportOf(std::size_t number) {
    for (const std::string& line : lines()) {
      if (line.starts_with("Task " + std::to_string(number) + ": got ")) {
        return line;
      }
    }
    return "";
  }
  [[nodiscard]] bool hasReportedPoem() { return !reportOf(1).empty(); }

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
    require(loss().empty(),
            {.headline = "Server 1 is still connected. The client reported its poem as lost.",
             .cause = ifReported.cause});
    const bool foundNoNumber = program().errors().find("sto") != std::string::npos;
    require(isRunning(),
            {.headline = "Server 1 is still connected. The client " + activity() + '.',
             .cause = foundNoNumber
                          ? "The client looked for a number where there is none. Which bytes did "
                            "it take for the length?"
                          : ""});
  }

  /// A server has sent its whole poem and is connected. The client must not wait for more.
  void expectEndOf(std::size_t number, const Finding& ifItWaits) {
    require(await([&] { return !reportOf(number).empty(); }) || !isRunning(), ifItWaits);
  }

  void expectPoems(const std::vector<std::string>& poems) {
    require(comesToRest(), {.headline = "The client runs without pause after the poem."});
    requireExitCode(0);
    for (std::size_t number = 1; number <= poems.size(); ++number) {
      const std::string& poem = poems[number - 1];
      requireSaved(number, poem);
      const std::string head = "Task " + std::to_string(number) + ": got ";
      const std::string wanted = head + std::to_string(poem.size()) + " bytes of poetry from ";
      require(
          reportOf(number).starts_with(wanted),
          {.headline = "Server " + std::to_string(number) + " sent a poem of " +
                       std::to_string(poem.size()) + " bytes. The client counted another number.",
           .cause = kNotOfThePoem,
           .expected = wanted,
           .got = reportOf(number)});
    }
  }

  void requireSaved(std::size_t number, const std::string& poem) {
    const std::string saved = fileIn(folder(), "poem-" + std::to_string(number) + ".txt");
    const bool hasLength = saved == std::to_string(poem.size()) + '\n' + poem;
    requirePoem(number, poem, hasLength ? kNotOfThePoem : "");
  }

  static constexpr const char* kNotOfThePoem =
      "The length and its newline are not part of the poem.";
};

TEST_F(LengthFirst, TakesALengthInTwoChunks) {
  setCommandsByHand(
      {"(wc -c < poetry/science.txt; cat poetry/science.txt) > build/with-length.txt; ./lesson "
       "run blocking-server --port 10000 --num-bytes 1 build/with-length.txt",
       "{program} 10000"});
  ScriptedConnection& connection = begin(1);
  const Finding onlyLength{
      .headline =
          "Server 1 sent only the length, as \"2\" and \"0\\n\". The client reported a poem.",
      .cause =
          "A chunk can end anywhere, also within the length. Did the client take 2 for the length, "
          "not 20?"};
  sendAndExpectMore(connection, "2", onlyLength);
  sendAndExpectMore(connection, "0\n", onlyLength);
  sendAndExpectMore(connection, "ten bytes\n",
                    {.headline = "Server 1 sent 10 of 20 bytes. The client reported a poem.",
                     .cause = onlyLength.cause});
  connection.sendAndClose("ten more.\n");
  expectPoems({"ten bytes\nten more.\n"});
}

TEST_F(LengthFirst, KeepsBytesThatComeWithTheLength) {
  ScriptedConnection& connection = begin(1);
  sendAndExpectMore(connection, "20\nten bytes,",
                    {.headline = "Server 1 sent 10 of 20 bytes. The client reported a poem."});
  connection.sendAndClose(" ten more.");
  static_cast<void>(finish());
  require(!loss().starts_with("lost after 10 bytes: "),
          {.headline = "10 of 20 bytes came together with the length. The client lost them.",
           .cause = "What comes after the newline belongs to the poem. Keep it."});
  expectPoems({"ten bytes, ten more."});
}

TEST_F(LengthFirst, EndsBeforeTheServerCloses) {
  ScriptedConnection& connection = begin(2);
  sendAndExpectMore(connection, "20\n",
                    {.headline = "Server 1 sent only the length. The client reported a poem."});
  connection.send("ten bytes, ten more.");
  expectEndOf(
      1, {.headline = "Server 1 sent the length and all 20 bytes. The client still waits for more.",
          .cause = "The length says where the poem ends. The close may come much later."});
  accept(listener(2)).sendAndClose("5\nverse");
  expectPoems({"ten bytes, ten more.", "verse"});
}

TEST_F(LengthFirst, ReportsAShorterPoemAsLost) {
  begin(2).sendAndClose("653\n" + std::string(500, 'x'));
  require(comesToRest(),
          {.headline = "Server 1 closed after 500 of 653 bytes. The client runs without pause.",
           .cause = "After the end, `recv` returns 0 at once, again and again."});
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
           .cause = loss().starts_with("lost after 504 ") ? kNotOfThePoem : "",
           .expected = wanted,
           .got = loss()});
  accept(listener(2)).sendAndClose("5\nverse");
  requireExitCode(1);
  requireSaved(2, "verse");
}

TEST_F(LengthFirst, TakesPoemsThatNeedNoOtherChunk) {
  begin(2).send("0\n");
  const char* cause =
      "All bytes of the poem have arrived. Does the client call `recv` before it compares?";
  expectEndOf(1, {.headline = "Server 1 sent the length 0 and is still connected. The client still "
                              "waits for more.",
                  .cause = cause});
  accept(listener(2)).send("5\nverse");
  expectEndOf(2, {.headline = "Server 2 sent the length and all 5 bytes together. The client still "
                              "waits for more.",
                  .cause = cause});
  expectPoems({"", "verse"});
}

TEST_F(LengthFirst, StillReportsAReset) {
  ScriptedConnection& connection = begin(1);
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
