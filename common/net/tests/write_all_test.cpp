#include "net/write_all.hpp"

#include "net/socket.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

namespace poetry {
namespace {

struct Pipe {
  Pipe() {
    int fds[2];
    EXPECT_EQ(::pipe2(fds, O_CLOEXEC), 0);
    readEnd.reset(fds[0]);
    writeEnd.reset(fds[1]);
  }
  UniqueFd readEnd;
  UniqueFd writeEnd;
};

TEST(WriteAll, WritesMoreThanANonBlockingPipeTakesAtOnce) {
  Pipe pipe;
  setNonBlocking(pipe.writeEnd.get());
  const std::string poem(1 << 20, 'x');
  std::string arrived;
  std::thread reader([&] {
    std::array<char, 4096> buffer;
    ssize_t count = 0;
    while ((count = ::read(pipe.readEnd.get(), buffer.data(), buffer.size())) > 0) {
      arrived.append(buffer.data(), static_cast<std::size_t>(count));
    }
  });
  writeAll(pipe.writeEnd.get(), poem);
  pipe.writeEnd.reset();
  reader.join();
  EXPECT_TRUE(arrived == poem);
}

TEST(WriteAll, DoesNotTouchTheDescriptorWhenThereIsNothingToWrite) {
  EXPECT_NO_THROW(writeAll(-1, ""));
}

TEST(WriteAll, ThrowsTheReasonOfAFailure) {
  const UniqueFd full = openFile("/dev/full", O_WRONLY | O_CLOEXEC);
  try {
    writeAll(full.get(), "verse");
    FAIL() << "it wrote to a full disk";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::no_space_on_device);
  }
}

}  // namespace
}  // namespace poetry
