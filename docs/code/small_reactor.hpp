// A reactor in sixty lines of code, without comments and empty lines: the select loop of lesson 3,
// with the poetry taken out.
//
// It calls IReadDescriptor, as the library's reactor does. So the descriptor object of lesson 4
// runs on it unchanged. The library's reactor is this, plus writers, timers, signals,
// exceptions, and a wait that also works for many descriptors.
#pragma once

#include "reactor/interfaces.hpp"

#include <cerrno>
#include <map>
#include <optional>
#include <stdexcept>
#include <system_error>

#include <sys/select.h>

namespace poetry {

/// Waits until descriptors are readable, and calls the objects that own them. Owns none of them.
class SmallReactor {
 public:
  /// From the next iteration on, calls reader.doRead() whenever its descriptor is readable. The
  /// reader must live until it is removed or its connectionLost is called. Throws
  /// std::runtime_error if select cannot watch the descriptor.
  ///
  /// Simplified: a reader that is still registered with the same descriptor is replaced. The
  /// library's reactor throws.
  void addReader(IReadDescriptor& reader) {
    if (reader.fileno() < 0 || reader.fileno() >= FD_SETSIZE) {
      throw std::runtime_error(reader.logPrefix() + ": select cannot watch its descriptor");
    }
    readers_[reader.fileno()] = &reader;
  }

  /// Stops watching at once. Does nothing if the reader is not registered.
  void removeReader(IReadDescriptor& reader) {
    // Not by its descriptor: it may have closed it, and another object may have the number now.
    std::erase_if(readers_, [&](const auto& entry) { return entry.second == &reader; });
  }

  /// Runs the loop until stop() is called. Blocks. Throws std::system_error if select fails.
  void run() {
    running_ = true;
    while (running_) {
      const std::map<int, IReadDescriptor*> watched = readers_;  // callbacks change readers_
      const fd_set readable = waitUntilReadable();
      for (const auto& [fd, reader] : watched) {
        // Looks into readers_ again: a callback of this iteration may have removed the reader.
        if (FD_ISSET(fd, &readable) && readers_.contains(fd) && readers_.at(fd) == reader) {
          dispatch(*reader);
        }
      }
    }
  }

  /// Asks the loop to end. The descriptors that are ready in this iteration are still served.
  void stop() { running_ = false; }
  [[nodiscard]] bool running() const { return running_; }

 private:
  /// Blocks until at least one of the descriptors is readable.
  [[nodiscard]] fd_set waitUntilReadable() const {
    while (true) {
      fd_set readable;
      FD_ZERO(&readable);
      for (const auto& [fd, reader] : readers_) {
        FD_SET(fd, &readable);
      }
      // FD_SETSIZE is the highest descriptor of any set, plus one.
      if (::select(FD_SETSIZE, &readable, nullptr, nullptr, nullptr) > 0) {
        return readable;
      }
      if (errno != EINTR) {
        throw std::system_error(errno, std::generic_category(), "select");
      }
    }
  }

  void dispatch(IReadDescriptor& reader) {
    if (const std::optional<Failure> reason = reader.doRead()) {
      removeReader(reader);
      reader.connectionLost(*reason);
    }
  }

  std::map<int, IReadDescriptor*> readers_;  // by descriptor
  bool running_ = false;
};

}  // namespace poetry
