// A program that goes into the process group of the one who started it, says so, and stays.

#include <cstdio>

#include <unistd.h>

int main() {
  if (::setpgid(0, ::getpgid(::getppid())) != 0) {
    std::perror("setpgid");
    return 1;
  }
  std::puts("gone");
  std::fflush(stdout);
  while (true) {
    ::pause();
  }
}
