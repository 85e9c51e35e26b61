// The same program as a coroutine: it reads like lesson 2, from top to bottom, with a loop and a
// try block. It waits like lesson 5: while it waits for a poem, the reactor reads all of them.
//
// The program asks for all poems before the first co_await. With getPoem in the second loop, it
// would ask for poem 2 only when it has poem 1. It would take the sum of all times, as lesson 2
// does.

#include "cli/output.hpp"
#include "cli/program.hpp"
#include "cli/report.hpp"
#include "cli/stopwatch.hpp"
#include "coroutine.hpp"
#include "get_poem_deferred.hpp"
#include "reactor/reactor.hpp"

#include <exception>
#include <string>
#include <vector>

namespace poetry {

constexpr ProgramInfo kProgram{.name = "get-poem-coroutine",
                               .about = "Downloads poems at the same time, in one coroutine.",
                               .reactors = Reactor::demultiplexers};

constexpr Duration kLimit(60);  // for each poem

/// What the parameters refer to must live until the coroutine has ended. Its first return to the
/// caller, at co_await, is not the end.
Task getPoems(Reactor& reactor, const std::vector<HostPort>& servers, Report& report) {
  std::vector<DeferredPoem> poems;
  for (const HostPort& server : servers) {
    poems.push_back(getPoem(reactor, server, kLimit));
  }

  int task = 0;
  for (const DeferredPoem& deferred : poems) {
    ++task;
    try {
      const std::string poem = co_await *deferred;  // back to the loop, until the poem is here
      report.finished(task);
      report.complete(task, poem);
    } catch (const std::exception& error) {
      printError(kProgram.name, "Task " + std::to_string(task) + ": no poetry: " + error.what());
    }
  }
  if (reactor.running()) {
    reactor.stop();
  }
}

int getPoetry(const ClientOptions& options) {
  const Stopwatch stopwatch;
  Report report(kProgram, options);
  Reactor reactor({.demultiplexer = options.reactor, .trace = options.trace});

  const Task task = getPoems(reactor, options.addresses, report);
  reactor.run();

  report.poems();
  report.total(stopwatch.elapsed());
  endBySignal(reactor.exitSignal());
  return report.exitCode();
}

}  // namespace poetry

int main(int argc, char** argv) {
  return poetry::runClient(argc, argv, poetry::kProgram, poetry::getPoetry);
}
