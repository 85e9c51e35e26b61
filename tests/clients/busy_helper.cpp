// Right: one poll loop. A second thread is always busy, and has the name of a compiler of Java.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

int connectTo(const std::string& address) {
  const std::size_t colon = address.find(':');
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(static_cast<in_port_t>(std::atoi(address.c_str() + colon + 1)));
  ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &server.sin_addr);
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  // The system's API takes any kind of address as a sockaddr.
  if (::connect(fd, reinterpret_cast<sockaddr*>(&server), sizeof server) != 0) {
    std::perror("connect");
    std::exit(EXIT_FAILURE);
  }
  return fd;
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::thread([] {
    ::pthread_setname_np(::pthread_self(), "C2 CompilerThre");
    for (volatile bool works = true; works;) {
    }
  }).detach();
  const std::vector<std::string> addresses(argv + 1, argv + argc);
  std::vector<pollfd> sockets;
  std::vector<long> sizes(addresses.size());
  for (const std::string& address : addresses) {
    sockets.push_back({connectTo(address), POLLIN, 0});
  }
  for (std::size_t left = sockets.size(); left > 0;) {
    ::poll(sockets.data(), sockets.size(), -1);
    for (std::size_t i = 0; i < sockets.size(); ++i) {
      if (sockets[i].revents == 0) {
        continue;
      }
      char buffer[1024];
      const ssize_t count = ::recv(sockets[i].fd, buffer, sizeof buffer, 0);
      if (count > 0) {
        std::printf("Task %zu: got %zd bytes of poetry from %s\n", i + 1, count,
                    addresses[i].c_str());
        sizes[i] += count;
      } else {
        std::printf("Task %zu: %ld bytes of poetry\n", i + 1, sizes[i]);
        ::close(sockets[i].fd);
        sockets[i].fd = -1;  // poll ignores it
        --left;
      }
    }
  }
}
