// What a scenario opens, fills and closes: a pair of descriptors.
#pragma once

#include "net/unique_fd.hpp"

#include <cstdint>

namespace poetry::fuzz {

/// Owns our end, which the reactor watches, and the other end. Nothing here blocks.
struct Channel {
  /// A file has no other end, and the reactor refuses to watch it.
  enum class Kind : std::uint8_t { kSocket, kPipeToRead, kPipeToWrite, kFile };

  explicit Channel(Kind wanted);

  // Each of these does nothing where it makes no sense.
  void ring();                       ///< makes `ours` readable
  void drain();                      ///< reads everything from `ours`
  void fill();                       ///< makes `ours` unwritable
  void makeRoom();                   ///< makes `ours` writable again
  void hangUp() { theirs.reset(); }  ///< closes `theirs`

  Kind kind;
  UniqueFd ours;
  UniqueFd theirs;
};

}  // namespace poetry::fuzz
