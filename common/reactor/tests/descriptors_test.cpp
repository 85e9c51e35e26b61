// Descriptors on the system's demultiplexers: each of them passes the same tests.
#include "reactor/tests/reactor_test.hpp"

#include <cerrno>
#include <cmath>
#include <limits>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace poetry::testing {

TEST_P(ReactorTest, ReaderIsCalledWhenAByteArrivesAndMayRemoveItselfAndStop) {
  RecordingDescriptor a(story_, "A");
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().removeReader(a);
    reactor().stop();
    return std::nullopt;
  };
  reactor().addReader(a);
  a.makeReadable();
  run();
  EXPECT_EQ(story_, Story{"A doRead"});
}

TEST_P(ReactorTest, RemovedReaderIsNotCalledThoughItIsReadable) {
  RecordingDescriptor a(story_, "A");
  reactor().addReader(a);
  a.makeReadable();
  reactor().removeReader(a);
  stopAfterIterations(2);
  run();
  EXPECT_EQ(story_, Story{});
}

TEST_P(ReactorTest, ReaderIsCalledInEachIterationUntilItHasReadEverything) {
  RecordingDescriptor a(story_, "A");
  reactor().addReader(a);
  for (int i = 0; i < 3; ++i) {
    a.makeReadable();
  }
  stopAfterIterations(6);
  run();
  EXPECT_EQ(story_, (Story{"A doRead", "A doRead", "A doRead", "A connectionLost ConnectionLost"}))
      << "one byte is read each time";
}

TEST_P(ReactorTest, WriterIsCalledUntilItIsRemoved) {
  RecordingDescriptor a(story_, "A");
  a.onWrite = [&]() -> std::optional<Failure> {
    if (count(story_, "A doWrite") == 2) {
      reactor().removeWriter(a);
    }
    return std::nullopt;
  };
  reactor().addWriter(a);
  stopAfterIterations(5);
  run();
  EXPECT_EQ(story_, (Story{"A doWrite", "A doWrite"}));
}

TEST_P(ReactorTest, WriterIsNotCalledWhileTheBufferOfTheKernelIsFull) {
  RecordingDescriptor a(story_, "A");
  a.makeUnwritable();
  reactor().addWriter(a);
  stopAfterIterations(2);
  run();
  EXPECT_EQ(story_, Story{"A connectionLost ConnectionLost"});
}

TEST_P(ReactorTest, ObjectThatIsReadableAndWritableIsReadAndThenWritten) {
  RecordingDescriptor a(story_, "A");
  a.onWrite = [&]() -> std::optional<Failure> {
    reactor().removeAll();
    reactor().stop();
    return std::nullopt;
  };
  reactor().addWriter(a);
  reactor().addReader(a);
  a.makeReadable();
  run();
  EXPECT_EQ(story_, (Story{"A doRead", "A doWrite"}));
}

TEST_P(ReactorTest, HangUpWithoutDataIsADoReadThatFindsTheEndOfTheFile) {
  Pipe pipe = makePipe();
  RecordingDescriptor a(story_, "A", std::move(pipe.readEnd));
  ssize_t got = -1;
  a.onRead = [&]() -> std::optional<Failure> {
    char byte = 0;
    got = ::read(a.fd.get(), &byte, 1);
    reactor().stop();
    return Failure(ConnectionDone());
  };
  reactor().addReader(a);
  pipe.writeEnd.reset();
  run();
  EXPECT_EQ(got, 0);
  EXPECT_EQ(story_, (Story{"A doRead", "A connectionLost ConnectionDone"}));
}

TEST_P(ReactorTest, OfTwoReadyReadersThatRemoveEachOtherOneIsCalled) {
  RecordingDescriptor a(story_, "A");
  RecordingDescriptor b(story_, "B");
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().removeReader(b);
    return std::nullopt;
  };
  b.onRead = [&]() -> std::optional<Failure> {
    reactor().removeReader(a);
    return std::nullopt;
  };
  for (RecordingDescriptor* each : {&a, &b}) {
    reactor().addReader(*each);
    each->makeReadable();
  }
  afterIterations(1, [&] {
    reactor().removeAll();
    reactor().stop();
  });
  run();
  EXPECT_EQ(story_.size(), 1u);
}

TEST_P(ReactorTest, ReadyReaderThatIsRemovedAndAddedAgainIsStillRead) {
  RecordingDescriptor a(story_, "A");
  RecordingDescriptor b(story_, "B");
  // The one that is called first removes the other one and adds it again.
  const auto read = [&](RecordingDescriptor& self, RecordingDescriptor& other) {
    reactor().removeReader(self);
    if (story_.size() == 1) {
      reactor().removeReader(other);
      reactor().addReader(other);
    }
    return std::nullopt;
  };
  a.onRead = [&] { return read(a, b); };
  b.onRead = [&] { return read(b, a); };
  for (RecordingDescriptor* each : {&a, &b}) {
    reactor().addReader(*each);
    each->makeReadable();
  }
  stopAfterIterations(3);
  run();
  EXPECT_EQ(count(story_, "A doRead"), 1);
  EXPECT_EQ(count(story_, "B doRead"), 1);
}

// === Descriptors that are closed ==============================================================

TEST_P(ReactorTest, ObjectThatClosesItsDescriptorInDoReadIsDisconnectedAndNotWritten) {
  RecordingDescriptor a(story_, "A");
  a.onRead = [&]() -> std::optional<Failure> {
    a.fd.reset();
    return std::nullopt;
  };
  a.onLost = [&](const Failure& /*reason*/) {
    EXPECT_EQ(reactor().getReaders().size(), 0u);
    EXPECT_EQ(reactor().getWriters().size(), 0u);
  };
  reactor().addReader(a);
  reactor().addWriter(a);
  a.makeReadable();
  stopAfterIterations(3);
  run();
  EXPECT_EQ(count(story_, "A connectionLost ConnectionFdescWentAway"), 1);
  EXPECT_EQ(story_.back(), "A connectionLost ConnectionFdescWentAway");
}

TEST_P(ReactorTest, ObjectThatClosesItsDescriptorInDoWriteIsDisconnected) {
  RecordingDescriptor a(story_, "A");
  a.onWrite = [&]() -> std::optional<Failure> {
    a.fd.reset();
    return std::nullopt;
  };
  reactor().addWriter(a);
  stopAfterIterations(3);
  run();
  EXPECT_EQ(story_, (Story{"A doWrite", "A connectionLost ConnectionFdescWentAway"}));
}

TEST_P(ReactorTest, NewDescriptorWithTheNumberOfARemovedOneIsWatched) {
  RecordingDescriptor a(story_, "A");
  RecordingDescriptor b(story_, "B");
  std::unique_ptr<RecordingDescriptor> c;
  // The one that is called first removes and closes the other one, which is readable, too.
  const auto replace = [&](RecordingDescriptor& self, RecordingDescriptor& other) {
    reactor().removeReader(self);
    reactor().removeReader(other);
    const int number = other.fd.get();
    other.fd.reset();
    c = std::make_unique<RecordingDescriptor>(story_, "C");
    EXPECT_EQ(c->fd.get(), number) << "the test needs the same number again";
    reactor().addReader(*c);
    return std::nullopt;
  };
  a.onRead = [&] { return replace(a, b); };
  b.onRead = [&] { return replace(b, a); };
  for (RecordingDescriptor* each : {&a, &b}) {
    reactor().addReader(*each);
    each->makeReadable();
  }
  afterIterations(3, [&] {
    EXPECT_EQ(count(story_, "C doRead"), 0) << "that was the closed one's byte";
    c->makeReadable();
  });
  stopAfterIterations(5);
  run();
  EXPECT_EQ(count(story_, "C doRead"), 1);
}

TEST_P(ReactorTest, WhatCannotBeWatchedIsRefusedAtTheCall) {
  RecordingDescriptor a(story_, "A", UniqueFd());
  const auto errorOfAdding = [&](int fd) {
    a.claimedFileno = fd;
    try {
      reactor().addReader(a);
    } catch (const std::system_error& error) {
      EXPECT_THROW(reactor().addWriter(a), std::system_error);
      return error.code().value();
    }
    return 0;
  };
  const UniqueFd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  const UniqueFd folder(::open("/", O_RDONLY | O_CLOEXEC));
  const int closed = UniqueFd(::dup(STDERR_FILENO)).get();
  EXPECT_EQ(errorOfAdding(-1), EBADF);
  EXPECT_EQ(errorOfAdding(closed), EBADF);
  EXPECT_EQ(errorOfAdding(file.get()), EPERM);
  EXPECT_EQ(errorOfAdding(folder.get()), EPERM);
  EXPECT_EQ(reactor().removeAll().size(), 0u);
}

// === Timers ===================================================================================

TEST_P(ReactorTest, TimerWakesTheLoopUpAlsoIfItWasResetToAnEarlierTime) {
  const auto call = reactor().callLater(Duration(1e6), [&] { reactor().stop(); });
  reactor().callLater(Duration(0), [&] { call->reset(Duration(0.001)); });
  run();
  EXPECT_FALSE(call->active());
}

TEST_P(ReactorTest, TimersInTheFarFutureDoNotKeepDescriptorsFromBeingServed) {
  const auto fail = [] { ADD_FAILURE() << "it was called"; };
  reactor().callLater(Duration(std::exp2(128)), fail);
  reactor().callLater(Duration(std::numeric_limits<double>::infinity()), fail);
  RecordingDescriptor a(story_, "A");
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().stop();
    return Failure(ConnectionDone());
  };
  reactor().addReader(a);
  a.makeReadable();
  reactor().run(false);
  EXPECT_EQ(reactor().getDelayedCalls().size(), 2u);
}

}  // namespace poetry::testing
