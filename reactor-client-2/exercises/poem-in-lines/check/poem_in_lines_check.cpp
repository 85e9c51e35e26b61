// The client must call lineReceived once for each line, whatever the chunks look like.
#include "exercises/support/client_check.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace poetry::testing {

class PoemInLines : public ClientCheck {
 protected:
  PoemInLines() {
    for (const char* kind : {"stack-use-after", "heap-use-after-free"}) {
      setCauseOfCrash(kind,
                      "A string_view does not own its bytes. Is it used after they are gone?");
    }
  }

  ScriptedConnection& begin() {
    startFor(1);
    acceptAll();
    return server(1);
  }

  /// The lines that lineReceived was called with, each with a newline.
  [[nodiscard]] std::string delivered() {
    const std::string head = "Task 1: ";
    std::string text;
    for (const std::string& line : lines()) {
      if (line.starts_with(head) && !line.ends_with(" bytes of poetry")) {
        text += line.substr(head.size()) + '\n';
      }
    }
    return text;
  }

  static std::size_t linesIn(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }

  /// Fails if a line was delivered although its newline has not arrived.
  void expectNoLine() {
    require(isRunning(),
            {.headline = "Server 1 is still connected. The client " + activity() + '.'});
    require(delivered().empty(),
            {.headline = "Server 1 sent a part of a line, and the client delivered it as a line.",
             .cause = "No newline has arrived. Keep the bytes until it arrives.",
             .got = delivered()});
  }

  /// The server sends the last line. The client must end with `poem`.
  void endAndExpect(ScriptedConnection& connection, const std::string& poem) {
    connection.send(".\n");
    require(await([&] { return !isRunning(); }) || !isRunning(),
            {.headline = "Server 1 sent the last line, a dot. The client " + activity() + '.'});
    requireExitCode(0);
    const std::string saved = fileIn(folder(), "poem-1.txt");
    require(saved == poem, {.headline = "The saved poem differs from what server 1 sent.",
                            .expected = poem,
                            .got = saved});
  }
};

TEST_F(PoemInLines, DeliversEachLineOfAChunk) {
  const std::string poem = "Busy old fool,\n\nunruly sun,\n";
  ScriptedConnection& connection = begin();
  connection.send(poem);
  static_cast<void>(await([&] { return linesIn(delivered()) > 3; }));
  const std::string got = delivered();
  const std::size_t count = linesIn(got);
  require(count <= 3,
          {.headline = "Server 1 sent 3 lines in one chunk. The client delivered more.",
           .cause = got.starts_with("Busy old fool,\nBusy old fool,\n")
                        ? "The client delivered line 1 again. Is it still in your string?"
                    : got.starts_with("Busy old fool,\n\n\n")
                        ? "The client delivered more than one empty line. Is the newline of line 1 "
                          "still in your string?"
                        : "",
           .expected = poem,
           .got = got});
  require(count == 3,
          {.headline = "Server 1 sent 3 lines in one chunk. The client delivered " +
                       std::to_string(count) + '.',
           .cause = got == "Busy old fool,\nunruly sun,\n" ? "An empty line is a line, too."
                    : count < 3 ? "After a line, look for the next one in what you have."
                                : "",
           .expected = poem,
           .got = got});
  require(got == poem,
          {.headline = "Server 1 sent 3 lines. The client delivered other lines.",
           .cause = got.starts_with("Busy old fool,\nBusy old fool,")
                        ? "Line 2 begins with line 1. Are the bytes of line 1 still in "
                          "your string?"
                        : "",
           .expected = poem,
           .got = got});
  endAndExpect(connection, poem);
}

TEST_F(PoemInLines, JoinsALineFromTwoChunks) {
  setCommandsByHand(
      {"(cat poetry/science.txt; echo .) > /tmp/lines.txt; "
       "./lesson run blocking-server --port 10008 /tmp/lines.txt",
       "{program} 10008"});
  const std::string first = "Busy old f";
  const std::string second = "ool, unruly sun,\n";
  ScriptedConnection& connection = begin();
  connection.send(first);
  letRun();
  expectNoLine();
  connection.send(second);
  letRun();
  const std::string got = delivered();
  require(got != second, {.headline = "Line 1 came in two chunks. The client lost the first.",
                          .cause = "Keep the bytes of a line until its newline arrives.",
                          .expected = first + second,
                          .got = got});
  require(got != second.substr(0, first.size()) + second,
          {.headline = "Line 1 begins with bytes of the second chunk, in place of the first.",
           .cause = "The view is not valid after dataReceived returns: copy what you keep.",
           .expected = first + second,
           .got = got});
  require(got == first + second,
          {.headline = "Line 1 came in two chunks. The client delivered another line.",
           .expected = first + second,
           .got = got});
  connection.send("Why dost\nthou");
  letRun();
  connection.send(" thus,\n");
  letRun();
  endAndExpect(connection, first + second + "Why dost\nthou thus,\n");
}

TEST_F(PoemInLines, JoinsALineFromSingleBytes) {
  const std::string poem = "Caf\xc3\xa9\n";  // an e with an accent: one character, two bytes
  ScriptedConnection& connection = begin();
  for (const char byte : poem) {
    expectNoLine();
    connection.send(std::string(1, byte));
    letRun();
  }
  require(delivered() == poem, {.headline = "Server 1 sent a line, byte by byte. The client "
                                            "delivered another line.",
                                .expected = poem,
                                .got = delivered()});
  endAndExpect(connection, poem);
}

TEST_F(PoemInLines, ReportsAPoemWithoutItsLastLineAsLost) {
  ScriptedConnection& connection = begin();
  connection.send("Busy old fool,\n");
  letRun();
  connection.send(".");
  letRun();
  require(isRunning(), {.headline = "A dot came without a newline. The client took it for a line.",
                        .cause = "The next bytes could be more of this line."});
  connection.closeInOrder();
  const Ending ending = finish();
  require(ending == Ending::code(1) &&
              contains(errorLines(), "line-client: Task 1: connection to " + listener(1).address() +
                                         " lost after 15 bytes: Connection was closed cleanly"),
          {.headline = "The last line did not arrive. The client did not report task 1 as lost."});
}

TEST_F(PoemInLines, TakesALongLineAndManyShortOnes) {
  const std::string longLine(60'000, 'x');
  std::string rest = "y\n";
  for (int i = 0; i < 500; ++i) {
    rest += "Busy old fool, unruly\n";
  }
  ScriptedConnection& connection = begin();
  connection.send(longLine);
  letRun();
  expectNoLine();
  whileStopped([&] { connection.send(rest); });
  letRun();
  const bool wasLost = !isRunning() && !errorLines().empty();
  require(
      !wasLost,
      {.headline = "Server 1 sent a line of 60,001 bytes and 500 short ones. The client gave up.",
       .cause = "The limit is for one line: only bytes after the last newline count."});
  require(isRunning(), {.headline = "Server 1 is still connected. The client " + activity() + '.'});
  require(delivered() == longLine + rest,
          {.headline = "Server 1 sent 501 lines. The client delivered " +
                       std::to_string(linesIn(delivered())) + ", or other lines.",
           .expected = longLine + rest,
           .got = delivered()});
  endAndExpect(connection, longLine + rest);
}

TEST_F(PoemInLines, EndsTheConnectionIfALineIsTooLong) {
  constexpr std::size_t kChunk = std::size_t{8} * 1024;
  constexpr std::size_t kMost = std::size_t{128} * 1024;
  ScriptedConnection& connection = begin();
  std::size_t sent = 0;
  while (sent < kMost && !connection.hasEnded() && connection.trySend(std::string(kChunk, 'x'))) {
    sent += kChunk;
    letRun();
  }
  require(connection.hasEnded(),
          {.headline = "Server 1 sent 128 KiB without a newline, and the client still reads.",
           .cause = "Bytes without a newline must not fill the memory: abort the connection."});
  const Ending ending = finish();
  require(ending == Ending::code(1) && !errorLines().empty(),
          {.headline = "A line was too long. The client did not report task 1 as lost."});
  require(!errorLines().front().ends_with(": Connection was closed cleanly"),
          {.headline = "A line was too long. The client closed the connection in order.",
           .cause = "`abortConnection` resets the connection, so the server sees that it failed."});
}

}  // namespace poetry::testing
