#include "reactor/signal_pipe.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace poetry {

namespace {

// A handler is a plain function, so what it needs is global.
std::atomic<int> writeEnd = -1;

void handleSignal(int signal);

bool isHandledHere(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == &handleSignal;
}

/// Calls only functions that are allowed in a signal handler: see signal-safety(7).
void handleSignal(int signal) {
  const int oldErrno = errno;
  for (const int last : {SIGINT, SIGTERM}) {
    if (isHandledHere(last)) {
      ::signal(last, SIG_DFL);
    }
  }
  const auto number = static_cast<unsigned char>(signal);
  [[maybe_unused]] const ssize_t written = ::write(writeEnd, &number, 1);
  errno = oldErrno;
}

}  // namespace

SignalPipe::SignalPipe(std::function<void(int)> onSignal)
    : onSignal_(std::move(onSignal)), pipe_(makePipe()) {}

SignalPipe::~SignalPipe() {
  restore();
}

bool SignalPipe::isDefault(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_DFL;
}

void SignalPipe::handle(int signal) {
  writeEnd = pipe_.writeEnd.get();
  struct sigaction action {};
  action.sa_handler = &handleSignal;
  action.sa_flags = SA_RESTART;
  sigaddset(&action.sa_mask, SIGINT);  // while one of them is handled, the other one waits
  sigaddset(&action.sa_mask, SIGTERM);
  struct sigaction old {};
  if (::sigaction(signal, &action, &old) != 0) {
    throw std::system_error(errno, std::generic_category(), "sigaction");
  }
  oldActions_.emplace(signal, old);
}

void SignalPipe::restore() {
  for (const auto& [signal, action] : std::exchange(oldActions_, {})) {
    ::sigaction(signal, &action, nullptr);
  }
}

std::optional<Failure> SignalPipe::doRead() {
  std::array<unsigned char, 64> numbers{};
  ssize_t count = 0;
  while ((count = ::read(fileno(), numbers.data(), numbers.size())) > 0) {
    for (ssize_t i = 0; i < count; ++i) {
      onSignal_(numbers[static_cast<std::size_t>(i)]);
    }
  }
  return std::nullopt;
}

}  // namespace poetry
