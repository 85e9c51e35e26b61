// It asks one socket after the other, and each recv blocks until that server sends.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
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
  const std::vector<std::string> addresses(argv + 1, argv + argc);
  std::vector<int> fds;
  std::vector<long> sizes(addresses.size());
  for (const std::string& address : addresses) {
    fds.push_back(connectTo(address));
  }
  for (std::size_t left = fds.size(); left > 0;) {
    for (std::size_t i = 0; i < fds.size(); ++i) {
      char buffer[1024];
      const ssize_t count = fds[i] < 0 ? 0 : ::recv(fds[i], buffer, sizeof buffer, 0);
      if (count > 0) {
        std::printf("Task %zu: got %zd bytes of poetry from %s\n", i + 1, count,
                    addresses[i].c_str());
        std::fflush(stdout);
        sizes[i] += count;
      } else if (fds[i] >= 0) {
        std::printf("Task %zu: %ld bytes of poetry\n", i + 1, sizes[i]);
        ::close(fds[i]);
        fds[i] = -1;
        --left;
      }
    }
  }
}
