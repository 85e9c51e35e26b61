// The loop of the reactor: run and stop, when it sleeps, timers, messages. Nothing here depends on
// the system's demultiplexer, so a fake one makes every test exact.
#include "reactor/tests/reactor_test.hpp"
#include "support/thread_state.hpp"

#include <chrono>
#include <cmath>
#include <stdexcept>
#include <string>
#include <thread>

#include <poll.h>
#include <unistd.h>  // dup2, gettid

namespace poetry::testing {

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

// === Messages =================================================================================

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
  const UniqueFd standardError(::dup(STDERR_FILENO));
  ASSERT_TRUE(standardError.valid());
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

}  // namespace poetry::testing
