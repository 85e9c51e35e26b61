#include "reactor/demultiplexer.hpp"

#include "net/pipe.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <sys/select.h>  // FD_SETSIZE
#include <sys/stat.h>
#include <unistd.h>

namespace poetry {

namespace {

/// A timer may be due in a million years, and a timeval cannot hold that. To wake up once a day
/// costs nothing.
constexpr Duration kLongestSleep(24 * 60 * 60);

}  // namespace

void throwCannotWatch(int fd, int osError) {
  throw std::system_error(osError, std::generic_category(),
                          "cannot watch descriptor " + std::to_string(fd));
}

std::vector<std::string> LibeventDemultiplexer::available() {
  std::vector<std::string> names;
  for (const char** method = event_get_supported_methods(); *method != nullptr; ++method) {
    names.emplace_back(*method);
  }
  return names;
}

LibeventDemultiplexer::LibeventDemultiplexer(const std::string& name) {
  const std::unique_ptr<event_config, decltype(&event_config_free)> config(event_config_new(),
                                                                           &event_config_free);
  if (!config) {
    throw std::bad_alloc();
  }
  for (const char** method = event_get_supported_methods(); *method != nullptr; ++method) {
    if (!name.empty() && name != *method) {
      event_config_avoid_method(config.get(), *method);
    }
  }
  // The environment of libevent (EVENT_NOEPOLL and the like) would change what `name` means.
  //
  // With the changelist, libevent tells the kernel about all changes to a descriptor when it waits,
  // in one epoll_ctl(2), instead of one for each change. Two things follow. An error would come too
  // late for the caller of watch(), so requireWatchable() looks for it first. And a descriptor that
  // was duplicated must be removed before it is closed, which our contract asks for anyway.
  event_config_set_flag(config.get(),
                        EVENT_BASE_FLAG_IGNORE_ENV | EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);

  // libevent needs three descriptors, and ends the program if it does not get them. Try first.
  { const std::array<Pipe, 2> spare = {makePipe(), makePipe()}; }
  base_.reset(event_base_new_with_config(config.get()));
  // If the system refuses poll or select, libevent fails only when it waits.
  if (!base_ || event_base_loop(base_.get(), EVLOOP_NONBLOCK | EVLOOP_NO_EXIT_ON_EMPTY) < 0) {
    if (name.empty()) {
      throw std::runtime_error("libevent can use neither epoll nor poll nor select");
    }
    throw std::invalid_argument('\'' + name + "' is not available on this system");
  }
  alarm_.reset(event_new(
      base_.get(), -1, 0, [](evutil_socket_t, short, void*) {}, nullptr));
  if (!alarm_) {
    throw std::bad_alloc();
  }
}

std::string LibeventDemultiplexer::name() const {
  const std::string method = event_base_get_method(base_.get());
  return method.substr(0, method.find(' '));  // "epoll (with changelist)"
}

void LibeventDemultiplexer::watch(int fd, bool forReading, bool forWriting) {
  const auto index = static_cast<std::size_t>(fd);
  if (fd < 0 || index >= events_.size() || !events_[index]) {
    requireWatchable(fd);
    events_.resize(std::max(events_.size(), index + 1));
  }
  EventPointer event;
  if (forReading || forWriting) {
    const int what = EV_PERSIST | (forReading ? EV_READ : 0) | (forWriting ? EV_WRITE : 0);
    event.reset(event_new(base_.get(), fd, static_cast<short>(what), &addReady, this));
    if (!event || event_add(event.get(), nullptr) != 0) {
      throwCannotWatch(fd, ENOMEM);
    }
  }
  events_[index] = std::move(event);  // only now: after an error, the old event still watches
}

/// select and poll call a regular file ready, and epoll refuses it. Here all three refuse it.
void LibeventDemultiplexer::requireWatchable(int fd) const {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    throwCannotWatch(fd, errno);
  }
  if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) {
    throwCannotWatch(fd, EPERM);
  }
  if (fd >= FD_SETSIZE && name() == "select") {
    throw std::system_error(EINVAL, std::generic_category(),
                            "select cannot watch descriptor " + std::to_string(fd));
  }
}

void LibeventDemultiplexer::addReady(evutil_socket_t fd, short what, void* self) noexcept {
  static_cast<LibeventDemultiplexer*>(self)->ready_.push_back(
      {fd, (what & EV_READ) != 0, (what & EV_WRITE) != 0});
}

const std::vector<IDemultiplexer::Ready>& LibeventDemultiplexer::wait(
    std::optional<Duration> timeout) {
  ready_.clear();
  int flags = EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY;
  if (timeout && *timeout <= Duration::zero()) {
    flags |= EVLOOP_NONBLOCK;
  } else if (timeout) {
    // Rounded up: a loop that wakes up before its timer is due has to wait again.
    const auto sleep =
        std::chrono::ceil<std::chrono::microseconds>(std::min(*timeout, kLongestSleep));
    timeval interval{};
    interval.tv_sec = static_cast<time_t>(sleep.count() / 1'000'000);
    interval.tv_usec = static_cast<suseconds_t>(sleep.count() % 1'000'000);
    event_add(alarm_.get(), &interval);
  }
  const int result = event_base_loop(base_.get(), flags);
  event_del(alarm_.get());
  if (result < 0) {
    throwCannotWait();
  }
  return ready_;
}

void LibeventDemultiplexer::throwCannotWait() const {
  for (std::size_t fd = 0; fd < events_.size(); ++fd) {
    if (events_[fd] && ::fcntl(static_cast<int>(fd), F_GETFD) < 0) {
      throw std::runtime_error("descriptor " + std::to_string(fd) +
                               " was closed while the reactor was watching it");
    }
  }
  throw std::runtime_error("libevent cannot wait with " + name());
}

}  // namespace poetry
