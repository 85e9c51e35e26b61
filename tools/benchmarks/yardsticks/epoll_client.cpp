// The yardstick for all others: system calls without a library.

#include "yardstick.hpp"

#include <sys/epoll.h>
#include <unistd.h>

namespace poetry {

struct Poem {
  int fd;
  std::string text = {};
};

/// Calls recv once. False if the connection has ended, with an orderly close or a reset.
bool readPoem(Poem& poem, Tally& tally) {
  const ssize_t count = ::recv(poem.fd, receiveBuffer.data(), receiveBuffer.size(), 0);
  if (count > 0) {
    poem.text.append(receiveBuffer.data(), static_cast<std::size_t>(count));
    return true;
  }
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
    return true;
  }
  if (count == 0) {
    tally.complete(poem.text);
  } else {
    tally.lost(std::strerror(errno));
  }
  return false;
}

int getPoetry(const std::vector<sockaddr_in>& addresses) {
  Tally tally(addresses.size());
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);

  std::vector<Poem> poems;
  poems.reserve(addresses.size());  // epoll keeps their addresses
  for (const sockaddr_in& address : addresses) {
    Poem& poem = poems.emplace_back(Poem{startConnecting(address)});
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &poem;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, poem.fd, &event);
  }

  std::array<epoll_event, 1024> events;
  while (!tally.allFinished()) {
    const int count = ::epoll_wait(epoll, events.data(), int{events.size()}, -1);
    for (int i = 0; i < count; ++i) {
      Poem& poem = *static_cast<Poem*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (!readPoem(poem, tally)) {
        ::close(poem.fd);  // this also removes it from epoll
        poem.text = {};
      }
    }
  }
  ::close(epoll);
  return tally.report();
}

}  // namespace poetry

int main(int argc, char** argv) {
  return poetry::getPoetry(poetry::parseAddresses(argc, argv));
}
