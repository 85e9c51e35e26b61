// "Is ready" and "has become ready": the two ways in which epoll reports a descriptor.
//
// Two bytes arrive, and each time that epoll reports the socket, the program reads one of them.
// Level-triggered, epoll reports the socket for as long as a byte is left. Edge-triggered, it reports
// the arrival once, and the second byte stays where it is. The waits have a timeout of 0 here: they
// ask, and do not block. Linux only.

#include "cli/output.hpp"
#include "net/unique_fd.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>

#include <sys/epoll.h>
#include <sys/socket.h>

namespace poetry {

void check(int result, const char* call) {
  if (result < 0) {
    throw std::system_error(errno, std::generic_category(), call);
  }
}

/// Prints what epoll reports until it reports nothing. `flags`: 0 or EPOLLET.
void readTwoBytes(const std::string& name, std::uint32_t flags) {
  std::array<int, 2> pair{};
  check(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()), "socketpair");
  const UniqueFd reader(pair[0]);
  const UniqueFd sender(pair[1]);
  const UniqueFd epoll(::epoll_create1(0));
  check(epoll.get(), "epoll_create1");
  epoll_event interest{};
  interest.events = EPOLLIN | flags;
  check(::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, reader.get(), &interest), "epoll_ctl");

  check(static_cast<int>(::send(sender.get(), "ab", 2, 0)), "send");
  std::string line = name + ":";
  epoll_event event{};
  while (::epoll_wait(epoll.get(), &event, 1, 0) == 1) {
    char byte = 0;
    check(static_cast<int>(::recv(reader.get(), &byte, 1, 0)), "recv");
    line += std::string(" ready, read '") + byte + "';";
  }
  const bool isLeft = ::recv(reader.get(), &interest, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
  printLine(line +
            (isLeft ? " not reported again, 1 byte is left" : " not ready, no byte is left"));
}

}  // namespace poetry

int main() {
  poetry::readTwoBytes("level-triggered", 0);
  poetry::readTwoBytes("edge-triggered", EPOLLET);
}
