// The functions that a program calls instead of the C library's. Each asks the script first.
//
// The dynamic linker finds these before the C library's, for calls from the program, from libevent
// and from the C++ library. Calls that the C library makes itself do not come here.

#include "support/faults/script.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>

#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

using poetry::faults::Effect;
using poetry::faults::fails;
using poetry::faults::next;

namespace {

using Connect = int (*)(int, const sockaddr*, socklen_t);

/// The C library's function with this name.
template <typename Function>
Function original(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

/// How far the program's clock is ahead of the system's, in nanoseconds.
std::atomic<long long> skippedTime = 0;

/// When a signal interrupts connect(2), the connection attempt continues. So it does here.
int connectInBackground(Connect realConnect, int fd, const sockaddr* address, socklen_t size) {
  const int flags = ::fcntl(fd, F_GETFL);
  ::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  const int result = realConnect(fd, address, size);
  const int error = errno;
  ::fcntl(fd, F_SETFL, flags);
  errno = result != 0 && error != EINPROGRESS ? error : EINTR;
  return -1;
}

/// Gives the socket the port that it connects to, so that it connects to itself.
int connectToItself(Connect realConnect, int fd, const sockaddr* address, socklen_t size) {
  const int yes = 1;  // the test has the port, too, so that no other program gets it
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  return ::bind(fd, address, size) == 0 ? realConnect(fd, address, size) : -1;
}

bool isRegularFile(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

mode_t modeIn(int flags, va_list arguments) {
  return (flags & O_CREAT) != 0 ? static_cast<mode_t>(va_arg(arguments, int)) : 0;
}

}  // namespace

// The parameters have the names that they have in the C library's headers, or the ends of those.
extern "C" {

int socket(int domain, int type, int protocol) noexcept {
  static const auto real = original<int (*)(int, int, int)>("socket");
  return fails("socket") ? -1 : real(domain, type, protocol);
}

int connect(int fd, const sockaddr* addr, socklen_t len) {
  static const auto real = original<Connect>("connect");
  const Effect effect = next("connect");
  if (effect.self) {
    return connectToItself(real, fd, addr, len);
  }
  if (effect.error == EINTR) {
    return connectInBackground(real, fd, addr, len);
  }
  if (effect.error != 0) {
    errno = effect.error;
    return -1;
  }
  return real(fd, addr, len);
}

int accept4(int fd, sockaddr* addr, socklen_t* len, int flags) {
  static const auto real = original<int (*)(int, sockaddr*, socklen_t*, int)>("accept4");
  return fails("accept") ? -1 : real(fd, addr, len, flags);
}

ssize_t recv(int fd, void* buf, size_t n, int flags) {
  static const auto real = original<ssize_t (*)(int, void*, size_t, int)>("recv");
  return fails("recv") ? -1 : real(fd, buf, n, flags);
}

ssize_t send(int fd, const void* buf, size_t n, int flags) {
  static const auto real = original<ssize_t (*)(int, const void*, size_t, int)>("send");
  const Effect effect = next("send");
  if (effect.error != 0) {
    errno = effect.error;
    return -1;
  }
  return real(fd, buf, effect.isShort ? (n + 1) / 2 : n, flags);
}

ssize_t read(int fd, void* buf, size_t bytes) {
  static const auto real = original<ssize_t (*)(int, void*, size_t)>("read");
  return fails("read") ? -1 : real(fd, buf, bytes);
}

ssize_t write(int fd, const void* buf, size_t n) {
  static const auto real = original<ssize_t (*)(int, const void*, size_t)>("write");
  const bool isPrinted = fd == STDOUT_FILENO || fd == STDERR_FILENO;
  if (isPrinted ? fails("print") : isRegularFile(fd) && fails("save")) {
    return -1;
  }
  return real(fd, buf, n);
}

int open(const char* file, int oflag, ...) {
  static const auto real = original<int (*)(const char*, int, ...)>("open");
  va_list arguments;
  va_start(arguments, oflag);
  const mode_t mode = modeIn(oflag, arguments);
  va_end(arguments);
  return fails("open") ? -1 : real(file, oflag, mode);
}

/// A file system that has too little room may have reserved a part of it, and the file is longer.
int posix_fallocate(int fd, off_t offset, off_t len) {
  static const auto real = original<int (*)(int, off_t, off_t)>("posix_fallocate");
  if (!fails("reserve")) {
    return real(fd, offset, len);
  }
  const int error = errno;
  [[maybe_unused]] const int result = ::ftruncate(fd, offset + len);
  return error;
}

/// Closes the descriptor even if it fails, as Linux does.
int close(int fd) {
  static const auto real = original<int (*)(int)>("close");
  const bool failed = fails("close");
  const int error = errno;
  const int result = real(fd);
  if (failed) {
    errno = error;
  }
  return failed ? -1 : result;
}

int select(int nfds, fd_set* readfds, fd_set* writefds, fd_set* exceptfds, timeval* timeout) {
  static const auto real = original<int (*)(int, fd_set*, fd_set*, fd_set*, timeval*)>("select");
  return fails("select") ? -1 : real(nfds, readfds, writefds, exceptfds, timeout);
}

int poll(pollfd* fds, nfds_t nfds, int timeout) {
  static const auto real = original<int (*)(pollfd*, nfds_t, int)>("poll");
  return fails("poll") ? -1 : real(fds, nfds, timeout);
}

int epoll_create1(int flags) {
  static const auto real = original<int (*)(int)>("epoll_create1");
  return fails("epoll_create") ? -1 : real(flags);
}

int epoll_create(int size) {
  static const auto real = original<int (*)(int)>("epoll_create");
  return fails("epoll_create") ? -1 : real(size);
}

int epoll_wait(int epfd, epoll_event* events, int maxevents, int timeout) {
  static const auto real = original<int (*)(int, epoll_event*, int, int)>("epoll_wait");
  const Effect effect = next("epoll_wait");
  if (effect.error != 0) {
    errno = effect.error;
    return -1;
  }
  const int ready = real(epfd, events, maxevents, timeout);
  // After SIGSTOP and SIGCONT, epoll_wait fails with EINTR although the program handles neither.
  if (effect.suspend && ready < 0 && errno == EINTR && timeout > 0) {
    skippedTime += timeout * 1'000'000LL;
    return 0;
  }
  return ready;
}

int nanosleep(const timespec* time, timespec* remaining) {
  static const auto real = original<int (*)(const timespec*, timespec*)>("nanosleep");
  if (!fails("nanosleep")) {
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
  // With AI_NUMERICHOST, getaddrinfo parses the address. No look-up takes place that could fail.
  const bool isLookup = req == nullptr || (req->ai_flags & AI_NUMERICHOST) == 0;
  return isLookup && fails("getaddrinfo") ? errno : real(name, service, req, pai);
}

int pthread_create(pthread_t* newthread, const pthread_attr_t* attr, void* (*routine)(void*),
                   void* arg) noexcept {
  static const auto real =
      original<int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>(
          "pthread_create");
  return fails("pthread_create") ? errno : real(newthread, attr, routine, arg);
}

}  // extern "C"
