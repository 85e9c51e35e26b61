// Which demultiplexer a reactor gets, and what it says when it cannot have it.
#include "reactor/demultiplexer.hpp"

#include "reactor/tests/reactor_test.hpp"

#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>

#include <sys/resource.h>  // setrlimit
#include <unistd.h>

namespace poetry::testing {

TEST(DemultiplexerTest, ThisSystemHasEpollPollAndSelect) {
  EXPECT_EQ(Reactor::demultiplexers(), (std::vector<std::string>{"epoll", "poll", "select"}));
}

TEST(DemultiplexerTest, IsTheOneThatWasAskedForOrEpoll) {
  // libevent calls the first one "epoll (with changelist)".
  EXPECT_TRUE(LibeventDemultiplexer("epoll").name().starts_with("epoll"));
  EXPECT_EQ(LibeventDemultiplexer("poll").name(), "poll");
  EXPECT_EQ(LibeventDemultiplexer("select").name(), "select");
  EXPECT_TRUE(LibeventDemultiplexer("").name().starts_with("epoll"));
}

TEST(DemultiplexerTest, UnknownNameIsRefused) {
  EXPECT_THROW(Reactor(ReactorOptions{.demultiplexer = "kqueue"}), std::invalid_argument);
}

TEST(DemultiplexerTest, EnvironmentDoesNotChangeTheChoice) {
  ::setenv("EVENT_NOEPOLL", "1", 1);
  EXPECT_TRUE(LibeventDemultiplexer("").name().starts_with("epoll"));
  ::unsetenv("EVENT_NOEPOLL");
}

TEST(DemultiplexerTest, SelectRefusesDescriptorsFromItsLimitOnAndPollTakesThem) {
  const std::vector<UniqueFd> taken = takeAllThatSelectCanWatch();
  if (taken.empty()) {
    GTEST_SKIP() << "the system grants no descriptor that select cannot watch";
  }
  LibeventDemultiplexer select("select");
  LibeventDemultiplexer poll("poll");
  const UniqueFd high(::dup(Listener().socket.get()));
  try {
    select.watch(high.get(), true, false);
    ADD_FAILURE() << "it was watched";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), EINVAL);
    EXPECT_NE(std::string(error.what()).find("select cannot watch descriptor "), std::string::npos)
        << error.what();
  }
  EXPECT_NO_THROW(poll.watch(high.get(), true, false));
  EXPECT_THROW(Reactor({.demultiplexer = "select"}), std::system_error) << "it needs a pipe itself";
}

TEST(DemultiplexerTest, WaitNamesAWatchedDescriptorThatWasClosed) {
  LibeventDemultiplexer select("select");  // epoll forgets such a descriptor without an error
  Pipe pipe = makePipe();
  const int number = pipe.readEnd.get();
  select.watch(number, true, false);
  pipe.readEnd.reset();
  try {
    select.wait(std::nullopt);
    ADD_FAILURE() << "it waited";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(std::string(error.what()), "descriptor " + std::to_string(number) +
                                             " was closed while the reactor was watching it");
  }
}

TEST(DemultiplexerTest, DescriptorStaysWatchedWhenAChangeFindsNoMemory) {
  static bool noMemory = false;
  event_set_mem_functions([](std::size_t size) { return noMemory ? nullptr : std::malloc(size); },
                          &std::realloc, &std::free);
  LibeventDemultiplexer poll("poll");
  const Pipe pipe = makePipe();
  poll.watch(pipe.readEnd.get(), true, false);
  noMemory = true;
  EXPECT_THROW(poll.watch(pipe.readEnd.get(), true, true), std::system_error);
  noMemory = false;
  ASSERT_EQ(::write(pipe.writeEnd.get(), "x", 1), 1);
  EXPECT_EQ(poll.wait(Duration(0)).size(), 1u);
}

TEST(DemultiplexerTest, ReactorThatGetsTooFewDescriptorsThrowsAndLeavesNoneOpen) {
  rlimit old{};
  ::getrlimit(RLIMIT_NOFILE, &old);
  const DescriptorCheck descriptors;
  rlimit limit = old;
  limit.rlim_cur = static_cast<rlim_t>(UniqueFd(::dup(STDIN_FILENO)).get());
  int refusals = 0;
  for (bool isMade = false; !isMade; ++limit.rlim_cur) {
    ::setrlimit(RLIMIT_NOFILE, &limit);
    try {
      const Reactor reactor;
      isMade = true;
    } catch (const std::system_error& error) {
      EXPECT_EQ(error.code().value(), EMFILE);
      ++refusals;
    }
    ::setrlimit(RLIMIT_NOFILE, &old);
    EXPECT_EQ(descriptors.leaked(), std::vector<std::string>());
  }
  EXPECT_GE(refusals, 2) << "without epoll's descriptor, and without the pipe for signals";
}

}  // namespace poetry::testing
