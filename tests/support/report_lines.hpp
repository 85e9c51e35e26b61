// One line of a client's output, parsed. The lines are the interface between a client and the
// programs that test or compare it, in whatever language the client is written.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace poetry {

struct ReportLine {
  enum class Kind {
    kAsks,      ///< Task 1: get poetry from: 127.0.0.1:10000
    kChunk,     ///< Task 1: got 30 bytes of poetry from 127.0.0.1:10000
    kPoem,      ///< Task 1: got 3003 bytes of poetry from 127.0.0.1:10000 in 0:00:10.126361
    kFinished,  ///< Task 1 finished
    kTotal,     ///< Task 1: 3003 bytes of poetry
    kSummary,   ///< Got 2 of 3 poems in 0:00:10.134220
    kFailed,    ///< PROGRAM: Task 1: failed to connect to 127.0.0.1:10000: Connection refused
    kLost,  ///< PROGRAM: Task 1: connection to 127.0.0.1:10000 lost after 120 bytes: Connection ...
    kTrace,  ///< reactor: waiting on 3 readers, 0 writers, 1 timers
    kOther,  ///< any other line
  };

  Kind kind = Kind::kOther;
  std::size_t task = 0;      ///< as the client counts, from 1
  std::size_t bytes = 0;     ///< of kChunk, kPoem, kTotal and kLost
  std::string address = {};  ///< of kAsks, kChunk, kPoem, kFailed and kLost
  std::optional<std::chrono::duration<double>> elapsed = {};  ///< of kPoem and kSummary
  std::size_t poems = 0;                                      ///< of kSummary: how many arrived,
  std::size_t tasks = 0;                                      ///< and of how many
};

/// Parses a line without its newline. A line of an unknown shape is kOther.
ReportLine parseReportLine(std::string_view line);

/// Parses text from left to right. Each function removes its part from the front and returns true,
/// or returns false.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : rest_(line) {}

  bool text(std::string_view expected);
  /// Digits without a leading zero; at most 18 of them.
  bool number(std::size_t& value);
  /// Up to a blank or the end; not empty.
  bool word(std::string& value);
  /// "H:MM:SS.ffffff"
  bool elapsed(std::optional<std::chrono::duration<double>>& value);
  /// Everything up to and including the next `end`; at least one character stands before it.
  bool past(std::string_view end);
  [[nodiscard]] bool atEnd() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace poetry
