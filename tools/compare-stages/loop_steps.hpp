// What a client's loop did, step by step, derived from the lines that the client printed. The call
// stacks leave out some private functions of the reactor, such as the one that calls doRead for it.
#pragma once

#include "reactor/interfaces.hpp"
#include "recording.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace poetry {

/// One step: what happened, and the call stack after it.
struct LoopStep {
  enum class Kind {
    kWait,    ///< the loop waits
    kTimer,   ///< a timer was due, and its function is called
    kWake,    ///< the wait has ended: a descriptor is ready
    kCall,    ///< a function is called
    kPrint,   ///< the program printed a line
    kReturn,  ///< a function returned
    kLost,    ///< connectionLost is called
    kStop,    ///< the loop ends
  };

  Duration at{0};
  Kind kind = Kind::kWait;
  std::size_t task = 0;  ///< 0: of no task
  std::vector<std::string> stack = {};
  /// What the loop waits for. Only with kWait.
  std::size_t readers = 0;
  std::size_t writers = 0;
  std::size_t timers = 0;
  std::string text = {};  ///< the line that reports the step; empty: it follows from other lines
};

// All three take the lines of a run that succeeded.

/// The steps of a reactor client, from the lines of a run with --trace, both streams in the order in
/// which they were written. `program` is the client's name. It decides the names of the classes.
/// `sizes` are the bytes of each poem: a trace may not name the task of a connection that ends, and
/// only a task whose whole poem has arrived can be it.
std::vector<LoopStep> stepsOfReactor(const std::string& program,
                                     const std::vector<std::size_t>& sizes,
                                     const std::vector<PrintedLine>& lines);

/// The steps of blocking-client. Its lines show when it starts to wait for a poem and when it has it.
std::vector<LoopStep> stepsOfBlockingClient(const std::vector<PrintedLine>& lines);

/// The steps of async-client, which does not report when it waits. It serves ready descriptors in the
/// order of their tasks. So before a task that is not greater than the one before, it has waited.
/// Before a greater one, a wait is assumed if the line came more than a millisecond after the one
/// before. A shorter wait is missed, and on a busy machine there may be one that never happened.
std::vector<LoopStep> stepsOfSelectClient(std::size_t tasks, const std::vector<PrintedLine>& lines);

}  // namespace poetry
