#include "support/report_lines.hpp"

#include <algorithm>

namespace poetry {

namespace {

using Kind = ReportLine::Kind;

/// "30 bytes". A client may print "1 byte".
bool bytes(LineReader& line, ReportLine& result) {
  return line.number(result.bytes) &&
         (line.text(" bytes") || (result.bytes == 1 && line.text(" byte")));
}

/// "Task N..." on standard output.
ReportLine parseTaskLine(LineReader line) {
  ReportLine result;
  if (!line.text("Task ") || !line.number(result.task)) {
    return {};
  }
  if (line.text(": get poetry from: ")) {
    result.kind = line.word(result.address) ? Kind::kAsks : Kind::kOther;
  } else if (line.text(" finished")) {
    result.kind = Kind::kFinished;
  } else if (line.text(": got ")) {
    if (bytes(line, result) && line.text(" of poetry from ") && line.word(result.address)) {
      result.kind = line.atEnd()                                        ? Kind::kChunk
                    : line.text(" in ") && line.elapsed(result.elapsed) ? Kind::kPoem
                                                                        : Kind::kOther;
    }
  } else if (line.text(": ") && bytes(line, result) && line.text(" of poetry")) {
    result.kind = Kind::kTotal;
  }
  return line.atEnd() ? result : ReportLine();
}

/// "PROGRAM: Task N: ..." on standard error.
ReportLine parseMessage(LineReader line) {
  ReportLine result;
  if (!line.past(": Task ") || !line.number(result.task) || !line.text(": ")) {
    return {};
  }
  if (line.text("failed to connect to ") && line.word(result.address) &&
      result.address.ends_with(':')) {
    result.address.pop_back();
    result.kind = Kind::kFailed;
  } else if (line.text("connection to ") && line.word(result.address) &&
             line.text(" lost after ") && line.number(result.bytes) && line.text(" bytes: ")) {
    result.kind = Kind::kLost;
  }
  return result;
}

/// "Got 2 of 3 poems in ..."
ReportLine parseSummary(LineReader line) {
  ReportLine result;
  const bool hasCount = line.text("Got ") && line.number(result.poems);
  result.tasks = result.poems;
  const bool fits =
      hasCount &&
      (!line.text(" of ") || (line.number(result.tasks) && result.poems < result.tasks)) &&
      line.text(" poems in ") && line.elapsed(result.elapsed) && line.atEnd();
  result.kind = Kind::kSummary;
  return fits ? result : ReportLine();
}

}  // namespace

ReportLine parseReportLine(std::string_view line) {
  if (line.starts_with("reactor: ")) {
    return {.kind = Kind::kTrace};
  }
  for (const auto& parse : {parseTaskLine, parseMessage, parseSummary}) {
    if (ReportLine result = parse(LineReader(line)); result.kind != Kind::kOther) {
      return result;
    }
  }
  return {};
}

bool LineReader::text(std::string_view expected) {
  if (!rest_.starts_with(expected)) {
    return false;
  }
  rest_.remove_prefix(expected.size());
  return true;
}

bool LineReader::number(std::size_t& value) {
  const std::size_t size = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
  if (size == 0 || size > 18 || (size > 1 && rest_.front() == '0')) {
    return false;
  }
  value = std::stoull(std::string(rest_.substr(0, size)));
  rest_.remove_prefix(size);
  return true;
}

bool LineReader::word(std::string& value) {
  value = rest_.substr(0, rest_.find(' '));
  rest_.remove_prefix(value.size());
  return !value.empty();
}

bool LineReader::elapsed(std::optional<std::chrono::duration<double>>& value) {
  // 5 stands for a digit from 0 to 5, 9 for any digit.
  constexpr std::string_view kShape = ":59:59.999999";
  std::size_t hours = 0;
  if (!number(hours) || rest_.size() < kShape.size()) {
    return false;
  }
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const bool isDigit = kShape[i] == '5' || kShape[i] == '9';
    if (isDigit ? rest_[i] < '0' || rest_[i] > kShape[i] : rest_[i] != kShape[i]) {
      return false;
    }
  }
  const double minutes = std::stod(std::string(rest_.substr(1, 2)));
  const double seconds = std::stod(std::string(rest_.substr(4, 9)));
  value.emplace(static_cast<double>(hours) * 3600 + minutes * 60 + seconds);
  rest_.remove_prefix(kShape.size());
  return true;
}

bool LineReader::past(std::string_view end) {
  const std::size_t found = rest_.find(end);
  if (found == std::string_view::npos || found == 0) {
    return false;
  }
  rest_.remove_prefix(found + end.size());
  return true;
}

}  // namespace poetry
