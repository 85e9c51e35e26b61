// "Is ready" and "has become ready": the two ways in which epoll reports a descriptor.
//
// Two bytes arrive, and each time that epoll reports the socket, the program reads one of them.
// Level-triggered, epoll reports the socket for as long as a byte is left. Edge-triggered, it reports
// the arrival once, and the second byte stays where it is. The waits have a timeout of 0 here: they
// ask, and do not block. Linux only.

#include "cli/output.hpp"
#include "net/socket.hpp"
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

/// Prints what epoll reports until it reports nothing. `mode`: 0 or EPOLLET, edge-triggered.
void readTwoBytes(const std::string& name, std::uint32_t mode) {
  std::array<int, 2> pair{};
  check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair.data()), "socketpair");
  const UniqueFd reader(pair[0]);
  const UniqueFd sender(pair[1]);
  const UniqueFd epoll(::epoll_create1(0));
  check(epoll.get(), "epoll_create1");
  epoll_event interest{};
  interest.events = EPOLLIN | mode;
  check(::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, reader.get(), &interest), "epoll_ctl");

  sendAll(sender.get(), "ab");
  std::string line = name + ":";
  std::array<char, 1> oneByte{};
  epoll_event event{};
  while (::epoll_wait(epoll.get(), &event, 1, 0) == 1) {
    line += " ready, read '" + std::string(receive(reader.get(), oneByte).bytes) + "';";
  }
  const bool isLeft = receive(reader.get(), oneByte).isBytes();
  printLine(line + (isLeft ? " not reported again, but a byte is left" : " no byte is left"));
}

}  // namespace poetry

int main() {
  poetry::readTwoBytes("level-triggered", 0);
  poetry::readTwoBytes("edge-triggered", EPOLLET);
}
