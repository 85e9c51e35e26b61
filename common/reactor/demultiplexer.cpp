#include "reactor/demultiplexer.hpp"

#include "net/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <iostream>
#include <new>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/select.h>  // FD_SETSIZE

namespace poetry {

namespace {

constexpr std::array kWanted = {"epoll", "poll", "select"};

/// The longest time to sleep at a stretch. A timer may be due in a million years; a timeval ends
/// sooner, and to wake up once a day for nothing costs nothing.
constexpr Seconds kLongestSleep(24 * 60 * 60);

[[noreturn]] void throwCannotWatch(int error, int fd) {
  throw std::system_error(error, std::generic_category(),
                          "cannot watch descriptor " + std::to_string(fd));
}

/// What libevent warns of, we throw, if it matters. After an error it ends the program.
void logMessage(int severity, const char* message) {
  if (severity == EVENT_LOG_ERR) {
    std::cerr << "libevent: " << message << '\n';
  }
}

}  // namespace

std::vector<std::string> Demultiplexer::available() {
  std::vector<std::string> names;
  for (const char** method = event_get_supported_methods(); *method != nullptr; ++method) {
    if (std::find(kWanted.begin(), kWanted.end(), std::string(*method)) != kWanted.end()) {
      names.emplace_back(*method);
    }
  }
  return names;
}

Demultiplexer::Demultiplexer(const std::string& name) {
  event_set_log_callback(&logMessage);
  const std::unique_ptr<event_config, decltype(&event_config_free)> config(event_config_new(),
                                                                           &event_config_free);
  if (!config) {
    throw std::bad_alloc();
  }
  event_config_set_flag(config.get(), EVENT_BASE_FLAG_IGNORE_ENV);
  if (!name.empty()) {
    const std::vector<std::string> names = available();
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      throw std::invalid_argument('\'' + name + "' is not a reactor of this system");
    }
    for (const char** method = event_get_supported_methods(); *method != nullptr; ++method) {
      if (name != *method) {
        event_config_avoid_method(config.get(), *method);
      }
    }
  }
  isSelect_ = name == "select";
  // To get no descriptors for its own use is an error at which libevent ends the program, so let us
  // look first. It takes up to three; with the two of the reactor's pipe for signals they are five.
  requireDescriptors(5);
  base_.reset(event_base_new_with_config(config.get()));
  if (!base_) {
    throw std::runtime_error("libevent cannot make an event loop");
  }
  isEpoll_ = this->name() == "epoll";
  const auto nothing = [](evutil_socket_t, short, void*) {};
  alarm_.reset(event_new(base_.get(), -1, 0, nothing, nullptr));
  if (!alarm_) {
    throw std::bad_alloc();
  }
}

void Demultiplexer::requireDescriptors(std::size_t count) const {
  std::vector<UniqueFd> spare(count);
  for (UniqueFd& fd : spare) {
    fd.reset(::eventfd(0, EFD_CLOEXEC));
    if (!fd.valid() || !canWatch(fd.get())) {
      throw std::system_error(fd.valid() ? EINVAL : errno, std::generic_category(),
                              "too few descriptors for the loop");
    }
  }
}

/// An fd_set has room for so many descriptors and no more. libevent makes larger ones, and a C library
/// that checks (FORTIFY_SOURCE) ends the program for it.
bool Demultiplexer::canWatch(int fd) const {
  return !isSelect_ || fd < FD_SETSIZE;
}

std::string Demultiplexer::name() const {
  return event_base_get_method(base_.get());
}

Demultiplexer::Watch* Demultiplexer::watchOf(int fd) const {
  return fd >= 0 && fd < descriptorLimit() ? watches_[static_cast<std::size_t>(fd)] : nullptr;
}

void Demultiplexer::update(Watch& watch) {
  const bool wanted = watch.reader != nullptr || watch.writer != nullptr;
  const bool watched = watch.owner_ != nullptr;
  if (wanted && watched) {
    change(watch);
  } else if (wanted) {
    join(watch);
  } else if (watched) {
    leave(watch);
  }
}

void Demultiplexer::assign(::event& event, Watch& watch) {
  const auto wanted = static_cast<short>(EV_PERSIST | (watch.reader != nullptr ? EV_READ : 0) |
                                         (watch.writer != nullptr ? EV_WRITE : 0));
  event_assign(&event, base_.get(), watch.fd, wanted, &Demultiplexer::isReady, &watch);
}

/// Its place among those that are ready; nullptr if it has none.
Demultiplexer::Ready* Demultiplexer::entryOf(const Watch& watch) {
  const bool isReady = watch.position_ < ready_.size() && ready_[watch.position_].watch == &watch;
  return isReady ? &ready_[watch.position_] : nullptr;
}

/// Makes it watch for something else. An event of libevent's cannot be changed, it has to go and come
/// back, and the kernel would be told twice. Another one that holds the place meanwhile makes it one
/// epoll_ctl(2).
void Demultiplexer::change(Watch& watch) {
  ::event holder{};
  assign(holder, watch);
  if ((event_get_events(&holder) & ~event_get_events(&watch.event_)) != 0) {
    requireOpen(watch.fd);  // to be watched for less is always possible
  }
  if (event_add(&holder, nullptr) != 0) {
    throwCannotWatch(errno, watch.fd);
  }
  if (Ready* ready = entryOf(watch)) {  // for the rest it is still ready
    ready->reader = watch.reader != nullptr ? ready->reader : nullptr;
    ready->writer = watch.writer != nullptr ? ready->writer : nullptr;
  }
  event_del(&watch.event_);
  assign(watch.event_, watch);
  event_add(&watch.event_, nullptr);
  event_del(&holder);
}

/// epoll looks at the descriptor; select and poll will not before they wait.
void Demultiplexer::requireOpen(int fd) const {
  if (fd < 0 || (!isEpoll_ && ::fcntl(fd, F_GETFD) < 0)) {
    throwCannotWatch(EBADF, fd);
  }
}

void Demultiplexer::leave(Watch& watch) {
  if (Ready* ready = entryOf(watch)) {
    ready->watch = nullptr;
  }
  event_del(&watch.event_);
  Watch** link = &watches_[static_cast<std::size_t>(watch.fd)];
  while (*link != &watch) {
    link = &(*link)->next_;
  }
  *link = watch.next_;
  watch.next_ = nullptr;
  watch.owner_ = nullptr;
}

void Demultiplexer::join(Watch& watch) {
  requireOpen(watch.fd);
  if (!canWatch(watch.fd)) {
    throw std::system_error(EINVAL, std::generic_category(),
                            "select cannot watch descriptor " + std::to_string(watch.fd));
  }
  const auto index = static_cast<std::size_t>(watch.fd);
  if (index >= watches_.size()) {
    watches_.resize(index + 1, nullptr);
  }
  Watch* const others = watches_[index];
  assign(watch.event_, watch);
  // libevent tells the kernel of a number once, however many watch it. Should those who watch it
  // already have outlived their descriptor, the kernel has forgotten it, and the new one with the
  // same number would never be watched. So they leave and come back, and the kernel is told again.
  for (Watch* other = others; other != nullptr; other = other->next_) {
    event_del(&other->event_);
  }
  const int result = event_add(&watch.event_, nullptr);
  const int error = errno;
  for (Watch* other = others; other != nullptr; other = other->next_) {
    event_add(&other->event_, nullptr);
  }
  if (result != 0) {
    throwCannotWatch(error, watch.fd);
  }
  watch.owner_ = this;
  watch.next_ = others;
  watches_[index] = &watch;
}

void Demultiplexer::isReady(evutil_socket_t /*fd*/, short what, void* argument) noexcept {
  Watch& watch = *static_cast<Watch*>(argument);
  std::vector<Ready>& ready = watch.owner_->ready_;
  watch.position_ = static_cast<std::uint32_t>(ready.size());
  ready.push_back({.watch = &watch,
                   .object = watch.object,
                   .reader = (what & EV_READ) != 0 ? watch.reader : nullptr,
                   .writer = (what & EV_WRITE) != 0 ? watch.writer : nullptr,
                   .fd = watch.fd});
}

bool Demultiplexer::wait(std::optional<Seconds> timeout) {
  ready_.clear();
  int flags = EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY;
  if (timeout && *timeout <= Seconds::zero()) {
    flags |= EVLOOP_NONBLOCK;
  } else if (timeout) {
    // Rounded up: waking up before the timer is due would mean another turn for nothing.
    const auto sleep =
        std::chrono::ceil<std::chrono::microseconds>(std::min(*timeout, kLongestSleep));
    timeval interval{};
    interval.tv_sec = static_cast<time_t>(sleep.count() / 1'000'000);
    interval.tv_usec = static_cast<suseconds_t>(sleep.count() % 1'000'000);
    event_add(alarm_.get(), &interval);
  }
  const int result = event_base_loop(base_.get(), flags);
  event_del(alarm_.get());
  return result >= 0;
}

}  // namespace poetry
