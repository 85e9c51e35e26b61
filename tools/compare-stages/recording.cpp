#include "recording.hpp"

#include <algorithm>
#include <utility>

namespace poetry {

namespace {

/// Of the lines that tell something, so many are kept: some dozen times what the poems of the lessons
/// take.
constexpr std::size_t kMostLines = 10000;
/// So many chunks of all tasks are kept apart. No picture has the room for more.
constexpr std::size_t kMostChunks = 50000;
/// Of the lines that mean nothing to us, so many are kept, and of each line so many bytes.
constexpr std::size_t kKeptLines = 20;
constexpr std::size_t kKeptBytes = 500;

/// Each two that follow each other become one, which has the time at which both had come.
void joinNeighbours(std::vector<Chunk>& chunks) {
  std::vector<Chunk> joined;
  for (std::size_t i = 0; i < chunks.size(); i += 2) {
    const bool isAlone = i + 1 == chunks.size();
    joined.push_back(isAlone ? chunks[i]
                             : Chunk{chunks[i + 1].at, chunks[i].bytes + chunks[i + 1].bytes});
  }
  chunks = std::move(joined);
}

}  // namespace

Recorder::Recorder(std::vector<std::size_t> sizes, bool traced)
    : sizes_(std::move(sizes)), traced_(traced) {
  recording_.tasks.resize(sizes_.size());
}

void Recorder::received(Stream stream, std::string_view bytes, Seconds at) {
  std::string& line = unfinished_[static_cast<std::size_t>(stream)];
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    line += bytes.substr(0, std::min(end, kKeptBytes + 1 - std::min(line.size(), kKeptBytes + 1)));
    if (end == bytes.size()) {
      return;
    }
    endLine(stream, at);
    bytes.remove_prefix(end + 1);
  }
}

void Recorder::finish(Seconds at) {
  for (const Stream stream : {Stream::kOutput, Stream::kErrors}) {
    if (!unfinished_[static_cast<std::size_t>(stream)].empty()) {
      endLine(stream, at);
    }
  }
}

void Recorder::endLine(Stream stream, Seconds at) {
  const std::string text = std::exchange(unfinished_[static_cast<std::size_t>(stream)], {});
  const Said said = understand(text);
  PrintedLine line{at, stream, printable(std::string_view(text).substr(0, kKeptBytes))};
  if (text.size() > kKeptBytes) {
    line.text += "...";
  }
  if (traced_ && said.what == Said::What::kTrace) {
    keep(std::move(line));
  } else if (tell(said, at)) {
    ++progress_;
    keep(std::move(line));
  } else {
    keepOther(stream, std::move(line));
  }
}

bool Recorder::tell(const Said& said, Seconds at) {
  if (said.what == Said::What::kNothing || said.what == Said::What::kTrace) {
    return false;
  }
  if (said.what == Said::What::kLast) {
    return !std::exchange(recording_.reported, said.elapsed).has_value();
  }
  return said.task >= 1 && said.task <= sizes_.size() && tellOfTask(said, at);
}

bool Recorder::tellOfTask(const Said& said, Seconds at) {
  TaskRecord& task = recording_.tasks[said.task - 1];
  const std::size_t size = sizes_[said.task - 1];
  const bool hasEnded = task.outcome != Outcome::kUnfinished;
  if (said.what == Said::What::kTotal) {
    if (task.total || (hasEnded && task.outcome != Outcome::kComplete)) {
      return false;
    }
    task.total = said.bytes;
    task.outcome = Outcome::kComplete;
    if (!task.end) {
      // A client that does not tell when a poem is complete had it when the last byte came.
      task.end = task.chunks.empty() ? at : task.chunks.back().at;
    }
    return true;
  }
  if (hasEnded) {
    return false;
  }
  switch (said.what) {
    case Said::What::kAsks:
      return task.chunks.empty() && !std::exchange(task.asked, at).has_value();
    case Said::What::kGot:
      return addChunk(task, size, said.bytes, at);
    case Said::What::kGotAll:
      if (task.chunks.empty()) {
        addChunk(task, size, said.bytes, at);
      }
      task.total = said.bytes;
      endTask(task, Outcome::kComplete, at);
      return true;
    case Said::What::kFinished:
      endTask(task, Outcome::kComplete, at);
      return true;
    case Said::What::kFailed:
      endTask(task, Outcome::kFailed, at);
      return true;
    default:
      endTask(task, Outcome::kLost, at);
      return true;
  }
}

/// Also the first chunk that brings more than the poem has is worth keeping; after that it is noise.
bool Recorder::addChunk(TaskRecord& task, std::size_t size, std::size_t bytes, Seconds at) {
  if (bytes == 0 || task.bytes > size) {
    return false;
  }
  if (chunks_ == kMostChunks) {
    joinChunks();
  }
  task.chunks.push_back({at, bytes});
  ++chunks_;
  ++task.pieces;
  task.bytes += bytes;
  task.endOrder = progress_;
  return true;
}

void Recorder::joinChunks() {
  chunks_ = 0;
  for (TaskRecord& task : recording_.tasks) {
    joinNeighbours(task.chunks);
    chunks_ += task.chunks.size();
  }
}

void Recorder::endTask(TaskRecord& task, Outcome outcome, Seconds at) {
  task.outcome = outcome;
  task.end = at;
  task.endOrder = progress_;
}

void Recorder::keep(PrintedLine line) {
  if (kept_ == kMostLines) {
    ++recording_.linesNotKept;
    return;
  }
  ++kept_;
  recording_.lines.push_back(std::move(line));
}

void Recorder::keepOther(Stream stream, PrintedLine line) {
  if (stream == Stream::kOutput) {
    if (recording_.strangeLines == 0) {
      recording_.firstStrange = line;
    }
    if (++recording_.strangeLines > kKeptLines) {
      return;
    }
  } else {
    if (++recording_.messageCount > kKeptLines) {
      return;
    }
    recording_.messages.push_back(line.text);
  }
  recording_.lines.push_back(std::move(line));
}

double Pieces::averageSize() const {
  return count > 0 ? static_cast<double>(bytes) / static_cast<double>(count) : 0;
}

Pieces piecesOf(const Recording& recording) {
  Pieces pieces;
  for (const TaskRecord& task : recording.tasks) {
    pieces.count += task.pieces;
    pieces.marks += task.chunks.size();
    pieces.bytes += task.bytes;
  }
  return pieces;
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
