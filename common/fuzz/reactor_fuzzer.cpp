// A script of what one can do with a reactor: add, remove, close, share, time, stop, throw, in any
// order, from inside any callback. The first byte chooses the demultiplexer, the others are the
// script. The Model says what may happen.
#include "fuzz/reactor_world.hpp"
#include "fuzz/require.hpp"

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <span>

#include <unistd.h>

namespace {

/// Descriptors are given out from the lowest free number on, so one that is left open shows.
int lowestFreeDescriptor() {
  const int fd = ::dup(STDERR_FILENO);
  ::close(fd);
  return fd;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  std::signal(SIGPIPE, SIG_IGN);  // scripts write into pipes that nobody reads any more
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace poetry::fuzz;
  const int before = lowestFreeDescriptor();
  World(std::span(data, size)).play();
  require(lowestFreeDescriptor() == before, "a reactor closes what it has opened");
  return 0;
}
