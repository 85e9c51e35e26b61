// The client must read from a socket once for each time that it is readable, so that no server keeps
// the others waiting.
#include "exercises/support/client_check.hpp"
#include "support/report_lines.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace poetry::testing {

namespace {

constexpr std::size_t kMost = 1024;  // bytes that the client may read each time
constexpr const char* kLargeBuffer =
    "`receive` reads at most as many bytes as the buffer has room for. Here that is too many.";

std::string poemOf(std::size_t size) {
  std::string poem;
  for (std::size_t line = 1; poem.size() < size; ++line) {
    poem += "This is line " + std::to_string(line) + ".\n";
  }
  poem.resize(size);
  return poem;
}

}  // namespace

class BoundedRead : public ClientCheck {
 protected:
  /// Starts the client for `count` poems, which it saves. It must connect to each server and wait.
  void begin(std::size_t count) { begin(count, recvCalls_); }
  void begin(std::size_t count, const Faults& faults) {
    startFor(count, {}, faults.options());
    setCauseOfCrash("heap-use-after-free", "Did the loop erase a task while it iterated?");
    acceptAll();
    require(comesToRest(),
            {.headline = "No server has sent a byte, and the client runs without pause."});
    require(isRunning(), {.headline = "No server has sent a byte. The client " + activity() + '.'});
  }

  /// whileStopped(), then waits until the client has read all.
  void sendWhileStopped(const std::function<void()>& steps) {
    whileStopped(steps);
    require(comesToRest(),
            {.headline = "The servers send nothing more. The client runs without pause."});
  }

  /// True if some calls of `recv` brought no chunk of their own. No server has closed.
  [[nodiscard]] bool callsAgain() { return recvCalls_.met().size() > chunks().size(); }

  /// `otherwise` is the cause if the client calls `recv` once for each chunk.
  [[nodiscard]] std::string causeInDoRead(const std::string& otherwise = "") {
    return callsAgain() ? "Does `doRead` call `receive` again before it returns?" : otherwise;
  }

  /// Server 1 has sent `sent` bytes so far and is still connected. The client must have reported them and
  /// keep the task.
  void expectKept(std::size_t sent) {
    const std::string reported = std::to_string(bytesReported(1));
    require(!contains(lines(), "Task 1 finished"),
            {.headline = "Task 1 was reported finished after " + reported +
                         " bytes, but server 1 is still connected.",
             .cause = "A chunk that is shorter than the buffer is not the end."});
    const std::string lost = lineWith("lost after");
    require(
        lost.empty(),
        {.headline = "Task 1 was reported lost after " + reported +
                     " bytes, but server 1 is still connected.",
         .cause =
             lost.ends_with(": Success")
                 ? "\"Success\" means no error. Return to the loop when you have kept the bytes."
                 : ""});
    require(isRunning(),
            {.headline = "Server 1 is still connected. The client " + activity() + '.'});
    require(bytesReported(1) == sent,
            {.headline = "Server 1 sent " + std::to_string(sent) + " bytes. The client reported " +
                         reported + '.'});
  }

  /// Servers 1 and 2 have sent `size` bytes each. The client must have read from them in turns.
  void expectTurns(std::size_t size) {
    const std::vector<ReportLine> all = chunks();
    for (std::size_t first = 0, next = 0; first < all.size(); first = next) {
      // The client read from one server all[first], all[first + 1], ... before it read from the other.
      std::size_t bytes = 0;
      for (next = first; next < all.size() && all[next].task == all[first].task; ++next) {
        bytes += all[next].bytes;
      }
      const std::size_t task = all[first].task;
      const std::string name = "server " + std::to_string(task);
      const std::string other = "erver " + std::to_string(3 - task);
      const bool isLast = next == all.size() && bytesReported(3 - task) == size;
      if (bytes > kMost && !isLast) {
        require(next - first > 1,
                {.headline = "S" + other + " had bytes ready, and the client first read " +
                             std::to_string(bytes) + " bytes of " + name + '.',
                 .cause = causeInDoRead(kLargeBuffer)});
        fail({.headline = "The client reported " + std::to_string(next - first) + " chunks of " +
                          name + " in a row, while s" + other + " had bytes ready.",
              .cause = "Read once from each ready socket, then wait again."});
      }
    }
    for (std::size_t task = 1; task <= 2; ++task) {
      require(
          bytesReported(task) == size,
          {.headline = "Server " + std::to_string(task) + " sent " + std::to_string(size) +
                       " bytes. The client reported " + std::to_string(bytesReported(task)) + '.',
           .cause = causeInDoRead()});
    }
  }

  /// All servers have closed. The client must end, with these poems.
  void expectPoems(const std::vector<std::string>& poems) {
    require(comesToRest(), {.headline = "All servers have closed. The client runs without pause."});
    require(!isRunning(), {.headline = "All servers have closed. The client " + activity() + '.'});
    requireExitCode(0);
    for (const ReportLine& chunk : chunks()) {
      require(chunk.bytes > 0,
              {.headline = "The client reported a chunk of 0 bytes of server " +
                           std::to_string(chunk.task) + '.',
               .cause = "Only a `receive` that returned bytes has a chunk to report."});
    }
    for (std::size_t i = 0; i < poems.size(); ++i) {
      requirePoem(i + 1, poems[i]);
    }
  }

  /// The first line of standard error with `text`, or an empty string.
  [[nodiscard]] std::string lineWith(std::string_view text) {
    for (const std::string& line : errorLines()) {
      if (line.find(text) != std::string::npos) {
        return line;
      }
    }
    return "";
  }

 private:
  Faults recvCalls_{"recv:SIGURG"};  ///< counts the calls; the program ignores this signal
};

TEST_F(BoundedRead, KeepsATaskAfterAShortChunk) {
  begin(2);
  server(1).send("ten bytes,");
  letRun();
  expectKept(10);
  server(1).send(" ten more.");
  letRun();
  expectKept(20);
  server(1).closeInOrder();
  server(2).sendAndClose("poem two");
  expectPoems({"ten bytes, ten more.", "poem two"});
}

TEST_F(BoundedRead, TakesTurnsWhenTwoServersHaveBytes) {
  begin(2);
  const std::string poem = poemOf(4'000);
  sendWhileStopped([&] {
    server(1).send(poem);
    server(2).send(poem);
  });
  expectTurns(poem.size());
  server(1).closeInOrder();
  server(2).closeInOrder();
  expectPoems({poem, poem});
}

TEST_F(BoundedRead, ReadsAtMost1024BytesEachTime) {
  begin(1);
  sendWhileStopped([&] { server(1).send(poemOf(3'000)); });
  for (const ReportLine& chunk : chunks()) {
    require(chunk.bytes <= kMost,
            {.headline = "The client reported " + std::to_string(chunk.bytes) +
                         " bytes of server 1 at once. At most 1024 are allowed.",
             .cause = causeInDoRead(kLargeBuffer)});
  }
  expectKept(3'000);
  require(!callsAgain(),
          {.headline = "The client called `recv` more often than it reported chunks of server 1.",
           .cause = causeInDoRead()});
}

TEST_F(BoundedRead, ReportsTheEndAfterTheLastByte) {
  begin(2);
  const std::string poem = poemOf(3'000);
  sendWhileStopped([&] {
    server(1).send(poem);
    server(1).closeInOrder();
  });
  require(contains(lines(), "Task 1 finished"),
          {.headline = "Server 1 sent 3000 bytes and closed. Task 1 was not reported finished."});
  server(2).sendAndClose("poem two");
  expectPoems({poem, "poem two"});
}

TEST_F(BoundedRead, KeepsATaskWhenRecvWouldBlock) {
  const Faults faults("recv:EAGAIN@1");
  begin(2, faults);
  note("the kernel", "drops a damaged packet of server 1: the first `recv` would block");
  server(1).send("ten bytes,");
  letRun();
  require(!faults.met().empty(), {.headline = "The client did not call `recv`."});
  const Finding finding{.headline = "`recv` said \"would block\", and the client gave up task 1.",
                        .cause = "\"Would block\" is not the end: keep the socket open."};
  require(lineWith("lost after").empty() && !contains(lines(), "Task 1 finished"), finding);
  expectKept(10);
  server(1).closeInOrder();
  server(2).sendAndClose("poem two");
  expectPoems({"ten bytes,", "poem two"});
}

}  // namespace poetry::testing
