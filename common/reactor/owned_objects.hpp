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

  /// The objects that are not released. The copy keeps them alive.
  [[nodiscard]] std::unordered_set<std::shared_ptr<IReactorOwned>> all() const { return owned_; }

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
