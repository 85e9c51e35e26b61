// What one client printed, stamped with the time when it arrived, and what that says of its tasks.
#pragma once

#include "lines.hpp"
#include "reactor/interfaces.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace poetry {

/// All times count from the start of the client.
struct Chunk {
  Seconds at;
  std::size_t bytes;
};

enum class Outcome {
  kUnfinished,  ///< nothing was said of its end
  kComplete,
  kLost,    ///< the connection broke off
  kFailed,  ///< there was no connection
};

/// What became of one poem.
struct TaskRecord {
  std::optional<Seconds> asked = {};  ///< when the client said that it asks; most do not say
  std::vector<Chunk> chunks = {};
  std::size_t pieces = 0;  ///< of which it told; more than chunks, if those were put together
  /// When it was over. A client that does not say so has it with the last byte.
  std::optional<Seconds> end = {};
  std::size_t endOrder = 0;  ///< to tell apart what ended at the same time
  Outcome outcome = Outcome::kUnfinished;
  std::size_t bytes = 0;                  ///< of all its chunks
  std::optional<std::size_t> total = {};  ///< what the client said at the end
};

enum class Stream { kOutput, kErrors };

struct PrintedLine {
  Seconds at;
  Stream stream;
  std::string text;  ///< printable
};

struct Recording {
  std::vector<TaskRecord> tasks = {};  ///< Task 1 is at index 0
  std::vector<PrintedLine> lines = {};
  std::optional<Seconds> reported = {};  ///< how long it took by the client's own account
  std::size_t strangeLines = 0;          ///< on standard output, of no shape that we know
  std::optional<PrintedLine> firstStrange = {};
  std::vector<std::string> messages = {};  ///< on standard error; the first ones
  std::size_t messageCount = 0;
  std::size_t linesNotKept = 0;  ///< what they tell counts all the same
};

/// Makes a Recording out of what comes from a client, piece by piece.
///
/// Whatever a client prints, the memory that this takes is bounded. The first 10,000 lines that tell
/// something are kept; of those that mean nothing, 20 of each stream. A further line is understood and
/// counted, and goes. When there are 50,000 chunks, each two neighbours of a task become one, which
/// has the time at which both had come; and so again, as often as it takes.
class Recorder {
 public:
  /// `sizes`: how many bytes the poem of each task has. `traced`: it is a program of ours, and lines
  /// that begin with "reactor: " are wanted.
  explicit Recorder(std::vector<std::size_t> sizes, bool traced = false);

  /// `bytes` of a stream came, cut anywhere.
  void received(Stream stream, std::string_view bytes, Seconds at);
  /// Nothing more comes. What is left is a line, too.
  void finish(Seconds at);

  /// How many lines told something new so far: does it get on?
  [[nodiscard]] std::size_t progress() const { return progress_; }
  [[nodiscard]] const Recording& recording() const { return recording_; }
  [[nodiscard]] Recording take() { return std::move(recording_); }

 private:
  void endLine(Stream stream, Seconds at);
  /// True if the line told something that can be true and was not known.
  bool tell(const Said& said, Seconds at);
  bool tellOfTask(const Said& said, Seconds at);
  bool addChunk(TaskRecord& task, std::size_t size, std::size_t bytes, Seconds at);
  /// Makes room for further chunks.
  void joinChunks();
  void endTask(TaskRecord& task, Outcome outcome, Seconds at);
  void keep(PrintedLine line);
  void keepOther(Stream stream, PrintedLine line);

  std::vector<std::size_t> sizes_;
  bool traced_;
  std::array<std::string, 2> unfinished_;  ///< the line that is coming in, for each stream
  Recording recording_;
  std::size_t progress_ = 0;
  std::size_t kept_ = 0;    ///< lines that told something
  std::size_t chunks_ = 0;  ///< that all tasks have now
};

/// The pieces of which it told, of all tasks together.
struct Pieces {
  std::size_t count = 0;
  std::size_t bytes = 0;
  std::size_t marks = 0;  ///< the chunks that are left of them; less, if some were put together

  /// How many bytes a piece has; 0 if there is none.
  [[nodiscard]] double averageSize() const;
};

Pieces piecesOf(const Recording& recording);

/// The tasks that are complete, in the order in which they were.
std::vector<std::size_t> finishedOrder(const Recording& recording);

}  // namespace poetry
