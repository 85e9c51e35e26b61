// A script of what one can do with a reactor: add, remove, close, share, time, stop, throw, in any
// order, from inside any callback. The first byte chooses the demultiplexer, the others are the
// script. The Model says what may happen.
#include "fuzz/reactor_world.hpp"
#include "fuzz/require.hpp"

#include <bitset>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <span>

#include <fcntl.h>

namespace {

/// More descriptors than a script has open at once. They are given out from the lowest free number
/// on, so one that is left open is among these.
constexpr std::size_t kWatched = 64;

/// Which of them are open.
std::bitset<kWatched> openDescriptors() {
  std::bitset<kWatched> open;
  for (std::size_t fd = 0; fd < kWatched; ++fd) {
    open[fd] = ::fcntl(static_cast<int>(fd), F_GETFD) != -1;
  }
  return open;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  std::signal(SIGPIPE, SIG_IGN);  // scripts write into pipes that nobody reads any more
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace fuzz = poetry::fuzz;
  const std::bitset<kWatched> before = openDescriptors();
  fuzz::World(std::span(data, size)).play();
  fuzz::require(openDescriptors() == before, "a reactor closes what it has opened");
  return 0;
}
