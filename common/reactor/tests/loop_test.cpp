// The loop of the reactor: run and stop, the order within an iteration, timers, shutdown, messages.
// Nothing here depends on the system's demultiplexer, so a fake one makes every test exact.
#include "reactor/tests/reactor_test.hpp"
#include "support/thread_state.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <string>
#include <thread>

#include <poll.h>
#include <unistd.h>  // dup2, gettid

namespace poetry::testing {

namespace {

/// Is `object` in the list of readers or writers?
template <typename Object, typename Interface>
bool contains(const std::vector<Interface*>& list, const Object& object) {
  return std::find(list.begin(), list.end(), static_cast<const Interface*>(&object)) != list.end();
}

}  // namespace

// === run and stop =============================================================================

TEST_F(LoopTest, StopIsRefusedBeforeTheRunAndAfterIt) {
  EXPECT_THROW(reactor().stop(), ReactorNotRunning);
  reactor().callWhenRunning([&] { reactor().stop(); });
  run();
  EXPECT_THROW(reactor().stop(), ReactorNotRunning);
}

TEST_F(LoopTest, SecondStopIsRefusedAndTheRunEndsAllTheSame) {
  reactor().callLater(Duration(0), [&] {
    reactor().stop();
    EXPECT_THROW(reactor().stop(), ReactorNotRunning);
  });
  run();
  EXPECT_EQ(errors_, Errors{});
}

TEST_F(LoopTest, StopReturnsBeforeTheShutdownBegins) {
  RecordingDescriptor a(story_, "A");
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().stop();
    story_.push_back("stop returned");
    EXPECT_TRUE(reactor().running());
    return std::nullopt;
  };
  reactor().addReader(a);
  fake_->makeReadable(a.fileno());
  run();
  EXPECT_EQ(story_, (Story{"A doRead", "stop returned", "A connectionLost ConnectionLost"}));
}

TEST_F(LoopTest, AfterStopTheReadyDescriptorsAndTheDueTimersAreServedBeforeTheShutdown) {
  RecordingDescriptor a(story_, "A");
  RecordingDescriptor b(story_, "B");
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().stop();
    reactor().callLater(Duration(0), [&] { story_.push_back("timer"); });
    return Failure(ConnectionDone());
  };
  for (RecordingDescriptor* each : {&a, &b}) {
    reactor().addReader(*each);
    fake_->makeReadable(each->fileno());
  }
  run();
  EXPECT_EQ(story_, (Story{"A doRead", "A connectionLost ConnectionDone", "B doRead", "timer",
                           "B connectionLost ConnectionLost"}));
}

TEST_F(LoopTest, StopInAStartupHookLetsDueTimersRun) {
  reactor().callLater(Duration(0), [&] { story_.push_back("timer"); });
  reactor().callWhenRunning([&] {
    reactor().stop();
    reactor().callLater(Duration(0), [&] { story_.push_back("timer made by the hook"); });
  });
  run();
  EXPECT_EQ(story_, (Story{"timer", "timer made by the hook"}));
}

TEST_F(LoopTest, RunIsRefusedInsideARunAndAfterIt) {
  reactor().callWhenRunning([&] {
    EXPECT_THROW(reactor().run(), ReactorAlreadyRunning);
    reactor().stop();
  });
  run();
  EXPECT_THROW(reactor().run(), ReactorNotRestartable);
}

TEST_F(LoopTest, StartupHooksRunInOrderBeforeTheFirstIteration) {
  reactor().callLater(Duration(0), [&] {
    story_.push_back("timer");
    reactor().stop();
  });
  for (const char* name : {"first", "second", "third"}) {
    reactor().callWhenRunning([&, name] {
      EXPECT_TRUE(reactor().running());
      story_.push_back(name);
    });
  }
  EXPECT_FALSE(reactor().running());
  run();
  EXPECT_EQ(story_, (Story{"first", "second", "third", "timer"}));
  EXPECT_FALSE(reactor().running());
}

TEST_F(LoopTest, StartupHookThatThrowsIsReportedAndTheNextOneRuns) {
  reactor().callWhenRunning([] { throw Mishap(); });
  reactor().callWhenRunning([&] { reactor().stop(); });
  run();
  EXPECT_EQ(errors_, (Errors{{"Mishap", "callWhenRunning"}}));
}

TEST_F(LoopTest, CallWhenRunningInsideARunCallsAtOnceAndThrowsAtItsCaller) {
  reactor().callLater(Duration(0), [&] {
    reactor().callWhenRunning([&] { story_.push_back("hook"); });
    story_.push_back("after");
    EXPECT_THROW(reactor().callWhenRunning([] { throw Mishap(); }), Mishap);
    reactor().stop();
  });
  run();
  EXPECT_EQ(story_, (Story{"hook", "after"}));
  EXPECT_EQ(errors_, Errors{});
}

TEST_F(LoopTest, ExceptionOfOnErrorEndsTheRun) {
  options_.onError = [](const Failure& /*error*/, std::string_view /*where*/) { throw Mishap(); };
  makeReactor();
  reactor().callWhenRunning([] { throw std::runtime_error("passed to onError"); });
  EXPECT_THROW(run(), Mishap);
  EXPECT_FALSE(reactor().running());
}

TEST_F(LoopTest, ExceptionOfTheDemultiplexerEndsTheRun) {
  EXPECT_THROW(run(), std::logic_error) << "the fake one refuses to sleep for ever";
  EXPECT_FALSE(reactor().running());
  EXPECT_THROW(reactor().stop(), ReactorNotRunning);
  EXPECT_THROW(reactor().run(), ReactorNotRestartable);
}

// === When the loop sleeps =====================================================================

TEST_F(LoopTest, IdleReactorSleepsUntilSomethingIsReadyAndDoesNotWakeUpInBetween) {
  RecordingDescriptor a(story_, "A");
  reactor().addReader(a);
  fake_->then([&] { reactor().stop(); });
  run();
  ASSERT_GE(fake_->timeouts().size(), 1u);
  EXPECT_EQ(fake_->timeouts()[0], std::nullopt) << "it sleeps without a limit";
}

TEST_F(LoopTest, SleepsUntilTheNextTimerIsDueAlsoIfThatWasReset) {
  const auto call = reactor().callLater(Duration(50), [&] { reactor().stop(); });
  fake_->then([&] { call->reset(Duration(20)); });
  run();
  ASSERT_GE(fake_->timeouts().size(), 2u);
  EXPECT_EQ(fake_->timeouts()[0], Duration(50));
  EXPECT_EQ(fake_->timeouts()[1], Duration(20));
  EXPECT_EQ(fake_->now(), TimePoint(Duration(20)));
}

// === Timers ===================================================================================

TEST_F(LoopTest, TimersOfAnIterationRunBeforeItsDescriptors) {
  RecordingDescriptor a(story_, "A");
  reactor().addReader(a);
  fake_->makeReadable(a.fileno());
  reactor().callLater(Duration(0), [&] { story_.push_back("timer"); });
  fake_->then([&] { reactor().stop(); });
  run();
  EXPECT_EQ(story_, (Story{"timer", "A doRead", "A connectionLost ConnectionLost"}));
}

TEST_F(LoopTest, TimerMadeByATimerWaitsUntilReadyDescriptorsAreServed) {
  RecordingDescriptor a(story_, "A");
  reactor().addReader(a);
  fake_->makeReadable(a.fileno());
  reactor().callLater(Duration(0), [&] {
    story_.push_back("timer");
    reactor().callLater(Duration(0), [&] {
      story_.push_back("timer of the timer");
      reactor().removeAll();
      reactor().stop();
    });
  });
  run();
  EXPECT_EQ(story_, (Story{"timer", "A doRead", "timer of the timer"}));
}

TEST_F(LoopTest, TimerThatBecomesDueDuringADoReadRunsAfterTheOtherDescriptors) {
  RecordingDescriptor a(story_, "A");
  RecordingDescriptor b(story_, "B");
  a.onRead = [&]() -> std::optional<Failure> {
    fake_->advance(Duration(1));
    return std::nullopt;
  };
  for (RecordingDescriptor* each : {&a, &b}) {
    reactor().addReader(*each);
    fake_->makeReadable(each->fileno());
  }
  reactor().callLater(Duration(1), [&] {
    story_.push_back("timer");
    reactor().removeAll();
    reactor().stop();
  });
  run();
  EXPECT_EQ(story_, (Story{"A doRead", "B doRead", "timer"}));
}

TEST_F(LoopTest, TimerThatThrowsIsReportedAndTheOthersRun) {
  reactor().callLater(Duration(0), [] { throw Mishap(); });
  reactor().callLater(Duration(0), [&] { reactor().stop(); });
  run();
  EXPECT_EQ(errors_, (Errors{{"Mishap", "callLater"}}));
}

TEST_F(LoopTest, PendingTimersSurviveTheRunAndAreDroppedWithTheReactor) {
  const auto call = reactor().callLater(Duration(1), [] {});
  reactor().callWhenRunning([&] { reactor().stop(); });
  run();
  EXPECT_TRUE(call->active());
  EXPECT_EQ(reactor().getDelayedCalls(), std::vector<std::shared_ptr<IDelayedCall>>{call});
  destroyReactor();
  EXPECT_FALSE(call->active());
}

TEST_F(LoopTest, SecondsIsTheMonotonicClockUnlessThereIsAnother) {
  EXPECT_EQ(reactor().seconds(), fake_->now());
  options_.clock = nullptr;
  makeReactor();
  const TimePoint before = std::chrono::steady_clock::now();
  const TimePoint now = reactor().seconds();
  const TimePoint after = std::chrono::steady_clock::now();
  EXPECT_LE(before, now);
  EXPECT_LE(now, after);
}

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

// === Messages =================================================================================

TEST_F(LoopTest, LogPrefixThatThrowsIsReplacedAndTheCallbackRuns) {
  options_.trace = true;
  makeReactor();
  RecordingDescriptor a(story_, "A");
  a.onLogPrefix = []() -> std::string { throw Mishap(); };
  a.onRead = []() -> std::optional<Failure> { throw Mishap(); };
  reactor().addReader(a);
  fake_->makeReadable(a.fileno());
  fake_->then([&] { reactor().stop(); });
  ::testing::internal::CaptureStderr();
  run();
  const std::string trace = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(story_, (Story{"A doRead", "A connectionLost Mishap"}));
  EXPECT_EQ(errors_, (Errors{{"Mishap", "[logPrefix threw: mishap] doRead"}}));
  EXPECT_NE(trace.find("reactor: [logPrefix threw: mishap] readable -> doRead\n"),
            std::string::npos)
      << trace;
}

TEST_F(LoopTest, TracePrintsALineForEachStepOfTheLoop) {
  options_.trace = true;
  makeReactor();
  RecordingDescriptor a(story_, "Task 1");
  RecordingDescriptor b(story_, "Task 2");
  a.onRead = [&]() -> std::optional<Failure> {
    reactor().addWriter(b);
    fake_->makeWritable(b.fileno());
    return Failure(ConnectionDone());
  };
  b.onWrite = [&]() -> std::optional<Failure> {
    reactor().stop();
    return Failure(ConnectionDone());
  };
  reactor().addReader(a);
  reactor().addReader(b);
  reactor().callLater(Duration(0), [] {});
  reactor().callLater(Duration(9), [] {});
  fake_->makeReadable(a.fileno());
  ::testing::internal::CaptureStderr();
  run();
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "reactor: timer due -> call\n"
            "reactor: waiting on 2 readers, 0 writers, 1 timers\n"
            "reactor: [Task 1] readable -> doRead\n"
            "reactor: [Task 1] doRead returned: Connection was closed cleanly -> connectionLost\n"
            "reactor: waiting on 1 readers, 1 writers, 1 timers\n"
            "reactor: [Task 2] writable -> doWrite\n"
            "reactor: [Task 2] doWrite returned: Connection was closed cleanly -> connectionLost\n"
            "reactor: stop -> connectionLost for all that are left\n");
}

TEST_F(LoopTest, ErrorsAreLinesOnStandardErrorUnlessThereIsAnOnError) {
  options_.onError = nullptr;
  makeReactor();
  RecordingDescriptor a(story_, "Task 1");
  a.onRead = []() -> std::optional<Failure> { throw Mishap(); };
  reactor().addReader(a);
  fake_->makeReadable(a.fileno());
  fake_->then([&] { reactor().stop(); });
  ::testing::internal::CaptureStderr();
  run();
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "reactor: [Task 1] doRead failed: mishap\n");
}

TEST_F(LoopTest, NoLineIsLostWhenStandardErrorIsAFullPipeInNonBlockingMode) {
  Pipe pipe = makePipe();
  const std::string filler(4096, '.');
  while (::write(pipe.writeEnd.get(), filler.data(), filler.size()) > 0) {
  }
  std::string printed;
  std::thread reader([&, loop = ::gettid()] {
    waitUntilAsleep(loop);  // it waits for room
    char bytes[65536];
    pollfd readable{pipe.readEnd.get(), POLLIN, 0};
    ssize_t size = 0;
    while (::poll(&readable, 1, -1) > 0 &&
           (size = ::read(pipe.readEnd.get(), bytes, sizeof bytes)) > 0) {
      printed.append(bytes, static_cast<std::size_t>(size));
    }
  });
  const UniqueFd standardError(::dup(STDERR_FILENO));
  ::dup2(pipe.writeEnd.get(), STDERR_FILENO);
  options_.trace = true;
  options_.onError = nullptr;
  makeReactor();
  reactor().callWhenRunning([] { throw Mishap(); });
  reactor().callLater(Duration(0), [&] { reactor().stop(); });
  run();
  ::dup2(standardError.get(), STDERR_FILENO);
  pipe.writeEnd.reset();
  reader.join();
  EXPECT_EQ(printed.substr(printed.find('r')),
            "reactor: callWhenRunning failed: mishap\n"
            "reactor: timer due -> call\n"
            "reactor: stop -> connectionLost for all that are left\n");
}

}  // namespace poetry::testing
