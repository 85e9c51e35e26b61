// What a client's loop did, step by step, told from the lines that it printed.
#pragma once

#include "reactor/interfaces.hpp"
#include "recording.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace poetry {

/// One step: what happened, and the nest of calls that stands after it.
struct LoopStep {
  enum class Kind {
    kWait,    ///< the loop waits
    kTimer,   ///< a timer was due, its function is called
    kWake,    ///< the wait is over: somebody is ready
    kCall,    ///< a function is called
    kPrint,   ///< the program printed a line
    kReturn,  ///< a function returned
    kLost,    ///< a connection is over, and is told so
    kStop,    ///< the loop ends
  };

  Seconds at{0};
  Kind kind = Kind::kWait;
  std::size_t task = 0;  ///< 0: nobody's
  std::vector<std::string> stack = {};
  /// What it waits for; kWait alone.
  std::size_t readers = 0;
  std::size_t writers = 0;
  std::size_t timers = 0;
  std::string text = {};  ///< the line that tells it
};

// The lines are those of a run that has succeeded.

/// The steps of a client of ours that runs on the reactor, from the lines of a run with --trace, both
/// streams in the order in which they were written. `program`: its name; it says who is called.
std::vector<LoopStep> stepsOfReactor(const std::string& program,
                                     const std::vector<PrintedLine>& lines);

/// The steps of blocking-client: all that is known is when it begins to wait for a poem, and when it
/// has it.
std::vector<LoopStep> stepsOfBlockingClient(const std::vector<PrintedLine>& lines);

/// The steps of async-client, which does not say when it waits. It serves those who are ready in the
/// order of their numbers, so it has waited for certain before a number that is not greater than the
/// one before. Before a greater one it may have: that is taken for granted when the line came more
/// than a millisecond after the one before. A wait that was shorter is not found, and where the
/// machine has let the client stand for so long, there is one that never was.
std::vector<LoopStep> stepsOfSelectClient(std::size_t tasks, const std::vector<PrintedLine>& lines);

}  // namespace poetry
