// A yardstick on libuv, the loop of Node.js.

#include "yardstick.hpp"

#include <uv.h>

#include <memory>

namespace poetry {

struct Poem {
  Tally& tally;
  uv_tcp_t socket = {};
  std::string text = {};
};

Poem& poemOf(const uv_handle_t* handle) {
  return *static_cast<Poem*>(handle->data);
}

/// libuv asks for a buffer, reads into it and calls us before it asks again, so one buffer is enough.
void lendBuffer(uv_handle_t* /*handle*/, std::size_t /*suggestion*/, uv_buf_t* buffer) {
  *buffer = uv_buf_init(receiveBuffer.data(), receiveBuffer.size());
}

void endPoem(Poem& poem, int status) {
  if (status == UV_EOF) {
    poem.tally.complete(poem.text);
  } else {
    poem.tally.lost(uv_strerror(status));
  }
  poem.text = {};
  uv_close(reinterpret_cast<uv_handle_t*>(&poem.socket), nullptr);
}

void readPoem(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
  Poem& poem = poemOf(reinterpret_cast<uv_handle_t*>(stream));
  if (count > 0) {
    poem.text.append(buffer->base, static_cast<std::size_t>(count));
  } else if (count < 0) {
    endPoem(poem, static_cast<int>(count));
  }
}

void connected(uv_connect_t* request, int status) {
  const std::unique_ptr<uv_connect_t> owned(request);
  if (status == 0) {
    uv_read_start(request->handle, &lendBuffer, &readPoem);
  } else {
    endPoem(poemOf(reinterpret_cast<uv_handle_t*>(request->handle)), status);
  }
}

int getPoetry(const std::vector<sockaddr_in>& addresses) {
  Tally tally(addresses.size());
  uv_loop_t loop;
  uv_loop_init(&loop);

  std::vector<Poem> poems;
  poems.reserve(addresses.size());  // libuv keeps their addresses
  for (const sockaddr_in& address : addresses) {
    Poem& poem = poems.emplace_back(Poem{tally});
    uv_tcp_init(&loop, &poem.socket);
    poem.socket.data = &poem;
    auto request = std::make_unique<uv_connect_t>();
    if (const int error = uv_tcp_connect(request.get(), &poem.socket,
                                         reinterpret_cast<const sockaddr*>(&address), &connected)) {
      endPoem(poem, error);
    } else {
      static_cast<void>(request.release());  // connected() owns it again
    }
  }

  uv_run(&loop, UV_RUN_DEFAULT);  // returns when there is nothing left to wait for
  uv_loop_close(&loop);
  return tally.report();
}

}  // namespace poetry

int main(int argc, char** argv) {
  return poetry::getPoetry(poetry::parseAddresses(argc, argv));
}
