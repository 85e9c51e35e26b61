// A real program in a scenario: the test reads what the program prints and checks how it ends.
#pragma once

#include "support/process.hpp"
#include "support/scenario.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace poetry::testing {

/// A program that runs beside the test.
///
/// The destructor kills and reaps it. Each function that waits is bounded by the patience of the
/// scenario, which must outlive this object. A sanitizer's report on standard error fails wait().
class ChildProcess {
 public:
  /// See Scenario::start().
  ChildProcess(Scenario& scenario, const std::string& program,
               const std::vector<std::string>& arguments, const ChildOptions& options,
               SourceLine where);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return process_.pid(); }
  [[nodiscard]] const std::string& name() const { return name_; }

  // Standard output, line by line, without the newline.

  /// Waits for the next line. Fails if the program ends or closes the stream first.
  std::string readLine(SourceLine where = SourceLine::here());
  /// Waits for the next line and fails unless it is this one.
  void expectLine(std::string_view line, SourceLine where = SourceLine::here());
  /// All lines that have arrived and were not read yet. Does not wait.
  std::vector<std::string> unreadLines();

  /// Waits for the next line of standard error.
  std::string readErrorLine(SourceLine where = SourceLine::here());

  /// Everything that has arrived so far, including lines that were read. Does not wait.
  const std::string& output();
  const std::string& errors();
  [[nodiscard]] std::vector<std::string> outputLines();
  [[nodiscard]] std::vector<std::string> errorLines();

  /// Waits until the program is idle: it will do nothing before we do something.
  ///
  /// No clock decides this. The program is idle if all that we sent to it has arrived, all its
  /// threads sleep, and none of them ran between two looks, by its count of context switches. What
  /// an idle program has not printed, it will not print. (A program that sleeps until a timer is due
  /// looks idle, too.) Fails if the program ends.
  void waitUntilIdle(SourceLine where = SourceLine::here());
  /// Waits until `condition` holds and returns true. Returns false if the program is idle and the
  /// condition still does not hold. Fails if the program ends.
  bool waitUnlessIdle(const std::function<bool()>& condition,
                      SourceLine where = SourceLine::here());

  /// True if the program is idle, as in waitUntilIdle(). Blocks for some milliseconds.
  bool isIdle();

  void signal(int number, SourceLine where = SourceLine::here());

  /// Stops the program, as Ctrl-Z does, so that several events can be ready when it continues.
  /// Blocks until it has stopped.
  void pause(SourceLine where = SourceLine::here());
  void resume(SourceLine where = SourceLine::here());
  /// True if the program has stopped since the last call of this function or of pause(). Does not wait.
  bool hasStopped() { return process_.hasStopped(); }

  /// From now on the program gets no descriptor with a number of `limit` or more. A later call can
  /// raise the limit again.
  void limitDescriptors(std::size_t limit, SourceLine where = SourceLine::here());

  /// Waits until the program has ended and all that it printed has arrived.
  Ending wait(SourceLine where = SourceLine::here());

  /// True once the program has ended, reaped or not. Does not wait.
  [[nodiscard]] bool hasEnded() const { return process_.hasEnded(); }

  // For the scenario.

  /// Descriptors that become readable when there is something for collect().
  [[nodiscard]] std::vector<int> descriptorsToWatch() const;
  /// Reads what is in the pipes. Does not wait. Returns true if there was something.
  bool collect();

 private:
  /// One of the two streams that we read.
  struct Reader {
    std::string text;          ///< all of it
    std::size_t noted = 0;     ///< up to here it is in the story
    std::size_t position = 0;  ///< up to here it was read as lines
  };

  void collect(Reader& reader, UniqueFd& pipe, const char* mark);
  std::optional<std::string> takeLine(Reader& reader);
  std::string waitForLine(Reader& reader, const UniqueFd& pipe, SourceLine where,
                          const std::string& what);

  Scenario& scenario_;
  std::string name_;
  SourceLine lastLine_;  ///< of the last step: what the program prints is noted there
  Subprocess process_;
  bool endNoticed_ = false;
  Reader output_;
  Reader errors_;
};

}  // namespace poetry::testing
