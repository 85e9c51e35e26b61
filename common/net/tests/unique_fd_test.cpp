#include "net/unique_fd.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <type_traits>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace poetry {
namespace {

// These tests look at a UniqueFd after a move on purpose.
// NOLINTBEGIN(bugprone-use-after-move,clang-analyzer-cplusplus.Move)

bool isOpen(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

int openSomething() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static_assert(!std::is_copy_constructible_v<UniqueFd>);
static_assert(!std::is_copy_assignable_v<UniqueFd>);
static_assert(std::is_nothrow_move_constructible_v<UniqueFd>);
static_assert(std::is_nothrow_move_assignable_v<UniqueFd>);
static_assert(!std::is_convertible_v<UniqueFd, int>,
              "a copy of the number would be a second owner");
static_assert(!std::is_convertible_v<int, UniqueFd>, "ownership is taken on purpose only");

TEST(UniqueFd, IsEmptyWhenDefaultMade) {
  const UniqueFd fd;
  EXPECT_FALSE(fd.valid());
  EXPECT_EQ(fd.get(), -1);
}

TEST(UniqueFd, ClosesItsDescriptorWhenItIsDestroyed) {
  const int number = openSomething();
  {
    const UniqueFd fd(number);
    EXPECT_TRUE(fd.valid());
    EXPECT_EQ(fd.get(), number);
    EXPECT_TRUE(isOpen(number));
  }
  EXPECT_FALSE(isOpen(number));
}

TEST(UniqueFd, MovesTheDescriptorAndLeavesTheSourceEmpty) {
  const int number = openSomething();
  UniqueFd source(number);
  const UniqueFd target(std::move(source));
  EXPECT_EQ(target.get(), number);
  EXPECT_FALSE(source.valid());
  EXPECT_TRUE(isOpen(number));
}

TEST(UniqueFd, MayBeMovedFromWhenItIsEmpty) {
  UniqueFd empty;
  UniqueFd target(std::move(empty));
  EXPECT_FALSE(target.valid());
  target = std::move(empty);
  EXPECT_FALSE(target.valid());
  EXPECT_FALSE(empty.valid());
}

TEST(UniqueFd, ClosesTheOldDescriptorWhenItGetsAnother) {
  const int first = openSomething();
  const int second = openSomething();
  UniqueFd target(first);
  target = UniqueFd(second);
  EXPECT_FALSE(isOpen(first));
  EXPECT_TRUE(isOpen(second));
  EXPECT_EQ(target.get(), second);
}

TEST(UniqueFd, ClosesTheOldDescriptorWhenItGetsNone) {
  const int number = openSomething();
  UniqueFd target(number);
  target = UniqueFd();
  EXPECT_FALSE(isOpen(number));
  EXPECT_FALSE(target.valid());
}

TEST(UniqueFd, KeepsItsDescriptorWhenItIsMovedToItself) {
  const int number = openSomething();
  UniqueFd fd(number);
  UniqueFd& itself = fd;
  fd = std::move(itself);
  EXPECT_EQ(fd.get(), number);
  EXPECT_TRUE(isOpen(number));
}

TEST(UniqueFd, KeepsItsDescriptorWhenItIsResetToIt) {
  const int number = openSomething();
  UniqueFd fd(number);
  fd.reset(number);
  EXPECT_EQ(fd.get(), number);
  EXPECT_TRUE(isOpen(number));
}

TEST(UniqueFd, ClosesWhenItIsReset) {
  const int number = openSomething();
  UniqueFd fd(number);
  fd.reset();
  EXPECT_FALSE(isOpen(number));
  EXPECT_FALSE(fd.valid());
  fd.reset();
  EXPECT_FALSE(fd.valid());
}

TEST(UniqueFd, ReleasesItsDescriptorWithoutClosingIt) {
  const int number = openSomething();
  {
    UniqueFd fd(number);
    EXPECT_EQ(fd.release(), number);
    EXPECT_FALSE(fd.valid());
  }
  EXPECT_TRUE(isOpen(number));
  ::close(number);
}

TEST(UniqueFd, DoesNotCloseADescriptorThatReusesTheNumber) {
  UniqueFd fd(openSomething());
  const int number = fd.get();
  UniqueFd other(std::move(fd));
  other.reset();
  const UniqueFd reusing(openSomething());
  ASSERT_EQ(reusing.get(), number) << "the system reuses the lowest free number";
  fd.reset();
  other.reset();
  EXPECT_TRUE(isOpen(number));
}

// NOLINTEND(bugprone-use-after-move,clang-analyzer-cplusplus.Move)

TEST(OpenFile, OwnsTheOpenFile) {
  const UniqueFd fd = openFile("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_TRUE(fd.valid());
  EXPECT_TRUE(isOpen(fd.get()));
}

TEST(OpenFile, IsEmptyAndSetsErrnoIfItFails) {
  EXPECT_FALSE(openFile("/dev/null/nothing", O_RDONLY | O_CLOEXEC).valid());
  EXPECT_EQ(errno, ENOTDIR);
}

}  // namespace
}  // namespace poetry
