// The connections and ports of a reactor: what it owns, and when it destroys it.
#pragma once

#include "reactor/interfaces.hpp"

#include <memory>
#include <unordered_set>
#include <utility>
#include <vector>

namespace poetry {

/// Owns objects until they are released, and destroys them later, when none of their functions can
/// be running.
class OwnedObjects {
 public:
  void keep(IReactorOwned& object) { owned_.insert(object.shared_from_this()); }

  void release(IReactorOwned& object) {
    if (auto node = owned_.extract(object.shared_from_this())) {
      released_.push_back(std::move(node.value()));
    }
  }

  /// To be called between two iterations. Repeats, because a destructor may release other objects.
  void destroyReleased() {
    while (!released_.empty()) {
      std::exchange(released_, {}).clear();
    }
  }

  /// Calls reactorStopped of each object. It may release the object, so this iterates over a copy.
  void reactorStopped(const Failure& reason) {
    const auto objects = owned_;
    for (const std::shared_ptr<IReactorOwned>& object : objects) {
      object->reactorStopped(reason);
    }
  }

  /// Destroys everything. Destructors may call the reactor.
  void destroyAll() {
    std::exchange(owned_, {}).clear();
    destroyReleased();
  }

 private:
  std::unordered_set<std::shared_ptr<IReactorOwned>> owned_;
  std::vector<std::shared_ptr<IReactorOwned>> released_;
};

}  // namespace poetry
