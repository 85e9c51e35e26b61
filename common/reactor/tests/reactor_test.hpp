// The fixture of the conformance tests: a reactor, once for each demultiplexer of the system, on
// which no test can hang and from which no descriptor can leak unseen.
#pragma once

#include "reactor/reactor.hpp"
#include "reactor/tests/recording.hpp"
#include "support/descriptors.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace poetry::testing {

/// What a reactor gave to ReactorOptions::onError.
struct ReportedError {
  std::string kind;   ///< "Mishap"
  std::string where;  ///< "[A] doRead"
  bool operator==(const ReportedError&) const = default;
};
void PrintTo(const ReportedError& error, std::ostream* out);
using Errors = std::vector<ReportedError>;

class ReactorTest : public ::testing::TestWithParam<std::string> {
 public:
  ReactorTest();
  ~ReactorTest() override;
  ReactorTest(const ReactorTest&) = delete;
  ReactorTest& operator=(const ReactorTest&) = delete;

 protected:
  [[nodiscard]] Reactor& reactor() { return *reactor_; }

  /// A fresh reactor, with the options_ as they are by now.
  void remakeReactor();
  void destroyReactor() { reactor_.reset(); }

  /// reactor().run(), with a watchdog that fails the test and stops the reactor. (It is one of
  /// getDelayedCalls, the one that is due last.)
  void run(bool installSignalHandlers = false);

  /// Calls `function` from a timer after so many turns of the loop, each with a look at the
  /// descriptors.
  void afterTurns(int turns, std::function<void()> function);
  /// Gives the loop so many turns, and then stops it.
  void stopAfterTurns(int turns);
  /// Stops the reactor unless that was done already.
  void stopOnce();

  /// From now on the clock stands at this time, which is for the test to change.
  void freezeClock(Seconds now = Seconds(0));

  Story story_;
  std::vector<ReportedError> errors_;  ///< what the reactor reported
  ReactorOptions options_;
  Seconds now_{0};

  void TearDown() override;

 private:
  DescriptorCheck descriptors_;
  std::unique_ptr<Reactor> reactor_;
  bool clockIsFrozen_ = false;
};

}  // namespace poetry::testing
