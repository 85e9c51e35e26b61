// What a line that a client prints means. These lines are the interface between a client, whoever
// wrote it and in whatever language, and us.
#pragma once

#include "reactor/interfaces.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace poetry {

/// A line, understood.
struct Said {
  enum class What {
    kAsks,      ///< Task 1: get poetry from: 127.0.0.1:10000
    kGot,       ///< Task 1: got 30 bytes of poetry from 127.0.0.1:10000
    kGotAll,    ///< Task 1: got 3003 bytes of poetry from 127.0.0.1:10000 in 0:00:10.126361
    kFinished,  ///< Task 1 finished
    kTotal,     ///< Task 1: 3003 bytes of poetry
    kFailed,    ///< PROGRAM: Task 1: failed to connect to 127.0.0.1:10000: Connection refused
    kLost,  ///< PROGRAM: Task 1: connection to 127.0.0.1:10000 lost after 120 bytes: Connection ...
    kLast,  ///< Got 2 of 3 poems in 0:00:10.134220
    kTrace,    ///< reactor: waiting on 3 readers, 0 writers, 1 timers
    kNothing,  ///< any other line
  };

  What what = What::kNothing;
  std::size_t task = 0;  ///< as the client counts, from 1
  std::size_t bytes = 0;
  std::optional<Seconds> elapsed = {};
};

/// Reads a line, which has no newline any more. Never fails: what it does not know is kNothing.
Said understand(std::string_view line);

/// Takes the text of a line apart, from left to right. Each function takes its part off the front if
/// it is there, and returns false if it is not.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : rest_(line) {}

  bool text(std::string_view expected);
  /// Digits, without a zero in front; at most 18 of them.
  bool number(std::size_t& value);
  /// Up to a blank or the end, not empty.
  bool word();
  /// "H:MM:SS.ffffff"
  bool elapsed(std::optional<Seconds>& value);
  /// Up to and including the next `end`.
  bool past(std::string_view end);
  [[nodiscard]] bool atEnd() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// `bytes` as text that can be printed anywhere: UTF-8 as it is, all else as in "\t" and "\xe2".
std::string printable(std::string_view bytes);

}  // namespace poetry
