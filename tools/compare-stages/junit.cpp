#include "junit.hpp"

#include "terminal.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace poetry {

namespace {

/// For an attribute or a text. All our texts are printable ASCII, so XML forbids nothing else in them.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    result += c == '&'   ? "&amp;"
              : c == '<' ? "&lt;"
              : c == '>' ? "&gt;"
              : c == '"' ? "&quot;"
                         : std::string(1, c);
  }
  return result;
}

struct TestCase {
  const char* name;
  const char* outcome;  ///< the name of its element: "failure" or "skipped"; empty if it passed
  std::string why = {};
};

using TestCases = std::vector<TestCase>;

std::size_t count(const TestCases& tests, std::string_view outcome) {
  return static_cast<std::size_t>(
      std::count_if(tests.begin(), tests.end(),
                    [outcome](const TestCase& test) { return test.outcome == outcome; }));
}

TestCase testOf(const char* name, bool passed, const std::string& why) {
  return {name, passed ? "" : "failure", why};
}

TestCases testsOf(const ClientResult& client) {
  bool isCompared = false;
  std::vector<std::string> differences;
  for (std::size_t i = 0; i < client.run.saved.size(); ++i) {
    const Saved& saved = client.run.saved[i];
    isCompared = isCompared || saved.same.has_value();
    if (saved.same == false) {
      differences.push_back("Task " + std::to_string(i + 1) + ": " + saved.difference);
    }
  }
  const char* const name = "delivered the same bytes";
  return {testOf("succeeded", client.succeeded, joined(client.problems, "; ")),
          isCompared ? testOf(name, differences.empty(), joined(differences, "; "))
                     : TestCase{name, "skipped", "it saved no poem to compare"}};
}

std::string suiteOf(const ClientResult& client, const TestCases& tests) {
  const Run& run = client.run;
  const std::string name = escaped(client.name);
  std::string xml = "  <testsuite name=\"" + name + "\" tests=\"" + std::to_string(tests.size()) +
                    "\" failures=\"" + std::to_string(count(tests, "failure")) + "\" skipped=\"" +
                    std::to_string(count(tests, "skipped")) + "\" time=\"" +
                    std::to_string(run.elapsed.count()) +
                    "\">\n    <properties>\n      <property name=\"ending\" value=\"" +
                    (run.command.empty() ? "not run"
                     : run.hung          ? "killed"
                                         : run.ending.toString()) +
                    "\"/>\n    </properties>\n";
  for (const auto& [test, outcome, why] : tests) {
    xml += "    <testcase classname=\"" + name + "\" name=\"" + test + '"';
    xml += *outcome == '\0' ? "/>\n"
                            : std::string(">\n      <") + outcome + " message=\"" + escaped(why) +
                                  "\"/>\n    </testcase>\n";
  }
  if (const auto& messages = run.recording.messages; !messages.empty()) {
    xml += "    <system-err>" + escaped(joined({messages.begin(), messages.end()}, "\n")) +
           "</system-err>\n";
  }
  return xml + "  </testsuite>\n";
}

}  // namespace

std::string toJunit(const Comparison& comparison) {
  std::size_t total = 0;
  std::size_t failures = 0;
  std::string suites;
  const auto add = [&](const ClientResult& client, TestCases tests) {
    const TestCases others = testsOf(client);
    tests.insert(tests.end(), others.begin(), others.end());
    total += tests.size();
    failures += count(tests, "failure");
    suites += suiteOf(client, tests);
  };
  for (const ClientResult& client : comparison.clients) {
    add(client, client.model == Model::kUnknown
                    ? TestCases{{"asynchronous", "skipped",
                                 "only --check shows whether it is asynchronous"}}
                    : TestCases{});
  }
  for (const Verdict& verdict : comparison.verdicts) {
    add(verdict.client,
        {testOf(verdict.shouldBe ? "asynchronous" : "not asynchronous", verdict.isRight(),
                verdict.why + (verdict.advice.empty() ? "" : " ") + verdict.advice)});
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"compare-stages\" "
         "tests=\"" +
         std::to_string(total) + "\" failures=\"" + std::to_string(failures) + "\">\n" + suites +
         "</testsuites>\n";
}

}  // namespace poetry
