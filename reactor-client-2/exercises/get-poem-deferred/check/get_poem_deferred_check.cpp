// A Deferred must call the functions that wait, once, in their order, and must lose no failure.
#include "exercises/support/check.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace poetry::testing {

using Lines = std::vector<std::string>;
/// The likely cause if `got` was printed in place of `expected`. Empty: nothing more.
using CauseOf = std::function<std::string(const std::string& expected, const std::string& got)>;

std::string noCause(const std::string& /*expected*/, const std::string& /*got*/) {
  return {};
}

class GetPoemDeferred : public Check {
 protected:
  GetPoemDeferred() { setActor("The program"); }

  /// Plays moments. The program must print these lines. Those of functions that the Deferred calls are
  /// indented.
  void expect(const Lines& moments, const Lines& expected, const CauseOf& causeOf) {
    start(moments);
    letRun();
    const Lines printed = lines();
    std::string action;
    for (std::size_t i = 0; i < std::max(printed.size(), expected.size()); ++i) {
      const std::string wanted = i < expected.size() ? expected[i] : "";
      const std::string got = i < printed.size() ? printed[i] : "";
      if (wanted == got) {
        action = isCall(got) ? action : got;
        continue;
      }
      if (!isRunning()) {
        static_cast<void>(finish());  // a sanitizer may have found the mistake
      }
      fail({.headline = sentenceOf(action, isCall(wanted) ? wanted : "", isCall(got) ? got : ""),
            .cause = causeOf(isCall(wanted) ? wanted : "", isCall(got) ? got : "")});
    }
    requireExitCode(0);
  }

  static bool isCall(const std::string& line) { return line.starts_with("  "); }

  /// What is wrong after an action, such as "callback(a poem)".
  static std::string sentenceOf(const std::string& action, const std::string& expected,
                                const std::string& got) {
    if (got.starts_with("  the caller gets ")) {
      return "After " + action + ", the caller got " + got.substr(18) + '.';
    }
    if (expected == "  std::logic_error") {
      return "The Deferred had a result, and " + action + " did not throw std::logic_error.";
    }
    if (got.empty()) {
      return "After " + action + ", " + expected.substr(2, 1) + " was not called.";
    }
    return "After " + action + ": \"" + got.substr(2) + "\". Expected: " +
           (expected.empty() ? "no more calls." : '"' + expected.substr(2) + "\".");
  }
};

TEST_F(GetPoemDeferred, CallsTheFunctionsThatWait) {
  expect({"before", "failure"},
         {"moment before", "addCallback(f)", "addErrback(h)", "addCallback(g)", "callback(a poem)",
          "  f gets a poem", "  g gets a poem", "moment failure", "addErrback(h)", "addCallback(f)",
          "addErrback(k)", "errback(a reason)", "  h gets a reason", "  k gets a reason"},
         noCause);
}

TEST_F(GetPoemDeferred, CallsAFunctionThatIsAddedAfterTheResult) {
  const auto cause = [](const std::string& /*expected*/, const std::string& got) -> std::string {
    return got.empty() ? "The result was there already, so the function must be called at once."
           : got.starts_with("  f")
               ? "f has been called. A function must leave the list before it is called."
               : "";
  };
  expect({"after", "after-failure"},
         {"moment after", "addCallback(f)", "callback(a poem)", "  f gets a poem", "addErrback(h)",
          "addCallback(g)", "  g gets a poem", "moment after-failure", "errback(a reason)",
          "addCallback(f)", "addErrback(h)", "  h gets a reason", "addErrback(k)",
          "  k gets a reason"},
         cause);
}

TEST_F(GetPoemDeferred, CallsAFunctionThatACallbackAdds) {
  setCauseOfCrash("heap-use-after-free",
                  "Does f add g to the list while a loop goes over the list?");
  expect({"inside"},
         {"moment inside", "addCallback(f)", "callback(a poem)", "  f gets a poem",
          "addCallback(g)", "  g gets a poem"},
         noCause);
}

TEST_F(GetPoemDeferred, TurnsAnExceptionIntoAFailure) {
  const auto cause = [](const std::string& /*expected*/, const std::string& got) -> std::string {
    if (got.starts_with("  the caller gets")) {
      return "Catch the exception. It is the result for the functions after f.";
    }
    if (got.starts_with("  h")) {
      return "h was added before f. The exception is for the functions after f.";
    }
    if (got.starts_with("  g")) {
      return "f threw an exception before g was called, so the Deferred has failed.";
    }
    return got.empty() ? "The exception of f is lost. It must become the failure." : "";
  };
  expect(
      {"throws", "throws-after"},
      {"moment throws", "addErrback(h)", "addCallback(f)", "addCallback(g)", "addErrback(k)",
       "callback(a poem)", "  f gets a poem, and throws", "  k gets an exception of f",
       "moment throws-after", "callback(a poem)", "addCallback(f)", "  f gets a poem, and throws",
       "addCallback(g)", "addErrback(k)", "  k gets an exception of f"},
      cause);
}

TEST_F(GetPoemDeferred, ReportsFailuresThatNoErrbackGot) {
  expect({"handled", "unhandled", "unhandled-exception"},
         {"moment handled", "addErrback(h)", "errback(a reason)", "  h gets a reason",
          "moment unhandled", "addCallback(f)", "errback(a reason)", "moment unhandled-exception",
          "addErrback(h)", "addCallback(f)", "callback(a poem)", "  f gets a poem, and throws"},
         noCause);
  const Lines printed = errorLines();
  const std::string report = "Deferred: unhandled failure: ";
  require(contains(printed, report + "a reason"),
          {.headline = "No errback was added, and the Deferred did not report the failure.",
           .cause = "The destructor knows whether an errback has got the failure."});
  require(contains(printed, report + "an exception of f"),
          {.headline = "f threw after the only errback, and the Deferred did not report this.",
           .cause = "The only errback was added before f and was not called."});
  require(printed.size() == 2,
          {.headline = "Two failures got no errback. The Deferred reported " +
                       std::to_string(printed.size()) + '.',
           .cause = "In the moment `handled`, the errback h has got the failure."});
}

TEST_F(GetPoemDeferred, RefusesASecondResult) {
  const auto cause = [](const std::string& expected, const std::string& /*got*/) -> std::string {
    return expected == "  std::logic_error" ? "A Deferred changes once: test for this first." : "";
  };
  expect(
      {"twice"},
      {"moment twice", "addCallback(f)", "addErrback(h)", "callback(a poem)", "  f gets a poem",
       "callback(another poem)", "  std::logic_error", "errback(a reason)", "  std::logic_error"},
      cause);
}

TEST_F(GetPoemDeferred, StandsForAPoem) {
  ScriptedServer server(scenario_);
  const RefusingPort refusing;
  const std::string port = std::to_string(server.port());
  const std::string refused = std::to_string(refusing.port());
  setActor("The client");
  start({"poems", port, refused});
  accept(server).sendAndClose("Busy old fool");
  require(prints("  port " + port + ": Busy old fool"),
          {.headline = "Server 1 sent a poem, and the callback was not called."});
  require(prints("  port " + refused + ": no poetry: Connection refused"),
          {.headline = "Port 2 refused, and the errback was not called."});
  requireExitCode(0);
  const Lines errors = errorLines();
  require(
      errors.empty(),
      {.headline = errors.empty() ? "" : "The client printed: " + errors.front().substr(0, 70)});
}

}  // namespace poetry::testing
