// A demultiplexer for tests: the test decides what is ready, and what time it is.
#pragma once

#include "reactor/demultiplexer.hpp"
#include "reactor/reactor.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace poetry::testing {

/// Takes the place of libevent and of the clock in a real Reactor. Nothing is ready and no time
/// passes unless the test says so, so a test of a time limit takes no time.
///
///     const auto fake = std::make_shared<FakeDemultiplexer>();
///     Reactor reactor(fake->options());
///     reactor.addReader(reader);
///     fake->then([&] { fake->makeReadable(reader.fileno()); });
///     fake->then([&] { fake->advance(10s); });
///     fake->then([&] { reactor.stop(); });
///     reactor.run(false);
///
/// Where the loop would block, it runs the next step instead. When all steps have run, the clock
/// jumps to the next timer. Without a timer, the loop would sleep for ever, and run() throws
/// std::logic_error.
class FakeDemultiplexer final : public IDemultiplexer,
                                public std::enable_shared_from_this<FakeDemultiplexer> {
 public:
  /// For a Reactor that uses this demultiplexer and this clock, and shares its ownership.
  ReactorOptions options();

  /// Adds a step. It runs inside wait(), and may do what a callback of the reactor may do.
  void then(std::function<void()> step) { steps_.push_back(std::move(step)); }

  /// The next wait() finds this descriptor ready, once. Throws std::logic_error if it is not
  /// watched for that: the loop would ignore it.
  void makeReadable(int fd);
  void makeWritable(int fd);
  /// Blocks until the system finds a watched descriptor ready, and makes ready what it finds.
  /// Throws std::logic_error after 60 s.
  void waitForSystem();

  /// Moves the clock forward.
  void advance(Duration amount) { now_ += amount; }
  [[nodiscard]] TimePoint now() const { return now_; }

  /// The timeout of each wait() so far. nullopt: until a descriptor is ready.
  [[nodiscard]] const std::vector<std::optional<Duration>>& timeouts() const { return timeouts_; }
  /// From now on watch() throws std::system_error with this errno if it has something to watch. 0:
  /// no longer.
  void refuseToWatch(int osError) { watchError_ = osError; }

  // IDemultiplexer
  void watch(int fd, bool forReading, bool forWriting) override;
  const std::vector<Ready>& wait(std::optional<Duration> timeout) override;

 private:
  std::map<int, Ready> watched_;  // by descriptor: what it is watched for
  std::map<int, Ready> next_;     // what the next wait() finds
  std::vector<Ready> ready_;
  std::deque<std::function<void()>> steps_;
  std::vector<std::optional<Duration>> timeouts_;
  TimePoint now_{};
  int watchError_ = 0;
};

}  // namespace poetry::testing
