// What one client printed, when each line arrived, and what the lines say about its tasks.
#pragma once

#include "reactor/interfaces.hpp"
#include "support/report_lines.hpp"

#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace poetry {

/// All times count from the start of the client.
struct Chunk {
  Duration at;
  std::size_t bytes;
};

enum class Outcome {
  kUnfinished,  ///< the client did not report the end of the poem
  kComplete,
  kLost,    ///< the connection was lost
  kFailed,  ///< the connection attempt failed
};

/// What happened to one poem.
struct TaskRecord {
  std::optional<Duration> asked =
      {};  ///< when the client reported that it asks; most clients do not
  std::vector<Chunk> chunks = {};
  /// When it ended. For a client that does not report this: when the last byte came.
  std::optional<Duration> end = {};
  std::size_t endOrder = 0;  ///< the order of tasks that ended at the same time
  Outcome outcome = Outcome::kUnfinished;
  std::size_t bytes = 0;                  ///< of all its chunks
  std::optional<std::size_t> total = {};  ///< what the client reported at the end
};

enum class Stream { kOutput, kErrors };

struct PrintedLine {
  Duration at;
  Stream stream;
  std::string text;  ///< printable
};

struct Recording {
  std::vector<TaskRecord> tasks = {};  ///< Task 1 is at index 0
  std::vector<PrintedLine> lines = {};
  std::optional<Duration> reported = {};  ///< the time in the client's own last line
  /// On standard output: their format is unknown, or what they say cannot be true.
  std::size_t strangeLines = 0;
  std::string firstStrange = {};
  /// A task that a line named and that does not exist, such as 0.
  std::optional<std::size_t> strangeTask = {};
  std::deque<std::string> messages = {};  ///< on standard error; the last ones
  std::size_t messageCount = 0;
  std::size_t linesNotKept = 0;  ///< report lines that are counted in the tasks, but not in `lines`
};

/// Makes a Recording from the bytes that a client prints.
///
/// It keeps the first 10,000 report lines, 20 other lines of each stream and the last 200 messages, so
/// that a client in an endless loop cannot fill the memory. Further report lines still count.
class Recorder {
 public:
  /// `sizes`: how many bytes the poem of each task has. `traced`: keep lines that begin with
  /// "reactor: ", too.
  explicit Recorder(std::vector<std::size_t> sizes, bool traced = false);

  /// `bytes` of a stream came, cut anywhere.
  void received(Stream stream, std::string_view bytes, Duration at);
  /// Both streams have ended. A last line without a newline counts.
  void finish(Duration at);

  /// How many lines reported something new. It grows as long as the client makes progress.
  [[nodiscard]] std::size_t progress() const { return progress_; }
  [[nodiscard]] const Recording& recording() const { return recording_; }
  [[nodiscard]] Recording take() { return std::move(recording_); }

 private:
  void endLine(Stream stream, Duration at);
  // These two return whether the line reported something new that can be true.
  bool record(const ReportLine& line, Duration at);
  bool recordTask(const ReportLine& line, TaskRecord& task, std::size_t size, Duration at);
  void addChunk(TaskRecord& task, std::size_t bytes, Duration at) const;
  void endTask(TaskRecord& task, Outcome outcome, Duration at) const;
  void keep(PrintedLine line);
  void keepOther(PrintedLine line);

  std::vector<std::size_t> sizes_;
  bool traced_;
  std::array<std::string, 2> unfinished_;  ///< the line that is arriving, for each stream
  Recording recording_;
  std::size_t progress_ = 0;
  std::size_t kept_ = 0;  ///< report lines
};

/// The chunks of all tasks together.
struct ChunkCount {
  std::size_t count = 0;
  std::size_t bytes = 0;

  /// 0 if there are none.
  [[nodiscard]] double averageSize() const;
};

ChunkCount countChunks(const Recording& recording);

/// The complete tasks, in the order in which they became complete.
std::vector<std::size_t> finishedOrder(const Recording& recording);

}  // namespace poetry
