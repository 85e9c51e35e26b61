// The main function of every test program.
//
// A result must not depend on what the test program inherits. A parent may ignore signals (nohup, a
// shell's background job), block them, or close standard streams, whose numbers sockets would get.

#include "support/process.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

int main(int argc, char** argv) {
  poetry::restoreSignals();
  int fd = 0;
  do {
    fd = ::open("/dev/null", O_RDWR);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  ::close(fd);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
