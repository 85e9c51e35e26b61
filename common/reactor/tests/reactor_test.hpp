// The fixtures of the reactor's tests.
#pragma once

#include "reactor/reactor.hpp"
#include "reactor/tests/recording.hpp"
#include "support/descriptors.hpp"
#include "support/fake_demultiplexer.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace poetry::testing {

/// An error that a reactor passed to ReactorOptions::onError.
struct ReportedError {
  std::string kind;   // "Mishap"
  std::string where;  // "[A] doRead"
  bool operator==(const ReportedError&) const = default;
};
void PrintTo(const ReportedError& error, std::ostream* out);
using Errors = std::vector<ReportedError>;

/// A reactor and a story. At the end of each test, no descriptor and no protocol may be left.
class ReactorFixture : public ::testing::Test {
 protected:
  /// Replaces the reactor by a new one with options_. SetUp has made the first one.
  void makeReactor() { reactor_ = std::make_unique<Reactor>(options_); }
  void destroyReactor() { reactor_.reset(); }
  [[nodiscard]] Reactor& reactor() { return *reactor_; }

  /// Calls `function` from a timer after so many iterations of the loop.
  void afterIterations(int iterations, std::function<void()> function);
  void stopAfterIterations(int iterations);
  /// Stops the reactor unless it is stopping already.
  void stopOnce();

  void SetUp() override;
  void TearDown() override;

  Story story_;
  Errors errors_;
  ReactorOptions options_;

 private:
  DescriptorCheck descriptors_;
  std::unique_ptr<Reactor> reactor_;
};

/// The real reactor on a fake demultiplexer: the test decides what is ready and what time it is.
class LoopTest : public ReactorFixture {
 protected:
  LoopTest() { options_ = fake_->options(); }
  void run() { reactor().run(false); }

  const std::shared_ptr<FakeDemultiplexer> fake_ = std::make_shared<FakeDemultiplexer>();
};

/// The conformance tests: once for each demultiplexer of this system.
class ReactorTest : public ReactorFixture, public ::testing::WithParamInterface<std::string> {
 protected:
  ReactorTest() { options_.demultiplexer = GetParam(); }

  /// reactor().run(). A safety net fails the test and stops the reactor after 30 s. It is one of
  /// getDelayedCalls, the one that is due last.
  void run(bool installSignalHandlers = false);
};

}  // namespace poetry::testing
