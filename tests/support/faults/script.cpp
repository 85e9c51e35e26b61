#include "support/faults/script.hpp"

#include <algorithm>
#include <array>
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

/// By Call.
constexpr std::array<std::string_view, 18> kCalls{
    "accept",      "access",    "close", "connect", "epoll_ctl", "epoll_wait",
    "getaddrinfo", "nanosleep", "open",  "poll",    "print",     "read",
    "recv",        "select",    "send",  "sendmsg", "socket",    "write"};

constexpr std::size_t kAnyCall = kCalls.size();

/// One rule: "recv:EINTR@*2".
struct Rule {
  std::string text = {};
  std::size_t call = kAnyCall;
  Effect effect = {};
  unsigned long number = 0;  ///< 0: all calls
  bool repeats = false;      ///< each number-th
  bool onwards = false;      ///< the number-th, and all after it

  [[nodiscard]] bool applies(unsigned long count) const {
    return number == 0 || (repeats && count % number == 0) || (onwards && count >= number) ||
           (!repeats && count == number);
  }
};

/// Past the functions that we stand in front of. `bytes` may be lost: nobody can be told.
void writeRaw(long fd, std::string_view bytes) {
  [[maybe_unused]] const long written = ::syscall(SYS_write, fd, bytes.data(), bytes.size());
}

[[noreturn]] void giveUp(const std::string& why) {
  writeRaw(STDERR_FILENO, "POETRY_FAULTS: " + why + '\n');
  ::_exit(125);
}

unsigned long numberIn(std::string_view text, const std::string& rule) {
  unsigned long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number == 0) {
    giveUp("'" + rule + "': which call is '" + std::string(text) + "'?");
  }
  return number;
}

std::size_t callNamed(std::string_view name, const std::string& rule) {
  for (std::size_t i = 0; i < kCalls.size(); ++i) {
    if (name == kCalls[i]) {
      return i;
    }
  }
  if (name != "any") {
    giveUp("'" + rule + "': there is no call '" + std::string(name) + "'");
  }
  return kAnyCall;
}

/// 0 if there is none.
int errorNamed(std::string_view name) {
  for (int error = 1; error < 200; ++error) {
    if (const char* known = ::strerrorname_np(error); known != nullptr && name == known) {
      return error;
    }
  }
  return name == "EAI_AGAIN" ? EAI_AGAIN : name == "EAI_NONAME" ? EAI_NONAME : 0;
}

/// 0 if there is none.
int signalNamed(std::string_view name) {
  for (int signal = 1; signal < NSIG; ++signal) {
    const char* known = ::sigabbrev_np(signal);  // without "SIG"
    if (known != nullptr && name.starts_with("SIG") && name.substr(3) == known) {
      return signal;
    }
  }
  return 0;
}

Rule ruleIn(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::size_t at = text.find('@');
  if (colon == std::string::npos || colon > at) {
    giveUp("'" + text + "' is not CALL:EFFECT or CALL:EFFECT@WHICH");
  }
  Rule rule{.text = text};
  rule.call = callNamed(std::string_view(text).substr(0, colon), text);
  const std::string effect = text.substr(colon + 1, at == std::string::npos ? at : at - colon - 1);
  rule.effect.error = errorNamed(effect);
  rule.effect.signal = signalNamed(effect);
  rule.effect.timeLapse =
      effect == "lapse" && rule.call == static_cast<std::size_t>(Call::kEpollWait);
  const bool isLookup = rule.call == static_cast<std::size_t>(Call::kGetAddrInfo);
  if ((rule.effect.error == 0 && rule.effect.signal == 0 && !rule.effect.timeLapse) ||
      (rule.effect.error != 0 && (rule.effect.error < 0) != isLookup)) {
    giveUp("'" + text + "': the call cannot do '" + effect + "'");
  }
  if (at != std::string::npos) {
    std::string_view which = std::string_view(text).substr(at + 1);
    rule.repeats = which.starts_with('*');
    rule.onwards = which.ends_with('+');
    if (rule.repeats && rule.onwards) {
      giveUp("'" + text + "': '" + std::string(which) +
             "' is both each N-th and all from the N-th on");
    }
    which.remove_prefix(rule.repeats ? 1 : 0);
    which.remove_suffix(rule.onwards ? 1 : 0);
    rule.number = numberIn(which, text);
  }
  return rule;
}

/// What this process has been told to do, and how far it is.
class Script {
 public:
  Script() {
    const char* text = std::getenv("POETRY_FAULTS");
    const char* met = std::getenv("POETRY_FAULTS_MET");
    if (text == nullptr || met == nullptr) {
      giveUp("this library wants a script in POETRY_FAULTS, and a file in POETRY_FAULTS_MET");
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
    const auto index = static_cast<std::size_t>(call);
    const unsigned long count = ++counts_[index];
    const unsigned long countOfAny = ++counts_[kAnyCall];
    for (const Rule& rule : rules_) {
      if ((rule.call == index && rule.applies(count)) ||
          (rule.call == kAnyCall && rule.applies(countOfAny))) {
        note(rule.text + ' ' + std::string(kCalls[index]));
        return rule.effect;
      }
    }
    return std::nullopt;
  }

 private:
  /// For the test, which counts the lines. The file is open for a moment only: the program's own
  /// descriptors have the numbers that they would have without us.
  void note(const std::string& line) const {
    const long fd = ::syscall(SYS_openat, AT_FDCWD, met_.c_str(),
                              O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
      giveUp("cannot write to '" + met_ + "'");
    }
    writeRaw(fd, line + '\n');
    ::syscall(SYS_close, fd);
  }

  std::string met_;
  std::vector<Rule> rules_;
  std::array<unsigned long, kCalls.size() + 1> counts_{};
};

/// Never destroyed: a program makes calls until its very end.
Script& script() {
  static Script* const only = new Script;
  return *only;
}

/// Before main, so that a mistake is found even if the program makes no call that we know.
[[maybe_unused]] const Script& kReadAtTheStart = script();

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
