// A reactor must sleep until something is due, and must survive what its callbacks do to its tables.
#include "exercises/support/client_check.hpp"

#include <algorithm>
#include <cstddef>
#include <sstream>
#include <string>
#include <vector>

namespace poetry::testing {

class ToyReactor : public ClientCheck {
 protected:
  ToyReactor() {
    for (const char* kind : {"heap-use-after-free", "heap-buffer-overflow"}) {
      setCauseOfCrash(
          kind, "Does the loop iterate over the readers while a callback adds and removes some?");
    }
  }

  /// Starts the client with `count` servers, two for each poem. It must connect to the first two.
  void begin(std::size_t count, const std::string& limit, const ChildOptions& options = {}) {
    startFor(count, {"--limit", limit}, options);
    acceptNext();
    acceptNext();
  }

  /// The same, with timers that are never due. The client must sleep.
  void beginAndRest(std::size_t count, const ChildOptions& options = {}) {
    begin(count, "30", options);
    require(comesToRest(),
            {.headline = "No server has sent a byte, and the client runs without pause.",
             .cause = "`poll` sleeps only if its timeout is not 0."});
    require(!hasTimedOut(1), {.headline = "A timer of 30 s ran at once."});
    expectRunning("No server has sent a byte.");
  }

  /// The client must connect to the next server.
  void acceptNext() { connections_.push_back(&accept(listener(connections_.size() + 1))); }

  /// The connection from server `number`, which has accepted.
  [[nodiscard]] ScriptedConnection& connection(std::size_t number) {
    return *connections_.at(number - 1);
  }

  void expectRunning(const std::string& reason) {
    require(isRunning(), {.headline = reason + " The client " + activity() + '.',
                          .cause = "`run` must not return before a callback has called `stop`."});
  }

  /// The server sends 10 bytes. True if the client has reported them, for this task.
  [[nodiscard]] bool readsFrom(std::size_t number, int task) {
    const std::string line = "Task " + std::to_string(task) + ": got 10 bytes of poetry from " +
                             listener(number).address();
    const std::vector<std::string> before = lines();
    connection(number).send("ten bytes,");
    require(comesToRest(),
            {.headline = nameOf(number) + " sent 10 bytes. The client runs without pause."});
    const std::vector<std::string> after = lines();
    return std::count(after.begin(), after.end(), line) >
           std::count(before.begin(), before.end(), line);
  }

  void expectRead(std::size_t number, int task) {
    require(readsFrom(number, task),
            {.headline = nameOf(number) + " sent 10 bytes, and the client did not read them."});
  }

  [[nodiscard]] bool hasTimedOut(int task) {
    return contains(errorLines(), "mirrors: Task " + std::to_string(task) + ": timed out");
  }

  /// The last poem has ended. The client must end, although the timer of this poem is not due.
  void expectEnd(int lastTask) {
    require(comesToRest(), {.headline = "The last poem has ended. The client runs without pause.",
                            .cause = "After `connectionLost`, a reader must not be watched."});
    const std::string task = "Task " + std::to_string(lastTask);
    require(contains(lines(), task + " finished"),
            {.headline =
                 "The last server closed the connection. " + task + " was not reported finished.",
             .cause = "If `doRead` returns a reason, the reactor calls `connectionLost`."});
    require(!isRunning(), {.headline = "A callback called `stop`, and `run` did not return.",
                           .cause = "A timer of 30 s is pending. The loop must not wait for it."});
    requireExitCode(0);
  }

  void requireOneEnd(int task) {
    const std::string line = "Task " + std::to_string(task) + " finished";
    const std::vector<std::string> printed = lines();
    require(std::count(printed.begin(), printed.end(), line) == 1,
            {.headline = "The client printed \"" + line + "\" more than once, or not at all."});
  }

  static std::string nameOf(std::size_t number) { return "Server " + std::to_string(number); }

 private:
  std::vector<ScriptedConnection*> connections_;
};

TEST_F(ToyReactor, ReportsEachServerWhenItsBytesArrive) {
  setCommandsByHand({"./lesson run blocking-server --port 10000 poetry/science.txt",
                     "./lesson run blocking-server --port 10001 poetry/science.txt",
                     "{program} 10000 10001"});
  const Faults countsCalls("poll:SIGCONT");  // this signal does nothing
  begin(3, "30", countsCalls.options());
  setQuietTime(std::chrono::milliseconds(500));
  require(!await([&] { return countsCalls.met().size() > 2; }),
          {.headline = "Nothing is due, and the client calls `poll` again and again.",
           .cause = "Its timeout is the time until the first timer, in milliseconds: here 30000."});
  setQuietTime(std::chrono::milliseconds(0));
  expectRunning("No server has sent a byte.");
  expectRead(1, 1);
  expectRead(2, 1);
  expectRead(1, 1);
  connection(2).closeInOrder();
  acceptNext();
  const Finding stillPolls{
      .headline = "Server 2 closed the connection. The client still polls its descriptor.",
      .cause = "`connectionLost` closes the descriptor. Remove the reader before that."};
  require(comesToRest(), stillPolls);
  const std::vector<std::string> errors = errorLines();
  require(
      std::none_of(errors.begin(), errors.end(),
                   [](const std::string& line) { return line.ends_with(": Bad file descriptor"); }),
      stillPolls);
  expectRead(3, 2);
  connection(3).closeInOrder();
  expectEnd(2);
}

TEST_F(ToyReactor, CallsATimerWhileAllServersAreSilent) {
  setCauseOfCrash("heap-use-after-free",
                  "Does the loop iterate over the timers while a function makes a new one?");
  setQuietTime(std::chrono::milliseconds(1200));
  begin(4, "0.3");
  if (!await([&] { return hasTimedOut(1); })) {
    expectRunning("No timer was due.");
    connection(2).send("ten bytes,");
    require(!await([&] { return hasTimedOut(1); }),
            {.headline = "A timer of 0.3 s ran only when server 2 sent something.",
             .cause = "The timeout of `poll` is the time until the first timer is due."});
    fail({.headline = "A timer of 0.3 s did not run. The client " + activity() + '.',
          .cause = "After each `poll`, call the timers that are due, and keep the others."});
  }
  acceptNext();
  acceptNext();
  require(await([&] { return hasTimedOut(2); }),
          {.headline = "The first timer made another one. That one did not run."});
  requireExitCode(1);
}

TEST_F(ToyReactor, WatchesANewReaderWithTheSameDescriptor) {
  beginAndRest(4);
  connection(1).sendAndClose("one poem");
  acceptNext();
  acceptNext();
  note("the client", "uses the descriptors of servers 1 and 2 again, for servers 3 and 4");
  require(comesToRest(), {.headline = "Server 1 closed. The client runs without pause."});
  for (const std::size_t number : {3U, 4U}) {
    require(readsFrom(number, 2),
            {.headline = nameOf(number) + " sent 10 bytes, which are never read. Server " +
                         std::to_string(number - 2) + " had the same descriptor.",
             .cause = "connectionLost may add a reader with this descriptor. Remove the old one "
                      "before that."});
  }
  connection(4).closeInOrder();
  expectEnd(2);
}

TEST_F(ToyReactor, CallsNoReaderThatWasRemoved) {
  const std::string lookAgain =
      "The first callback removed the other reader, which was ready, too. Look into the table of "
      "readers before each call.";
  for (const char* kind : {"heap-use-after-free", "Undefined behaviour"}) {
    setCauseOfCrash(kind, lookAgain);
  }
  const Faults countsCalls("recv:SIGCONT");  // this signal does nothing
  beginAndRest(4, countsCalls.options());
  whileStopped([&] {
    connection(1).sendAndClose("one poem");
    connection(2).sendAndClose("one poem");
  });
  acceptNext();
  acceptNext();
  require(comesToRest(), {.headline = "Servers 1 and 2 closed. The client runs without pause."});
  requireOneEnd(1);
  const std::size_t calls = countsCalls.met().size();
  note("the client", "has called `recv` " + std::to_string(calls) + " times");
  require(calls <= 2,  // the poem and the end
          {.headline = "The client called `recv` for a new connection before `poll` reported it.",
           .cause = "It has the descriptor of a reader that was removed. Is it the same reader?"});
  whileStopped([&] {
    connection(3).sendAndClose("one poem");
    connection(4).sendAndClose("one poem");
  });
  require(comesToRest(), {.headline = "Servers 3 and 4 closed. The client runs without pause."});
  require(!contains(errorLines(), "mirrors: map::at"),
          {.headline = "The reactor looked for a reader that was removed: \"map::at\".",
           .cause = lookAgain});
  expectEnd(2);
  requireOneEnd(2);
}

TEST_F(ToyReactor, PollsAgainAfterASignal) {
  const Faults faults("poll:EINTR@2");
  beginAndRest(2, faults.options());
  connection(1).send("ten bytes,");
  note("a signal", "interrupts the second `poll`");
  require(comesToRest(),
          {.headline = "A signal interrupted `poll`. The client runs without pause."});
  require(!faults.met().empty(), {.headline = "The client did not call `poll` a second time."});
  require(isRunning(),
          {.headline = "A signal interrupted `poll`, and the client " + activity() + '.',
           .cause = "`poll` returned -1 with EINTR in errno. Nothing is lost: call it again."});
  expectRead(2, 1);
  connection(2).closeInOrder();
  expectEnd(1);
}

TEST_F(ToyReactor, HasAtMostNinetyLinesOfCode) {
  constexpr int kMost = 90;
  std::istringstream file(fileUnderTest("small_reactor.hpp"));
  int count = 0;
  for (std::string line; std::getline(file, line);) {
    const std::size_t start = line.find_first_not_of(" \t\r");
    count += start != std::string::npos && line.compare(start, 2, "//") != 0 ? 1 : 0;
  }
  require(count <= kMost, {.headline = "small_reactor.hpp has " + std::to_string(count) +
                                       " lines of code; at most " + std::to_string(kMost) + '.'});
}

}  // namespace poetry::testing
