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

  /// Adds a step that line `i` reports, with this call stack after it.
  LoopStep& step(std::size_t i, Kind kind, std::size_t task, Stack stack) {
    LoopStep& added = unreported(i, kind, task, std::move(stack));
    added.text = lines_[i].text;
    return added;
  }

  /// Adds a step that no line reports: line `i` shows that it has happened before.
  LoopStep& unreported(std::size_t i, Kind kind, std::size_t task, Stack stack) {
    steps_.push_back({.at = lines_[i].at, .kind = kind, .task = task, .stack = std::move(stack)});
    return steps_.back();
  }

  /// Adds a return for each function above this depth. Line `i` shows that they have returned: at the
  /// time of the line, or at `at`.
  void returnTo(std::size_t i, std::size_t depth, std::optional<Duration> at = std::nullopt) {
    while (stack().size() > depth) {
      Stack rest = stack();
      rest.pop_back();
      const std::size_t task = rest.size() > depth ? steps_.back().task : 0;
      LoopStep& returned = unreported(i, Kind::kReturn, task, std::move(rest));
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

bool isEnd(const std::string& line) {
  return line.ends_with(" -> connectionLost");
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
  TraceReader(const std::string& program, const std::vector<std::size_t>& sizes,
              const std::vector<PrintedLine>& lines)
      : program_(program), missing_(sizes), lines_(lines), builder_(lines) {}

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
    } else if (report.kind == Line::kChunk) {
      missing_[report.task - 1] -= report.bytes;
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
        builder_.unreported(i, Kind::kWake, task, loop());
      }
      builder_.step(i, Kind::kCall, task, plus(loop(), names.descriptor + "::" + call));
      waits_ = false;
    } else if (isEnd(trace.event)) {
      builder_.step(i, Kind::kLost, task, plus(loop(), names.lost + "::connectionLost"));
      ended_.push_back(task);
    } else if (trace.event == "timer due -> call") {
      builder_.step(i, Kind::kTimer, task, plus(loop(), "Reactor::runDueCalls"));
    } else if (trace.event.starts_with("stop")) {
      builder_.step(i, Kind::kStop, 0, loop());
    } else {
      builder_.step(i, Kind::kPrint, task, loop());  // an error of a callback
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

  /// The task is in the name "Task 1". "PoetryProtocol,client" does not name it: the line that the
  /// program prints next does, and the end of a connection prints none.
  [[nodiscard]] std::size_t taskOf(std::size_t i, const Trace& trace) const {
    LineReader object(trace.object);
    std::size_t task = 0;
    if (object.text("Task ") && object.number(task)) {
      return task;
    }
    const bool ends = isEnd(trace.event) || (i + 1 < lines_.size() && isEnd(lines_[i + 1].text));
    return ends ? taskThatCanEnd() : taskOfNextPrint(lines_, i);
  }

  /// The only open task whose whole poem has arrived; 0 if there are several.
  [[nodiscard]] std::size_t taskThatCanEnd() const {
    std::size_t found = 0;
    for (std::size_t task = 1; task <= missing_.size(); ++task) {
      if (missing_[task - 1] == 0 &&
          std::find(ended_.begin(), ended_.end(), task) == ended_.end()) {
        if (found != 0) {
          return 0;
        }
        found = task;
      }
    }
    return found;
  }

  static Stack loop() { return plus(kProgram, "Reactor::run"); }

  const std::string& program_;
  std::vector<std::size_t> missing_;  ///< bytes of each poem
  const std::vector<PrintedLine>& lines_;
  CallStackBuilder builder_;
  std::vector<std::size_t> ended_;  ///< tasks; 0 if the trace does not say which
  bool waits_ = false;              // the last step was a wait
};

}  // namespace

std::vector<LoopStep> stepsOfReactor(const std::string& program,
                                     const std::vector<std::size_t>& sizes,
                                     const std::vector<PrintedLine>& lines) {
  return TraceReader(program, sizes, lines).read();
}

std::vector<LoopStep> stepsOfBlockingClient(const std::vector<PrintedLine>& lines) {
  CallStackBuilder builder(lines);
  const Stack getPoem = plus(kProgram, "getPoem");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const ReportLine report = parseReportLine(lines[i].text);
    if (report.kind == Line::kAsks) {
      builder.unreported(i, Kind::kCall, report.task, getPoem);
      builder.step(i, Kind::kPrint, report.task, getPoem);
      builder.unreported(i, Kind::kWait, report.task, plus(getPoem, "recv")).readers = 1;
    } else {
      if (report.kind == Line::kPoem) {
        builder.unreported(i, Kind::kReturn, report.task, getPoem);
      }
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
        LoopStep& wait = builder.unreported(i, Kind::kWait, 0, select);
        wait.at = lastAt;
        wait.readers = open;
        builder.unreported(i, Kind::kWake, report.task, select);
        builder.returnTo(i, kProgram.size());
      }
      builder.unreported(i, Kind::kCall, report.task, plus(kProgram, "doRead"));
    }
    builder.step(i, Kind::kPrint, report.task, plus(kProgram, "doRead"));
    open -= isEnd && open > 0 ? 1 : 0;
    last = report.task;
    lastAt = lines[i].at;
  }
  return builder.take();
}

}  // namespace poetry
