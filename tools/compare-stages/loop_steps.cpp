#include "loop_steps.hpp"

#include "support/report_lines.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace poetry {

namespace {

using Kind = LoopStep::Kind;
using Line = ReportLine::Kind;
using Stack = std::vector<std::string>;

const Stack kProgram = {"main", "getPoetry"};

/// Builds the steps of a loop, and keeps the call stack that they leave.
class CallStackBuilder {
 public:
  explicit CallStackBuilder(const std::vector<PrintedLine>& lines) : lines_(lines) {}

  /// Adds a step for line `i`, with this call stack after it.
  LoopStep& step(std::size_t i, Kind kind, std::size_t task, Stack stack) {
    steps_.push_back({.at = lines_[i].at,
                      .kind = kind,
                      .task = task,
                      .stack = std::move(stack),
                      .text = lines_[i].text});
    return steps_.back();
  }

  /// Adds a return for each function above this depth. Line `i` shows that they have returned: at the
  /// time of the line, or at `at`.
  void returnTo(std::size_t i, std::size_t depth, std::optional<Duration> at = std::nullopt) {
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

/// The task of the next line that the program prints, if it prints before the next line of the trace.
std::size_t taskOfNextPrint(const std::vector<PrintedLine>& lines, std::size_t i) {
  for (std::size_t next = i + 1; next < lines.size(); ++next) {
    const ReportLine line = parseReportLine(lines[next].text);
    if (line.kind != Line::kTrace) {
      return line.kind == Line::kChunk || line.kind == Line::kFinished ? line.task : 0;
    }
    if (!lines[next].text.ends_with("doRead -> dataReceived")) {
      return 0;
    }
  }
  return 0;
}

/// The parts of a trace line: "reactor: [Task 1] readable -> doRead".
struct Trace {
  std::string object;  ///< "Task 1"; empty if the line has no brackets
  std::string event;   ///< "readable -> doRead"
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

/// The classes of the objects in a trace.
struct Names {
  std::string descriptor;  ///< whose doRead it is
  std::string lost;        ///< whose connectionLost it is
};

Names namesOf(const std::string& program, const std::string& object) {
  if (program != "reactor-client-2") {
    return {"PoetrySocket", "PoetrySocket"};
  }
  return object == "Uninitialized" ? Names{"TcpClient", "TcpClient"}
                                   : Names{"TcpConnection", "PoetryProtocol"};
}

/// Makes steps from the lines of --trace.
class TraceReader {
 public:
  TraceReader(const std::string& program, const std::vector<PrintedLine>& lines)
      : program_(program), lines_(lines), builder_(lines) {}

  std::vector<LoopStep> read() {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (parseReportLine(lines_[i].text).kind == Line::kTrace) {
        addTrace(i, traceOf(lines_[i].text));
      } else {
        addPrint(i);
      }
    }
    return builder_.take();
  }

 private:
  static constexpr std::size_t kLoopDepth = 3;  // main, getPoetry, Reactor::run

  void addPrint(std::size_t i) {
    const ReportLine report = parseReportLine(lines_[i].text);
    if (report.kind == Line::kTotal || report.kind == Line::kSummary) {
      builder_.returnTo(i, kProgram.size());  // the report comes after run
    }
    builder_.step(i, Kind::kPrint, report.task, builder_.stack());
  }

  void addTrace(std::size_t i, const Trace& trace) {
    const Names names = namesOf(program_, trace.object);
    const std::size_t task = taskOf(i, trace);
    if (trace.event == "doRead -> dataReceived") {
      builder_.step(i, Kind::kCall, task, plus(builder_.stack(), "PoetryProtocol::dataReceived"));
      return;
    }
    builder_.returnTo(i, kLoopDepth);
    if (addWait(i, trace.event)) {
      return;
    }
    if (trace.event == "readable -> doRead" || trace.event == "writable -> doWrite") {
      const std::string call = trace.event.substr(trace.event.rfind(' ') + 1);
      if (waits_) {
        builder_.step(i, Kind::kWake, task, loop());
      }
      builder_.step(i, Kind::kCall, task, plus(loop(), names.descriptor + "::" + call));
      waits_ = false;
    } else if (trace.event.ends_with(" -> connectionLost")) {
      builder_.step(i, Kind::kLost, task, plus(loop(), names.lost + "::connectionLost"));
    } else if (trace.event == "timer due -> call") {
      builder_.step(i, Kind::kTimer, task, plus(loop(), "Reactor::runDueCalls"));
    } else {
      builder_.step(i, Kind::kStop, 0, loop());
    }
  }

  bool addWait(std::size_t i, const std::string& event) {
    LineReader line(event);
    std::size_t readers = 0;
    std::size_t writers = 0;
    std::size_t timers = 0;
    if (!line.text("waiting on ") || !line.number(readers) || !line.text(" readers, ") ||
        !line.number(writers) || !line.text(" writers, ") || !line.number(timers)) {
      return false;
    }
    LoopStep& step = builder_.step(i, Kind::kWait, 0, loop());
    step.readers = readers;
    step.writers = writers;
    step.timers = timers;
    waits_ = true;
    return true;
  }

  /// The task is in the name "Task 1". For "PoetryProtocol,client" the next printed line has it.
  [[nodiscard]] std::size_t taskOf(std::size_t i, const Trace& trace) const {
    LineReader object(trace.object);
    std::size_t task = 0;
    return object.text("Task ") && object.number(task) ? task : taskOfNextPrint(lines_, i);
  }

  static Stack loop() { return plus(kProgram, "Reactor::run"); }

  const std::string& program_;
  const std::vector<PrintedLine>& lines_;
  CallStackBuilder builder_;
  bool waits_ = false;  // the last step was a wait
};

}  // namespace

std::vector<LoopStep> stepsOfReactor(const std::string& program,
                                     const std::vector<PrintedLine>& lines) {
  return TraceReader(program, lines).read();
}

std::vector<LoopStep> stepsOfBlockingClient(const std::vector<PrintedLine>& lines) {
  CallStackBuilder builder(lines);
  const Stack getPoem = plus(kProgram, "getPoem");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const ReportLine report = parseReportLine(lines[i].text);
    if (report.kind == Line::kAsks) {
      builder.step(i, Kind::kCall, report.task, getPoem);
      builder.step(i, Kind::kPrint, report.task, getPoem);
      builder.step(i, Kind::kWait, report.task, plus(getPoem, "recv")).readers = 1;
    } else {
      builder.returnTo(i, report.kind == Line::kSummary ? kProgram.size() : getPoem.size());
      builder.step(i, Kind::kPrint, report.task, builder.stack());
      if (report.kind == Line::kPoem) {
        builder.returnTo(i, kProgram.size());
      }
    }
  }
  return builder.take();
}

std::vector<LoopStep> stepsOfSelectClient(std::size_t tasks,
                                          const std::vector<PrintedLine>& lines) {
  constexpr Duration kLongerThanAnyCall(0.001);  // usually
  const Stack select = plus(plus(kProgram, "waitForPoetry"), "select");
  CallStackBuilder builder(lines);
  std::size_t open = tasks;
  std::size_t last = tasks + 1;  // the task that was served last
  Duration lastAt{0};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const ReportLine report = parseReportLine(lines[i].text);
    const bool isEnd = report.kind == Line::kFinished;
    if (report.kind != Line::kChunk && !isEnd) {
      builder.returnTo(i, kProgram.size());  // the report
      builder.step(i, Kind::kPrint, report.task, kProgram);
      continue;
    }
    const bool goesOn = report.task == last && isEnd;
    const bool waited = report.task <= last || lines[i].at - lastAt > kLongerThanAnyCall;
    if (!goesOn || lines[i].at - lastAt > kLongerThanAnyCall) {
      builder.returnTo(i, kProgram.size(), waited ? lastAt : lines[i].at);
      if (waited) {
        LoopStep& wait = builder.step(i, Kind::kWait, 0, select);
        wait.at = lastAt;
        wait.readers = open;
        builder.step(i, Kind::kWake, report.task, select);
        builder.returnTo(i, kProgram.size());
      }
      builder.step(i, Kind::kCall, report.task, plus(kProgram, "doRead"));
    }
    builder.step(i, Kind::kPrint, report.task, plus(kProgram, "doRead"));
    open -= isEnd && open > 0 ? 1 : 0;
    last = report.task;
    lastAt = lines[i].at;
  }
  return builder.take();
}

}  // namespace poetry
