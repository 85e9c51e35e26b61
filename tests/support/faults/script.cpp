#include "support/faults/script.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>  // strerrorname_np, sigabbrev_np
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <netdb.h>  // EAI_AGAIN
#include <sys/syscall.h>
#include <unistd.h>

namespace poetry::faults {

namespace {

/// The name of each Call in a script, in the order of the enumerators.
constexpr std::array<std::string_view, 15> kCalls{
    "accept", "close", "connect", "epoll_wait", "getaddrinfo", "nanosleep", "open",  "poll",
    "print",  "read",  "recv",    "save",       "select",      "send",      "socket"};

/// One rule: "recv:EINTR@*2".
struct Rule {
  std::string text;
  Call call = Call::kAccept;
  Effect effect = {};
  unsigned long number = 1;
  bool repeats = true;  ///< every number-th call; otherwise only the number-th

  [[nodiscard]] bool applies(unsigned long count) const {
    return repeats ? count % number == 0 : count == number;
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

Call callNamed(std::string_view name, const std::string& rule) {
  const auto* const found = std::find(kCalls.begin(), kCalls.end(), name);
  if (found == kCalls.end()) {
    exitWith("'" + rule + "': no call has the name '" + std::string(name) + "'");
  }
  return static_cast<Call>(found - kCalls.begin());
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

Effect effectNamed(const std::string& name, Call call, const std::string& rule) {
  Effect effect;
  if (call == Call::kGetAddrInfo) {
    effect.error = name == "EAI_AGAIN" ? EAI_AGAIN : 0;
  } else {
    effect.error = errorNamed(name);
  }
  if (call != Call::kConnect && call != Call::kEpollWait) {
    effect.signal = signalNamed(name);
  }
  effect.suspend = call == Call::kEpollWait && name == "SUSPEND";
  effect.self = call == Call::kConnect && name == "SELF";
  if (effect.error == 0 && effect.signal == 0 && !effect.suspend && !effect.self) {
    exitWith("'" + rule + "': the call does not have the effect '" + name + "'");
  }
  return effect;
}

unsigned long numberIn(std::string_view text, const std::string& rule) {
  unsigned long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number == 0) {
    exitWith("'" + rule + "': '" + std::string(text) + "' is not the number of a call");
  }
  return number;
}

Rule ruleIn(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::size_t at = std::min(text.find('@'), text.size());
  if (colon > at) {
    exitWith("'" + text + "' is not CALL:EFFECT or CALL:EFFECT@WHICH");
  }
  Rule rule{.text = text, .call = callNamed(text.substr(0, colon), text)};
  rule.effect = effectNamed(text.substr(colon + 1, at - colon - 1), rule.call, text);
  if (at < text.size()) {
    const std::string which = text.substr(at + 1);
    rule.repeats = which.starts_with('*');
    rule.number = numberIn(which.substr(rule.repeats ? 1 : 0), text);
  }
  return rule;
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
    std::string_view rest = text;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      rules_.push_back(ruleIn(std::string(rest.substr(0, end))));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

  std::optional<Effect> next(Call call) {
    const unsigned long count = ++counts_.at(static_cast<std::size_t>(call));
    for (const Rule& rule : rules_) {
      if (rule.call == call && rule.applies(count)) {
        record(rule.text);
        return rule.effect;
      }
    }
    return std::nullopt;
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
  std::vector<Rule> rules_;
  std::array<std::atomic<unsigned long>, kCalls.size()> counts_{};
};

/// Never destroyed: a program makes system calls until it ends.
Script& script() {
  static Script* const only = new Script;
  return *only;
}

/// Reads the script before main, so that a mistake in it ends every program.
[[maybe_unused]] const Script& kReadBeforeMain = script();

}  // namespace

std::optional<Effect> next(Call call) {
  const int oldErrno = errno;
  const std::optional<Effect> effect = script().next(call);
  errno = oldErrno;
  return effect;
}

bool fails(Call call) {
  const std::optional<Effect> effect = next(call);
  if (effect && effect->signal != 0) {
    ::raise(effect->signal);
  }
  if (!effect || effect->error == 0) {
    return false;
  }
  errno = effect->error;
  return true;
}

}  // namespace poetry::faults
