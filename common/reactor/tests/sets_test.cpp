// What a reactor promises about the sets of descriptors, the shutdown, and what is told of both.
// "Case" is the number of a row in the list of cases that every reactor of this library has to
// pass.
#include "reactor/tests/watched.hpp"
#include "support/thread_state.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <thread>

#include <unistd.h>  // gettid

namespace poetry::testing {

// === The sets =================================================================================

// Case 53
TEST_P(ReactorTest, RemoveAllReturnsEachObjectOnceAndCallsNobodyAndLeavesTheWakerIntact) {
  Watched a(story_, "A");
  Watched b(story_, "B");
  reactor().addReader(a);
  reactor().addWriter(a);
  reactor().addReader(b);
  std::vector<IFileDescriptor*> removed;
  std::thread user;
  reactor().callWhenRunning([&] {
    removed = reactor().removeAll();
    user = std::thread([loop = ::gettid()] {
      waitUntilAsleep(loop);
      ::kill(::getpid(), SIGTERM);  // wakes the loop if the waker is still watched
    });
  });
  run(true);
  user.join();
  ASSERT_EQ(removed.size(), 2u);
  EXPECT_TRUE(contains(removed, a));
  EXPECT_TRUE(contains(removed, b));
  EXPECT_EQ(story_, Story{});
  EXPECT_EQ(reactor().exitSignal(), SIGTERM);
}

// Case 54
TEST_P(ReactorTest, SetsSayWhoIsInThem) {
  Watched a(story_, "A");
  Watched b(story_, "B");
  EXPECT_EQ(reactor().getReaders().size(), 0u) << "what the reactor needs itself does not show";
  EXPECT_EQ(reactor().getWriters().size(), 0u);

  reactor().addReader(a);
  reactor().addReader(b);
  reactor().addWriter(b);
  EXPECT_EQ(reactor().getReaders().size(), 2u);
  EXPECT_TRUE(contains(reactor().getReaders(), a));
  EXPECT_EQ(reactor().getWriters(), std::vector<IWriteDescriptor*>{&b});

  reactor().removeReader(b);
  EXPECT_EQ(reactor().getReaders(), std::vector<IReadDescriptor*>{&a});
  EXPECT_EQ(reactor().getWriters(), std::vector<IWriteDescriptor*>{&b});
}

// Case 54
TEST_P(ReactorTest, SetsShowNothingOfTheReactorsOwnWhileItRuns) {
  reactor().callWhenRunning([&] {
    EXPECT_EQ(reactor().getReaders().size(), 0u);
    EXPECT_EQ(reactor().getWriters().size(), 0u);
    reactor().stop();
  });
  run(true);
}

// Case 54
TEST_P(ReactorTest, AddingTwiceIsAddingOnce) {
  Watched a(story_, "A");
  reactor().addReader(a);
  reactor().addReader(a);
  reactor().addWriter(a);
  reactor().addWriter(a);
  EXPECT_EQ(reactor().getReaders().size(), 1u);
  EXPECT_EQ(reactor().getWriters().size(), 1u);
  reactor().removeReader(a);
  reactor().removeWriter(a);
  EXPECT_EQ(reactor().removeAll().size(), 0u);
}

// Case 54
TEST_P(ReactorTest, RemovingWhoIsNotThereDoesNothing) {
  Watched a(story_, "A");
  reactor().removeReader(a);
  reactor().removeWriter(a);
  a.fd.reset();
  reactor().removeReader(a);
  reactor().removeWriter(a);
  EXPECT_EQ(story_, Story{});
}

TEST_P(ReactorTest, BadDescriptorIsRefusedAtOnce) {
  RecordingDescriptor none(story_, "none", UniqueFd());
  EXPECT_THROW(reactor().addReader(none), std::system_error);
  EXPECT_THROW(reactor().addWriter(none), std::system_error);

  Watched closed(story_, "closed");
  closed.claimedNumber = closed.fd.get();
  closed.fd.reset();
  try {
    reactor().addReader(closed);
    ADD_FAILURE() << "a closed descriptor was taken";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), EBADF);
  }
  EXPECT_EQ(reactor().removeAll().size(), 0u) << "who was refused is in no set";
}

// === Shutdown =================================================================================

// Case 11
TEST_P(ReactorTest, ShutdownTellsReadersAndWritersOnceEachWhenTheSetsAreEmpty) {
  Watched a(story_, "A");
  Watched b(story_, "B");
  Watched c(story_, "C");
  for (Watched* each : {&a, &b, &c}) {
    each->onLost = [&](const Failure& /*reason*/) {
      EXPECT_EQ(reactor().getReaders().size(), 0u);
      EXPECT_EQ(reactor().getWriters().size(), 0u);
      EXPECT_FALSE(reactor().running());
    };
  }
  b.onWrite = c.onWrite = []() -> std::optional<Failure> { return std::nullopt; };
  reactor().addReader(a);
  reactor().addWriter(b);
  reactor().addReader(c);
  reactor().addWriter(c);
  reactor().callWhenRunning([&] { reactor().stop(); });
  run();
  std::sort(story_.begin(), story_.end());
  EXPECT_EQ(story_, (Story{"A connectionLost ConnectionLost", "B connectionLost ConnectionLost",
                           "C connectionLost ConnectionLost"}));
}

// Case 12
TEST_P(ReactorTest, ShutdownTellsTheOthersThoughOneThrows) {
  Watched a(story_, "A");
  Watched b(story_, "B");
  Watched c(story_, "C");
  for (Watched* each : {&a, &b, &c}) {
    each->onLost = [](const Failure& /*reason*/) { throw Mishap(); };
    reactor().addReader(*each);
  }
  reactor().callWhenRunning([&] { reactor().stop(); });
  run();
  EXPECT_EQ(story_.size(), 3u);
  EXPECT_EQ(errors_.size(), 3u);
}

TEST_P(ReactorTest, ReaderAddedDuringShutdownGetsOneLastCall) {
  Watched a(story_, "A");
  Watched b(story_, "B");
  b.ring();
  b.ring();
  a.onLost = [&](const Failure& /*reason*/) { reactor().addReader(b); };
  reactor().addReader(a);
  reactor().callWhenRunning([&] { reactor().stop(); });
  run();
  EXPECT_EQ(story_, (Story{"A connectionLost ConnectionLost", "B doRead"}));
  reactor().removeReader(b);
}

TEST_P(ReactorTest, WhoHasNoDescriptorIsRefused) {
  Watched a(story_, "A");
  a.claimedNumber = -1;
  EXPECT_THROW(reactor().addReader(a), std::system_error);
  EXPECT_THROW(reactor().addWriter(a), std::system_error);
  EXPECT_EQ(reactor().getReaders().size(), 0u);
  EXPECT_EQ(reactor().getWriters().size(), 0u);
}

// === Names and trace ==========================================================================

// Case 74
TEST_P(ReactorTest, ErrorsAreReportedUnderTheLogPrefix) {
  Watched a(story_, "A");
  a.onLogPrefix = [] { return std::string("Task 7"); };
  a.onRead = []() -> std::optional<Failure> { throw Mishap(); };
  reactor().addReader(a);
  a.ring();
  stopAfterTurns(1);
  run();
  EXPECT_EQ(errors_, (Errors{{"Mishap", "[Task 7] doRead"}}));
}

// Case 74
TEST_P(ReactorTest, LogPrefixThatThrowsKeepsNothingFromHappening) {
  options_.trace = true;
  remakeReactor();
  Watched a(story_, "A");
  a.onLogPrefix = []() -> std::string { throw Mishap(); };
  a.onRead = []() -> std::optional<Failure> { throw Mishap(); };
  reactor().addReader(a);
  a.ring();
  stopAfterTurns(1);
  ::testing::internal::CaptureStderr();
  run();
  const std::string trace = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(story_, (Story{"A doRead", "A connectionLost Mishap"}));
  EXPECT_EQ(errors_, (Errors{{"Mishap", "[logPrefix threw: mishap] doRead"}}));
  EXPECT_NE(trace.find("reactor: [logPrefix threw: mishap] readable -> doRead\n"),
            std::string::npos)
      << trace;
}

TEST_P(ReactorTest, TraceTellsEachStepOfTheLoopInALine) {
  options_.trace = true;
  freezeClock();
  Watched a(story_, "Task 1");
  Watched b(story_, "Task 2");
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().addWriter(b);
    return Failure(ConnectionDone());
  };
  b.onWrite = [&]() -> std::optional<Failure> {
    reactor().removeWriter(b);
    reactor().stop();
    return std::nullopt;
  };
  reactor().addReader(a);
  reactor().addReader(b);
  reactor().callLater(Seconds(0), [] {});
  a.ring();
  ::testing::internal::CaptureStderr();
  run();
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "reactor: timer due -> call\n"
            "reactor: waiting on 2 readers, 0 writers, 1 timers\n"
            "reactor: [Task 1] readable -> doRead\n"
            "reactor: [Task 1] doRead returned: Connection was closed cleanly -> connectionLost\n"
            "reactor: waiting on 1 readers, 1 writers, 1 timers\n"
            "reactor: [Task 2] writable -> doWrite\n"
            "reactor: stop -> connectionLost for all that are left\n");
}

TEST_P(ReactorTest, TraceTellsWhyAWriterLeaves) {
  options_.trace = true;
  remakeReactor();
  Watched a(story_, "Task 1");
  a.onWrite = [] { return Failure(ConnectionDone()); };
  reactor().addWriter(a);
  stopAfterTurns(1);
  ::testing::internal::CaptureStderr();
  run();
  const std::string trace = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(trace.find("reactor: [Task 1] doWrite returned: Connection was closed cleanly -> "
                       "connectionLost\n"),
            std::string::npos)
      << trace;
}

TEST_P(ReactorTest, ErrorsGoToStandardErrorIfNobodyWantsThem) {
  options_.onError = nullptr;
  remakeReactor();
  Watched a(story_, "Task 1");
  a.onRead = []() -> std::optional<Failure> { throw Mishap(); };
  reactor().addReader(a);
  a.ring();
  stopAfterTurns(1);
  ::testing::internal::CaptureStderr();
  run();
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "reactor: [Task 1] doRead failed: mishap\n");
}

}  // namespace poetry::testing
