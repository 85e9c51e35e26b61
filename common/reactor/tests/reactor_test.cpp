#include "reactor/tests/reactor_test.hpp"

#include <ostream>
#include <utility>

#include <unistd.h>  // alarm

namespace poetry::testing {

namespace {

// Safety nets. A test that needs them has failed.
constexpr Duration kLongestRun(30);
constexpr unsigned kLongestTest = 90;

}  // namespace

void ReactorFixture::SetUp() {
  if (!options_.onError) {
    options_.onError = [this](const Failure& error, std::string_view where) {
      errors_.push_back({kindOf(error), std::string(where)});
    };
  }
  makeReactor();
  ::alarm(kLongestTest);
}

void ReactorFixture::TearDown() {
  ::alarm(0);
  destroyReactor();
  EXPECT_EQ(RecordingProtocol::alive, 0) << "protocols outlive their reactor";
  RecordingProtocol::alive = 0;
  EXPECT_EQ(descriptors_.leaked(), std::vector<std::string>()) << "descriptors were left open";
}

void ReactorFixture::afterIterations(int iterations, std::function<void()> function) {
  reactor().callLater(Duration(0), [this, iterations, function = std::move(function)] {
    if (iterations == 0) {
      function();
    } else {
      afterIterations(iterations - 1, function);
    }
  });
}

void ReactorFixture::stopAfterIterations(int iterations) {
  afterIterations(iterations, [this] { stopOnce(); });
}

void ReactorFixture::stopOnce() {
  try {
    reactor().stop();
  } catch (const ReactorNotRunning&) {
    // It is stopping already.
  }
}

void ReactorTest::run(bool installSignalHandlers) {
  const auto safetyNet = reactor().callLater(kLongestRun, [this] {
    ADD_FAILURE() << "the reactor did not stop by itself";
    stopOnce();
  });
  reactor().run(installSignalHandlers);
  if (safetyNet->active()) {
    safetyNet->cancel();
  }
}

void PrintTo(const ReportedError& error, std::ostream* out) {
  *out << error.kind << " in " << error.where;
}

INSTANTIATE_TEST_SUITE_P(Conformance, ReactorTest, ::testing::ValuesIn(Reactor::demultiplexers()),
                         [](const auto& test) { return test.param; });

}  // namespace poetry::testing
