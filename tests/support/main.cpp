// The main function of every test program.
//
// A result must not depend on what the test program inherits. A parent may ignore signals (nohup, a
// shell's background job), block them, or close standard streams, whose numbers sockets would get. It may
// also set GTEST_TOTAL_SHARDS: ctest starts a program for each test, and a shard without it would pass.

#include "support/process.hpp"

#include <gtest/gtest.h>

#include <cstdlib>  // getenv, unsetenv

#include <fcntl.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (std::getenv("GTEST_TOTAL_SHARDS") != nullptr) {
    ::unsetenv("GTEST_TOTAL_SHARDS");
    ::unsetenv("GTEST_SHARD_INDEX");
    ::execv("/proc/self/exe", argv);  // again, since GoogleTest may have read them before main
  }
  poetry::restoreSignals();
  int fd = 0;
  do {
    fd = ::open("/dev/null", O_RDWR);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  ::close(fd);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
