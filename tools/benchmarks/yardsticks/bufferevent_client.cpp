// A yardstick on libevent's bufferevents: libevent connects and reads, 4 KiB at a time, into a buffer
// for each connection.

#include "yardstick.hpp"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include <memory>

namespace poetry {

struct Poem {
  Tally& tally;
  std::string text = {};
};

void readPoem(bufferevent* connection, void* argument) {
  Poem& poem = *static_cast<Poem*>(argument);
  evbuffer* input = bufferevent_get_input(connection);
  // Takes each block of the buffer as it is, so that nothing is copied twice.
  while (evbuffer_get_contiguous_space(input) > 0) {
    const std::size_t size = evbuffer_get_contiguous_space(input);
    poem.text.append(reinterpret_cast<const char*>(evbuffer_pullup(input, ev_ssize_t(size))), size);
    evbuffer_drain(input, size);
  }
}

void endPoem(bufferevent* connection, short what, void* argument) {
  Poem& poem = *static_cast<Poem*>(argument);
  if ((what & BEV_EVENT_CONNECTED) != 0) {
    return;
  }
  if ((what & BEV_EVENT_EOF) != 0) {
    poem.tally.complete(poem.text);
  } else {
    poem.tally.lost(evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
  }
  bufferevent_free(connection);
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
    bufferevent* connection = bufferevent_socket_new(base.get(), -1, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(connection, &readPoem, nullptr, &endPoem, &poem);
    bufferevent_enable(connection, EV_READ);
    bufferevent_disable(connection, EV_WRITE);  // on by default; we write nothing
    bufferevent_socket_connect(connection, reinterpret_cast<const sockaddr*>(&address),
                               sizeof address);
  }

  event_base_dispatch(base.get());  // returns when there is no event left
  return tally.report();
}

}  // namespace poetry

int main(int argc, char** argv) {
  return poetry::getPoetry(poetry::parseAddresses(argc, argv));
}
