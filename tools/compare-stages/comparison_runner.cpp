#include "comparison_runner.hpp"

#include "cli/output.hpp"
#include "judge.hpp"
#include "table.hpp"

#include <algorithm>
#include <utility>

namespace poetry {

namespace {

/// Whether the client reported each poem in one line, although a server sent several chunks.
bool reportsWholePoems(const ClientResult& client, const std::vector<Poem>& poems) {
  const auto& tasks = client.run.recording.tasks;
  return std::none_of(tasks.begin(), tasks.end(),
                      [](const TaskRecord& task) { return task.chunks.size() > 1; }) &&
         std::any_of(poems.begin(), poems.end(),
                     [](const Poem& poem) { return poem.size > poem.numBytes; });
}

}  // namespace

ComparisonRunner::ComparisonRunner(Loop& loop, const CompareOptions& options,
                                   const std::filesystem::path& programs, Comparison& comparison)
    : loop_(loop),
      options_(options),
      comparison_(comparison),
      servers_(loop, programs / "blocking-server", comparison.poems) {}

void ComparisonRunner::start() {
  servers_.start([this] { startNext(); });
}

void ComparisonRunner::startNext() {
  if (next_ == options_.clients.size()) {
    loop_.end();
    return;
  }
  startRun(false);
}

void ComparisonRunner::startRun(bool trace) {
  run_ = std::make_unique<ClientRun>(loop_.reactor(),
                                     RunOrder{.client = options_.clients[next_],
                                              .poems = comparison_.poems,
                                              .patience = options_.patience,
                                              .needs = comparison_.sum(),
                                              .trace = trace},
                                     [this, trace] { trace ? traced() : measured(); });
}

void ComparisonRunner::measured() {
  const Client& client = options_.clients[next_];
  ClientResult result{.name = client.name, .model = client.model, .run = run_->take()};
  judge(result, comparison_.poems);
  printLine(describeRun(result));
  if (result.succeeded) {
    result.closeTo = closeness(result.run.elapsed, comparison_.slowest(), comparison_.sum());
    if (client.model == Model::kUnknown) {
      result.remarks.push_back(
          "Compare cannot tell whether it is asynchronous, because its time does not show it. "
          "./lesson compare --check shows whether it is.");
    } else if (result.closeTo == Closeness::kSlowest &&
               reportsWholePoems(result, comparison_.poems)) {
      result.remarks.push_back(
          "It is as fast as the others, but reports only whole poems: it may read one server at a "
          "time. ./lesson compare --check shows whether it does.");
    }
    if (client.model == Model::kBlocking) {
      result.steps = stepsOfBlockingClient(result.run.recording.lines);
    } else if (client.model == Model::kSelect) {
      result.steps = stepsOfSelectClient(comparison_.poems.size(), result.run.recording.lines);
    }
  }
  const bool wantsTrace = client.model == Model::kReactor && result.succeeded &&
                          !(options_.html.empty() && options_.json.empty());
  comparison_.clients.push_back(std::move(result));
  if (wantsTrace) {
    printLine("  " + client.name + " again, with --trace, to record its loop");
    // Not now: this function is called by the run that the new one replaces.
    loop_.reactor().callLater(Duration::zero(), [this] { startRun(true); });
  } else {
    goOn();
  }
}

void ComparisonRunner::traced() {
  ClientResult& result = comparison_.clients.back();
  ClientResult again{.name = result.name, .run = run_->take()};
  judge(again, comparison_.poems);
  if (again.succeeded) {
    std::vector<TaskRecord>& tasks = again.run.recording.tasks;
    result.steps =
        stepsOfReactor(result.name, sizesOf(comparison_.poems), again.run.recording.lines);
    for (const LoopStep& step : result.steps) {
      if (step.kind == LoopStep::Kind::kLost && step.task > 0) {
        tasks[step.task - 1].end = step.at;  // only the close makes a poem complete
      }
    }
    if (again.run.recording.linesNotKept > 0) {
      result.problems.push_back("only the beginning of its loop is shown; with --trace, " +
                                notKeptInWords(again.run.recording));
    }
    result.traced = std::move(again.run);
  } else {
    result.succeeded = false;
    result.closeTo.reset();
    // The first problem is shown as the reason.
    result.problems.insert(result.problems.begin(),
                           "the run with --trace failed: " + again.problems.front());
  }
  goOn();
}

void ComparisonRunner::goOn() {
  Duration pause{0};
  if (!comparison_.clients.back().succeeded) {
    // A server that lost its client notices it when the second send after that fails.
    for (const Poem& poem : comparison_.poems) {
      pause = std::max(pause, poem.delay * 2);
    }
  }
  ++next_;
  loop_.reactor().callLater(pause, [this] { startNext(); });
}

}  // namespace poetry
