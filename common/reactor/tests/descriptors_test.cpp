// What a reactor promises about the descriptors that it watches: who is called, and who is told of
// an end. "Case" is the number of a row in the list of cases that every reactor of this library
// has to pass.
#include "reactor/tests/watched.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace poetry::testing {

// === Being called =============================================================================

// Case 1
TEST_P(ReactorTest, ReaderIsCalledWhenAByteHasComeAndMayLeaveAndStop) {
  Watched a(story_, "A");
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().removeReader(a);
    reactor().stop();
    return std::nullopt;
  };
  reactor().addReader(a);
  a.ring();
  run();
  EXPECT_EQ(story_, Story{"A doRead"});
}

// Case 2
TEST_P(ReactorTest, RemovedReaderIsNotCalledAlthoughItIsReady) {
  Watched a(story_, "A");
  reactor().addReader(a);
  a.ring();
  reactor().removeReader(a);
  stopAfterTurns(2);
  run();
  EXPECT_EQ(story_, Story{});
}

TEST_P(ReactorTest, ReaderIsCalledOnEachTurnUntilItHasReadEverything) {
  Watched a(story_, "A");
  reactor().addReader(a);
  a.ring();
  a.ring();
  a.ring();
  stopAfterTurns(6);
  run();
  EXPECT_EQ(story_, (Story{"A doRead", "A doRead", "A doRead", "A connectionLost ConnectionLost"}))
      << "one byte is read each time";
}

// Case 8, and rule 6
TEST_P(ReactorTest, ReaderAddedInACallbackIsCalledOnALaterTurnAlthoughItIsReadableNow) {
  Watched a(story_, "A");
  Watched b(story_, "B");
  b.ring();
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().addReader(b);
    reactor().removeReader(a);
    reactor().callLater(Seconds(0), [&] { story_.push_back("next turn"); });
    return std::nullopt;
  };
  b.onRead = [&]() -> std::optional<Failure> {
    reactor().removeReader(b);
    reactor().stop();
    return std::nullopt;
  };
  reactor().addReader(a);
  a.ring();
  run();
  EXPECT_EQ(story_, (Story{"A doRead", "next turn", "B doRead"}));
}

// Case 52
TEST_P(ReactorTest, WriterIsCalledUntilItIsRemoved) {
  Watched a(story_, "A");
  a.onWrite = [&]() -> std::optional<Failure> {
    if (count(story_, "A doWrite") == 2) {
      reactor().removeWriter(a);
    }
    return std::nullopt;
  };
  reactor().addWriter(a);
  stopAfterTurns(5);
  run();
  EXPECT_EQ(story_, (Story{"A doWrite", "A doWrite"}));
}

// Case 52
TEST_P(ReactorTest, WriterWithoutRoomIsNotCalled) {
  Pair pair;
  pair.fill();
  Watched a(story_, "A", std::move(pair));
  reactor().addWriter(a);
  stopAfterTurns(2);
  run();
  EXPECT_EQ(story_, Story{"A connectionLost ConnectionLost"});
}

// Rule 8
TEST_P(ReactorTest, ReadsBeforeItWritesWhenOneObjectCanDoBoth) {
  Watched a(story_, "A");
  a.onWrite = [&]() -> std::optional<Failure> {
    reactor().removeAll();
    reactor().stop();
    return std::nullopt;
  };
  reactor().addWriter(a);
  reactor().addReader(a);
  a.ring();
  run();
  EXPECT_EQ(story_, (Story{"A doRead", "A doWrite"}));
}

// Rule 8
TEST_P(ReactorTest, DoesNotWriteAfterDoReadHasGivenAReason) {
  Watched a(story_, "A");
  a.onRead = [] { return Failure(ConnectionDone()); };
  reactor().addReader(a);
  reactor().addWriter(a);
  a.ring();
  stopAfterTurns(2);
  run();
  EXPECT_EQ(story_, (Story{"A doRead", "A connectionLost ConnectionDone"}));
}

// Rule 8
TEST_P(ReactorTest, DoesNotWriteAfterDoReadHasRemovedItsOwnWriter) {
  Watched a(story_, "A");
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().removeWriter(a);
    reactor().removeReader(a);
    reactor().stop();
    return std::nullopt;
  };
  reactor().addReader(a);
  reactor().addWriter(a);
  a.ring();
  run();
  EXPECT_EQ(story_, Story{"A doRead"});
}

// Rule 10
TEST_P(ReactorTest, WhoIsRefusedTheOtherSetBecauseTheDescriptorIsGoneIsStillToldSo) {
  Watched a(story_, "A");
  RecordingDescriptor b(story_, "B", UniqueFd());
  b.claimedNumber = a.fd.get();
  reactor().addWriter(a);
  reactor().addReader(b);
  reactor().callLater(Seconds(0), [&] {
    a.fd.reset();
    b.claimedNumber = -1;
    EXPECT_THROW(reactor().addReader(a), std::system_error);
  });
  stopAfterTurns(3);
  run();
  std::sort(story_.begin(), story_.end());
  EXPECT_EQ(story_, (Story{"A connectionLost ConnectionFdescWentAway",
                           "B connectionLost ConnectionFdescWentAway"}));
}

// Rule 8
TEST_P(ReactorTest, DoesNotWriteAfterDoReadHasClosedTheDescriptor) {
  Watched a(story_, "A");
  a.onRead = [&]() -> std::optional<Failure> {
    a.fd.reset();
    return std::nullopt;
  };
  reactor().addReader(a);
  reactor().addWriter(a);
  a.ring();
  stopAfterTurns(2);
  run();
  EXPECT_EQ(story_, (Story{"A doRead", "A connectionLost ConnectionFdescWentAway"}));
}

// Rule 8: nobody has found the new one writable
TEST_P(ReactorTest, DoesNotWriteAfterDoReadHasChangedTheDescriptor) {
  Watched a(story_, "A");
  Pair another;
  a.onRead = [&]() -> std::optional<Failure> {
    a.fd = std::move(another.ours);
    return std::nullopt;
  };
  reactor().addReader(a);
  reactor().addWriter(a);
  a.ring();
  stopAfterTurns(2);
  run();
  EXPECT_EQ(story_, (Story{"A doRead", "A connectionLost ConnectionFdescWentAway"}));
}

// Rule 10
TEST_P(ReactorTest, WhoHasLostItsDescriptorIsRefusedTheOtherSetToo) {
  Watched a(story_, "A");
  reactor().addReader(a);
  a.fd.reset();
  EXPECT_THROW(reactor().addWriter(a), std::system_error);
  EXPECT_EQ(reactor().getWriters().size(), 0u);
  stopAfterTurns(2);
  run();
  EXPECT_EQ(story_, Story{"A connectionLost ConnectionFdescWentAway"});
}

// Rule 11
TEST_P(ReactorTest, HangUpWithoutDataIsADoReadThatFindsTheEnd) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
  RecordingDescriptor a(story_, "A", UniqueFd(ends[0]));
  UniqueFd writeEnd(ends[1]);
  ssize_t got = -1;
  a.onRead = [&]() -> std::optional<Failure> {
    char byte = 0;
    got = ::read(a.fd.get(), &byte, 1);
    reactor().stop();
    return Failure(ConnectionDone());
  };
  reactor().addReader(a);
  writeEnd.reset();
  run();
  EXPECT_EQ(got, 0);
  EXPECT_EQ(story_, (Story{"A doRead", "A connectionLost ConnectionDone"}));
}

// Rule 10
TEST_P(ReactorTest, TwoObjectsOnOneDescriptorAreBothCalled) {
  Watched a(story_, "A");
  RecordingDescriptor b(story_, "B", UniqueFd());
  b.claimedNumber = a.fd.get();
  a.onRead = b.onRead = []() -> std::optional<Failure> { return std::nullopt; };
  reactor().addReader(a);
  reactor().addReader(b);
  a.ring();
  afterTurns(1, [&] {
    EXPECT_EQ(count(story_, "A doRead"), 1);
    EXPECT_EQ(count(story_, "B doRead"), 1);
    reactor().removeReader(a);
    story_.clear();
  });
  stopAfterTurns(2);
  run();
  EXPECT_EQ(count(story_, "A doRead"), 0);
  EXPECT_GE(count(story_, "B doRead"), 1) << "B stays although A has gone";
}

// Rule 10
TEST_P(ReactorTest, OneOfTwoOnOneDescriptorMayChangeWhatItIsWatchedFor) {
  Watched a(story_, "A");
  RecordingDescriptor b(story_, "B", UniqueFd());
  b.claimedNumber = a.fd.get();
  a.onRead = b.onRead = []() -> std::optional<Failure> { return std::nullopt; };
  reactor().addReader(a);
  reactor().addReader(b);
  reactor().addWriter(a);
  a.ring();
  stopAfterTurns(1);
  run();
  for (const char* line : {"A doRead", "A doWrite", "B doRead"}) {
    EXPECT_EQ(count(story_, line), 1) << line;
  }
  EXPECT_EQ(count(story_, "B doWrite"), 0);
}

// Rule 10
TEST_P(ReactorTest, WhoSharesADescriptorThatIsGoneMayLeaveOneSetAndIsStillFound) {
  Watched a(story_, "A");
  RecordingDescriptor b(story_, "B", UniqueFd());
  b.claimedNumber = a.fd.get();
  reactor().addReader(a);
  reactor().addWriter(a);
  reactor().addReader(b);
  reactor().callLater(Seconds(0), [&] {
    a.fd.reset();
    b.claimedNumber = -1;
    EXPECT_NO_THROW(reactor().removeWriter(a));
    EXPECT_TRUE(contains(reactor().getReaders(), a));
  });
  stopAfterTurns(3);
  run();
  std::sort(story_.begin(), story_.end());
  EXPECT_EQ(story_, (Story{"A connectionLost ConnectionFdescWentAway",
                           "B connectionLost ConnectionFdescWentAway"}));
}

// === Ending ===================================================================================

// Case 3, and rule 1
TEST_P(ReactorTest, ReasonReturnedByDoReadIsToldOnceWhenTheObjectIsInNeitherSet) {
  Watched a(story_, "A");
  a.onRead = [] { return Failure(ConnectionDone()); };
  a.onLost = [&](const Failure& /*reason*/) {
    EXPECT_EQ(reactor().getReaders().size(), 0u);
    EXPECT_EQ(reactor().getWriters().size(), 0u);
    stopAfterTurns(2);
  };
  reactor().addReader(a);
  reactor().addWriter(a);
  a.ring();
  run();
  EXPECT_EQ(story_, (Story{"A doRead", "A connectionLost ConnectionDone"}));
  EXPECT_EQ(errors_, Errors{}) << "a reason that is returned is no error";
}

// Rule 1
TEST_P(ReactorTest, ReasonReturnedByDoWriteIsToldTheSameWay) {
  Watched a(story_, "A");
  a.onWrite = [] { return Failure(ConnectionLost(EPIPE)); };
  a.onLost = [&](const Failure& /*reason*/) {
    EXPECT_EQ(reactor().getReaders().size(), 0u);
    EXPECT_EQ(reactor().getWriters().size(), 0u);
    stopAfterTurns(2);
  };
  reactor().addReader(a);
  reactor().addWriter(a);
  run();
  EXPECT_EQ(story_, (Story{"A doWrite", "A connectionLost ConnectionLost"}));
  EXPECT_EQ(errors_, Errors{});
}

// Case 4
TEST_P(ReactorTest, ExceptionOfDoReadIsReportedOnceAndBecomesTheReasonAndTheLoopGoesOn) {
  Watched a(story_, "A");
  Watched b(story_, "B");
  a.onRead = []() -> std::optional<Failure> { throw Mishap(); };
  a.onLost = [&](const Failure& /*reason*/) { b.ring(); };
  b.onRead = [&]() -> std::optional<Failure> {
    reactor().removeReader(b);
    reactor().stop();
    return std::nullopt;
  };
  reactor().addReader(a);
  reactor().addReader(b);
  a.ring();
  run();
  EXPECT_EQ(story_, (Story{"A doRead", "A connectionLost Mishap", "B doRead"}));
  EXPECT_EQ(errors_, (Errors{{"Mishap", "[A] doRead"}}));
}

// Case 4, for writers
TEST_P(ReactorTest, ExceptionOfDoWriteIsReportedOnceAndBecomesTheReason) {
  Watched a(story_, "A");
  a.onWrite = []() -> std::optional<Failure> { throw Mishap(); };
  reactor().addWriter(a);
  stopAfterTurns(2);
  run();
  EXPECT_EQ(story_, (Story{"A doWrite", "A connectionLost Mishap"}));
  EXPECT_EQ(errors_, (Errors{{"Mishap", "[A] doWrite"}}));
}

// Rule 2
TEST_P(ReactorTest, ExceptionOfConnectionLostIsReportedAndTheLoopGoesOn) {
  Watched a(story_, "A");
  a.onRead = [] { return Failure(ConnectionDone()); };
  a.onLost = [&](const Failure& /*reason*/) {
    stopAfterTurns(1);
    throw Mishap();
  };
  reactor().addReader(a);
  a.ring();
  run();
  EXPECT_EQ(story_, (Story{"A doRead", "A connectionLost ConnectionDone"}));
  EXPECT_EQ(errors_, (Errors{{"Mishap", "[A] connectionLost"}}));
}

// Rule 3
TEST_P(ReactorTest, WhoLeavesInDoReadWithoutAReasonIsNotToldOfAnEnd) {
  Watched a(story_, "A");
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().removeReader(a);
    return std::nullopt;
  };
  reactor().addReader(a);
  a.ring();
  stopAfterTurns(2);
  run();
  EXPECT_EQ(story_, Story{"A doRead"});
}

// Rule 3
TEST_P(ReactorTest, WhoLeavesInDoReadAndGivesAReasonIsToldOfTheEnd) {
  Watched a(story_, "A");
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().removeReader(a);
    return Failure(ConnectionDone());
  };
  reactor().addReader(a);
  a.ring();
  stopAfterTurns(2);
  run();
  EXPECT_EQ(story_, (Story{"A doRead", "A connectionLost ConnectionDone"}));
}

}  // namespace poetry::testing
