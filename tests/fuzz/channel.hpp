// What a fuzzed script opens, fills and closes: a pair of descriptors.
#pragma once

#include "net/unique_fd.hpp"

namespace poetry::fuzz {

/// Our end, which the reactor watches, and the other end.
struct Channel {
  enum class Kind { kSocket, kPipeToRead, kPipeToWrite, kDevNull };

  explicit Channel(Kind wanted);

  // Of these, what makes no sense for this kind does nothing. None of them blocks.
  void ring() const;      ///< makes `ours` readable
  void drain() const;     ///< reads what there is
  void fill() const;      ///< makes `ours` unwritable
  void makeRoom() const;  ///< and writable again

  Kind kind;
  UniqueFd ours;
  UniqueFd theirs;
};

}  // namespace poetry::fuzz
