#include "support/fake_demultiplexer.hpp"

#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include <poll.h>

namespace poetry::testing {

ReactorOptions FakeDemultiplexer::options() {
  const auto self = shared_from_this();
  return {.clock = [self] { return self->now(); }, .customDemultiplexer = self};
}

void FakeDemultiplexer::makeReadable(int fd) {
  if (watched_.count(fd) == 0 || !watched_.at(fd).readable) {
    throw std::logic_error("descriptor " + std::to_string(fd) + " is not watched for reading");
  }
  next_[fd].readable = true;
}

void FakeDemultiplexer::makeWritable(int fd) {
  if (watched_.count(fd) == 0 || !watched_.at(fd).writable) {
    throw std::logic_error("descriptor " + std::to_string(fd) + " is not watched for writing");
  }
  next_[fd].writable = true;
}

void FakeDemultiplexer::waitForSystem() {
  std::vector<pollfd> asked;
  for (const auto& [fd, wanted] : watched_) {
    const int events = (wanted.readable ? POLLIN : 0) | (wanted.writable ? POLLOUT : 0);
    asked.push_back({fd, static_cast<short>(events), 0});
  }
  if (::poll(asked.data(), asked.size(), 60'000) <= 0) {
    throw std::logic_error("no watched descriptor became ready");
  }
  for (const pollfd& answer : asked) {
    // After an error or a hang-up every call on the descriptor returns at once.
    const bool isOver = (answer.revents & (POLLERR | POLLHUP)) != 0;
    next_[answer.fd].readable |= isOver || (answer.revents & POLLIN) != 0;
    next_[answer.fd].writable |= isOver || (answer.revents & POLLOUT) != 0;
  }
}

void FakeDemultiplexer::watch(int fd, bool forReading, bool forWriting) {
  if (watchError_ != 0 && (forReading || forWriting)) {
    throw std::system_error(watchError_, std::generic_category(), "cannot watch");
  }
  watched_.erase(fd);
  if (forReading || forWriting) {
    watched_[fd] = {fd, forReading, forWriting};
  }
}

const std::vector<IDemultiplexer::Ready>& FakeDemultiplexer::wait(std::optional<Duration> timeout) {
  timeouts_.push_back(timeout);
  const bool wouldBlock = next_.empty() && (!timeout || *timeout > Duration::zero());
  if (wouldBlock && !steps_.empty()) {
    const std::function<void()> step = std::move(steps_.front());
    steps_.pop_front();
    step();
  } else if (wouldBlock && timeout) {
    now_ += *timeout;
  } else if (wouldBlock) {
    throw std::logic_error("the loop would sleep for ever: there is no step and no timer");
  }
  ready_.clear();
  for (const auto& [fd, found] : std::exchange(next_, {})) {
    if (watched_.count(fd) != 0) {
      const Ready& wanted = watched_.at(fd);
      ready_.push_back({fd, found.readable && wanted.readable, found.writable && wanted.writable});
    }
  }
  return ready_;
}

}  // namespace poetry::testing
