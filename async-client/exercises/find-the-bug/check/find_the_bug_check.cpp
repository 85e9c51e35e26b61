// The client must find the end of a poem, alone or together with the last bytes.
#include "exercises/support/client_check.hpp"
#include "support/report_lines.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace poetry::testing {

class FindTheBug : public ClientCheck {
 protected:
  /// Starts the client for `count` poems, which it saves.
  void begin(std::size_t count, const ChildOptions& options = {}) {
    startFor(count, {}, options);
    acceptAll();
    sent_.resize(count);
    letRun();
  }

  /// The server sends `bytes`. The client must report them and keep the task. `cause` is for a task that
  /// is reported finished.
  void sendAndExpectReport(std::size_t number, std::string_view bytes, const std::string& seen,
                           const std::string& cause) {
    server(number).send(bytes);
    sent_.at(number - 1) += bytes;
    require(comesToRest(), {.headline = nameOf(number) + " sent " + sizeOf(bytes) +
                                        ". The client runs without pause."});
    require(!isFinished(number),
            {.headline = seen + " Task " + std::to_string(number) +
                         " was reported finished, and the server is still connected.",
             .cause = cause});
    expectRunning(number);
    const std::size_t reported = bytesReported(number);
    require(reported == sent_.at(number - 1).size(),
            {.headline = nameOf(number) + " has sent " + sizeOf(sent_.at(number - 1)) +
                         ". The client reported " + std::to_string(reported) + " and " +
                         activity() + '.',
             .cause = "Does `arrived` still hold the bytes when the loop ends?"});
  }

  void sendAndExpectReport(std::size_t number, std::string_view bytes) {
    sendAndExpectReport(
        number, bytes, nameOf(number) + " sent a chunk.",
        "A chunk is not the end. Is `error` 0 after the chunk, as it is after the end?");
  }

  /// The client is stopped, so it finds the bytes and the end together.
  void sendTogetherWithEnd(std::size_t number, std::string_view bytes) {
    server(number).sendAndClose(bytes);
    sent_.at(number - 1) += bytes;
  }

  /// The server has closed. `what` it did; the client must report the end, and its poem is complete.
  void expectPoem(std::size_t number, const std::string& what) {
    const std::string& poem = sent_.at(number - 1);
    if (!comesToRest()) {
      const bool hasReported = bytesReported(number) == poem.size();
      fail({.headline = what + " The client runs without pause.",
            .cause = hasReported
                         ? "The client still watches the socket. Was the 0 of `recv` taken for an "
                           "error? `errno` says something only after -1."
                         : "The client has not reported the last bytes."});
    }
    require(isFinished(number),
            {.headline = what + " Task " + std::to_string(number) + " was not reported finished."});
    const std::string saved = fileIn(folder(), "poem-" + std::to_string(number) + ".txt");
    requirePoem(number, poem,
                poem.starts_with(saved) ? "The bytes that came with the end are missing." : "");
  }

  void closeAndExpectPoem(std::size_t number) {
    server(number).closeInOrder();
    expectPoem(number, nameOf(number) + " closed the connection.");
  }

  /// The server has not closed its connection. The client must not end.
  void expectRunning(std::size_t number) {
    require(isRunning(),
            {.headline = nameOf(number) + " is still connected. The client " + activity() + '.'});
  }

  /// "13 bytes"
  static std::string sizeOf(std::string_view bytes) {
    return std::to_string(bytes.size()) + " bytes";
  }

 private:
  static std::string nameOf(std::size_t number) { return "Server " + std::to_string(number); }

  std::vector<std::string> sent_;  ///< by each server, until now
};

TEST_F(FindTheBug, ReadsServersThatSendSlowly) {
  begin(2);
  sendAndExpectReport(1, "ten bytes,");
  sendAndExpectReport(2, "ten bytes,");
  sendAndExpectReport(1, " ten more.");
  closeAndExpectPoem(2);
  closeAndExpectPoem(1);
  requireExitCode(0);
}

TEST_F(FindTheBug, ReadsLastBytesAndTheEndTogether) {
  setCommandsByHand(
      {"./lesson run blocking-server --port 10000 --delay 0 --num-bytes 1000 poetry/science.txt",
       "{program} 10000"});
  begin(2);
  sendAndExpectReport(1, "ten bytes,");
  whileStopped([&] { sendTogetherWithEnd(1, " 3!"); });
  expectPoem(1, "Server 1 sent its last 3 bytes and the end together.");
  expectRunning(2);
  sendAndExpectReport(2, "ten bytes,");
  closeAndExpectPoem(2);
  requireExitCode(0);
}

TEST_F(FindTheBug, ReadsTwoWholePoemsInOneIteration) {
  begin(3);
  whileStopped([&] {
    sendTogetherWithEnd(1, randomBytes(3003, 24));
    sendTogetherWithEnd(2, "poem two");
  });
  expectPoem(1, "Server 1 sent 3003 bytes and the end together.");
  expectPoem(2, "Server 2 sent 8 bytes and the end together.");
  expectRunning(3);
  sendAndExpectReport(3, "poem three");
  closeAndExpectPoem(3);
  requireExitCode(0);
}

TEST_F(FindTheBug, KeepsATaskWhenRecvWouldBlock) {
  const Faults faults("recv:EAGAIN@3");
  begin(1, faults.options());
  sendAndExpectReport(1, "ten bytes,");
  note("the kernel", "answers the third `recv` with \"would block\"");
  // A client that calls `recv` once for each readiness makes the third call later.
  for (const char* chunk : {" ten more.", " The end.."}) {
    sendAndExpectReport(1, chunk, "`recv` said \"would block\".",
                        "\"Would block\" is not the end. Look at what each `recv` returned.");
  }
  require(!faults.met().empty(), {.headline = "The client called `recv` only twice."});
  closeAndExpectPoem(1);
  requireExitCode(0);
}

TEST_F(FindTheBug, ReportsAPoemAsLostAfterAReset) {
  begin(2);
  sendAndExpectReport(1, "Busy o");
  server(1).reset();
  require(comesToRest(),
          {.headline = "Server 1 reset the connection. The client runs without pause."});
  require(!isFinished(1), {.headline = "Server 1 reset the connection after 6 bytes. Task 1 was "
                                       "reported finished.",
                           .cause = "After a reset, `recv` returns -1, not 0."});
  bool isLost = false;
  for (const std::string& text : errorLines()) {
    const ReportLine line = parseReportLine(text);
    isLost |= line.kind == ReportLine::Kind::kLost && line.task == 1 && line.bytes == 6;
  }
  require(isLost,
          {.headline = "Server 1 reset the connection. The client did not report task 1 as lost."});
  expectRunning(2);
  sendAndExpectReport(2, "poem two");
  closeAndExpectPoem(2);
  requireExitCode(1);
}

}  // namespace poetry::testing
