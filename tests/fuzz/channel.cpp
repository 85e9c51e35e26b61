#include "fuzz/channel.hpp"

#include "fuzz/require.hpp"

#include <array>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace poetry::fuzz {

namespace {

// Small buffers are filled in no time.
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
              "a socket can be had");
      ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &kBufferSize, sizeof kBufferSize);
      break;
    case Kind::kPipeToRead:
    case Kind::kPipeToWrite:
      require(::pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0, "a pipe can be had");
      ::fcntl(ends[0], F_SETPIPE_SZ, kBufferSize);
      break;
    case Kind::kDevNull:
      ends[0] = ::open("/dev/null", O_RDWR | O_CLOEXEC);
      require(ends[0] >= 0, "/dev/null can be opened");
  }
  if (kind == Kind::kPipeToWrite) {
    std::swap(ends[0], ends[1]);
  }
  ours.reset(ends[0]);
  theirs.reset(ends[1]);
}

void Channel::ring() const {
  [[maybe_unused]] const ssize_t written = ::write(theirs.get(), "!", 1);
}

void Channel::drain() const {
  if (kind == Kind::kSocket || kind == Kind::kPipeToRead) {
    readAll(ours.get());
  }
}

void Channel::fill() const {
  if (kind == Kind::kSocket || kind == Kind::kPipeToWrite) {
    const std::array<char, kBufferSize> zeros{};
    while (::write(ours.get(), zeros.data(), zeros.size()) > 0) {
    }
  }
}

void Channel::makeRoom() const {
  if (kind == Kind::kSocket || kind == Kind::kPipeToWrite) {
    readAll(theirs.get());
  }
}

}  // namespace poetry::fuzz
