#include "reactor/tests/reactor_test.hpp"

#include <csignal>
#include <ostream>
#include <utility>

#include <unistd.h>  // alarm

namespace poetry::testing {

namespace {

// Safety nets, and nothing that a test waits for: a test that needs them has failed.
constexpr Seconds kPatience(30);
constexpr unsigned kLastResort = 90;

}  // namespace

ReactorTest::ReactorTest() {
  options_.demultiplexer = GetParam();
  options_.onError = [this](const Failure& error, std::string_view where) {
    errors_.push_back({kindOf(error), std::string(where)});
  };
  // A script that starts us in the background has us ignore it, and so would the reactor.
  std::signal(SIGINT, SIG_DFL);
  remakeReactor();
  ::alarm(kLastResort);
}

ReactorTest::~ReactorTest() {
  ::alarm(0);
}

void ReactorTest::TearDown() {
  destroyReactor();
  EXPECT_EQ(RecordingProtocol::alive, 0) << "protocols outlive their reactor";
  RecordingProtocol::alive = 0;
  EXPECT_EQ(descriptors_.leaked(), std::vector<std::string>()) << "descriptors were left open";
}

void ReactorTest::remakeReactor() {
  reactor_.reset();
  reactor_ = std::make_unique<Reactor>(options_);
}

void ReactorTest::run(bool installSignalHandlers) {
  // On a frozen clock it never rings; the alarm of the constructor is left.
  const auto watchdog = reactor().callLater(clockIsFrozen_ ? Seconds(1e12) : kPatience, [this] {
    ADD_FAILURE() << "the watchdog had to stop the reactor";
    stopOnce();
  });
  reactor().run(installSignalHandlers);
  if (watchdog->active()) {
    watchdog->cancel();
  }
}

void ReactorTest::afterTurns(int turns, std::function<void()> function) {
  reactor().callLater(Seconds(0), [this, turns, function = std::move(function)] {
    if (turns == 0) {
      function();
    } else {
      afterTurns(turns - 1, function);
    }
  });
}

void ReactorTest::stopAfterTurns(int turns) {
  afterTurns(turns, [this] { stopOnce(); });
}

void ReactorTest::stopOnce() {
  try {
    reactor().stop();
  } catch (const ReactorNotRunning&) {  // it is on its way
  }
}

void ReactorTest::freezeClock(Seconds now) {
  clockIsFrozen_ = true;
  now_ = now;
  options_.clock = [this] { return now_; };
  remakeReactor();
}

void PrintTo(const ReportedError& error, std::ostream* out) {
  *out << error.kind << " in " << error.where;
}

INSTANTIATE_TEST_SUITE_P(Conformance, ReactorTest, ::testing::ValuesIn(Reactor::demultiplexers()),
                         [](const auto& test) { return test.param; });

}  // namespace poetry::testing
