// A yardstick on libevent's events: libevent waits and calls back, the program reads.

#include "yardstick.hpp"

#include <event2/event.h>

#include <memory>

#include <unistd.h>

namespace poetry {

struct Poem {
  Tally& tally;
  event* readable = nullptr;
  std::string text = {};
};

void readPoem(evutil_socket_t fd, short /*what*/, void* argument) {
  Poem& poem = *static_cast<Poem*>(argument);
  const ssize_t count = ::recv(fd, receiveBuffer.data(), receiveBuffer.size(), 0);
  if (count > 0) {
    poem.text.append(receiveBuffer.data(), static_cast<std::size_t>(count));
    return;
  }
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
    return;
  }
  if (count == 0) {
    poem.tally.complete(poem.text);
  } else {
    poem.tally.lost(std::strerror(errno));
  }
  event_free(poem.readable);
  ::close(fd);
  poem.text = {};
}

int getPoetry(const std::vector<sockaddr_in>& addresses) {
  Tally tally(addresses.size());
  const std::unique_ptr<event_base, decltype(&event_base_free)> base(event_base_new(),
                                                                     &event_base_free);
  std::vector<Poem> poems;
  poems.reserve(addresses.size());  // libevent keeps their addresses
  for (const sockaddr_in& address : addresses) {
    Poem& poem = poems.emplace_back(Poem{tally});
    poem.readable =
        event_new(base.get(), startConnecting(address), EV_READ | EV_PERSIST, &readPoem, &poem);
    event_add(poem.readable, nullptr);
  }

  event_base_dispatch(base.get());  // returns when there is no event left
  return tally.report();
}

}  // namespace poetry

int main(int argc, char** argv) {
  return poetry::getPoetry(poetry::parseAddresses(argc, argv));
}
