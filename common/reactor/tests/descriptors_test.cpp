// What a reactor promises to the descriptors that it watches. "Case" is the number of a row in the
// list of cases that every reactor of this library has to pass.
#include "reactor/tests/reactor_test.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace poetry::testing {

namespace {

/// Somebody to watch, with a name for the story and the other end of its socket.
struct Watched : RecordingDescriptor {
  Watched(Story& story, const std::string& name) : Watched(story, name, Pair()) {}
  Watched(Story& story, const std::string& name, Pair pair)
      : RecordingDescriptor(story, name, std::move(pair.ours)), other(std::move(pair.theirs)) {}

  /// Makes it readable.
  void ring() const { sendAll(other.get(), "!"); }

  UniqueFd other;
};

/// Is `object` in the list of readers or writers?
template <typename Object, typename Interface>
bool contains(const std::vector<Interface*>& list, const Object& object) {
  return std::find(list.begin(), list.end(), static_cast<const Interface*>(&object)) != list.end();
}

}  // namespace

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

// === Leaving in the middle of a turn ==========================================================

// Case 5
TEST_P(ReactorTest, OfTwoReadyReadersThatRemoveEachOtherOnlyOneIsCalled) {
  Watched a(story_, "A");
  Watched b(story_, "B");
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().removeReader(b);
    return std::nullopt;
  };
  b.onRead = [&]() -> std::optional<Failure> {
    reactor().removeReader(a);
    return std::nullopt;
  };
  reactor().addReader(a);
  reactor().addReader(b);
  a.ring();
  b.ring();
  afterTurns(1, [&] {
    EXPECT_EQ(story_.size(), 1u);
    reactor().removeAll();
    reactor().stop();
  });
  run();
}

// Case 6
TEST_P(ReactorTest, RemovedReaderThatIsStillAWriterIsNotRead) {
  Watched a(story_, "A");
  Watched b(story_, "B");
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().removeReader(b);
    return std::nullopt;
  };
  b.onRead = [&]() -> std::optional<Failure> {
    reactor().removeReader(a);
    return std::nullopt;
  };
  for (Watched* each : {&a, &b}) {
    reactor().addReader(*each);
    reactor().addWriter(*each);
    each->ring();
  }
  afterTurns(1, [&] { EXPECT_EQ(count(story_, "A doRead") + count(story_, "B doRead"), 1); });
  afterTurns(2, [&] {
    EXPECT_GE(count(story_, "A doWrite"), 1) << "it is still a writer";
    EXPECT_GE(count(story_, "B doWrite"), 1);
    reactor().removeAll();
    reactor().stop();
  });
  run();
}

// Rule 4, and what makes it matter in C++
TEST_P(ReactorTest, WhoWasRemovedMayBeDestroyedInTheSameTurn) {
  auto a = std::make_unique<Watched>(story_, "A");
  auto b = std::make_unique<Watched>(story_, "B");
  const auto removeAndDestroy = [&](std::unique_ptr<Watched>& victim) {
    reactor().removeReader(*victim);
    reactor().removeWriter(*victim);
    victim.reset();
  };
  for (const auto& each : {&a, &b}) {
    (*each)->onRead = [&, other = each == &a ? &b : &a]() -> std::optional<Failure> {
      removeAndDestroy(*other);
      return Failure(ConnectionDone());
    };
    reactor().addReader(**each);
    reactor().addWriter(**each);
    (*each)->ring();
  }
  stopAfterTurns(2);
  run();
  EXPECT_EQ(story_.size(), 2u) << "one doRead and one connectionLost";
}

// Rule 5
TEST_P(ReactorTest, WhoIsRemovedAndAddedAgainDoesNotLoseTheEvent) {
  Watched a(story_, "A");
  Watched b(story_, "B");
  const auto readAndReplace = [&](Watched& self, Watched& other) -> std::optional<Failure> {
    reactor().removeReader(self);
    if (story_.size() == 1) {  // the first one of the two
      reactor().removeReader(other);
      reactor().addReader(other);
    }
    return std::nullopt;
  };
  a.onRead = [&] { return readAndReplace(a, b); };
  b.onRead = [&] { return readAndReplace(b, a); };
  reactor().addReader(a);
  reactor().addReader(b);
  a.ring();
  b.ring();
  stopAfterTurns(3);
  run();
  EXPECT_EQ(count(story_, "A doRead"), 1);
  EXPECT_EQ(count(story_, "B doRead"), 1);
}

// Case 7
TEST_P(ReactorTest, WhoRemovesAndClosesItselfIsNeverAskedForItsNumberAgain) {
  Watched a(story_, "A");
  int callsWhenRemoved = 0;
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().removeReader(a);
    a.fd.reset();
    callsWhenRemoved = a.filenoCalls;
    return std::nullopt;
  };
  reactor().addReader(a);
  a.ring();
  stopAfterTurns(3);
  run();
  EXPECT_EQ(a.filenoCalls, callsWhenRemoved);
  EXPECT_EQ(story_, Story{"A doRead"}) << "and no connectionLost";
}

// === Descriptors that go away =================================================================

// Case 9, and rule 7
TEST_P(ReactorTest, NewDescriptorWithARecycledNumberIsNotCalledBeforeItIsReadable) {
  Watched a(story_, "A");
  Watched b(story_, "B");
  std::unique_ptr<Watched> newcomer;
  // Whichever of the two comes first closes the other one, whose number is the lowest free one.
  const auto replace = [&](Watched& self, Watched& other) -> std::optional<Failure> {
    const int number = other.fd.get();
    reactor().removeReader(other);
    other.fd.reset();
    newcomer = std::make_unique<Watched>(story_, "newcomer");
    EXPECT_EQ(newcomer->fd.get(), number) << "the test needs the same number again";
    reactor().addReader(*newcomer);
    reactor().removeReader(self);
    return std::nullopt;
  };
  a.onRead = [&] { return replace(a, b); };
  b.onRead = [&] { return replace(b, a); };
  reactor().addReader(a);
  reactor().addReader(b);
  a.ring();
  b.ring();
  afterTurns(3, [&] {
    EXPECT_EQ(count(story_, "newcomer doRead"), 0) << "that was the other one's event";
    newcomer->ring();
  });
  stopAfterTurns(5);
  run();
  EXPECT_EQ(count(story_, "newcomer doRead"), 1);
}

// Rule 7: closed by somebody else, and never removed
TEST_P(ReactorTest, NewDescriptorIsWatchedAlthoughTheOneWithItsNumberNeverLeft) {
  Watched a(story_, "A");
  reactor().addReader(a);
  const int number = a.fd.get();
  std::unique_ptr<Watched> newcomer;
  afterTurns(1, [&] {
    a.fd.reset();
    newcomer = std::make_unique<Watched>(story_, "newcomer");
    ASSERT_EQ(newcomer->fd.get(), number) << "the test needs the same number again";
    reactor().addReader(*newcomer);
    newcomer->ring();
  });
  stopAfterTurns(4);
  run();
  EXPECT_EQ(count(story_, "A connectionLost ConnectionFdescWentAway"), 1);
  EXPECT_EQ(count(story_, "newcomer doRead"), 1);
}

// Case 10
TEST_P(ReactorTest, WhoTurnsToMinusOneInDoReadIsDisconnectedOnce) {
  Watched a(story_, "A");
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
  a.ring();
  stopAfterTurns(3);
  run();
  EXPECT_EQ(count(story_, "A connectionLost ConnectionFdescWentAway"), 1);
  EXPECT_EQ(story_.back(), "A connectionLost ConnectionFdescWentAway");
}

// Rule 9
TEST_P(ReactorTest, WhoTurnsToMinusOneBehindTheReactorsBackIsDisconnectedAtTheNextPoll) {
  Watched a(story_, "A");
  reactor().addReader(a);
  afterTurns(1, [&] {
    a.fd.reset();
    stopAfterTurns(1);
  });
  run();
  EXPECT_EQ(story_, Story{"A connectionLost ConnectionFdescWentAway"});
}

// Rule 9: the loop has long looked at everybody by then, and has nothing else to do afterwards
TEST_P(ReactorTest, WhoTurnsToMinusOneInAnothersDoReadIsFound) {
  Watched a(story_, "A");
  Watched b(story_, "B");
  a.onLost = [&](const Failure& /*reason*/) { reactor().stop(); };
  b.onRead = [&]() -> std::optional<Failure> {
    if (count(story_, "B doRead") == 10) {
      reactor().removeReader(b);
      a.fd.reset();
    }
    return std::nullopt;
  };
  reactor().addReader(a);
  reactor().addReader(b);
  b.ring();
  run();
  EXPECT_EQ(story_.back(), "A connectionLost ConnectionFdescWentAway");
}

// Rule 9
TEST_P(ReactorTest, WhoTurnsToMinusOneInAnothersDoWriteIsFound) {
  Watched a(story_, "A");
  Watched b(story_, "B");
  a.onLost = [&](const Failure& /*reason*/) { reactor().stop(); };
  b.onWrite = [&]() -> std::optional<Failure> {
    if (count(story_, "B doWrite") == 10) {
      reactor().removeWriter(b);
      a.fd.reset();
    }
    return std::nullopt;
  };
  reactor().addReader(a);
  reactor().addWriter(b);
  run();
  EXPECT_EQ(story_.back(), "A connectionLost ConnectionFdescWentAway");
}

// Rule 9: wherever the look at all descriptors begins, it has passed one of these before its turn came
TEST_P(ReactorTest, WhoTurnsToMinusOneInAnothersConnectionLostIsFound) {
  Watched c(story_, "C");
  Watched b(story_, "B");
  Watched a(story_, "A");
  ASSERT_LT(c.fd.get(), b.fd.get());
  ASSERT_LT(b.fd.get(), a.fd.get());
  a.onLost = [&](const Failure& /*reason*/) { b.fd.reset(); };
  b.onLost = [&](const Failure& /*reason*/) { c.fd.reset(); };
  c.onLost = [&](const Failure& /*reason*/) { reactor().stop(); };
  for (Watched* each : {&a, &b, &c}) {
    reactor().addReader(*each);
  }
  afterTurns(1, [&] { a.fd.reset(); });
  run();
  EXPECT_EQ(story_, (Story{"A connectionLost ConnectionFdescWentAway",
                           "B connectionLost ConnectionFdescWentAway",
                           "C connectionLost ConnectionFdescWentAway"}));
}

// Rule 9: nothing else happens that could wake the loop
TEST_P(ReactorTest, OneOfManyThatTurnsToMinusOneIsFoundThoughTheLoopHasNothingElseToDo) {
  Watched a(story_, "A");
  UniqueFd high(::fcntl(a.fd.get(), F_DUPFD_CLOEXEC, 900));
  a.fd = std::move(high);
  a.onLost = [&](const Failure& /*reason*/) { reactor().stop(); };
  reactor().addReader(a);
  afterTurns(1, [&] { a.fd.reset(); });
  run();
  EXPECT_EQ(story_, Story{"A connectionLost ConnectionFdescWentAway"});
}

// Rule 9: the object goes on to report its old number
TEST_P(ReactorTest, ShutdownReachesEverybodyThoughOnesDescriptorWasClosedByAStranger) {
  Watched a(story_, "A");
  Watched b(story_, "B");
  Watched c(story_, "C");
  for (Watched* each : {&a, &b, &c}) {
    reactor().addReader(*each);
  }
  afterTurns(1, [&] {
    b.claimedNumber = b.fd.get();
    b.fd.reset();
  });
  stopAfterTurns(3);
  run();
  EXPECT_EQ(count(story_, "A connectionLost ConnectionLost"), 1);
  EXPECT_EQ(count(story_, "C connectionLost ConnectionLost"), 1);
  // epoll forgets a closed descriptor without a word, and B hears of it at shutdown; select and
  // poll complain, and B hears of it at once. Told it is in any case, and once.
  EXPECT_EQ(count(story_, "B connectionLost ConnectionLost") +
                count(story_, "B connectionLost ConnectionFdescWentAway"),
            1);
}

// Rule 9
TEST_P(ReactorTest, WhoHasClosedItsDescriptorMayLeaveTheSetsOneByOne) {
  Watched a(story_, "A");
  reactor().addReader(a);
  reactor().addWriter(a);
  a.fd.reset();
  EXPECT_NO_THROW(reactor().removeWriter(a));
  EXPECT_TRUE(contains(reactor().getReaders(), a));
  EXPECT_NO_THROW(reactor().removeReader(a));
  EXPECT_EQ(reactor().removeAll().size(), 0u);
  stopAfterTurns(1);
  run();
  EXPECT_EQ(story_, Story{});
}

// Rule 9
TEST_P(ReactorTest, WhoHasClosedItsDescriptorAndLeavesOneSetIsStillFoundInTheOther) {
  Watched a(story_, "A");
  reactor().addReader(a);
  reactor().addWriter(a);
  a.fd.reset();
  reactor().removeWriter(a);
  stopAfterTurns(1);
  run();
  EXPECT_EQ(story_, Story{"A connectionLost ConnectionFdescWentAway"});
}

// === The sets =================================================================================

// Case 53
TEST_P(ReactorTest, RemoveAllReturnsEachObjectOnceAndCallsNobodyAndLeavesTheWakerIntact) {
  Watched a(story_, "A");
  Watched b(story_, "B");
  reactor().addReader(a);
  reactor().addWriter(a);
  reactor().addReader(b);
  std::vector<IFileDescriptor*> removed;
  reactor().callWhenRunning([&] {
    removed = reactor().removeAll();
    ::raise(SIGTERM);  // wakes the loop and ends it, if the waker is still watched
  });
  run(true);
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
