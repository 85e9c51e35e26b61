// The functions that stand in front of the system's: each asks the script first.
//
// The dynamic linker finds ours before the C library's, whoever calls: the program, libevent or the
// C++ library. What the C library calls inside itself does not come by here.

#include "support/faults/script.hpp"

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdlib>
#include <string_view>

#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

using poetry::faults::Call;
using poetry::faults::Effect;
using poetry::faults::fails;

namespace {

/// The function of this name that comes after ours.
template <typename Function>
Function original(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

/// How far the program's clock is ahead because it did not have to wait, in nanoseconds.
long long skippedTime = 0;

/// A test may have name servers of its own, where it cannot write to /etc.
const char* withOurNameServers(const char* path) {
  const char* ours = std::getenv("POETRY_RESOLV_CONF");
  return ours != nullptr && std::string_view(path) == "/etc/resolv.conf" ? ours : path;
}

mode_t modeIn(int flags, va_list arguments) {
  return (flags & O_CREAT) != 0 ? static_cast<mode_t>(va_arg(arguments, int)) : 0;
}

/// An interrupted connect(2) goes on in the background: so does this one.
int connectInBackground(int (*realConnect)(int, const sockaddr*, socklen_t), int fd,
                        const sockaddr* address, socklen_t size) {
  const int flags = ::fcntl(fd, F_GETFL);
  ::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  const int result = realConnect(fd, address, size);
  const int error = errno;
  ::fcntl(fd, F_SETFL, flags);
  errno = result != 0 && error != EINPROGRESS ? error : EINTR;
  return -1;
}

}  // namespace

// The parameters have the names that they have in the C library's headers, or the ends of those.
extern "C" {

int socket(int domain, int type, int protocol) noexcept {
  static const auto real = original<int (*)(int, int, int)>("socket");
  return fails(Call::kSocket) ? -1 : real(domain, type, protocol);
}

int connect(int fd, const sockaddr* addr, socklen_t len) {
  static const auto real = original<int (*)(int, const sockaddr*, socklen_t)>("connect");
  if (!fails(Call::kConnect)) {
    return real(fd, addr, len);
  }
  return errno == EINTR ? connectInBackground(real, fd, addr, len) : -1;
}

int accept4(int fd, sockaddr* addr, socklen_t* len, int flags) {
  static const auto real = original<int (*)(int, sockaddr*, socklen_t*, int)>("accept4");
  return fails(Call::kAccept) ? -1 : real(fd, addr, len, flags);
}

ssize_t recv(int fd, void* buf, size_t n, int flags) {
  static const auto real = original<ssize_t (*)(int, void*, size_t, int)>("recv");
  return fails(Call::kRecv) ? -1 : real(fd, buf, n, flags);
}

ssize_t send(int fd, const void* buf, size_t n, int flags) {
  static const auto real = original<ssize_t (*)(int, const void*, size_t, int)>("send");
  return fails(Call::kSend) ? -1 : real(fd, buf, n, flags);
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  static const auto real = original<ssize_t (*)(int, const msghdr*, int)>("sendmsg");
  return fails(Call::kSendmsg) ? -1 : real(fd, message, flags);
}

ssize_t read(int fd, void* buf, size_t bytes) {
  static const auto real = original<ssize_t (*)(int, void*, size_t)>("read");
  return fails(Call::kRead) ? -1 : real(fd, buf, bytes);
}

ssize_t write(int fd, const void* buf, size_t n) {
  static const auto real = original<ssize_t (*)(int, const void*, size_t)>("write");
  const bool isPrinted = fd == STDOUT_FILENO || fd == STDERR_FILENO;
  return fails(isPrinted ? Call::kPrint : Call::kWrite) ? -1 : real(fd, buf, n);
}

int open(const char* file, int oflag, ...) {
  static const auto real = original<int (*)(const char*, int, ...)>("open");
  va_list arguments;
  va_start(arguments, oflag);
  const mode_t mode = modeIn(oflag, arguments);
  va_end(arguments);
  return fails(Call::kOpen) ? -1 : real(withOurNameServers(file), oflag, mode);
}

/// Whatever close(2) says, the descriptor is gone.
int close(int fd) {
  static const auto real = original<int (*)(int)>("close");
  const bool failed = fails(Call::kClose);
  const int error = errno;
  const int result = real(fd);
  if (failed) {
    errno = error;
  }
  return failed ? -1 : result;
}

int faccessat(int fd, const char* file, int type, int flag) noexcept {
  static const auto real = original<int (*)(int, const char*, int, int)>("faccessat");
  return fails(Call::kAccess) ? -1 : real(fd, file, type, flag);
}

int select(int nfds, fd_set* readfds, fd_set* writefds, fd_set* exceptfds, timeval* timeout) {
  static const auto real = original<int (*)(int, fd_set*, fd_set*, fd_set*, timeval*)>("select");
  return fails(Call::kSelect) ? -1 : real(nfds, readfds, writefds, exceptfds, timeout);
}

int poll(pollfd* fds, nfds_t nfds, int timeout) {
  static const auto real = original<int (*)(pollfd*, nfds_t, int)>("poll");
  return fails(Call::kPoll) ? -1 : real(fds, nfds, timeout);
}

int epoll_ctl(int epfd, int op, int fd, epoll_event* event) noexcept {
  static const auto real = original<int (*)(int, int, int, epoll_event*)>("epoll_ctl");
  return fails(Call::kEpollCtl) ? -1 : real(epfd, op, fd, event);
}

int epoll_wait(int epfd, epoll_event* events, int maxevents, int timeout) {
  static const auto real = original<int (*)(int, epoll_event*, int, int)>("epoll_wait");
  const std::optional<Effect> effect = poetry::faults::next(Call::kEpollWait);
  if (effect && effect->signal != 0) {
    ::raise(effect->signal);
  } else if (effect && effect->error != 0) {
    errno = effect->error;
    return -1;
  } else if (effect && effect->timeLapse && timeout > 0) {
    const int ready = real(epfd, events, maxevents, 0);
    skippedTime += ready == 0 ? timeout * 1'000'000LL : 0;
    return ready;
  }
  return real(epfd, events, maxevents, timeout);
}

int nanosleep(const timespec* time, timespec* remaining) {
  static const auto real = original<int (*)(const timespec*, timespec*)>("nanosleep");
  if (!fails(Call::kNanosleep)) {
    return real(time, remaining);
  }
  if (remaining != nullptr) {
    *remaining = *time;
  }
  return -1;
}

int clock_gettime(clockid_t id, timespec* tp) noexcept {
  static const auto real = original<int (*)(clockid_t, timespec*)>("clock_gettime");
  const int result = real(id, tp);
  const long long nanoseconds = tp->tv_nsec + skippedTime;
  tp->tv_sec += static_cast<time_t>(nanoseconds / 1'000'000'000);
  tp->tv_nsec = static_cast<long>(nanoseconds % 1'000'000'000);
  return result;
}

int getaddrinfo(const char* name, const char* service, const addrinfo* req, addrinfo** pai) {
  static const auto real =
      original<int (*)(const char*, const char*, const addrinfo*, addrinfo**)>("getaddrinfo");
  // A numeric address is read, not looked up: nobody is asked, and nothing can fail.
  const bool isLookup = req == nullptr || (req->ai_flags & AI_NUMERICHOST) == 0;
  return isLookup && fails(Call::kGetAddrInfo) ? errno : real(name, service, req, pai);
}

}  // extern "C"
