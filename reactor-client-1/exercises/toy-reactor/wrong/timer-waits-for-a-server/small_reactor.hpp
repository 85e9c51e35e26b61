// A reactor on poll(2), with timers, in at most ninety lines of code. (Comments and empty lines do
// not count.)
#pragma once

#include "reactor/interfaces.hpp"

#include <cerrno>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <poll.h>

namespace poetry {

/// Waits until descriptors are readable or timers are due, and calls them. Owns no reader.
class SmallReactor {
 public:
  /// From the next iteration on, calls reader.doRead() whenever its descriptor is readable. If doRead
  /// returns a reason, removes the reader, and then passes the reason to its connectionLost. The
  /// reader must live until it is removed.
  void addReader(IReadDescriptor& reader) { readers_[reader.fileno()] = &reader; }

  /// Stops watching at once, even if the descriptor is ready in this iteration. The reader may be
  /// destroyed after this. Does nothing if the reader is not registered.
  void removeReader(IReadDescriptor& reader) {
    // Not by its descriptor: it may have closed it, and another object may have the number now.
    std::erase_if(readers_, [&](const auto& entry) { return entry.second == &reader; });
  }

  /// Calls `function` once, from run(), when `delay` has passed.
  void callLater(Duration delay, std::function<void()> function) {
    timers_.emplace(std::chrono::steady_clock::now() + delay, std::move(function));
  }

  /// Runs the loop until stop() is called. Sleeps while no descriptor is readable and no timer is
  /// due. Every function may be called from a callback. Throws std::system_error if poll fails.
  void run() {
    running_ = true;
    while (running_) {
      const std::map<int, IReadDescriptor*> watched = readers_;  // callbacks change readers_
      for (const pollfd& polled : waitUntilReady()) {
        // Looks into readers_ again: a callback of this iteration may have removed the reader.
        const auto entry = readers_.find(polled.fd);
        if (polled.revents != 0 && entry != readers_.end() &&
            entry->second == watched.at(polled.fd)) {
          dispatch(*entry->second);
        }
      }
      runDueTimers();
    }
  }

  /// Asks the loop to end, after the descriptors and timers of this iteration. Other timers are
  /// dropped.
  void stop() { running_ = false; }

 private:
  /// Blocks until a descriptor is readable, the first timer is due, or a signal has come.
  [[nodiscard]] std::vector<pollfd> waitUntilReady() const {
    std::vector<pollfd> polled;
    for (const auto& [fd, reader] : readers_) {
      polled.push_back({.fd = fd, .events = POLLIN, .revents = 0});
    }
    if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "poll");
    }
    return polled;
  }

  void dispatch(IReadDescriptor& reader) {
    if (const std::optional<Failure> reason = reader.doRead()) {
      removeReader(reader);
      reader.connectionLost(*reason);
    }
  }

  void runDueTimers() {
    const TimePoint now = std::chrono::steady_clock::now();
    while (!timers_.empty() && timers_.begin()->first <= now) {
      const auto timer = timers_.extract(timers_.begin());  // its function may make timers
      timer.mapped()();
    }
  }

  std::map<int, IReadDescriptor*> readers_;                 // by descriptor
  std::multimap<TimePoint, std::function<void()>> timers_;  // the first one is due first
  bool running_ = false;
};

}  // namespace poetry
