#include "support/scripted_server.hpp"

#include "net/address.hpp"
#include "net/socket.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include <poll.h>
#include <sys/socket.h>

namespace poetry::testing {
namespace {

TEST(SilentPort, CanRefuseAnAttemptThatWaits) {
  SilentPort port;
  const Address address = resolve({"127.0.0.1", port.port()}).front();
  const UniqueFd client = makeSocket(address);
  setNonBlocking(client.get());
  ASSERT_EQ(::connect(client.get(), address.data(), address.size()), -1);
  ASSERT_EQ(errno, EINPROGRESS);
  pollfd ended{client.get(), POLLOUT, 0};
  ASSERT_EQ(::poll(&ended, 1, 0), 0);

  port.refuse();

  ASSERT_EQ(::poll(&ended, 1, 30'000), 1);
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(client.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  EXPECT_EQ(error, ECONNREFUSED);
}

}  // namespace
}  // namespace poetry::testing
