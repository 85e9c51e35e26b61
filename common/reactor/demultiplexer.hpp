// Waits for many descriptors at once: libevent, reduced to what the loop needs.
#pragma once

#include "reactor/interfaces.hpp"

#include <event2/event.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace poetry {

/// Watches descriptors and returns those that are ready. It calls no callbacks of ours: the
/// reactor's loop does that. It is an interface so that a test can decide what is ready.
class IDemultiplexer {
 public:
  virtual ~IDemultiplexer() = default;

  /// A descriptor that is ready.
  struct Ready {
    int fd;
    bool readable;
    bool writable;
  };

  /// From the next wait() on, watches `fd` for the given directions, and no longer for others. For
  /// neither: stops watching it.
  ///
  /// Throws std::system_error, and then changes nothing. It refuses a descriptor that was not watched
  /// before if it is not open (EBADF), or is a file or a folder (EPERM). With select it also refuses
  /// one that is too high (EINVAL).
  virtual void watch(int fd, bool forReading, bool forWriting) = 0;

  /// Blocks until a descriptor is ready or `timeout` has passed; without a timeout for as long as
  /// it takes. The result is valid until the next call. Throws std::runtime_error if the system
  /// refuses to wait, for example because a watched descriptor was closed.
  virtual const std::vector<Ready>& wait(std::optional<Duration> timeout) = 0;
};

/// Throws the std::system_error for a descriptor that cannot be watched.
[[noreturn]] void throwCannotWatch(int fd, int osError);

/// Waits with epoll, poll or select, whichever libevent offers.
class LibeventDemultiplexer final : public IDemultiplexer {
 public:
  /// `name`: "epoll", "poll" or "select"; empty for libevent's choice. Throws
  /// std::invalid_argument if the system does not offer that one, std::system_error if there are
  /// too few descriptors.
  explicit LibeventDemultiplexer(const std::string& name);

  /// The names that libevent knows on this system, beginning with its own first choice.
  static std::vector<std::string> available();

  /// The name of the one that this object uses.
  [[nodiscard]] std::string name() const;

  void watch(int fd, bool forReading, bool forWriting) override;
  const std::vector<Ready>& wait(std::optional<Duration> timeout) override;

 private:
  struct Free {
    void operator()(event_base* base) const { event_base_free(base); }
    void operator()(::event* event) const { event_free(event); }
  };
  using EventPointer = std::unique_ptr<::event, Free>;

  static void addReady(evutil_socket_t fd, short what, void* self) noexcept;
  void requireWatchable(int fd) const;
  [[noreturn]] void throwCannotWait() const;

  // Destroyed from the bottom up: events before their base.
  std::unique_ptr<event_base, Free> base_;
  EventPointer alarm_;
  std::deque<EventPointer> events_;  // by descriptor
  std::vector<Ready> ready_;
};

}  // namespace poetry
