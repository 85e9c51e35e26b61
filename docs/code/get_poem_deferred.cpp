// The same program with a Deferred, which other libraries call a future. getPoem returns an object
// that stands for the poem. Afterwards the program says what happens to the poem.
//
// Success and failure have a function each. The result can be stored and passed on, and several
// functions can wait for it.

#include "get_poem_deferred.hpp"

#include "cli/output.hpp"
#include "cli/program.hpp"
#include "cli/report.hpp"
#include "cli/stopwatch.hpp"
#include "reactor/reactor.hpp"

#include <cstddef>
#include <string>

namespace poetry {

constexpr ProgramInfo kProgram{.name = "get-poem-deferred",
                               .about = "Downloads poems at the same time: each has a Deferred.",
                               .reactors = Reactor::demultiplexers};

constexpr Duration kLimit(60);  // for each poem

int getPoetry(const ClientOptions& options) {
  const Stopwatch stopwatch;
  Report report(kProgram, options);
  Reactor reactor({.demultiplexer = options.reactor, .trace = options.trace});
  std::size_t unfinished = options.addresses.size();
  const auto poemFinished = [&] {
    --unfinished;
    if (unfinished == 0 && reactor.running()) {
      reactor.stop();
    }
  };

  int task = 0;
  for (const HostPort& server : options.addresses) {
    ++task;
    const DeferredPoem poem = getPoem(reactor, server, kLimit);
    poem->addCallback([&, task](const std::string& bytes) {
      report.finished(task);
      report.complete(task, bytes);
      poemFinished();
    });
    poem->addErrback([&, task](const Failure& reason) {
      printError(kProgram.name,
                 "Task " + std::to_string(task) + ": no poetry: " + reason.getErrorMessage());
      poemFinished();
    });
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
