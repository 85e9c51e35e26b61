// A yardstick on Asio, which is also a part of Boost.

#include "yardstick.hpp"

#include <asio.hpp>

#include <deque>

namespace poetry {

class Poem {
 public:
  Poem(asio::io_context& context, Tally& tally) : socket_(context), tally_(tally) {}

  void get(const sockaddr_in& address) {
    const asio::ip::tcp::endpoint server(asio::ip::address_v4::loopback(), ntohs(address.sin_port));
    socket_.async_connect(server, [this](const asio::error_code& error) {
      if (error) {
        end(error);
      } else {
        socket_.non_blocking(true);
        waitForPoetry();
      }
    });
  }

 private:
  /// Waits first and then reads, so that all connections share one buffer. async_read_some would need a
  /// buffer for each connection as long as it waits. Each wait costs an epoll_ctl.
  void waitForPoetry() {
    socket_.async_wait(asio::socket_base::wait_read, [this](asio::error_code error) {
      if (!error) {
        const std::size_t count = socket_.read_some(asio::buffer(receiveBuffer), error);
        text_.append(receiveBuffer.data(), count);
      }
      if (!error || error == asio::error::would_block) {
        waitForPoetry();
      } else {
        end(error);
      }
    });
  }

  void end(const asio::error_code& error) {
    if (error == asio::error::eof) {
      tally_.complete(text_);
    } else {
      tally_.lost(error.message());
    }
    socket_.close();
    text_ = {};
  }

  asio::ip::tcp::socket socket_;
  Tally& tally_;
  std::string text_;
};

int getPoetry(const std::vector<sockaddr_in>& addresses) {
  Tally tally(addresses.size());
  asio::io_context context(ASIO_CONCURRENCY_HINT_UNSAFE);  // one thread: it need not lock

  std::deque<Poem> poems;  // a deque never moves what it holds
  for (const sockaddr_in& address : addresses) {
    poems.emplace_back(context, tally).get(address);
  }

  context.run();  // returns when there is nothing left to wait for
  return tally.report();
}

}  // namespace poetry

int main(int argc, char** argv) {
  return poetry::getPoetry(poetry::parseAddresses(argc, argv));
}
