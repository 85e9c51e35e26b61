#include "verdict_report.hpp"

#include "check_verdict.hpp"
#include "terminal.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string_view>

namespace poetry {

namespace {

/// The most useful sentence about a client. Empty if there is nothing to change.
std::string mostUseful(const Verdict& verdict) {
  const auto& problems = verdict.client.problems;
  if (verdict.isAsItShouldBe()) {
    return verdict.shouldBe ? verdict.advice : "";  // how it can be improved
  }
  if (!verdict.advice.empty()) {
    return verdict.advice;
  }
  const Run& run = verdict.client.run;
  const bool endedWell = run.ending == Ending() && !run.command.empty();
  if (!endedWell && !run.recording.messages.empty()) {
    return run.recording.messages.back();  // most often the reason
  }
  return !problems.empty() && (verdict.judgement == Judgement::kAsynchronous || !endedWell)
             ? problems.front()
             : verdict.why;
}

std::string cellOf(std::string text) {
  if (!text.empty() && std::string_view("=+-@").find(text.front()) != std::string_view::npos) {
    text.insert(0, 1, '\'');
  }
  for (std::size_t at = 0; (at = text.find('"', at)) != std::string::npos; at += 2) {
    text.insert(at, 1, '"');
  }
  return '"' + text + '"';
}

}  // namespace

std::vector<std::string> describeCheck() {
  return wrapped(
      "Each client has three servers. Server 1 is silent. Servers 2 and 3 send in turn, and each "
      "sends a chunk only after the client has reported the chunk before. Some letters have two "
      "bytes, and a chunk may end between them.",
      0);
}

std::vector<std::string> describeVerdict(const Verdict& verdict) {
  std::string heading = verdict.client.name + ": " + inWords(verdict.judgement);
  if (!verdict.client.succeeded) {
    heading += ", and it failed";
  } else if (verdict.isAsItShouldBe()) {
    heading += verdict.shouldBe ? "" : ", as its lesson shows";
  } else if (verdict.judgement != Judgement::kUnknown) {
    heading += verdict.shouldBe ? ", but it should be" : ", but it should not be";
  }
  std::vector<std::string> paragraphs = {verdict.why, verdict.advice};
  const auto& problems = verdict.client.problems;
  paragraphs.insert(paragraphs.end(), problems.begin(), problems.end());
  std::vector<std::string> lines = {heading};
  for (const std::string& paragraph : paragraphs) {
    const std::vector<std::string> some = wrapped(paragraph, 2);
    lines.insert(lines.end(), some.begin(), some.end());
  }
  return lines;
}

std::vector<std::string> drawVerdicts(const std::vector<Verdict>& verdicts, std::size_t columns) {
  std::size_t ofName = std::string_view("client").size();
  std::size_t passed = 0;
  std::map<Judgement, std::size_t> counts;
  for (const Verdict& verdict : verdicts) {
    ofName = std::max(ofName, std::min(columnsOf(verdict.client.name), columns * 3 / 8));
    passed += verdict.isAsItShouldBe() ? 1U : 0U;
    ++counts[verdict.judgement];
  }
  std::size_t ofWords = 0;
  std::string all =
      std::to_string(passed) + " of " + std::to_string(verdicts.size()) + " clients passed.";
  for (const auto& [judgement, count] : counts) {
    const std::string words = inWords(judgement);
    ofWords = std::max(ofWords, words.size());
    all += (judgement == counts.begin()->first ? " " : ", ") + std::to_string(count) + ' ' + words;
  }
  const auto row = [&](const std::string& name, const std::string& words, const std::string& rest) {
    const std::string line =
        padded(shortened(name, ofName), ofName) + "  " + padded(words, ofWords) + "  ";
    const std::size_t used = columnsOf(line);
    const std::string whole = line + shortened(rest, std::max(columns, used + 10) - used);
    return whole.substr(0, whole.find_last_not_of(' ') + 1);
  };
  std::vector<std::string> lines = {row("client", "verdict", "what to change")};
  for (const Verdict& verdict : verdicts) {
    lines.push_back(row(verdict.client.name, inWords(verdict.judgement), mostUseful(verdict)));
  }
  lines.insert(lines.end(), {"", all + '.'});
  return lines;
}

std::string toCsv(const std::vector<Verdict>& verdicts) {
  std::string csv = "client,verdict,succeeded,passed,why,advice,problems\r\n";
  const auto yes = [](bool value) { return value ? "yes," : "no,"; };
  for (const Verdict& verdict : verdicts) {
    csv += cellOf(verdict.client.name) + ',' + inWords(verdict.judgement) + ',' +
           yes(verdict.client.succeeded) + yes(verdict.isAsItShouldBe()) + cellOf(verdict.why) +
           ',' + cellOf(verdict.advice) + ',' + cellOf(joined(verdict.client.problems, "; ")) +
           "\r\n";
  }
  return csv;
}

}  // namespace poetry
