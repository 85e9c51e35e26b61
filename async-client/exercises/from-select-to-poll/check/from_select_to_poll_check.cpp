// The client must wait with poll: for more sockets than select can watch, and without those that have
// ended.
#include "exercises/support/client_check.hpp"
#include "support/descriptors.hpp"
#include "support/report_lines.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace poetry::testing {

class FromSelectToPoll : public ClientCheck {
 protected:
  FromSelectToPoll() {
    setCauseOfCrash("heap-use-after-free", "Did the loop erase a task while it iterated?");
    setCauseOfCrash("heap-buffer-overflow", "Are there as many entries for `poll` as tasks?");
  }

  /// Starts the client for `count` poems, which it saves. It must connect to each server and wait.
  void begin(std::size_t count) { begin(count, recvCalls_); }
  void begin(std::size_t count, const Faults& faults) {
    startFor(count, {}, faults.options());
    acceptAll();
    require(comesToRest(),
            {.headline = "No server has sent a byte, and the client runs without pause.",
             .cause =
                 "The last argument of `poll` is a time limit: 0 does not wait, -1 has no limit."});
    require(isRunning(), {.headline = "No server has sent a byte. The client " + activity() + '.'});
  }

  /// The server sends 10 bytes. The client must report them for its task. `ended` names the tasks that
  /// have ended before.
  void sendAndExpectReport(std::size_t number, const std::string& ended) {
    const std::size_t before = chunks().size();
    const std::size_t callsBefore = recvCalls_.met().size();
    server(number).send("ten bytes,");
    const bool rests = comesToRest();
    const std::string sent = "Server " + std::to_string(number) + " sent 10 bytes after " + ended +
                             " ended. The client ";
    std::vector<ReportLine> found = chunks();
    found.erase(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(before));
    const Finding notRead{.headline = sent + (rests ? activity() : "runs without pause") +
                                      (found.empty() ? " and reads none." : "."),
                          .cause = "The entries for `poll` and the tasks are out of step."};
    require(!found.empty() && rests, notRead);
    for (const ReportLine& chunk : found) {
      require(chunk.task == number,
              {.headline = sent + "reported them for task " + std::to_string(chunk.task) + '.',
               .cause = notRead.cause});
    }
    // The first call returns the bytes, the second one says "would block".
    expectCalls(callsBefore + 2, "Call `doRead` for a socket only if its `revents` is not 0.");
  }

  /// The client must have called `recv` at most `most` times: it reads from no socket that is not ready.
  void expectCalls(std::size_t most, const std::string& cause) {
    require(
        recvCalls_.met().size() <= most,
        {.headline = "The client called `recv` for a socket that was not ready.", .cause = cause});
  }

  /// The server has closed its connection. The client must report that, close its end, and wait.
  void expectEndOfTask(std::size_t number) {
    const bool rests = comesToRest();
    const std::string name = std::to_string(number);
    const std::string cause =
        rests ? "Does `poll` get an entry with POLLIN in `events` for each task?"
              : "Does entry `i` belong to `tasks[i]`? `push_back` adds behind the "
                "entries that a vector already has.";
    require(
        contains(lines(), "Task " + name + " finished"),
        {.headline = "Server " + name + " closed. The client " +
                     (rests ? activity() : "runs without pause") + " and does not report the end.",
         .cause = isRunning() ? cause : ""});
    require(
        rests || !server(number).hasEnded(),
        {.headline =
             "The client has closed the socket of task " + name + " and runs without pause.",
         .cause = "For a closed descriptor, `poll` returns at once (POLLNVAL). Remove its entry. "
                  "(Did you look for POLLHUP? An orderly close sets only POLLIN.)"});
    require(rests, {.headline = "Task " + name + " has ended. The client runs without pause.",
                    .cause = "Its socket is still open: `recv` returns 0 again and again."});
    require(isRunning(),
            {.headline = "Only task " + name + " has ended. The client " + activity() + '.'});
  }

  /// All servers have closed. The client must end.
  void expectEnd(int exitCode) {
    require(comesToRest(), {.headline = "All servers have closed. The client runs without pause."});
    require(!isRunning(), {.headline = "All servers have closed. The client " + activity() + '.'});
    requireExitCode(exitCode);
  }

  [[nodiscard]] bool hasError(std::string_view text) {
    const std::vector<std::string> errors = errorLines();
    return std::any_of(errors.begin(), errors.end(), [&](const std::string& line) {
      return line.find(text) != std::string::npos;
    });
  }

 private:
  Faults recvCalls_{"recv:SIGURG"};  ///< counts the calls; the program ignores this signal
};

TEST_F(FromSelectToPoll, SleepsWhileAllServersAreSilent) {
  begin(3);
}

TEST_F(FromSelectToPoll, ReadsFromTheRightServersWhenATaskHasEnded) {
  begin(4);
  server(2).sendAndClose("poem two");
  expectEndOfTask(2);
  for (const std::size_t number : {4U, 1U, 3U}) {
    sendAndExpectReport(number, "task 2");
  }
  for (const std::size_t number : {3U, 4U, 1U}) {
    server(number).closeInOrder();
  }
  expectEnd(0);
  requirePoem(2, "poem two");
  for (const std::size_t number : {1U, 3U, 4U}) {
    requirePoem(number, "ten bytes,");
  }
}

TEST_F(FromSelectToPoll, EndsTwoTasksInOneIteration) {
  begin(4);
  whileStopped([&] {
    server(1).sendAndClose("poem one");
    server(3).sendAndClose("poem three");
  });
  expectEndOfTask(1);
  expectEndOfTask(3);
  // For each of the two, a call returns the bytes and another one the end.
  expectCalls(4,
              "Is a task erased inside the loop? Then entry `i` no longer belongs to `tasks[i]`.");
  sendAndExpectReport(4, "tasks 1 and 3");
  server(2).sendAndClose("poem two");
  server(4).closeInOrder();
  expectEnd(0);
  requirePoem(1, "poem one");
  requirePoem(2, "poem two");
  requirePoem(3, "poem three");
  requirePoem(4, "ten bytes,");
}

TEST_F(FromSelectToPoll, ReportsAPoemAsLostAfterAReset) {
  begin(2);
  server(1).reset();
  require(
      comesToRest(),
      {.headline = "Server 1 reset the connection. The client runs without pause.",
       .cause = "After a reset, `revents` is more than POLLIN: POLLERR and POLLHUP are also set."});
  require(hasError("lost after 0 bytes: Connection reset by peer"),
          {.headline = "Server 1 reset the connection. The client did not report task 1 as lost."});
  require(isRunning(), {.headline = "Server 2 is still connected. The client " + activity() + '.'});
  server(2).sendAndClose("poem two");
  expectEnd(1);
  requirePoem(2, "poem two");
}

TEST_F(FromSelectToPoll, WaitsAgainAfterASignal) {
  const Faults faults("poll:EINTR@2,select:EINTR@2");
  begin(2, faults);
  server(1).sendAndClose("poem one");
  note("a signal", "interrupts the client while it waits");
  require(comesToRest(), {.headline = "A signal interrupted the client. It runs without pause."});
  require(!hasError("Interrupted system call"),
          {.headline = "A signal interrupted `poll`, and the client gave up its poems.",
           .cause = "`poll` returned -1 with EINTR in errno. Nothing is lost: call it again."});
  require(!faults.met().empty(),
          {.headline = "The client did not call `poll` again after the first poem."});
  require(isRunning(), {.headline = "Server 2 is still connected. The client " + activity() + '.'});
  server(2).sendAndClose("poem two");
  expectEnd(0);
  requirePoem(1, "poem one");
  requirePoem(2, "poem two");
}

TEST_F(FromSelectToPoll, Downloads1100PoemsAtTheSameTime) {
  constexpr std::size_t kMany = 1100;
  constexpr std::size_t kDescriptors = kMany + 100;
  ManyConnections server(scenario_, kMany);
  require(server.fits(),
          {.headline = "This check needs " + std::to_string(kDescriptors) +
                       " descriptors, and the system permits fewer.",
           .cause = "`ulimit -Hn` prints the limit. Only an administrator can raise it."});
  for (const char* kind : {"Undefined behaviour", "stack-buffer-overflow"}) {
    setCauseOfCrash(kind,
                    "Is an array too short for 1,100 servers? An `fd_set` has room for the "
                    "descriptors 0 to 1023: 16 elements of 64 bits.");
  }
  std::vector<std::string> arguments = server.addresses();
  arguments.insert(arguments.begin(), "--quiet");
  ChildOptions options;
  options.descriptorLimit = kDescriptors;
  // The check waits for events that come for certain. On a busy machine they may come late.
  setQuietTime(std::chrono::seconds(1));
  start(arguments, options);
  const bool connects = await([&] { return openDescriptors(program().pid()).size() > kMany; });
  require(connects && isRunning(),
          {.headline = "The client must connect to 1100 servers. It " + activity() + '.',
           .cause = hasError("select cannot watch")
                        ? "`startTask` refuses each descriptor that `select` cannot watch."
                        : ""});
  server.acceptAll();
  // The client is stopped for each step, so that it reads from all servers in one iteration.
  program().pause();
  server.sendToAll("half ");
  program().resume();
  letRun();
  program().pause();
  server.sendToAll("whole");
  server.closeAll();
  program().resume();
  requireExitCode(0);
  std::size_t poems = 0;
  for (const std::string& text : lines()) {
    const ReportLine line = parseReportLine(text);
    poems += line.kind == ReportLine::Kind::kTotal && line.bytes == 10 ? 1 : 0;
  }
  require(poems == kMany, {.headline = "1100 servers sent 10 bytes each. The client has " +
                                       std::to_string(poems) + " whole poems."});
}

}  // namespace poetry::testing
