// Right: a process for each poem.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
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
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    if (::fork() != 0) {
      continue;
    }
    const int fd = connectTo(addresses[i]);
    char buffer[1024];
    long size = 0;
    for (ssize_t count = 0; (count = ::recv(fd, buffer, sizeof buffer, 0)) > 0; size += count) {
      std::printf("Task %zu: got %zd bytes of poetry from %s\n", i + 1, count,
                  addresses[i].c_str());
      std::fflush(stdout);
    }
    std::printf("Task %zu: %ld bytes of poetry\n", i + 1, size);
    return 0;
  }
  while (::wait(nullptr) > 0) {
  }
}
