// Names: connectTCP looks them up on helper threads, and tries all their addresses.
#include "reactor/tests/reactor_test.hpp"
#include "support/thread_state.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace poetry::testing {

namespace {

/// Look-ups that block until end() is called. The helper threads share them, and may outlive the
/// reactor.
class BlockingLookups {
 public:
  void end() {
    const std::lock_guard lock(mutex_);
    hasEnded_ = true;
    changed_.notify_all();
  }
  void block() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return hasEnded_; });
  }
  void waitForThreads(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }
  int waiting() {
    const std::lock_guard lock(mutex_);
    return waiting_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool hasEnded_ = false;
  int waiting_ = 0;
};

/// Real sockets and helper threads, and a fake clock: a step lets the loop see what the system has
/// ready.
class NameTest : public LoopTest {
 protected:
  void SetUp() override {
    options_.lookup = [lookups = blocking_, addresses = addresses_](const HostPort& destination) {
      if (destination.host == "silent.example") {
        lookups->block();
        return std::vector<Address>{};
      }
      if (destination.host == "nowhere.example") {
        throw LookupError("no such name");
      }
      return *addresses;
    };
    client_.onFailed = [this](IConnector& /*connector*/, const Failure& reason) {
      failure_ = reason;
      stopOnce();
    };
    LoopTest::SetUp();
  }
  void TearDown() override {
    LoopTest::TearDown();
    blocking_->end();
  }

  void connect(const std::string& host, Duration timeout = Duration(30)) {
    reactor().connectTCP(host, 80, client_, timeout);
  }
  void addAddress(std::uint16_t port) {
    addresses_->push_back(resolveWithoutLookup({"127.0.0.1", port}).front());
  }
  void thenWaitForSystem() {
    fake_->then([this] { fake_->waitForSystem(); });
  }

  std::shared_ptr<BlockingLookups> blocking_ = std::make_shared<BlockingLookups>();
  /// Of poems.example. The thread of a look-up may outlive the test.
  std::shared_ptr<std::vector<Address>> addresses_ = std::make_shared<std::vector<Address>>();
  RecordingClientFactory client_{story_};
  std::optional<Failure> failure_;
};

}  // namespace

TEST_F(NameTest, NameWithoutAnAddressIsAFailedLookUp) {
  connect("nowhere.example");
  thenWaitForSystem();
  run();
  EXPECT_EQ(story_,
            (Story{"client: startFactory", "client: startedConnecting",
                   "client: clientConnectionFailed DNSLookupError", "client: stopFactory"}));
  EXPECT_EQ(failure_->getErrorMessage(), "no such name");
}

TEST_F(NameTest, AllAddressesAreTriedInTurnAndThePeerIsNumeric) {
  const ClosedPort closed;
  const ClosedPort another;
  const Listener listener;
  addAddress(closed.port);
  addAddress(another.port);
  addAddress(listener.port);
  client_.hooks.made = [&](RecordingProtocol& protocol) {
    EXPECT_EQ(protocol.connection().getPeer(), addresses_->at(2));
    reactor().stop();
  };
  connect("poems.example");
  for (int i = 0; i < 4; ++i) {
    thenWaitForSystem();  // the answer of the look-up, two refusals, the connection
  }
  run();
  EXPECT_EQ(count(story_, "client: buildProtocol"), 1);
}

TEST_F(NameTest, AttemptFailsOnceWithTheErrorOfTheFirstAddress) {
  const ClosedPort closed;
  addAddress(closed.port);
  addresses_->push_back(resolveWithoutLookup({"255.255.255.255", 80}).front());  // fails at once
  connect("poems.example");
  thenWaitForSystem();
  thenWaitForSystem();
  run();
  EXPECT_EQ(story_, (Story{"client: startFactory", "client: startedConnecting",
                           "client: clientConnectionFailed ConnectionRefusedError",
                           "client: stopFactory"}));
}

TEST_F(NameTest, EachAddressThatDoesNotAnswerGetsAnEqualShareOfTheTimeLimit) {
  const SilentPort silent;
  for (int i = 0; i < 3; ++i) {
    addAddress(silent.port);
  }
  connect("poems.example", Duration(30));
  thenWaitForSystem();
  run();
  EXPECT_EQ(fake_->timeouts(), (std::vector<std::optional<Duration>>{Duration(30), Duration(10),
                                                                     Duration(10), Duration(10)}));
  EXPECT_TRUE(failure_->check<TimeoutError>()) << kindOf(*failure_);
  EXPECT_EQ(fake_->now(), TimePoint(Duration(30)));
}

TEST_F(NameTest, AddressThatDoesNotAnswerLeavesTimeForTheNextOne) {
  const SilentPort silent;
  const Listener listener;
  addAddress(silent.port);
  addAddress(listener.port);
  client_.hooks.made = [&](RecordingProtocol& /*protocol*/) { reactor().stop(); };
  connect("poems.example", Duration(30));
  thenWaitForSystem();
  fake_->then([&] { fake_->advance(Duration(15)); });
  thenWaitForSystem();
  run();
  EXPECT_EQ(count(story_, "client: connectionMade"), 1);
}

TEST_F(NameTest, TimeLimitIncludesTheLookUpWhoseLateAnswerIsIgnored) {
  client_.onFailed = nullptr;
  connect("silent.example", Duration(5));
  fake_->then([&] { fake_->advance(Duration(5)); });
  fake_->then([&] {
    blocking_->end();
    fake_->waitForSystem();
  });
  fake_->then([&] { reactor().stop(); });
  run();
  EXPECT_EQ(story_, (Story{"client: startFactory", "client: startedConnecting",
                           "client: clientConnectionFailed TimeoutError", "client: stopFactory"}));
}

TEST_F(NameTest, AnswerForAnAttemptThatWasStoppedDoesNotEndTheNextOne) {
  options_.lookup = [first = std::make_shared<std::atomic<bool>>(true),
                     lookups = blocking_](const HostPort& /*destination*/) -> std::vector<Address> {
    if (!first->exchange(false)) {
      lookups->block();
    }
    throw LookupError("no such name");
  };
  makeReactor();
  const auto connector = reactor().connectTCP("poems.example", 80, client_);
  fake_->then([&] {
    fake_->waitForSystem();  // the answer is there, and the loop has not seen it yet
    client_.onFailed = nullptr;
    connector->stopConnecting();
    connector->connect();
  });
  fake_->then([&] { stopOnce(); });
  run();
  EXPECT_EQ(count(story_, "client: clientConnectionFailed DNSLookupError"), 0);
  EXPECT_EQ(count(story_, "client: clientConnectionFailed ConnectError"), 1) << "at the shutdown";
}

TEST_F(NameTest, StopDuringALookUpIsAFailedAttempt) {
  connect("silent.example");
  fake_->then([&] { reactor().stop(); });
  run();
  EXPECT_EQ(story_, (Story{"client: startFactory", "client: startedConnecting",
                           "client: clientConnectionFailed ConnectError", "client: stopFactory"}));
}

TEST_F(NameTest, ReactorClosesItsDescriptorsThoughALookUpIsNotAnswered) {
  connect("silent.example");
  blocking_->waitForThreads(1);
  // TearDown destroys the reactor and looks for open descriptors before it ends the look-up.
}

TEST_F(NameTest, LookUpsThatAreNotAnsweredDoNotKeepOthersFromBeingAnswered) {
  const Listener listener;
  addAddress(listener.port);
  client_.hooks.made = [&](RecordingProtocol& /*protocol*/) { reactor().stop(); };
  connect("silent.example");
  connect("silent.example");
  connect("poems.example");
  thenWaitForSystem();
  thenWaitForSystem();
  run();
  EXPECT_EQ(count(story_, "client: connectionMade"), 1);
}

TEST_F(NameTest, AtMostFourLookUpsRunAtATimeAndTheOthersWait) {
  for (int i = 0; i < 6; ++i) {
    connect("silent.example");
  }
  connect("nowhere.example");
  blocking_->waitForThreads(4);
  EXPECT_EQ(blocking_->waiting(), 4);
  blocking_->end();
  thenWaitForSystem();
  run();
  EXPECT_EQ(count(story_, "client: stopFactory"), 1);
}

TEST_F(NameTest, TimeLimitBeginsWhenTheLookUpGetsAThread) {
  RecordingClientFactory others(story_);
  for (int i = 0; i < 4; ++i) {
    reactor().connectTCP("silent.example", 80, others, std::nullopt);
  }
  connect("nowhere.example", Duration(5));
  fake_->then([&] { fake_->advance(Duration(60)); });
  fake_->then([&] {
    EXPECT_FALSE(failure_) << kindOf(*failure_);
    blocking_->end();
    fake_->waitForSystem();
  });
  for (int i = 0; i < 4; ++i) {
    thenWaitForSystem();  // for the other answers, if they come later
  }
  run();
  EXPECT_TRUE(failure_->check<DNSLookupError>()) << kindOf(*failure_);
}

TEST_F(NameTest, AttemptThatWasStoppedStartsNoTimerWhenItsLookUpBegins) {
  client_.onFailed = nullptr;
  for (int i = 0; i < 4; ++i) {
    reactor().connectTCP("silent.example", 80, client_, std::nullopt);
  }
  auto connector = reactor().connectTCP("poems.example", 80, client_);
  fake_->then([&] {
    connector->stopConnecting();
    connector.reset();
  });
  fake_->then([&] {
    blocking_->end();
    fake_->waitForSystem();  // a thread is free for the fifth look-up
  });
  fake_->then([&] {
    EXPECT_TRUE(reactor().getDelayedCalls().empty());
    reactor().stop();
  });
  run();
}

TEST_F(NameTest, NumericHostsAndLocalhostNeedNoLookUp) {
  const ClosedPort closed;
  options_.lookup = [](const HostPort& destination) -> std::vector<Address> {
    ADD_FAILURE() << destination.host << " was looked up";
    return {};
  };
  makeReactor();
  for (const char* host : {"127.0.0.1", "localhost", ""}) {
    reactor().connectTCP(host, closed.port, client_);
  }
  fake_->then([&] { reactor().stop(); });
  run();
}

TEST_F(NameTest, LookUpWakesTheSleepingLoopOfTheRealReactor) {
  options_.clock = nullptr;
  options_.customDemultiplexer = nullptr;
  options_.lookup = [lookups = blocking_](const HostPort& /*destination*/) -> std::vector<Address> {
    lookups->block();
    throw LookupError("no such name");
  };
  makeReactor();
  std::thread opener;
  reactor().callWhenRunning([&] {
    connect("poems.example");
    opener = std::thread([lookups = blocking_, loop = ::gettid()] {
      waitUntilAsleep(loop);
      lookups->end();
    });
  });
  run();
  opener.join();
  EXPECT_EQ(count(story_, "client: clientConnectionFailed DNSLookupError"), 1);
}

}  // namespace poetry::testing
