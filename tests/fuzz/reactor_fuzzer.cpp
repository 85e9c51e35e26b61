// Anything that a program can do with a reactor, in any order and from inside any callback: add,
// remove, close, start timers, stop, throw. The Model says what the reactor may do.
#include "fuzz/reactor_scenario.hpp"
#include "fuzz/require.hpp"

#include <bitset>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <span>

#include <fcntl.h>

namespace {

/// More descriptors than a scenario opens. The system gives out the lowest free number, so a
/// descriptor that is left open is one of these.
constexpr std::size_t kChecked = 64;

std::bitset<kChecked> openDescriptors() {
  std::bitset<kChecked> open;
  for (std::size_t fd = 0; fd < kChecked; ++fd) {
    open[fd] = ::fcntl(static_cast<int>(fd), F_GETFD) != -1;
  }
  return open;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  std::signal(SIGPIPE, SIG_IGN);  // scripts write into pipes whose other end is closed
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace fuzz = poetry::fuzz;
  const std::bitset<kChecked> before = openDescriptors();
  fuzz::Scenario(std::span(data, size)).play();
  fuzz::require(openDescriptors() == before, "a reactor closes what it has opened");
  return 0;
}
