// getPoem once more: returns a Deferred instead of taking a callback.
#pragma once

#include "deferred.hpp"
#include "get_poem.hpp"

#include <memory>
#include <optional>
#include <string>

namespace poetry {

using DeferredPoem = std::shared_ptr<Deferred<std::string>>;

/// Downloads a poem, as the getPoem with a callback does. The Deferred is pending when this returns.
inline DeferredPoem getPoem(Reactor& reactor, const HostPort& server,
                            std::optional<Duration> limit = {}) {
  const auto deferred = std::make_shared<Deferred<std::string>>();
  const auto done = [deferred](const PoemResult& result) {
    if (result.failure) {
      deferred->errback(*result.failure);
    } else {
      deferred->callback(result.poem);
    }
  };
  getPoem(reactor, server, done, limit);
  return deferred;
}

}  // namespace poetry
