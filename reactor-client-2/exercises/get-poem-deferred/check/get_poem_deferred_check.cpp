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

const std::string kReport = "Deferred: unhandled failure: ";
const std::string kResultWasThere =
    "The result was there already, so the function must be called at once.";

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

TEST_F(GetPoemDeferred, CallsTheCallbacksThatWait) {
  expect({"before"},
         {"moment before", "addCallback(f)", "addErrback(h)", "addCallback(g)", "callback(a poem)",
          "  f gets a poem", "  g gets a poem"},
         noCause);
}

TEST_F(GetPoemDeferred, CallsTheErrbacksThatWait) {
  expect({"failure"},
         {"moment failure", "addErrback(h)", "addCallback(f)", "addErrback(k)", "errback(a reason)",
          "  h gets a reason", "  k gets a reason"},
         noCause);
}

TEST_F(GetPoemDeferred, CallsACallbackThatIsAddedAfterTheValue) {
  const auto cause = [](const std::string& /*expected*/, const std::string& got) -> std::string {
    return got.empty() ? kResultWasThere
           : got.starts_with("  f")
               ? "f has been called. A function must leave the list before it is called."
               : "";
  };
  expect({"after"},
         {"moment after", "addCallback(f)", "callback(a poem)", "  f gets a poem", "addErrback(h)",
          "addCallback(g)", "  g gets a poem"},
         cause);
}

TEST_F(GetPoemDeferred, CallsAnErrbackThatIsAddedAfterTheFailure) {
  const auto cause = [](const std::string& /*expected*/, const std::string& got) -> std::string {
    return got.empty() ? kResultWasThere : "";
  };
  expect({"after-failure"},
         {"moment after-failure", "errback(a reason)", "addCallback(f)", "addErrback(h)",
          "  h gets a reason", "addErrback(k)", "  k gets a reason"},
         cause);
}

TEST_F(GetPoemDeferred, CallsAFunctionThatACallbackAdds) {
  setCauseOfCrash("heap-use-after-free",
                  "Does f add g to the list while a loop goes over the list?");
  const auto cause = [](const std::string& expected, const std::string& got) -> std::string {
    return expected == "  g gets a poem" && got == "  k gets a poem"
               ? "f adds g after the result, so g is called at once, before k."
               : "";
  };
  expect({"inside"},
         {"moment inside", "addCallback(f)", "addCallback(k)", "callback(a poem)",
          "  f gets a poem", "addCallback(g)", "  g gets a poem", "  k gets a poem"},
         cause);
}

std::string causeIfFThrew(const std::string& /*expected*/, const std::string& got) {
  if (got.starts_with("  the caller gets")) {
    return "Catch the exception. It is the result for the functions after f.";
  }
  if (got == "  std::logic_error") {
    return "Does the `catch` block call `errback`? It refuses: the Deferred has a value already.";
  }
  if (got.starts_with("  h")) {
    return "h was added before f. The exception is for the functions after f.";
  }
  if (got.starts_with("  g")) {
    return "f threw an exception before g was called, so the Deferred has failed.";
  }
  return got.empty() ? "The exception of f is lost. It must become the failure." : "";
}

TEST_F(GetPoemDeferred, TurnsAnExceptionIntoAFailure) {
  expect({"throws"},
         {"moment throws", "addErrback(h)", "addCallback(f)", "addCallback(g)", "addErrback(k)",
          "callback(a poem)", "  f gets a poem, and throws", "  k gets an exception of f"},
         causeIfFThrew);
}

TEST_F(GetPoemDeferred, TurnsAnExceptionAfterTheValueIntoAFailure) {
  expect(
      {"throws-after"},
      {"moment throws-after", "callback(a poem)", "addCallback(f)", "  f gets a poem, and throws",
       "addCallback(g)", "addErrback(k)", "  k gets an exception of f"},
      causeIfFThrew);
}

TEST_F(GetPoemDeferred, ReportsAFailureThatNoErrbackGot) {
  expect({"handled", "unhandled"},
         {"moment handled", "addErrback(h)", "errback(a reason)", "  h gets a reason",
          "moment unhandled", "addCallback(f)", "errback(a reason)"},
         noCause);
  const Lines printed = errorLines();
  require(contains(printed, kReport + "a reason"),
          {.headline = "No errback was added, and the Deferred did not report the failure.",
           .cause = "The destructor knows whether an errback has got the failure."});
  require(printed.size() == 1,
          {.headline = "One failure got no errback. The program printed " +
                       std::to_string(printed.size()) + " lines on standard error.",
           .cause = "In the moment `handled`, the errback h has got the failure."});
}

TEST_F(GetPoemDeferred, ReportsAnExceptionThatNoErrbackGot) {
  expect({"unhandled-exception", "unhandled-in-errback"},
         {"moment unhandled-exception", "addErrback(h)", "addCallback(f)", "callback(a poem)",
          "  f gets a poem, and throws", "moment unhandled-in-errback", "addErrback(h)",
          "errback(a reason)", "  h gets a reason, and throws"},
         noCause);
  require(contains(errorLines(), kReport + "an exception of f"),
          {.headline = "f threw after the only errback, and the Deferred did not report this.",
           .cause = "The only errback was added before f and was not called."});
  require(contains(errorLines(), kReport + "an exception of h"),
          {.headline = "The errback h threw, and the Deferred did not report this.",
           .cause = "The exception of h is a new failure. No errback has got it."});
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
