// What a reactor promises about descriptors that leave, close or change in the middle of things.
// "Case" is the number of a row in the list of cases that every reactor of this library has to
// pass.
#include "reactor/tests/watched.hpp"

#include <system_error>

#include <fcntl.h>

namespace poetry::testing {

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

// Rule 13: what was found ready is served, although somebody has it watched for more meanwhile
TEST_P(ReactorTest, WhoIsAddedToTheOtherSetDoesNotLoseTheEvent) {
  Watched a(story_, "A");
  Watched b(story_, "B");
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().addWriter(b);
    reactor().removeReader(a);
    stopOnce();
    return std::nullopt;
  };
  b.onRead = [&]() -> std::optional<Failure> {
    reactor().addWriter(a);
    reactor().removeReader(b);
    stopOnce();
    return std::nullopt;
  };
  reactor().addReader(a);
  reactor().addReader(b);
  a.ring();
  b.ring();
  run();
  EXPECT_EQ(count(story_, "A doRead"), 1);
  EXPECT_EQ(count(story_, "B doRead"), 1);
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

// Rule 9
TEST_P(ReactorTest, WhoLeavesOneSetAndTurnsToMinusOneInDoReadIsDisconnectedOnTheSpot) {
  Watched a(story_, "A");
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().removeWriter(a);
    a.fd.reset();
    reactor().stop();
    return std::nullopt;
  };
  reactor().addReader(a);
  reactor().addWriter(a);
  a.ring();
  run();
  EXPECT_EQ(story_, (Story{"A doRead", "A connectionLost ConnectionFdescWentAway"}));
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

// Rule 10
TEST_P(ReactorTest, WhoseDescriptorAStrangerHasClosedIsRefusedTheOtherSet) {
  Watched a(story_, "A");
  a.claimedNumber = a.fd.get();
  reactor().addReader(a);
  a.fd.reset();
  EXPECT_THROW(reactor().addWriter(a), std::system_error);
  EXPECT_TRUE(contains(reactor().getReaders(), a));
  EXPECT_EQ(reactor().getWriters().size(), 0u);
  reactor().removeAll();
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

}  // namespace poetry::testing
