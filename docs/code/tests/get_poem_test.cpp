// getPoem in three ways: a callback, a Deferred, and a coroutine that waits for the Deferred.
#include "coroutine.hpp"
#include "get_poem_deferred.hpp"
#include "reactor/tests/reactor_test.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace poetry::testing {

using namespace std::chrono_literals;

// Comes with the fixtures of the reactor's tests; no test here uses it.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ReactorTest);

namespace {

HostPort at(std::uint16_t port) {
  return {"127.0.0.1", port};
}

/// "poem" or the kind of the failure.
std::string outcome(const PoemResult& result) {
  return result.failure ? kindOf(*result.failure) : result.poem;
}

}  // namespace

// === With a callback ============================================================================

/// The reactor of the library, and servers that a test plays itself.
class GetPoem : public ReactorFixture {
 protected:
  /// Writes the result into the story, with this name.
  PoemCallback record(const std::string& name) {
    return
        [this, name](const PoemResult& result) { story_.push_back(name + ": " + outcome(result)); };
  }

  /// The same, and stops the reactor.
  PoemCallback recordAndStop(const std::string& name) {
    return [this, done = record(name)](const PoemResult& result) {
      done(result);
      stopOnce();
    };
  }
};

TEST_F(GetPoem, PassesThePoemToTheCodeThatAsked) {
  const Listener server;
  getPoem(reactor(), at(server.port), recordAndStop("A"));
  {
    const UniqueFd connection = server.accept();
    send(connection, "a ");
    send(connection, "poem");
  }
  reactor().run(false);
  EXPECT_EQ(story_, Story{"A: a poem"});
}

TEST_F(GetPoem, NeverCallsBackBeforeItReturns) {
  const ClosedPort refusing;
  getPoem(reactor(), at(refusing.port), record("A"));
  reactor().callWhenRunning([&] {
    getPoem(reactor(), at(refusing.port), recordAndStop("B"));
    story_.push_back("returned");
  });
  EXPECT_EQ(story_, Story{});
  reactor().run(false);
  EXPECT_EQ(story_, (Story{"returned", "A: ConnectionRefusedError", "B: ConnectionRefusedError"}));
}

TEST_F(GetPoem, DownloadsThreeAtOnceAndReportsThemAsTheyEnd) {
  const Listener server;
  UniqueFd first;
  UniqueFd second;
  UniqueFd third;
  // Each ends when the next has been reported: the order of the ends is not the order of asking.
  getPoem(reactor(), at(server.port), recordAndStop("A"));
  first = server.accept();
  getPoem(reactor(), at(server.port), [&](const PoemResult& result) {
    record("B")(result);
    first.reset();
  });
  second = server.accept();
  getPoem(reactor(), at(server.port), [&](const PoemResult& result) {
    record("C")(result);
    second.reset();
  });
  third = server.accept();
  for (const UniqueFd* connection : {&first, &second, &third}) {
    send(*connection, "poem");
  }
  third.reset();
  reactor().run(false);
  EXPECT_EQ(story_, (Story{"C: poem", "B: poem", "A: poem"}));
}

TEST_F(GetPoem, CanBeCalledInTheCallbackOfAnother) {
  const Listener server;
  getPoem(reactor(), at(server.port), [&](const PoemResult& result) {
    record("first")(result);
    getPoem(reactor(), at(server.port), recordAndStop("second"));
    send(server.accept(), "two");
  });
  send(server.accept(), "one");
  reactor().run(false);
  EXPECT_EQ(story_, (Story{"first: one", "second: two"}));
}

TEST_F(GetPoem, ReportsARefusedAndAResetConnection) {
  const ClosedPort refusing;
  const Listener resetting;
  getPoem(reactor(), at(refusing.port), [&](const PoemResult& result) {
    record("refused")(result);
    getPoem(reactor(), at(resetting.port), [&](const PoemResult& lost) {
      EXPECT_EQ(lost.poem, "") << "a part of a poem is not a poem";
      recordAndStop("reset")(lost);
    });
    UniqueFd connection = resetting.accept();
    send(connection, "half a po");
    closeWithReset(connection);
  });
  reactor().run(false);
  EXPECT_EQ(story_, (Story{"refused: ConnectionRefusedError", "reset: ConnectionLost"}));
}

TEST_F(GetPoem, ReportsAPoemThatIsNotCompleteWhenTheReactorStops) {
  const Listener server;
  getPoem(reactor(), at(server.port), record("A"), Duration(10));
  const UniqueFd connection = server.accept();
  send(connection, "half a po");
  stopAfterIterations(3);
  reactor().run(false);
  EXPECT_EQ(story_, Story{"A: ConnectionLost"});
}

TEST_F(GetPoem, ReportsAnAttemptThatHasNotEndedWhenTheReactorStops) {
  const SilentPort silent;
  getPoem(reactor(), at(silent.port), record("A"));
  reactor().callLater(1ms, [&] { reactor().stop(); });
  reactor().run(false);
  EXPECT_EQ(story_, Story{"A: ConnectError"});
}

TEST_F(GetPoem, DestroysItsFactoryInAnIterationAfterTheCallback) {
  const Listener server;
  auto token = std::make_shared<int>();
  const std::weak_ptr<int> held = token;
  getPoem(reactor(), at(server.port), [&, token](const PoemResult& /*result*/) {
    afterIterations(2, [&] {
      EXPECT_TRUE(held.expired());
      reactor().stop();
    });
  });
  token.reset();
  EXPECT_FALSE(held.expired());
  send(server.accept(), "poem");
  reactor().run(false);
}

TEST_F(GetPoem, ThrowsAndKeepsNothingWhenItCannotBegin) {
  auto token = std::make_shared<int>();
  const std::weak_ptr<int> held = token;
  EXPECT_THROW(getPoem(reactor(), at(0), [token](const PoemResult& /*result*/) {}),
               std::invalid_argument);
  token.reset();
  EXPECT_TRUE(held.expired());
}

/// The same on a clock that a test moves.
class GetPoemInTime : public LoopTest {
 protected:
  PoemCallback recordAndStop() {
    return [this](const PoemResult& result) {
      story_.push_back(outcome(result));
      stopOnce();
    };
  }
};

TEST_F(GetPoemInTime, GivesUpAServerThatDoesNotAnswer) {
  const SilentPort silent;
  getPoem(reactor(), at(silent.port), recordAndStop(), 5s);
  run();  // the clock jumps to the next timer
  EXPECT_EQ(story_, Story{"TimeoutError"});
  EXPECT_EQ(fake_->now(), TimePoint(5s));
}

TEST_F(GetPoemInTime, GivesUpAPoemThatStillArrivesWhenTheLimitHasPassed) {
  const Listener server;
  getPoem(reactor(), at(server.port), recordAndStop(), 5s);
  const UniqueFd connection = server.accept();
  fake_->then([&] { fake_->waitForSystem(); });  // connected
  for (int second = 0; second < 4; ++second) {
    fake_->then([&] {
      send(connection, "byte");
      fake_->advance(1s);
      fake_->waitForSystem();
    });
  }
  fake_->then([&] { fake_->advance(1s); });
  fake_->then([&] { fake_->waitForSystem(); });  // writable: the orderly close
  run();
  EXPECT_EQ(story_, Story{"TimeoutError"});
  EXPECT_EQ(fake_->now(), TimePoint(5s));
}

TEST_F(GetPoemInTime, CancelsTheLimitOfACompletePoem) {
  const Listener server;
  getPoem(reactor(), at(server.port), recordAndStop(), 5s);
  send(server.accept(), "poem");
  fake_->then([&] { fake_->waitForSystem(); });
  fake_->then([&] { fake_->waitForSystem(); });
  fake_->then([&] { fake_->waitForSystem(); });
  run();
  EXPECT_EQ(story_, Story{"poem"});
  for (const auto& call : reactor().getDelayedCalls()) {
    EXPECT_EQ(call->getTime(), TimePoint(0s)) << "the limit is still pending";
  }
}

// === Deferred ===================================================================================

class DeferredTest : public LoopTest {
 protected:
  void TearDown() override {
    number_.reset();
    LoopTest::TearDown();
  }

  void addBoth(const std::string& name) {
    number_->addCallback(
        [this, name](int value) { story_.push_back(name + ": " + std::to_string(value)); });
    number_->addErrback(
        [this, name](const Failure& failure) { story_.push_back(name + ": " + kindOf(failure)); });
  }

  std::shared_ptr<Deferred<int>> number_ = std::make_shared<Deferred<int>>();
};

TEST_F(DeferredTest, CallsFunctionsAddedBeforeAndAfterTheResult) {
  addBoth("before");
  addBoth("before, too");
  EXPECT_EQ(story_, Story{});
  number_->callback(7);
  EXPECT_EQ(story_, (Story{"before: 7", "before, too: 7"}));
  addBoth("after");
  EXPECT_EQ(story_.back(), "after: 7");
  EXPECT_EQ(story_.size(), 3U);
}

TEST_F(DeferredTest, CallsErrbacksAddedBeforeAndAfterTheFailure) {
  addBoth("before");
  number_->errback(Failure(Mishap()));
  addBoth("after");
  EXPECT_EQ(story_, (Story{"before: Mishap", "after: Mishap"}));
}

TEST_F(DeferredTest, RefusesASecondResult) {
  addBoth("A");
  number_->callback(7);
  EXPECT_THROW(number_->callback(8), std::logic_error);
  EXPECT_THROW(number_->errback(Failure(Mishap())), std::logic_error);
  EXPECT_EQ(story_, Story{"A: 7"});
}

TEST_F(DeferredTest, ReportsAFailureThatNothingHandles) {
  ::testing::internal::CaptureStderr();
  number_->addCallback([](int /*value*/) {});
  number_->errback(Failure(Mishap()));
  number_.reset();
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "Deferred: unhandled failure: mishap\n");
}

TEST_F(DeferredTest, ReportsNothingWhenAFailureIsHandledOrThereIsNone) {
  ::testing::internal::CaptureStderr();
  number_->errback(Failure(Mishap()));
  number_->addErrback([](const Failure& /*failure*/) {});
  number_ = std::make_shared<Deferred<int>>();
  number_->callback(7);
  number_ = std::make_shared<Deferred<int>>();  // stays pending
  number_.reset();
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST_F(DeferredTest, ExceptionOfACallbackIsTheResultForTheFunctionsAfterIt) {
  addBoth("A");
  number_->addCallback([](int /*value*/) { throw Mishap(); });
  addBoth("B");
  number_->callback(7);
  addBoth("C");
  EXPECT_EQ(story_, (Story{"A: 7", "B: Mishap", "C: Mishap"}));
  EXPECT_THROW(number_->callback(8), std::logic_error);
}

TEST_F(DeferredTest, ExceptionOfALateCallbackIsTheResultForTheFunctionsAfterIt) {
  number_->callback(7);
  addBoth("A");
  number_->addCallback([](int /*value*/) { throw Mishap(); });
  addBoth("B");
  EXPECT_EQ(story_, (Story{"A: 7", "B: Mishap"}));
}

TEST_F(DeferredTest, ExceptionOfAnErrbackReplacesTheFailure) {
  number_->addErrback([](const Failure& /*failure*/) { throw std::runtime_error("another"); });
  number_->addErrback([&](const Failure& failure) { story_.push_back(failure.getErrorMessage()); });
  number_->errback(Failure(Mishap()));
  EXPECT_EQ(story_, Story{"another"});
}

TEST_F(DeferredTest, ReportsAnExceptionThatNoErrbackGot) {
  ::testing::internal::CaptureStderr();
  number_->addErrback([](const Failure& /*failure*/) {});
  number_->addCallback([](int /*value*/) { throw Mishap(); });
  number_->callback(7);
  number_.reset();
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "Deferred: unhandled failure: mishap\n");
}

TEST_F(DeferredTest, ReportsAnExceptionOfTheLastErrback) {
  ::testing::internal::CaptureStderr();
  number_->addErrback([](const Failure& /*failure*/) { throw std::runtime_error("another"); });
  number_->errback(Failure(Mishap()));
  number_.reset();
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "Deferred: unhandled failure: another\n");
}

TEST_F(DeferredTest, ValueStaysValidWhileACallbackUsesIt) {
  const auto text = std::make_shared<Deferred<std::string>>();
  text->addErrback([](const Failure& /*failure*/) {});
  text->addCallback([&](const std::string& value) {
    text->addCallback([](const std::string& /*value*/) { throw Mishap(); });
    text->addErrback([](const Failure& /*failure*/) {});
    story_.push_back(value);
  });
  text->callback("a text that is too long for the object itself");
  EXPECT_EQ(story_, Story{"a text that is too long for the object itself"});
}

TEST_F(DeferredTest, FunctionThatWaitsMayDropTheDeferred) {
  auto mine = number_;
  std::weak_ptr<Deferred<int>> weak = mine;
  mine->addCallback([&](int /*value*/) { number_.reset(); });
  mine->callback(7);
  mine.reset();
  EXPECT_TRUE(weak.expired()) << "it keeps itself alive";
}

TEST_F(DeferredTest, SleepIsDoneWhenItsTimeHasPassed) {
  const auto sleeping = sleep(reactor(), 3s);
  EXPECT_TRUE(sleeping->isPending());
  sleeping->addCallback([&](Happened /*value*/) { reactor().stop(); });
  run();
  EXPECT_EQ(fake_->now(), TimePoint(3s));
}

class GetPoemDeferred : public GetPoem {
 protected:
  void recordBoth(const std::string& name, const DeferredPoem& poem) {
    poem->addCallback(
        [this, name](const std::string& text) { story_.push_back(name + ": " + text); });
    poem->addErrback(
        [this, name](const Failure& why) { story_.push_back(name + ": " + kindOf(why)); });
  }
};

TEST_F(GetPoemDeferred, IsPendingWhenItReturnsAndThenGetsThePoemOrTheReason) {
  const Listener server;
  const ClosedPort refusing;
  const DeferredPoem refused = getPoem(reactor(), at(refusing.port));
  const DeferredPoem poem = getPoem(reactor(), at(server.port));
  EXPECT_TRUE(refused->isPending());
  EXPECT_TRUE(poem->isPending());
  recordBoth("refused", refused);
  recordBoth("poem", poem);
  UniqueFd connection = server.accept();
  send(connection, "a poem");
  refused->addErrback([&](const Failure& /*reason*/) { connection.reset(); });
  poem->addCallback([&](const std::string& /*text*/) { reactor().stop(); });
  reactor().run(false);
  EXPECT_EQ(story_, (Story{"refused: ConnectionRefusedError", "poem: a poem"}));
}

TEST_F(GetPoemDeferred, CanBeAskedForInTheCallbackOfAnother) {
  const Listener server;
  const DeferredPoem first = getPoem(reactor(), at(server.port));
  recordBoth("first", first);
  first->addCallback([&](const std::string& /*text*/) {
    const DeferredPoem second = getPoem(reactor(), at(server.port));
    recordBoth("second", second);
    second->addCallback([&](const std::string& /*other*/) { reactor().stop(); });
    send(server.accept(), "two");
  });
  send(server.accept(), "one");
  reactor().run(false);
  EXPECT_EQ(story_, (Story{"first: one", "second: two"}));
}

TEST_F(GetPoemDeferred, FailsWithTheTimeLimit) {
  const SilentPort silent;
  const DeferredPoem poem = getPoem(reactor(), at(silent.port), 1ms);
  recordBoth("silent", poem);
  poem->addErrback([&](const Failure& /*reason*/) { reactor().stop(); });
  reactor().run(false);
  EXPECT_EQ(story_, Story{"silent: TimeoutError"});
}

// === Coroutines =================================================================================

namespace {

Task waitFor(const std::shared_ptr<Deferred<int>>& deferred, Story& story) {
  story.push_back("waits");
  try {
    const int value = co_await *deferred;
    story.push_back("got " + std::to_string(value));
  } catch (const DeferredError& error) {
    story.push_back("caught " + kindOf(error.reason) + ": " + error.what());
  }
}

Task sleepAtOnce(Reactor& reactor) {
  const auto first = sleep(reactor, 3s);
  const auto second = sleep(reactor, 1s);
  const auto third = sleep(reactor, 2s);
  co_await *first;
  co_await *second;
  co_await *third;
  reactor.stop();
}

Task sleepInTurn(Reactor& reactor) {
  co_await *sleep(reactor, 3s);
  co_await *sleep(reactor, 1s);
  co_await *sleep(reactor, 2s);
  reactor.stop();
}

Task readBoth(Reactor& reactor, const Listener& server, Story& story) {
  const std::string first = co_await *getPoem(reactor, at(server.port));
  story.push_back(first);
  const DeferredPoem second = getPoem(reactor, at(server.port));
  send(server.accept(), "two");
  story.push_back(co_await *second);
  reactor.stop();
}

Task readRefused(Reactor& reactor, const ClosedPort& refusing, Story& story) {
  try {
    co_await *getPoem(reactor, at(refusing.port));
  } catch (const std::exception& error) {
    story.push_back(error.what());
  }
  reactor.stop();
}

}  // namespace

class CoroutineTest : public DeferredTest {};

TEST_F(CoroutineTest, DoesNotStopForAResultThatIsThere) {
  number_->callback(7);
  const Task task = waitFor(number_, story_);
  EXPECT_TRUE(task.done());
  EXPECT_EQ(story_, (Story{"waits", "got 7"}));
}

TEST_F(CoroutineTest, StopsUntilTheResultComes) {
  const Task task = waitFor(number_, story_);
  EXPECT_FALSE(task.done());
  EXPECT_EQ(story_, Story{"waits"});
  number_->callback(7);
  EXPECT_TRUE(task.done());
  EXPECT_EQ(story_.back(), "got 7");
}

TEST_F(CoroutineTest, FailureArrivesAsAnExceptionAndCountsAsHandled) {
  ::testing::internal::CaptureStderr();
  {
    const Task task = waitFor(number_, story_);
    number_->errback(Failure(Mishap()));
    const Task later = waitFor(number_, story_);
    number_.reset();
  }
  EXPECT_EQ(story_, (Story{"waits", "caught Mishap: mishap", "waits", "caught Mishap: mishap"}));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST_F(CoroutineTest, IsContinuedOnceIfAnotherCallbackThrows) {
  ::testing::internal::CaptureStderr();
  {
    const Task task = waitFor(number_, story_);
    number_->addCallback([](int /*value*/) { throw Mishap(); });
    const Task later = waitFor(number_, story_);
    number_->callback(7);
    EXPECT_EQ(story_, (Story{"waits", "waits", "got 7", "caught Mishap: mishap"}));
    number_.reset();
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST_F(CoroutineTest, TakesTheLongestTimeOfAllThatItStartsBeforeItWaits) {
  const Task task = sleepAtOnce(reactor());
  run();
  EXPECT_EQ(fake_->now(), TimePoint(3s));
}

TEST_F(CoroutineTest, TakesTheSumWhenItStartsEachAfterTheLast) {
  const Task task = sleepInTurn(reactor());
  run();
  EXPECT_EQ(fake_->now(), TimePoint(6s));
}

class GetPoemCoroutine : public GetPoem {};

TEST_F(GetPoemCoroutine, AsksForASecondPoemWhenItHasTheFirst) {
  const Listener server;
  const Task task = readBoth(reactor(), server, story_);
  send(server.accept(), "one");
  reactor().run(false);
  EXPECT_TRUE(task.done());
  EXPECT_EQ(story_, (Story{"one", "two"}));
}

TEST_F(GetPoemCoroutine, CatchesARefusal) {
  const ClosedPort refusing;
  const Task task = readRefused(reactor(), refusing, story_);
  reactor().run(false);
  EXPECT_TRUE(task.done());
  EXPECT_EQ(story_, Story{"Connection refused"});
}

}  // namespace poetry::testing
