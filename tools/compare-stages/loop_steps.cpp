#include "loop_steps.hpp"

#include "lines.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace poetry {

namespace {

using Kind = LoopStep::Kind;
using Stack = std::vector<std::string>;

const Stack kProgram = {"main", "getPoetry"};

/// A nest of calls and the steps that it took so far.
class Telling {
 public:
  explicit Telling(const std::vector<PrintedLine>& lines) : lines_(lines) {}

  /// A step at line `i`, with this nest of calls.
  LoopStep& step(std::size_t i, Kind kind, std::size_t task, Stack stack) {
    steps_.push_back({.at = lines_[i].at,
                      .kind = kind,
                      .task = task,
                      .stack = std::move(stack),
                      .text = lines_[i].text});
    return steps_.back();
  }

  /// Functions return, one after the other, until the nest is no deeper than this; that they did, line
  /// `i` tells, which comes from further up. They did so by the time of that line, or at `at`.
  void returnTo(std::size_t i, std::size_t depth, std::optional<Seconds> at = std::nullopt) {
    while (stack().size() > depth) {
      Stack rest = stack();
      rest.pop_back();
      const std::size_t task = rest.size() > depth ? steps_.back().task : 0;
      LoopStep& returned = step(i, Kind::kReturn, task, std::move(rest));
      returned.at = at.value_or(returned.at);
    }
  }

  [[nodiscard]] const Stack& stack() const {
    return steps_.empty() ? kProgram : steps_.back().stack;
  }
  std::vector<LoopStep> take() { return std::move(steps_); }

 private:
  const std::vector<PrintedLine>& lines_;
  std::vector<LoopStep> steps_;
};

Stack plus(Stack stack, std::string function) {
  stack.push_back(std::move(function));
  return stack;
}

/// The task that the next printed line speaks of, unless the loop speaks first: then nobody printed.
std::size_t taskOfNextPrint(const std::vector<PrintedLine>& lines, std::size_t i) {
  for (std::size_t next = i + 1; next < lines.size(); ++next) {
    const Said said = understand(lines[next].text);
    if (said.what != Said::What::kTrace) {
      return said.what == Said::What::kGot || said.what == Said::What::kFinished ? said.task : 0;
    }
    if (!lines[next].text.ends_with("doRead -> dataReceived")) {
      return 0;
    }
  }
  return 0;
}

/// A line of --trace, taken apart: "reactor: [Task 1] readable -> doRead".
struct Trace {
  std::string who;   ///< "Task 1"; empty if the line names nobody
  std::string what;  ///< "readable -> doRead"
};

Trace traceOf(const std::string& line) {
  std::string rest = line.substr(std::string("reactor: ").size());
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find("] ");
    if (end != std::string::npos) {
      return {rest.substr(1, end - 1), rest.substr(end + 2)};
    }
  }
  return {"", rest};
}

/// The classes behind the names in a trace.
struct Names {
  std::string descriptor;  ///< whose doRead it is
  std::string lost;        ///< who is told connectionLost
};

Names namesOf(const std::string& program, const std::string& who) {
  if (program != "reactor-client-2") {
    return {"PoetrySocket", "PoetrySocket"};
  }
  return who == "Uninitialized" ? Names{"TcpClient", "TcpClient"}
                                : Names{"TcpConnection", "PoetryProtocol"};
}

/// The lines of --trace, one after the other.
class ReactorTelling {
 public:
  ReactorTelling(const std::string& program, const std::vector<PrintedLine>& lines)
      : program_(program), lines_(lines), telling_(lines) {}

  std::vector<LoopStep> tell() {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (understand(lines_[i].text).what == Said::What::kTrace) {
        tellTrace(i, traceOf(lines_[i].text));
      } else {
        tellPrint(i);
      }
    }
    return telling_.take();
  }

 private:
  static constexpr std::size_t kLoopDepth = 3;  // main, getPoetry, Reactor::run

  void tellPrint(std::size_t i) {
    const Said said = understand(lines_[i].text);
    if (said.what == Said::What::kTotal || said.what == Said::What::kLast) {
      telling_.returnTo(i, kProgram.size());  // the report comes after run
    }
    telling_.step(i, Kind::kPrint, said.task, telling_.stack());
  }

  void tellTrace(std::size_t i, const Trace& trace) {
    const Names names = namesOf(program_, trace.who);
    const std::size_t task = taskOf(i, trace);
    if (trace.what == "doRead -> dataReceived") {
      telling_.step(i, Kind::kCall, task, plus(telling_.stack(), "PoetryProtocol::dataReceived"));
      return;
    }
    telling_.returnTo(i, kLoopDepth);
    if (tellWait(i, trace.what)) {
      return;
    }
    if (trace.what == "readable -> doRead" || trace.what == "writable -> doWrite") {
      const std::string call = trace.what.substr(trace.what.rfind(' ') + 1);
      if (waits_) {
        telling_.step(i, Kind::kWake, task, loop());
      }
      telling_.step(i, Kind::kCall, task, plus(loop(), names.descriptor + "::" + call));
      waits_ = false;
    } else if (trace.what.ends_with(" -> connectionLost")) {
      telling_.step(i, Kind::kLost, task, plus(loop(), names.lost + "::connectionLost"));
    } else if (trace.what == "timer due -> call") {
      telling_.step(i, Kind::kTimer, task, plus(loop(), "Reactor::runDueCalls"));
    } else {
      telling_.step(i, Kind::kStop, 0, loop());
    }
  }

  bool tellWait(std::size_t i, const std::string& what) {
    LineReader line(what);
    std::size_t readers = 0;
    std::size_t writers = 0;
    std::size_t timers = 0;
    if (!line.text("waiting on ") || !line.number(readers) || !line.text(" readers, ") ||
        !line.number(writers) || !line.text(" writers, ") || !line.number(timers)) {
      return false;
    }
    LoopStep& step = telling_.step(i, Kind::kWait, 0, loop());
    step.readers = readers;
    step.writers = writers;
    step.timers = timers;
    waits_ = true;
    return true;
  }

  /// "Task 1" says it; "PoetryProtocol,client" does not, but the line that it prints next does.
  [[nodiscard]] std::size_t taskOf(std::size_t i, const Trace& trace) const {
    LineReader who(trace.who);
    std::size_t task = 0;
    return who.text("Task ") && who.number(task) ? task : taskOfNextPrint(lines_, i);
  }

  static Stack loop() { return plus(kProgram, "Reactor::run"); }

  const std::string& program_;
  const std::vector<PrintedLine>& lines_;
  Telling telling_;
  bool waits_ = false;  // nothing has happened since it began to wait
};

}  // namespace

std::vector<LoopStep> stepsOfReactor(const std::string& program,
                                     const std::vector<PrintedLine>& lines) {
  return ReactorTelling(program, lines).tell();
}

std::vector<LoopStep> stepsOfBlockingClient(const std::vector<PrintedLine>& lines) {
  Telling telling(lines);
  const Stack getPoem = plus(kProgram, "getPoem");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Said said = understand(lines[i].text);
    if (said.what == Said::What::kAsks) {
      telling.step(i, Kind::kCall, said.task, getPoem);
      telling.step(i, Kind::kPrint, said.task, getPoem);
      telling.step(i, Kind::kWait, said.task, plus(getPoem, "recv")).readers = 1;
    } else {
      telling.returnTo(i, said.what == Said::What::kLast ? kProgram.size() : getPoem.size());
      telling.step(i, Kind::kPrint, said.task, telling.stack());
      if (said.what == Said::What::kGotAll) {
        telling.returnTo(i, kProgram.size());
      }
    }
  }
  return telling.take();
}

std::vector<LoopStep> stepsOfSelectClient(std::size_t tasks,
                                          const std::vector<PrintedLine>& lines) {
  constexpr Seconds kLongerThanAnyCall(0.001);  // as a rule
  const Stack select = plus(plus(kProgram, "waitForPoetry"), "select");
  Telling telling(lines);
  std::size_t open = tasks;
  std::size_t last = tasks + 1;  // the task that was served last
  Seconds lastAt{0};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Said said = understand(lines[i].text);
    const bool isEnd = said.what == Said::What::kFinished;
    if (said.what != Said::What::kGot && !isEnd) {
      telling.returnTo(i, kProgram.size());  // the report
      telling.step(i, Kind::kPrint, said.task, kProgram);
      continue;
    }
    const bool goesOn = said.task == last && isEnd;
    const bool waited = said.task <= last || lines[i].at - lastAt > kLongerThanAnyCall;
    if (!goesOn || lines[i].at - lastAt > kLongerThanAnyCall) {
      telling.returnTo(i, kProgram.size(), waited ? lastAt : lines[i].at);
      if (waited) {
        LoopStep& wait = telling.step(i, Kind::kWait, 0, select);
        wait.at = lastAt;
        wait.readers = open;
        telling.step(i, Kind::kWake, said.task, select);
        telling.returnTo(i, kProgram.size());
      }
      telling.step(i, Kind::kCall, said.task, plus(kProgram, "doRead"));
    }
    telling.step(i, Kind::kPrint, said.task, plus(kProgram, "doRead"));
    open -= isEnd && open > 0 ? 1 : 0;
    last = said.task;
    lastAt = lines[i].at;
  }
  return telling.take();
}

}  // namespace poetry
