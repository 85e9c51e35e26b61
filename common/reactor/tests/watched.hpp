// Somebody to watch, for the tests of a reactor's descriptors.
#pragma once

#include "reactor/tests/reactor_test.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace poetry::testing {

/// Somebody to watch, with a name for the story and the other end of its socket.
struct Watched : RecordingDescriptor {
  Watched(Story& story, const std::string& name) : Watched(story, name, Pair()) {}
  Watched(Story& story, const std::string& name, Pair pair)
      : RecordingDescriptor(story, name, std::move(pair.ours)), other(std::move(pair.theirs)) {}

  /// Makes it readable.
  void ring() const { sendAll(other.get(), "!"); }

  UniqueFd other;
};

/// Is `object` in the list of readers or writers?
template <typename Object, typename Interface>
bool contains(const std::vector<Interface*>& list, const Object& object) {
  return std::find(list.begin(), list.end(), static_cast<const Interface*>(&object)) != list.end();
}

}  // namespace poetry::testing
