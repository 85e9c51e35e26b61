// getPoem: asks for one poem, and passes it to the code that asked.
#pragma once

#include "net/socket.hpp"
#include "reactor/protocol.hpp"
#include "reactor/reactor.hpp"

#include <array>
#include <exception>
#include <functional>
#include <optional>
#include <string>

namespace poetry {

/// How a download ended: with the poem, or with the reason why there is none.
struct PoemResult {
  std::string poem = {};
  std::optional<Failure> failure = {};
};
using PoemCallback = std::function<void(const PoemResult&)>;

/// Downloads a poem from `server`, and calls `done` once: with the poem, or with the reason why there
/// is none. Does not block, and never calls `done` before it returns. Does not stop the reactor.
///
/// The download fails with TimeoutError if the poem is not complete when `limit` has passed.
inline void getPoem(Reactor& /*reactor*/, const HostPort& server, PoemCallback done,
                    std::optional<Duration> /*limit*/ = {}) {
  // YOUR TURN: this blocks, as lesson 2 does. Write a protocol and a factory, and use the reactor.
  PoemResult result;
  try {
    const Connection connection = connectTo(server);
    std::array<char, 1024> buffer;
    Received received = receive(connection.socket.get(), buffer);
    while (received.isBytes()) {
      result.poem += received.bytes;
      received = receive(connection.socket.get(), buffer);
    }
  } catch (const std::exception&) {
    result.failure = Failure::current();
  }
  done(result);
}

}  // namespace poetry
