#include "junit.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
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
  std::string outcome;  ///< the name of its element: "failure" or "skipped"; empty if it passed
  std::string why = {};
};

struct Suite {
  std::string client;
  Duration elapsed{0};
  std::string ending = {};
  std::string lastWords = {};  ///< on standard error
  std::vector<TestCase> cases = {};

  [[nodiscard]] std::size_t count(std::string_view outcome) const {
    return static_cast<std::size_t>(
        std::count_if(cases.begin(), cases.end(),
                      [outcome](const TestCase& test) { return test.outcome == outcome; }));
  }
};

template <typename Texts>
std::string joined(const Texts& texts, const char* between = "; ") {
  std::string all;
  for (const std::string& text : texts) {
    all += (all.empty() ? "" : between) + text;
  }
  return all;
}

TestCase testOf(const char* name, bool passed, const std::string& why) {
  return {name, passed ? "" : "failure", why};
}

Suite suiteOf(const ClientResult& client) {
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
  return {client.name,
          client.run.elapsed,
          client.run.hung ? "killed" : client.run.ending.toString(),
          joined(client.run.recording.messages, "\n"),
          {testOf("succeeded", client.succeeded, joined(client.problems)),
           isCompared ? testOf(name, differences.empty(), joined(differences))
                      : TestCase{name, "skipped", "it saved no poem to compare"}}};
}

Suite suiteOf(const Verdict& verdict) {
  Suite suite = suiteOf(verdict.client);
  suite.cases.insert(suite.cases.begin(),
                     testOf(verdict.shouldBe ? "asynchronous" : "not asynchronous",
                            verdict.judgement == (verdict.shouldBe ? Judgement::kAsynchronous
                                                                   : Judgement::kNotAsynchronous),
                            verdict.why + (verdict.advice.empty() ? "" : " " + verdict.advice)));
  return suite;
}

std::string toXml(const Suite& suite) {
  std::array<char, 32> time{};
  std::snprintf(time.data(), time.size(), "%.6f", suite.elapsed.count());
  const std::string client = escaped(suite.client);
  std::string xml = "  <testsuite name=\"" + client + "\" tests=\"" +
                    std::to_string(suite.cases.size()) + "\" failures=\"" +
                    std::to_string(suite.count("failure")) + "\" skipped=\"" +
                    std::to_string(suite.count("skipped")) + "\" time=\"" + time.data() +
                    "\">\n    <properties>\n      <property name=\"ending\" value=\"" +
                    suite.ending + "\"/>\n    </properties>\n";
  for (const TestCase& test : suite.cases) {
    xml += "    <testcase classname=\"" + client + "\" name=\"" + test.name + '"';
    xml += test.outcome.empty() ? "/>\n"
                                : ">\n      <" + test.outcome + " message=\"" + escaped(test.why) +
                                      "\"/>\n    </testcase>\n";
  }
  if (!suite.lastWords.empty()) {
    xml += "    <system-err>" + escaped(suite.lastWords) + "</system-err>\n";
  }
  return xml + "  </testsuite>\n";
}

}  // namespace

std::string toJunit(const Comparison& comparison) {
  std::vector<Suite> suites;
  for (const ClientResult& client : comparison.clients) {
    suites.push_back(suiteOf(client));
    if (client.model == Model::kUnknown) {
      suites.back().cases.push_back(
          {"asynchronous", "skipped", "only --check shows whether it is asynchronous"});
    }
  }
  for (const Verdict& verdict : comparison.verdicts) {
    suites.push_back(suiteOf(verdict));
  }
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::string body;
  for (const Suite& suite : suites) {
    tests += suite.cases.size();
    failures += suite.count("failure");
    body += toXml(suite);
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"compare-stages\" "
         "tests=\"" +
         std::to_string(tests) + "\" failures=\"" + std::to_string(failures) + "\">\n" + body +
         "</testsuites>\n";
}

}  // namespace poetry
