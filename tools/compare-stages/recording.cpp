#include "recording.hpp"

#include "terminal.hpp"

#include <algorithm>
#include <utility>

namespace poetry {

namespace {

constexpr std::size_t kMostReportLines = 10000;
constexpr std::size_t kMostOtherLines = 20;  // of each stream
constexpr std::size_t kMostMessages = 200;
constexpr std::size_t kLongestLine = 500;

/// On standard error, only messages about tasks that failed count. Other lines there may be a log.
bool isReport(ReportLine::Kind kind, Stream stream) {
  return stream == Stream::kOutput || kind == ReportLine::Kind::kFailed ||
         kind == ReportLine::Kind::kLost;
}

}  // namespace

Recorder::Recorder(std::vector<std::size_t> sizes, bool traced)
    : sizes_(std::move(sizes)), traced_(traced) {
  recording_.tasks.resize(sizes_.size());
}

void Recorder::received(Stream stream, std::string_view bytes, Duration at) {
  std::string& line = unfinished_[static_cast<std::size_t>(stream)];
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    line += bytes.substr(0, end);
    line.resize(std::min(line.size(), kLongestLine + 1));  // one more, to see that it was longer
    if (end == bytes.size()) {
      return;
    }
    endLine(stream, at);
    bytes.remove_prefix(end + 1);
  }
}

void Recorder::finish(Duration at) {
  for (const Stream stream : {Stream::kOutput, Stream::kErrors}) {
    if (!unfinished_[static_cast<std::size_t>(stream)].empty()) {
      endLine(stream, at);
    }
  }
}

void Recorder::endLine(Stream stream, Duration at) {
  std::string text = std::exchange(unfinished_[static_cast<std::size_t>(stream)], {});
  if (text.ends_with('\r')) {
    text.pop_back();  // a client may print line ends as on Windows
  }
  const ReportLine report = parseReportLine(text);
  PrintedLine line{at, stream, printable(text.substr(0, kLongestLine))};
  if (text.size() > kLongestLine) {
    line.text += "...";
  }
  if (traced_ && report.kind == ReportLine::Kind::kTrace) {
    keep(std::move(line));
  } else if (isReport(report.kind, stream) && record(report, at)) {
    ++progress_;
    keep(std::move(line));
  } else {
    keepOther(std::move(line));
  }
}

bool Recorder::record(const ReportLine& line, Duration at) {
  if (line.kind == ReportLine::Kind::kSummary) {
    return !std::exchange(recording_.reported, line.elapsed).has_value();
  }
  if (line.kind == ReportLine::Kind::kOther || line.kind == ReportLine::Kind::kTrace) {
    return false;
  }
  if (line.task < 1 || line.task > sizes_.size()) {
    recording_.strangeTask = line.task;
    return false;
  }
  return recordTask(line, recording_.tasks[line.task - 1], sizes_[line.task - 1], at);
}

bool Recorder::recordTask(const ReportLine& line, TaskRecord& task, std::size_t size, Duration at) {
  const bool hasEnded = task.outcome != Outcome::kUnfinished;
  if (line.kind == ReportLine::Kind::kTotal) {
    if (task.total || (hasEnded && task.outcome != Outcome::kComplete)) {
      return false;
    }
    task.total = line.bytes;
    task.outcome = Outcome::kComplete;
    if (!task.end) {
      task.end = task.chunks.empty() ? at : task.chunks.back().at;
    }
    return true;
  }
  if (hasEnded) {
    return false;
  }
  switch (line.kind) {
    case ReportLine::Kind::kAsks:
      return task.chunks.empty() && !std::exchange(task.asked, at).has_value();
    case ReportLine::Kind::kChunk:
      // The first chunk beyond the end of the poem counts, so that the mistake is seen. Later ones
      // are no progress.
      if (line.bytes == 0 || task.bytes > size) {
        return false;
      }
      addChunk(task, line.bytes, at);
      return true;
    case ReportLine::Kind::kPoem:
      if (task.chunks.empty() && line.bytes > 0) {
        addChunk(task, line.bytes, at);
      }
      task.total = line.bytes;
      endTask(task, Outcome::kComplete, at);
      return true;
    case ReportLine::Kind::kFinished:
      endTask(task, Outcome::kComplete, at);
      return true;
    case ReportLine::Kind::kFailed:
      endTask(task, Outcome::kFailed, at);
      return true;
    default:
      endTask(task, Outcome::kLost, at);
      return true;
  }
}

void Recorder::addChunk(TaskRecord& task, std::size_t bytes, Duration at) const {
  task.chunks.push_back({at, bytes});
  task.bytes += bytes;
  task.endOrder = progress_;
}

void Recorder::endTask(TaskRecord& task, Outcome outcome, Duration at) const {
  task.outcome = outcome;
  task.end = at;
  task.endOrder = progress_;
}

void Recorder::keep(PrintedLine line) {
  if (kept_ == kMostReportLines) {
    ++recording_.linesNotKept;
    return;
  }
  ++kept_;
  recording_.lines.push_back(std::move(line));
}

void Recorder::keepOther(PrintedLine line) {
  if (line.stream == Stream::kOutput) {
    if (recording_.strangeLines == 0) {
      recording_.firstStrange = line.text;
    }
    if (++recording_.strangeLines > kMostOtherLines) {
      return;
    }
  } else {
    recording_.messages.push_back(line.text);
    if (recording_.messages.size() > kMostMessages) {
      recording_.messages.pop_front();
    }
    if (++recording_.messageCount > kMostOtherLines) {
      return;
    }
  }
  recording_.lines.push_back(std::move(line));
}

double ChunkCount::averageSize() const {
  return count > 0 ? static_cast<double>(bytes) / static_cast<double>(count) : 0;
}

ChunkCount countChunks(const Recording& recording) {
  ChunkCount chunks;
  for (const TaskRecord& task : recording.tasks) {
    chunks.count += task.chunks.size();
    chunks.bytes += task.bytes;
  }
  return chunks;
}

std::vector<std::size_t> finishedOrder(const Recording& recording) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < recording.tasks.size(); ++i) {
    if (recording.tasks[i].outcome == Outcome::kComplete) {
      order.push_back(i + 1);
    }
  }
  std::sort(order.begin(), order.end(), [&](std::size_t one, std::size_t other) {
    const TaskRecord& a = recording.tasks[one - 1];
    const TaskRecord& b = recording.tasks[other - 1];
    return std::pair(a.end, a.endOrder) < std::pair(b.end, b.endOrder);
  });
  return order;
}

}  // namespace poetry
