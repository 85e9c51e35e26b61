// What every yardstick needs, whatever library it uses: the addresses, one buffer, and the counting.
// Each yardstick does the job of `reactor-client-2 --quiet PORT...`.
#pragma once

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

namespace poetry {

/// Every read takes at most 64 KiB into this buffer, as in our reactor.
inline std::array<char, std::size_t{64} * 1024> receiveBuffer;

/// Counts the poems that have arrived.
class Tally {
 public:
  explicit Tally(std::size_t poems) : unfinished_(poems), poems_(poems) {}

  /// A connection ended with an orderly close: its poem is complete.
  void complete(const std::string& poem) {
    ++complete_;
    bytes_ += poem.size();
    --unfinished_;
  }

  /// A connection failed or was reset.
  void lost(const std::string& why) {
    std::fprintf(stderr, "a poem was lost: %s\n", why.c_str());
    --unfinished_;
  }

  [[nodiscard]] bool allFinished() const { return unfinished_ == 0; }

  /// Prints the result and returns the exit code. The lines are those of a client, but all poems are
  /// one task, and no time is measured.
  [[nodiscard]] int report() const {
    std::printf("Task 1: %zu bytes of poetry\nGot %zu poems in 0:00:00.000000\n", bytes_,
                complete_);
    return complete_ == poems_ ? EXIT_SUCCESS : EXIT_FAILURE;
  }

 private:
  std::size_t unfinished_;
  std::size_t poems_;
  std::size_t complete_ = 0;
  std::size_t bytes_ = 0;
};

/// The addresses of the poems: the ports on the command line, all at 127.0.0.1. Also raises the limit
/// of open descriptors.
inline std::vector<sockaddr_in> parseAddresses(int argc, char** argv) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);

  std::vector<sockaddr_in> addresses;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--quiet") != 0) {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[i])));
      addresses.push_back(address);
    }
  }
  return addresses;
}

/// A non-blocking socket that connects in the background. A yardstick need not wait for that: until it
/// is connected the socket is not readable, and if it fails, recv(2) says why.
inline int startConnecting(const sockaddr_in& address) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
                 errno != EINPROGRESS)) {
    throw std::runtime_error(std::strerror(errno));
  }
  return fd;
}

}  // namespace poetry
