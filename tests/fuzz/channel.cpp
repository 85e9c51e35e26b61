#include "fuzz/channel.hpp"

#include "fuzz/require.hpp"

#include <array>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>  // memfd_create
#include <sys/socket.h>
#include <unistd.h>

namespace poetry::fuzz {

namespace {

/// Small, so that a buffer is soon full.
constexpr int kBufferSize = 4096;

void readAll(int fd) {
  std::array<char, kBufferSize> buffer;
  while (::read(fd, buffer.data(), buffer.size()) > 0) {
  }
}

}  // namespace

Channel::Channel(Kind wanted) : kind(wanted) {
  int ends[2] = {-1, -1};
  switch (kind) {
    case Kind::kSocket:
      require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0,
              "the fuzzer can open sockets");
      ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &kBufferSize, sizeof kBufferSize);
      break;
    case Kind::kPipeToRead:
    case Kind::kPipeToWrite:
      require(::pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0, "the fuzzer can open pipes");
      ::fcntl(ends[0], F_SETPIPE_SZ, kBufferSize);
      break;
    case Kind::kFile:
      ends[0] = ::memfd_create("fuzz", MFD_CLOEXEC);
      require(ends[0] >= 0, "the fuzzer can open files");
  }
  if (kind == Kind::kPipeToWrite) {
    std::swap(ends[0], ends[1]);
  }
  ours.reset(ends[0]);
  theirs.reset(ends[1]);
}

void Channel::ring() {
  [[maybe_unused]] const ssize_t written = ::write(theirs.get(), "!", 1);
}

void Channel::drain() {
  readAll(ours.get());
}

void Channel::fill() {
  const std::array<char, kBufferSize> zeros{};
  while (kind != Kind::kFile && ::write(ours.get(), zeros.data(), zeros.size()) > 0) {
  }
}

void Channel::makeRoom() {
  readAll(theirs.get());
}

}  // namespace poetry::fuzz
