// Waiting for many descriptors at once: libevent, reduced to what the loop asks of it.
#pragma once

#include "reactor/interfaces.hpp"

#include <event2/event.h>
#include <event2/event_struct.h>  // struct event, to have it inside of ours

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace poetry {

/// Watches descriptors and says which of them are ready. It calls nobody back: it returns a list,
/// and calling is what the reactor's loop does, in plain sight.
class Demultiplexer {
 public:
  /// An object that is being watched, or is about to be: as reader, as writer, or as both, under the
  /// number that it had when it came. Its owner keeps it where it is while it is being watched.
  struct Watch {
    Watch() = default;
    ~Watch() = default;
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    IFileDescriptor* object = nullptr;
    IReadDescriptor* reader = nullptr;   ///< nullptr: not watched for reading
    IWriteDescriptor* writer = nullptr;  ///< nullptr: not watched for writing
    int fd = -1;

    /// Another one that watches the same descriptor.
    [[nodiscard]] Watch* next() const { return next_; }

   private:
    friend class Demultiplexer;

    std::uint32_t position_ = 0;  // among those that are ready, if it is one of them
    Demultiplexer* owner_ = nullptr;
    ::event event_ = {};
    Watch* next_ = nullptr;
  };

  /// An object that has been found ready, with all that calling it takes.
  struct Ready {
    Watch* watch;  ///< nullptr once it is not watched any more: nothing else holds then
    IFileDescriptor* object;
    IReadDescriptor* reader;   ///< nullptr: not readable, or not watched for that
    IWriteDescriptor* writer;  ///< nullptr: not writable, or not watched for that
    int fd;
  };

  /// `name`: "epoll", "poll" or "select"; empty for the best one there is. Throws
  /// std::invalid_argument if libevent does not offer it here.
  explicit Demultiplexer(const std::string& name);
  /// By then nobody is watched any more.
  ~Demultiplexer() = default;
  Demultiplexer(const Demultiplexer&) = delete;
  Demultiplexer& operator=(const Demultiplexer&) = delete;

  /// What libevent offers on this system, the best first.
  static std::vector<std::string> available();

  /// Which one it is.
  [[nodiscard]] std::string name() const;

  /// Watches watch.fd for watch.reader and watch.writer from now on, in place of what it was watched
  /// for; for neither, it is forgotten. The list of those that are ready knows at once. Throws
  /// std::system_error if the descriptor cannot be watched, EBADF if it is none; then nothing has
  /// changed. To be watched for less is always possible.
  void update(Watch& watch);

  /// The first of those who watch `fd` now, nullptr if nobody does; the others follow by next().
  [[nodiscard]] Watch* watchOf(int fd) const;
  /// One more than the highest descriptor that was ever watched.
  [[nodiscard]] int descriptorLimit() const { return static_cast<int>(watches_.size()); }

  /// Waits until a descriptor is ready, a signal comes or `timeout` has passed, whichever is first;
  /// without a timeout for as long as it takes. Blocks. False if the system refused to wait
  /// because a descriptor is not open any more.
  bool wait(std::optional<Seconds> timeout);

  /// Those that the last wait() found ready, and that are still watched for it.
  std::vector<Ready>& ready() { return ready_; }

  /// Throws std::system_error unless `count` more descriptors could be opened and watched: for those
  /// that libevent opens itself.
  void requireDescriptors(std::size_t count) const;

  [[nodiscard]] event_base* base() { return base_.get(); }

 private:
  struct FreeBase {
    void operator()(event_base* base) const { event_base_free(base); }
  };
  struct FreeEvent {
    void operator()(::event* event) const { event_free(event); }
  };

  static void isReady(evutil_socket_t fd, short what, void* argument) noexcept;
  void assign(::event& event, Watch& watch);
  Ready* entryOf(const Watch& watch);
  void join(Watch& watch);
  void change(Watch& watch);
  void leave(Watch& watch);
  void requireOpen(int fd) const;
  [[nodiscard]] bool canWatch(int fd) const;

  // Destroyed from the bottom up: events before their base.
  std::unique_ptr<event_base, FreeBase> base_;
  std::unique_ptr<::event, FreeEvent> alarm_;
  std::vector<Watch*> watches_;  // by descriptor: the first of a chain linked by next_
  std::vector<Ready> ready_;
  bool isSelect_ = false;
  bool isEpoll_ = false;
};

}  // namespace poetry
