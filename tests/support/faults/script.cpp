#include "support/faults/script.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>  // strerrorname_np, sigabbrev_np
#include <list>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <netdb.h>  // EAI_AGAIN
#include <sys/syscall.h>
#include <unistd.h>

namespace poetry::faults {

namespace {

/// One rule: "recv:EINTR@*2".
struct Rule {
  std::string text = {};
  std::string call = {};
  Effect effect = {};
  unsigned long number = 1;
  bool repeats = true;                   ///< every number-th call; otherwise only the number-th
  std::atomic<unsigned long> count = 0;  ///< of the calls so far

  /// Counts a call.
  bool applies() {
    const unsigned long now = ++count;
    return repeats ? now % number == 0 : now == number;
  }
};

/// Calls the kernel directly, because ::write is this library's own function.
void writeRaw(long fd, std::string_view bytes) {
  [[maybe_unused]] const long written = ::syscall(SYS_write, fd, bytes.data(), bytes.size());
}

[[noreturn]] void exitWith(const std::string& message) {
  writeRaw(STDERR_FILENO, "POETRY_FAULTS: " + message + '\n');
  ::_exit(125);
}

/// The errno with this name, or 0.
int errorNamed(std::string_view name) {
  for (int error = 1; error < 200; ++error) {
    if (const char* known = ::strerrorname_np(error); known != nullptr && name == known) {
      return error;
    }
  }
  return 0;
}

/// The signal with this name, or 0.
int signalNamed(std::string_view name) {
  for (int signal = 1; signal < NSIG; ++signal) {
    const char* known = ::sigabbrev_np(signal);  // without "SIG"
    if (known != nullptr && name.starts_with("SIG") && name.substr(3) == known) {
      return signal;
    }
  }
  return 0;
}

Effect effectNamed(const std::string& name, const std::string& call) {
  Effect effect{.error = errorNamed(name),
                .signal = signalNamed(name),
                .hang = name == "HANG",
                .suspend = name == "SUSPEND" && call == "epoll_wait",
                .self = name == "SELF" && call == "connect",
                .isShort = name == "SHORT" && call == "send"};
  if (call == "getaddrinfo") {
    effect.error = name == "EAI_AGAIN" ? EAI_AGAIN : 0;
  }
  if (effect.error == 0 && effect.signal == 0 && !effect.hang && !effect.suspend && !effect.self &&
      !effect.isShort) {
    exitWith("'" + name + "' is not an effect for " + call);
  }
  return effect;
}

class Script {
 public:
  Script() {
    const char* text = std::getenv("POETRY_FAULTS");
    const char* met = std::getenv("POETRY_FAULTS_MET");
    if (text == nullptr || met == nullptr) {
      exitWith("set POETRY_FAULTS to a script and POETRY_FAULTS_MET to the name of a file");
    }
    met_ = met;
    static const std::regex kRule(R"((\w+):(\w+)(@(\*?)([1-9]\d*))?)");
    std::istringstream script(text);
    for (std::string word; std::getline(script, word, ',');) {
      std::smatch parts;
      if (!std::regex_match(word, parts, kRule)) {
        exitWith("'" + word + "' is not CALL:EFFECT or CALL:EFFECT@WHICH");
      }
      Rule& rule = rules_.emplace_back();
      rule.text = word;
      rule.call = parts[1];
      rule.effect = effectNamed(parts[2], rule.call);
      if (parts[3].matched) {
        rule.repeats = parts[4].length() > 0;
        rule.number = std::stoul(parts[5]);
      }
    }
  }

  Effect next(std::string_view call) {
    Effect effect;
    for (Rule& rule : rules_) {
      if (rule.call == call && rule.applies()) {
        record(rule.text);
        effect = rule.effect;
      }
    }
    return effect;
  }

 private:
  /// Adds a line to the file that the test reads. The file is opened for each line, so that the
  /// program's own descriptors have the numbers that they have without this library.
  void record(const std::string& line) const {
    const long fd = ::syscall(SYS_openat, AT_FDCWD, met_.c_str(),
                              O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
      exitWith("cannot write to '" + met_ + "'");
    }
    writeRaw(fd, line + '\n');
    ::syscall(SYS_close, fd);
  }

  std::string met_;
  std::list<Rule> rules_;
};

/// Never destroyed: a program makes system calls until it ends.
Script& script() {
  static Script* const only = new Script;
  return *only;
}

/// Reads the script before main, so that a mistake in it ends every program.
[[maybe_unused]] const Script& kReadBeforeMain = script();

}  // namespace

Effect next(std::string_view call) {
  const int oldErrno = errno;
  const Effect effect = script().next(call);
  if (effect.signal != 0) {
    ::raise(effect.signal);
  }
  while (effect.hang) {
    ::pause();  // returns after each signal
  }
  errno = oldErrno;
  return effect;
}

bool fails(std::string_view call) {
  const Effect effect = next(call);
  if (effect.error != 0) {
    errno = effect.error;
  }
  return effect.error != 0;
}

}  // namespace poetry::faults
