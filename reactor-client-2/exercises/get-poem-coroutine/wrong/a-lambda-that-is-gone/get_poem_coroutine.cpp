// The same program as a coroutine: it reads like lesson 2, from top to bottom, with a loop and a
// try block. It waits like lesson 5: while it waits for a poem, the reactor reads all of them.

#include "cli/output.hpp"
#include "cli/program.hpp"
#include "cli/report.hpp"
#include "cli/stopwatch.hpp"
#include "coroutine.hpp"
#include "get_poem_deferred.hpp"
#include "reactor/reactor.hpp"

#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <vector>

namespace poetry {

constexpr ProgramInfo kProgram{.name = "get-poem-coroutine",
                               .about = "Downloads poems at the same time, in one coroutine.",
                               .reactors = Reactor::demultiplexers};

constexpr Duration kLimit(60);  // for each poem

/// One coroutine for each poem.
std::vector<Task> getPoems(Reactor& reactor, const std::vector<HostPort>& servers, Report& report) {
  std::vector<Task> tasks;
  const auto unfinished = std::make_shared<std::size_t>(servers.size());
  for (const HostPort& server : servers) {
    const int task = static_cast<int>(tasks.size()) + 1;
    const auto getOne = [&reactor, &report, &server, task, unfinished]() -> Task {
      try {
        const std::string poem = co_await *getPoem(reactor, server, kLimit);
        report.finished(task);
        report.complete(task, poem);
      } catch (const std::exception& error) {
        printError(kProgram.name, "Task " + std::to_string(task) + ": no poetry: " + error.what());
      }
      --*unfinished;
      if (*unfinished == 0 && reactor.running()) {
        reactor.stop();
      }
    };
    tasks.push_back(getOne());
  }
  return tasks;
}

int getPoetry(const ClientOptions& options) {
  const Stopwatch stopwatch;
  Report report(kProgram, options);
  Reactor reactor({.demultiplexer = options.reactor, .trace = options.trace});

  const std::vector<Task> tasks = getPoems(reactor, options.addresses, report);
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
