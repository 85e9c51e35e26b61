// The two sets, and which object the reactor calls in an iteration and at the shutdown. A fake
// demultiplexer decides what is ready.
#include "reactor/tests/reactor_test.hpp"

#include <algorithm>
#include <string>

namespace poetry::testing {

namespace {

/// Is `object` in the list of readers or writers?
template <typename Object, typename Interface>
bool contains(const std::vector<Interface*>& list, const Object& object) {
  return std::find(list.begin(), list.end(), static_cast<const Interface*>(&object)) != list.end();
}

}  // namespace

// === The sets =================================================================================

TEST_F(LoopTest, RemoveAllReturnsEachObjectOnceAndCallsNone) {
  RecordingDescriptor a(story_, "A");
  RecordingDescriptor b(story_, "B");
  reactor().addReader(a);
  reactor().addWriter(a);
  reactor().addReader(b);
  const std::vector<IFileDescriptor*> removed = reactor().removeAll();
  ASSERT_EQ(removed.size(), 2u);
  EXPECT_TRUE(contains(removed, a));
  EXPECT_TRUE(contains(removed, b));
  EXPECT_EQ(story_, Story{});
}

TEST_F(LoopTest, SetsContainTheRegisteredObjectsAndNothingOfTheReactors) {
  RecordingDescriptor a(story_, "A");
  RecordingDescriptor b(story_, "B");
  EXPECT_EQ(reactor().getReaders().size(), 0u);
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
  reactor().removeAll();
}

TEST_F(LoopTest, AddingTwiceIsTheSameAsAddingOnce) {
  RecordingDescriptor a(story_, "A");
  for (int i = 0; i < 2; ++i) {
    reactor().addReader(a);
    reactor().addWriter(a);
  }
  EXPECT_EQ(reactor().getReaders().size(), 1u);
  EXPECT_EQ(reactor().getWriters().size(), 1u);
  reactor().removeReader(a);
  reactor().removeWriter(a);
  EXPECT_EQ(reactor().removeAll().size(), 0u);
}

TEST_F(LoopTest, RemovingAnObjectThatIsNotRegisteredDoesNothing) {
  RecordingDescriptor a(story_, "A");
  reactor().removeReader(a);
  a.fd.reset();
  reactor().removeWriter(a);
  EXPECT_EQ(story_, Story{});
}

TEST_F(LoopTest, SecondObjectOnAWatchedDescriptorIsRefused) {
  RecordingDescriptor a(story_, "A");
  RecordingDescriptor b(story_, "B", UniqueFd());
  b.claimedFileno = a.fileno();
  reactor().addReader(a);
  try {
    reactor().addWriter(b);
    ADD_FAILURE() << "it was added";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), EEXIST);
  }
  EXPECT_EQ(reactor().getWriters().size(), 0u);
  reactor().removeReader(b);
  EXPECT_EQ(reactor().getReaders(), std::vector<IReadDescriptor*>{&a}) << "B removed only itself";
  reactor().removeAll();
}

TEST_F(LoopTest, ObjectThatCannotBeWatchedForWritingStaysAReader) {
  RecordingDescriptor a(story_, "A");
  reactor().addReader(a);
  fake_->refuseToWatch(ENOMEM);
  EXPECT_THROW(reactor().addWriter(a), std::system_error);
  EXPECT_EQ(reactor().getReaders(), std::vector<IReadDescriptor*>{&a});
  EXPECT_EQ(reactor().getWriters().size(), 0u);
  reactor().removeAll();
}

// === Within an iteration ======================================================================

TEST_F(LoopTest, ReadsBeforeItWrites) {
  RecordingDescriptor a(story_, "A");
  reactor().addWriter(a);
  reactor().addReader(a);
  fake_->makeWritable(a.fileno());
  fake_->makeReadable(a.fileno());
  fake_->then([&] {
    reactor().removeAll();
    reactor().stop();
  });
  run();
  EXPECT_EQ(story_, (Story{"A doRead", "A doWrite"}));
}

namespace {

/// Registers `a` as reader and writer, runs one iteration in which it is ready for both, and
/// returns what happened.
Story runReadyForBoth(Reactor& reactor, FakeDemultiplexer& fake, Story& story,
                      RecordingDescriptor& a) {
  reactor.addReader(a);
  reactor.addWriter(a);
  fake.makeReadable(a.fileno());
  fake.makeWritable(a.fileno());
  fake.then([&] { reactor.stop(); });
  reactor.run(false);
  return story;
}

}  // namespace

TEST_F(LoopTest, DoesNotWriteAfterDoReadReturnedAReason) {
  RecordingDescriptor a(story_, "A");
  a.onRead = [] { return Failure(ConnectionDone()); };
  EXPECT_EQ(runReadyForBoth(reactor(), *fake_, story_, a),
            (Story{"A doRead", "A connectionLost ConnectionDone"}));
}

TEST_F(LoopTest, DoesNotWriteAfterDoReadRemovedTheWriter) {
  RecordingDescriptor a(story_, "A");
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().removeWriter(a);
    reactor().removeReader(a);
    return std::nullopt;
  };
  EXPECT_EQ(runReadyForBoth(reactor(), *fake_, story_, a), Story{"A doRead"});
}

TEST_F(LoopTest, RemovedReaderIsNotReadInTheSameIterationAndStaysAWriter) {
  RecordingDescriptor a(story_, "A");
  RecordingDescriptor b(story_, "B");
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().removeReader(b);
    return std::nullopt;
  };
  for (RecordingDescriptor* each : {&a, &b}) {
    reactor().addReader(*each);
    reactor().addWriter(*each);
    fake_->makeReadable(each->fileno());
    fake_->makeWritable(each->fileno());
  }
  fake_->then([&] {
    reactor().removeAll();
    reactor().stop();
  });
  run();
  EXPECT_EQ(story_, (Story{"A doRead", "A doWrite", "B doWrite"}));
}

TEST_F(LoopTest, RemovedObjectMayBeDestroyedInTheSameIteration) {
  RecordingDescriptor a(story_, "A");
  auto b = std::make_unique<RecordingDescriptor>(story_, "B");
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().removeReader(*b);
    b.reset();
    return Failure(ConnectionDone());
  };
  for (RecordingDescriptor* each : {&a, b.get()}) {
    reactor().addReader(*each);
    fake_->makeReadable(each->fileno());
  }
  fake_->then([&] { reactor().stop(); });
  run();
  EXPECT_EQ(story_, (Story{"A doRead", "A connectionLost ConnectionDone"}));
}

TEST_F(LoopTest, ReaderThatIsMadeAWriterTooIsStillReadInTheSameIteration) {
  RecordingDescriptor a(story_, "A");
  RecordingDescriptor b(story_, "B");
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().addWriter(b);
    return std::nullopt;
  };
  for (RecordingDescriptor* each : {&a, &b}) {
    reactor().addReader(*each);
    fake_->makeReadable(each->fileno());
  }
  fake_->then([&] {
    reactor().removeAll();
    reactor().stop();
  });
  run();
  EXPECT_EQ(story_, (Story{"A doRead", "B doRead"}));
}

TEST_F(LoopTest, ReadyDescriptorThatIsClosedAndOpenedAgainIsNotReadForTheOldOne) {
  RecordingDescriptor a(story_, "A");
  RecordingDescriptor b(story_, "B");
  std::unique_ptr<RecordingDescriptor> c;
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().removeReader(b);
    c = std::make_unique<RecordingDescriptor>(story_, "C", std::move(b.fd));  // the same number
    reactor().addReader(*c);
    return std::nullopt;
  };
  for (RecordingDescriptor* each : {&a, &b}) {
    reactor().addReader(*each);
    fake_->makeReadable(each->fileno());
  }
  fake_->then([&] { fake_->makeReadable(c->fileno()); });
  fake_->then([&] {
    reactor().removeAll();
    reactor().stop();
  });
  run();
  EXPECT_EQ(story_, (Story{"A doRead", "C doRead"}));
}

TEST_F(LoopTest, ReaderAddedByACallbackIsNotCalledInTheSameIteration) {
  RecordingDescriptor a(story_, "A");
  RecordingDescriptor b(story_, "B");
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().removeReader(a);
    reactor().addReader(b);
    fake_->makeReadable(b.fileno());
    reactor().callLater(Duration(0), [&] { story_.push_back("next iteration"); });
    return std::nullopt;
  };
  reactor().addReader(a);
  fake_->makeReadable(a.fileno());
  fake_->then([&] {
    reactor().removeAll();
    reactor().stop();
  });
  run();
  EXPECT_EQ(story_, (Story{"A doRead", "next iteration", "B doRead"}));
}

TEST_F(LoopTest, ObjectThatRemovesItselfAndClosesItsDescriptorIsNotAskedForItAgain) {
  RecordingDescriptor a(story_, "A");
  int callsWhenRemoved = 0;
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().removeReader(a);
    a.fd.reset();
    callsWhenRemoved = a.filenoCalls;
    return std::nullopt;
  };
  reactor().addReader(a);
  fake_->makeReadable(a.fileno());
  fake_->then([&] { reactor().stop(); });
  run();
  EXPECT_EQ(a.filenoCalls, callsWhenRemoved);
  EXPECT_EQ(story_, Story{"A doRead"}) << "connectionLost is not called";
}

// === connectionLost ===========================================================================

TEST_F(LoopTest, ObjectThatReturnsAReasonIsRemovedFromBothSetsBeforeConnectionLost) {
  RecordingDescriptor reader(story_, "reader");
  RecordingDescriptor writer(story_, "writer");
  reader.onRead = [] { return Failure(ConnectionDone()); };
  writer.onWrite = [] { return Failure(ConnectionLost(EPIPE)); };
  for (RecordingDescriptor* each : {&reader, &writer}) {
    each->onLost = [&, each](const Failure& /*reason*/) {
      EXPECT_FALSE(contains(reactor().getReaders(), *each));
      EXPECT_FALSE(contains(reactor().getWriters(), *each));
    };
    reactor().addReader(*each);
    reactor().addWriter(*each);
  }
  fake_->makeReadable(reader.fileno());
  fake_->makeWritable(writer.fileno());
  fake_->then([&] { reactor().stop(); });
  run();
  EXPECT_EQ(story_, (Story{"reader doRead", "reader connectionLost ConnectionDone",
                           "writer doWrite", "writer connectionLost ConnectionLost"}));
  EXPECT_EQ(errors_, Errors{}) << "a reason that is returned is not an error";
}

TEST_F(LoopTest, ExceptionOfDoReadOrDoWriteIsReportedAndBecomesTheReason) {
  RecordingDescriptor reader(story_, "reader");
  RecordingDescriptor writer(story_, "writer");
  reader.onRead = writer.onWrite = []() -> std::optional<Failure> { throw Mishap(); };
  reactor().addReader(reader);
  reactor().addWriter(writer);
  fake_->makeReadable(reader.fileno());
  fake_->makeWritable(writer.fileno());
  fake_->then([&] { reactor().stop(); });
  run();
  EXPECT_EQ(story_, (Story{"reader doRead", "reader connectionLost Mishap", "writer doWrite",
                           "writer connectionLost Mishap"}));
  EXPECT_EQ(errors_, (Errors{{"Mishap", "[reader] doRead"}, {"Mishap", "[writer] doWrite"}}));
}

TEST_F(LoopTest, ExceptionOfConnectionLostIsReportedAndTheLoopGoesOn) {
  RecordingDescriptor a(story_, "A");
  RecordingDescriptor b(story_, "B");
  a.onRead = [] { return Failure(ConnectionDone()); };
  a.onLost = [](const Failure& /*reason*/) { throw Mishap(); };
  for (RecordingDescriptor* each : {&a, &b}) {
    reactor().addReader(*each);
    fake_->makeReadable(each->fileno());
  }
  fake_->then([&] {
    reactor().removeAll();
    reactor().stop();
  });
  run();
  EXPECT_EQ(story_, (Story{"A doRead", "A connectionLost ConnectionDone", "B doRead"}));
  EXPECT_EQ(errors_, (Errors{{"Mishap", "[A] connectionLost"}}));
}

TEST_F(LoopTest, ObjectThatRemovesItselfAndReturnsAReasonGetsItsConnectionLost) {
  RecordingDescriptor a(story_, "A");
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().removeReader(a);
    return Failure(ConnectionDone());
  };
  reactor().addReader(a);
  fake_->makeReadable(a.fileno());
  fake_->then([&] { reactor().stop(); });
  run();
  EXPECT_EQ(story_, (Story{"A doRead", "A connectionLost ConnectionDone"}));
}

// === Shutdown =================================================================================

TEST_F(LoopTest, ShutdownEmptiesBothSetsAndThenCallsConnectionLostOncePerObject) {
  RecordingDescriptor a(story_, "A");
  RecordingDescriptor b(story_, "B");
  RecordingDescriptor c(story_, "C");
  for (RecordingDescriptor* each : {&a, &b, &c}) {
    each->onLost = [&](const Failure& /*reason*/) {
      EXPECT_EQ(reactor().getReaders().size(), 0u);
      EXPECT_EQ(reactor().getWriters().size(), 0u);
      EXPECT_FALSE(reactor().running());
    };
  }
  reactor().addReader(a);
  reactor().addWriter(b);
  reactor().addReader(c);
  reactor().addWriter(c);
  reactor().callWhenRunning([&] { reactor().stop(); });
  run();
  EXPECT_EQ(story_, (Story{"A connectionLost ConnectionLost", "B connectionLost ConnectionLost",
                           "C connectionLost ConnectionLost"}));
}

TEST_F(LoopTest, ShutdownReachesAllObjectsThoughEachOfThemThrows) {
  RecordingDescriptor a(story_, "A");
  RecordingDescriptor b(story_, "B");
  for (RecordingDescriptor* each : {&a, &b}) {
    each->onLost = [](const Failure& /*reason*/) { throw Mishap(); };
    reactor().addReader(*each);
  }
  reactor().callWhenRunning([&] { reactor().stop(); });
  run();
  EXPECT_EQ(errors_, (Errors{{"Mishap", "[A] connectionLost"}, {"Mishap", "[B] connectionLost"}}));
}

TEST_F(LoopTest, ShutdownReachesAllObjectsThoughTheDescriptorOfOneWasClosed) {
  RecordingDescriptor a(story_, "A");
  RecordingDescriptor b(story_, "B");
  reactor().addReader(a);
  reactor().addReader(b);
  reactor().callWhenRunning([&] {
    a.fd.reset();
    reactor().stop();
  });
  run();
  EXPECT_EQ(story_, (Story{"A connectionLost ConnectionLost", "B connectionLost ConnectionLost"}));
}

}  // namespace poetry::testing
