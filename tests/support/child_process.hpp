// A real program, started by a test, that reads what it prints and sees how it ends.
#pragma once

#include "net/unique_fd.hpp"
#include "support/scenario.hpp"

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace poetry::testing {

/// What a standard stream of a program is connected to.
enum class Stream {
  kPipe,      ///< we read it; for standard input: nothing comes and it does not end
  kClosed,    ///< the number is free, as after `>&-`
  kFull,      ///< /dev/full: every write fails with "No space left on device"
  kNoReader,  ///< a pipe whose other end is closed
  kNothing,   ///< /dev/null
};

struct ChildOptions {
  Stream input = Stream::kNothing;
  Stream output = Stream::kPipe;
  Stream errors = Stream::kPipe;
  std::optional<std::size_t> descriptorLimit;      ///< RLIMIT_NOFILE: numbers below this one
  bool hardDescriptorLimit = true;                 ///< false: the program may raise it again
  std::string directory;                           ///< to run in; empty: ours
  std::map<std::string, std::string> environment;  ///< on top of ours
};

/// How a program ended.
struct Ending {
  int exitCode = 0;
  int signal = 0;  ///< not 0: a signal ended it, and there is no exit code

  static Ending code(int exitCode) { return {exitCode, 0}; }
  static Ending bySignal(int signal) { return {0, signal}; }
  /// "exit code 1", "ended by signal 2 (Interrupt)".
  [[nodiscard]] std::string toString() const;
  bool operator==(const Ending&) const = default;
};

/// For GoogleTest.
void PrintTo(const Ending& ending, std::ostream* out);

/// A program that runs beside the test.
///
/// It inherits no descriptor but its three streams and no handled signal, dies with the test, and
/// is killed and reaped by the destructor at the latest. All waiting is bounded by the scenario,
/// which must outlive it. A sanitizer's report on its standard error fails wait().
class ChildProcess {
 public:
  /// Starts `program` (a path). A program that cannot be started is a failure here.
  ChildProcess(Scenario& scenario, const std::string& program,
               const std::vector<std::string>& arguments, const ChildOptions& options = {},
               SourceLine where = SourceLine::here());
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const std::string& name() const { return name_; }

  // Standard output, line by line, without the newline.

  /// The next line. Waits; that no more comes is a failure.
  std::string readLine(SourceLine where = SourceLine::here());
  /// The next line, or nothing when the program waits for us without having printed one: see
  /// waitUntilIdle(). The end of the program is a failure.
  std::optional<std::string> readLineUnlessIdle(SourceLine where = SourceLine::here());
  /// The next line has to be this one.
  void expectLine(std::string_view line, SourceLine where = SourceLine::here());
  /// All lines that are there and were not read yet. Waits for nothing.
  std::vector<std::string> unreadLines();

  /// The next line of standard error. Waits.
  std::string readErrorLine(SourceLine where = SourceLine::here());

  /// Everything that has come so far, also what was read as lines. Waits for nothing.
  const std::string& output();
  const std::string& errors();
  [[nodiscard]] std::vector<std::string> outputLines();
  [[nodiscard]] std::vector<std::string> errorLines();

  /// Waits until the program waits for us.
  ///
  /// Decided without a clock: all that we have sent to it has arrived, it sleeps, and it slept
  /// all the while between two looks, by its count of context switches. A program with one thread
  /// and no timer in that state does nothing more before we do something, so what it has not
  /// printed by then it will not print. (It sees no difference between a program that waits for
  /// a socket and one that waits for a timer.) The end of the program is a failure.
  void waitUntilIdle(SourceLine where = SourceLine::here());
  /// Waits until `condition` holds and returns true; false when the program waits for us and it
  /// still does not hold. The end of the program
  /// is a failure.
  bool waitUnlessIdle(const std::function<bool()>& condition,
                      SourceLine where = SourceLine::here());

  void signal(int number, SourceLine where = SourceLine::here());

  /// Stops it where it stands, as Ctrl-Z does, so that several things can be there when it looks
  /// again. Waits until it has stopped.
  void pause(SourceLine where = SourceLine::here());
  void resume(SourceLine where = SourceLine::here());
  /// Lets it go on if it has stopped by itself since the last call.
  void resumeIfStopped(SourceLine where = SourceLine::here());

  /// From now on the program gets no descriptor with a number from `limit` upwards. Can be taken
  /// back with a higher one.
  void limitDescriptors(std::size_t limit, SourceLine where = SourceLine::here());

  /// Waits until the program has ended and all that it printed is here.
  Ending wait(SourceLine where = SourceLine::here());

  /// True once the program has ended (and may not be reaped yet). Waits for nothing.
  [[nodiscard]] bool hasEnded() const;

  // For the scenario.

  [[nodiscard]] std::vector<int> outputDescriptors() const;
  /// Takes what is in the pipes. Waits for nothing.
  void collect();

 private:
  /// One of the two streams that we read.
  struct Reader {
    UniqueFd pipe;
    std::string text;          ///< all of it
    std::size_t noted = 0;     ///< up to here it is in the story
    std::size_t position = 0;  ///< up to here it was read as lines
  };
  /// What /proc says about the program; two equal ones in a row: it has not run in between.
  struct Observation {
    char state = '?';
    std::string switches;
    bool operator==(const Observation&) const = default;
  };

  void collect(Reader& reader, const char* mark);
  std::optional<std::string> takeLine(Reader& reader);
  std::string waitForLine(Reader& reader, SourceLine where, const std::string& what);
  [[nodiscard]] Observation observe() const;
  /// One look, which takes about two milliseconds.
  bool isIdle();

  Scenario& scenario_;
  std::string name_;
  pid_t pid_ = -1;
  bool reaped_ = false;
  Ending ending_;
  Reader output_;
  Reader errors_;
  UniqueFd inputKeptOpen_;
  SourceLine lastLine_;  ///< of the last step: what the program prints is noted there
};

}  // namespace poetry::testing
