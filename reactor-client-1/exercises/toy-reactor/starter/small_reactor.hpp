// A reactor on poll(2), with timers, in at most ninety lines of code. (Comments and empty lines do
// not count.)
#pragma once

#include "reactor/interfaces.hpp"

#include <functional>

namespace poetry {

/// Waits until descriptors are readable or timers are due, and calls them. Owns no reader.
class SmallReactor {
 public:
  // YOUR TURN: the five functions, and what they need.

  /// From the next iteration on, calls reader.doRead() whenever its descriptor is readable. If doRead
  /// returns a reason, removes the reader, and then passes the reason to its connectionLost. The
  /// reader must live until it is removed.
  void addReader(IReadDescriptor& /*reader*/) {}

  /// Stops watching at once, even if the descriptor is ready in this iteration. The reader may be
  /// destroyed after this. Does nothing if the reader is not registered.
  void removeReader(IReadDescriptor& /*reader*/) {}

  /// Calls `function` once, from run(), when `delay` has passed.
  void callLater(Duration /*delay*/, std::function<void()> /*function*/) {}

  /// Runs the loop until stop() is called. Sleeps while no descriptor is readable and no timer is
  /// due. Every function may be called from a callback. Throws std::system_error if poll fails.
  void run() {}

  /// Asks the loop to end, after the descriptors and timers of this iteration. Other timers are
  /// dropped.
  void stop() {}
};

}  // namespace poetry
