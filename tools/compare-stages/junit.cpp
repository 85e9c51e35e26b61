#include "junit.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

namespace poetry {

namespace {

/// For an attribute. All our texts are printable, so there is nothing in them that XML forbids.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    constexpr std::array<std::pair<char, const char*>, 5> kNames = {
        {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&apos;"}}};
    const auto* const found = std::find_if(kNames.begin(), kNames.end(),
                                           [c](const auto& entry) { return entry.first == c; });
    result += found != kNames.end() ? std::string(found->second) : std::string(1, c);
  }
  return result;
}

struct TestCase {
  std::string name;
  std::string failure = {};  ///< empty: passed
  std::string skipped = {};  ///< empty: was run
};

struct Suite {
  std::string client;
  Seconds elapsed{0};
  std::vector<TestCase> cases = {};

  [[nodiscard]] std::size_t failures() const {
    return static_cast<std::size_t>(std::count_if(
        cases.begin(), cases.end(), [](const TestCase& test) { return !test.failure.empty(); }));
  }
  [[nodiscard]] std::size_t skipped() const {
    return static_cast<std::size_t>(std::count_if(
        cases.begin(), cases.end(),
        [](const TestCase& test) { return test.failure.empty() && !test.skipped.empty(); }));
  }
};

std::string joined(const std::vector<std::string>& texts) {
  return std::accumulate(texts.begin(), texts.end(), std::string(),
                         [](const std::string& all, const std::string& text) {
                           return all.empty() ? text : all + "; " + text;
                         });
}

Suite suiteOf(const StageResult& stage) {
  Suite suite{.client = stage.name, .elapsed = stage.run.elapsed};
  suite.cases.push_back(
      {.name = "succeeded", .failure = stage.succeeded ? "" : joined(stage.problems)});
  std::size_t compared = 0;
  std::vector<std::string> differences;
  for (std::size_t i = 0; i < stage.run.saved.size(); ++i) {
    const Saved& saved = stage.run.saved[i];
    compared += saved.same ? 1U : 0U;
    if (saved.same == false) {
      differences.push_back("Task " + std::to_string(i + 1) + ": " + saved.difference);
    }
  }
  suite.cases.push_back({.name = "delivered the same bytes",
                         .failure = joined(differences),
                         .skipped = compared > 0 ? "" : "it saved no poem to compare"});
  return suite;
}

Suite suiteOf(const Verdict& verdict) {
  const bool isRight = verdict.asynchronous == verdict.shouldBe;
  return {.client = verdict.client,
          .cases = {
              {.name = verdict.shouldBe ? "asynchronous" : "not asynchronous",
               .failure = isRight ? "" : verdict.why},
              {.name = "succeeded", .failure = verdict.succeeded ? "" : joined(verdict.problems)}}};
}

std::string toXml(const TestCase& test, const std::string& client) {
  const std::string begin =
      "    <testcase classname=\"" + escaped(client) + "\" name=\"" + escaped(test.name) + '"';
  const bool failed = !test.failure.empty();
  if (!failed && test.skipped.empty()) {
    return begin + "/>\n";
  }
  return begin + ">\n      <" + (failed ? "failure" : "skipped") + " message=\"" +
         escaped(failed ? test.failure : test.skipped) + "\"/>\n    </testcase>\n";
}

std::string toXml(const Suite& suite) {
  std::array<char, 32> time{};
  std::snprintf(time.data(), time.size(), "%.6f", suite.elapsed.count());
  std::string xml = "  <testsuite name=\"" + escaped(suite.client) + "\" tests=\"" +
                    std::to_string(suite.cases.size()) + "\" failures=\"" +
                    std::to_string(suite.failures()) + "\" skipped=\"" +
                    std::to_string(suite.skipped()) + "\" time=\"" + time.data() + "\">\n";
  for (const TestCase& test : suite.cases) {
    xml += toXml(test, suite.client);
  }
  return xml + "  </testsuite>\n";
}

}  // namespace

std::string toJunit(const Comparison& comparison) {
  std::vector<Suite> suites;
  for (const StageResult& stage : comparison.stages) {
    suites.push_back(suiteOf(stage));
  }
  for (const Verdict& verdict : comparison.verdicts) {
    suites.push_back(suiteOf(verdict));
  }
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::string body;
  for (const Suite& suite : suites) {
    tests += suite.cases.size();
    failures += suite.failures();
    body += toXml(suite);
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"compare-stages\" "
         "tests=\"" +
         std::to_string(tests) + "\" failures=\"" + std::to_string(failures) + "\">\n" + body +
         "</testsuites>\n";
}

}  // namespace poetry
