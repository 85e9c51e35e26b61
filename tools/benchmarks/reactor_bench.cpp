// Inside the reactor: what does a callback cost, a timer, adding and removing a descriptor, and how
// does the cost grow with the number of watched descriptors? For each demultiplexer of the system.
//
//     reactor-bench --benchmark_filter=dispatch

#include "net/unique_fd.hpp"
#include "reactor/reactor.hpp"

#include <benchmark/benchmark.h>

#include <deque>
#include <string>

#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/select.h>  // FD_SETSIZE

namespace poetry {

/// A descriptor that is either always readable or never.
class Descriptor : public IReadDescriptor {
 public:
  explicit Descriptor(bool readable) : fd_(::eventfd(readable ? 1 : 0, EFD_CLOEXEC)) {}

  [[nodiscard]] int fileno() const override { return fd_.get(); }
  [[nodiscard]] std::string logPrefix() const override { return "Descriptor"; }
  void connectionLost(const Failure& /*reason*/) override {}
  std::optional<Failure> doRead() override { return std::nullopt; }

 private:
  UniqueFd fd_;
};

/// A reactor that watches `number` descriptors on which nothing happens.
struct Idle {
  Idle(const std::string& demultiplexer, std::int64_t number)
      : reactor({.demultiplexer = demultiplexer}) {
    for (std::int64_t i = 0; i < number; ++i) {
      reactor.addReader(descriptors.emplace_back(false));
    }
  }
  ~Idle() { reactor.removeAll(); }
  Idle(const Idle&) = delete;
  Idle& operator=(const Idle&) = delete;

  Reactor reactor;
  std::deque<Descriptor> descriptors;
};

/// Readable in each iteration of the loop, so that one iteration is one step of the benchmark.
class Busy final : public Descriptor {
 public:
  Busy(benchmark::State& state, Reactor& reactor)
      : Descriptor(true), state_(state), reactor_(reactor) {}

  std::optional<Failure> doRead() override {
    if (!state_.KeepRunning()) {
      reactor_.stop();
      reactor_.removeReader(*this);
    }
    return std::nullopt;
  }

 private:
  benchmark::State& state_;
  Reactor& reactor_;
};

/// One iteration of the loop, in which one descriptor is ready and its doRead is called.
void dispatch(benchmark::State& state, const std::string& demultiplexer) {
  Idle idle(demultiplexer, state.range(0) - 1);
  Busy busy(state, idle.reactor);
  idle.reactor.addReader(busy);
  idle.reactor.run(false);
}

/// Adds a descriptor and removes it.
void addAndRemove(benchmark::State& state, const std::string& demultiplexer) {
  Idle idle(demultiplexer, state.range(0) - 1);
  Descriptor one(false);
  for ([[maybe_unused]] auto step : state) {
    idle.reactor.addReader(one);
    idle.reactor.removeReader(one);
  }
}

/// One iteration of the loop, in which one timer is due, is called, and is set again.
void timerFires(benchmark::State& state, const std::string& demultiplexer) {
  Idle idle(demultiplexer, state.range(0) - 1);
  std::function<void()> again = [&] {
    if (state.KeepRunning()) {
      idle.reactor.callLater(Duration(0), [&] { again(); });
    } else {
      idle.reactor.stop();
    }
  };
  idle.reactor.callLater(Duration(0), [&] { again(); });
  idle.reactor.run(false);
}

/// A timer that is set and cancelled, as most timeouts are, while others are pending.
void timerCancelled(benchmark::State& state) {
  Reactor reactor;
  for (std::int64_t i = 1; i < state.range(0); ++i) {
    reactor.callLater(Duration(1000 + static_cast<double>(i)), [] {});
  }
  for ([[maybe_unused]] auto step : state) {
    reactor.callLater(Duration(1000), [] {})->cancel();
  }
}

void registerAll() {
  constexpr std::int64_t kMost = 8192;
  for (const std::string& name : Reactor::demultiplexers()) {
    for (const auto& [title, function] :
         {std::pair{"dispatch/", &dispatch}, std::pair{"addAndRemove/", &addAndRemove},
          std::pair{"timerFires/", &timerFires}}) {
      // select can watch only descriptors below FD_SETSIZE, and a few are in use already.
      const std::int64_t most = name == "select" ? FD_SETSIZE / 2 : kMost;
      benchmark::RegisterBenchmark((title + name).c_str(), function, name)
          ->RangeMultiplier(2)
          ->Range(1, most);
    }
  }
  benchmark::RegisterBenchmark("timerCancelled", &timerCancelled)
      ->RangeMultiplier(2)
      ->Range(1, kMost);
}

}  // namespace poetry

int main(int argc, char** argv) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);

  poetry::registerAll();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return EXIT_FAILURE;
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return EXIT_SUCCESS;
}
