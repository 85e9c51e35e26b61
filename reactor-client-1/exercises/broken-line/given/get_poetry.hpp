// What the three clients have in common. Nothing is wrong here.
#pragma once

#include "cli/program.hpp"
#include "cli/report.hpp"
#include "cli/stopwatch.hpp"
#include "reactor/reactor.hpp"

#include <cstddef>
#include <memory>
#include <vector>

namespace poetry {

inline constexpr ProgramInfo kProgram{
    .name = "broken-line",
    .about = "Three clients like that of lesson 4. Each has one wrong line.",
    .reactors = Reactor::demultiplexers};

/// What all downloads share.
struct Downloads {
  Report& report;
  Reactor& reactor;
  std::size_t unfinished;

  /// A download has ended. After the last one the reactor stops, unless it is stopping already.
  void poemFinished() {
    --unfinished;
    if (unfinished == 0 && reactor.running()) {
      reactor.stop();
    }
  }
};

/// The function getPoetry of lesson 4, with the PoetrySocket of one of the three clients.
template <typename PoetrySocket>
int download(const ClientOptions& options) {
  const Stopwatch stopwatch;
  Report report(kProgram, options);
  Reactor reactor({.demultiplexer = options.reactor, .trace = options.trace});
  Downloads downloads{report, reactor, options.addresses.size()};

  std::vector<std::unique_ptr<PoetrySocket>> tasks;
  for (const HostPort& server : options.addresses) {
    const int number = static_cast<int>(tasks.size()) + 1;
    tasks.push_back(std::make_unique<PoetrySocket>(number, server, downloads));
  }

  reactor.run();

  report.poems();
  report.total(stopwatch.elapsed());
  endBySignal(reactor.exitSignal());
  return report.exitCode();
}

// client_1.cpp, client_2.cpp and client_3.cpp
int getPoetry1(const ClientOptions& options);
int getPoetry2(const ClientOptions& options);
int getPoetry3(const ClientOptions& options);

}  // namespace poetry
