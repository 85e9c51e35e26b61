// The verdicts on a class: the table on the terminal, and the one for a spreadsheet.

#include "verdict_report.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace poetry {
namespace {

Verdict verdictOn(const std::string& name, Judgement judgement, const std::string& why = "",
                  const std::string& advice = "") {
  Verdict verdict;
  verdict.client.name = name;
  verdict.client.succeeded = judgement == Judgement::kAsynchronous;
  verdict.judgement = judgement;
  verdict.why = why;
  verdict.advice = advice;
  return verdict;
}

TEST(VerdictTable, ShowsForEachClientWhatToChangeAndThenTheCounts) {
  Verdict failed = verdictOn("failed", Judgement::kAsynchronous, "It reported all.");
  failed.client.succeeded = false;
  failed.client.problems = {"exit code 1"};
  EXPECT_EQ(
      drawVerdicts({verdictOn("Zo\u00eb.py", Judgement::kAsynchronous, "It reported all."),
                    verdictOn("\u674e\u96f7", Judgement::kNotAsynchronous, "It reads in order."),
                    verdictOn("=1+1", Judgement::kUnknown, "It is buffered.",
                              "Flush after each line, in Python with print(..., flush=True)."),
                    failed},
                   80),
      (std::vector<std::string>{
          "client  verdict           what to change",  //
          "Zo\u00eb.py  asynchronous", "\u674e\u96f7    not asynchronous  It reads in order.",
          "=1+1    cannot be judged  Flush after each line, in Python with print(..., f ...",
          "failed  asynchronous      exit code 1", "",
          "1 of 4 clients passed. 2 asynchronous, 1 not asynchronous, 1 cannot be judged."}));
}

TEST(VerdictTable, ShowsTheLastLineOfAClientThatFailedWithoutAnAdvice) {
  Verdict verdict = verdictOn("a", Judgement::kUnknown, "It ended too early.");
  verdict.client.run.ending = Ending::code(1);
  verdict.client.run.recording.messages = {"Traceback", "RuntimeError: no"};
  EXPECT_EQ(drawVerdicts({verdict}, 80)[1], "a       cannot be judged  RuntimeError: no");
  verdict.client.run.recording.messages.clear();
  verdict.client.problems = {"exit code 1"};
  EXPECT_EQ(drawVerdicts({verdict}, 80)[1], "a       cannot be judged  exit code 1");
}

TEST(VerdictTable, FitsEachRowIntoTheWidth) {
  const std::vector<Verdict> verdicts = {
      verdictOn(std::string(100, 'x'), Judgement::kNotAsynchronous, std::string(100, 'y'))};
  EXPECT_EQ(drawVerdicts(verdicts, 300)[1],
            std::string(100, 'x').append("  not asynchronous  ").append(100, 'y'));
  EXPECT_EQ(drawVerdicts(verdicts, 80)[1],
            std::string(26, 'x').append(" ...  not asynchronous  ").append(26, 'y').append(" ..."));
}

TEST(VerdictTable, ShowsTheAdviceForAClientThatPassed) {
  EXPECT_EQ(
      drawVerdicts({verdictOn("a", Judgement::kAsynchronous, "Why.", "It never sleeps.")}, 80)[1],
      "a       asynchronous  It never sleeps.");
}

TEST(Csv, QuotesEachTextAndLeavesNoFormula) {
  Verdict verdict = verdictOn("a\"b,c", Judgement::kUnknown, "=1+1", "-x");
  verdict.client.problems = {"@one", "two"};
  EXPECT_EQ(toCsv({verdict, verdictOn("b", Judgement::kAsynchronous, "+2")}),
            "client,verdict,succeeded,passed,why,advice,problems\r\n"
            "\"a\"\"b,c\",cannot be judged,no,no,\"'=1+1\",\"'-x\",\"'@one; two\"\r\n"
            "\"b\",asynchronous,yes,yes,\"'+2\",\"\",\"\"\r\n");
}

}  // namespace
}  // namespace poetry
