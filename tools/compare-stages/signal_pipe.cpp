#include "signal_pipe.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <set>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace poetry {

namespace {

/// A handler is a plain function and finds the pipe here.
std::atomic<int> pipeForSignals = -1;

void noteSignal(int signal) {
  const int oldErrno = errno;
  const auto byte = static_cast<unsigned char>(signal);
  // A pipe that is full has plenty to read already.
  [[maybe_unused]] const ssize_t written = ::write(pipeForSignals, &byte, 1);
  errno = oldErrno;
}

}  // namespace

SignalPipe::SignalPipe(IReactorFDSet& reactor) : reactor_(reactor) {
  int ends[2];
  if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe2");
  }
  readEnd_.reset(ends[0]);
  writeEnd_.reset(ends[1]);
  pipeForSignals = writeEnd_.get();
  reactor_.addReader(*this);
}

SignalPipe::~SignalPipe() {
  for (const auto& [signal, handler] : handlers_) {
    ::sigaction(signal, &handler.before, nullptr);
  }
  pipeForSignals = -1;
  reactor_.removeReader(*this);
}

void SignalPipe::handle(int signal, std::function<void()> function) {
  Handler handler{std::move(function)};
  ::sigaction(signal, nullptr, &handler.before);
  if (handler.before.sa_handler == SIG_IGN && signal != SIGCHLD) {
    return;
  }
  struct sigaction action {};
  action.sa_handler = &noteSignal;
  action.sa_flags = SA_RESTART | SA_NOCLDSTOP;
  ::sigaction(signal, &action, nullptr);
  handlers_.emplace(signal, std::move(handler));
}

std::optional<Failure> SignalPipe::doRead() {
  std::set<int> came;
  std::array<unsigned char, 256> bytes;
  ssize_t count = 0;
  while ((count = ::read(fileno(), bytes.data(), bytes.size())) > 0) {
    came.insert(bytes.begin(), bytes.begin() + count);
  }
  for (const int signal : came) {
    if (const auto found = handlers_.find(signal); found != handlers_.end()) {
      found->second.function();
    }
  }
  return std::nullopt;
}

}  // namespace poetry
