// Lesson 5 with getPoem: the program asks for each poem, and says in a callback what happens to it.
//
// The code that asks and the code that uses the poem are in one function now. But the second part
// runs later, on the stack of the loop. To know when all poems have ended, the program counts them.

#include "cli/output.hpp"
#include "cli/program.hpp"
#include "cli/report.hpp"
#include "cli/stopwatch.hpp"
#include "get_poem.hpp"
#include "reactor/reactor.hpp"

#include <cstddef>
#include <string>

namespace poetry {

constexpr ProgramInfo kProgram{.name = "get-poem-callback",
                               .about = "Downloads poems at the same time: each has a callback.",
                               .reactors = Reactor::demultiplexers};

constexpr Duration kLimit(60);  // for each poem

int getPoetry(const ClientOptions& options) {
  const Stopwatch stopwatch;
  Report report(kProgram, options);
  Reactor reactor({.demultiplexer = options.reactor, .trace = options.trace});
  std::size_t unfinished = options.addresses.size();

  int task = 0;
  for (const HostPort& server : options.addresses) {
    ++task;
    // `reactor`, `report` and `unfinished` live until run() has returned, so a reference is enough.
    const auto done = [&, task](const PoemResult& result) {
      if (result.failure) {
        printError(kProgram.name, "Task " + std::to_string(task) +
                                      ": no poetry: " + result.failure->getErrorMessage());
      } else {
        report.finished(task);
        report.complete(task, result.poem);
      }
      --unfinished;
      if (unfinished == 0 && reactor.running()) {
        reactor.stop();
      }
    };
    getPoem(reactor, server, done, kLimit);
  }

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
