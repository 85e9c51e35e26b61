#include "stage_runner.hpp"

#include "judge.hpp"

#include <algorithm>
#include <utility>

namespace poetry {

namespace {

constexpr Seconds kBetweenLooks(0.1);

bool wantsLoop(const CompareOptions& options) {
  return !options.html.empty() || !options.json.empty();
}

}  // namespace

StageRunner::StageRunner(Reactor& reactor, ProcessTable& processes, const CompareOptions& options,
                         const std::filesystem::path& programs, Comparison& comparison,
                         Progress& progress, std::function<void()> done,
                         std::function<void(const std::string&)> failed)
    : reactor_(reactor),
      processes_(processes),
      options_(options),
      comparison_(comparison),
      progress_(progress),
      done_(std::move(done)),
      failed_(std::move(failed)),
      servers_(processes, programs / "blocking-server", comparison.poems) {}

void StageRunner::start() {
  servers_.start([this] { startNext(); }, failed_);
  reportProgress();
}

void StageRunner::startNext() {
  if (next_ == options_.stages.size()) {
    done_();
    return;
  }
  progress_.begins(options_.stages[next_].name);
  startRun(false);
}

void StageRunner::startRun(bool trace) {
  RunOrder order{.stage = options_.stages[next_],
                 .addresses = servers_.addresses(),
                 .sizes = {},
                 .needs = comparison_.sum(),
                 .patience = options_.patience,
                 .trace = trace};
  for (const Poem& poem : comparison_.poems) {
    order.sizes.push_back(poem.size);
    order.poems.push_back(poem.file);
  }
  run_ = std::make_unique<ClientRun>(reactor_, processes_, order,
                                     [this, trace] { trace ? traced() : measured(); });
}

void StageRunner::measured() {
  const Stage& stage = options_.stages[next_];
  StageResult result{.name = stage.name, .model = stage.model, .run = run_->take()};
  judge(result, comparison_.poems);
  if (result.succeeded) {
    result.closeTo = closeness(result.run.elapsed, comparison_.slowest(), comparison_.sum());
  }
  progress_.ended(result);
  if (result.succeeded && stage.model == Model::kBlocking) {
    result.steps = stepsOfBlockingClient(result.run.recording.lines);
  } else if (result.succeeded && stage.model == Model::kSelect) {
    result.steps = stepsOfSelectClient(comparison_.poems.size(), result.run.recording.lines);
  }
  const bool traceToo = stage.model == Model::kReactor && result.succeeded && wantsLoop(options_);
  comparison_.stages.push_back(std::move(result));
  if (traceToo) {
    progress_.announces(stage.name + " --trace: once more, for the loop view");
    // On a later turn: this is called by the run that the next one takes the place of.
    reactor_.callLater(Seconds::zero(), [this] { startRun(true); });
  } else {
    goOn();
  }
}

void StageRunner::traced() {
  StageResult& result = comparison_.stages.back();
  StageResult again{.name = result.name, .run = run_->take()};
  judge(again, comparison_.poems);
  if (again.succeeded) {
    result.steps = stepsOfReactor(result.name, again.run.recording.lines);
    if (again.run.recording.linesNotKept > 0) {
      result.problems.push_back("of its loop only the beginning is shown: with --trace, " +
                                notKeptInWords(again.run.recording));
    }
    result.traced = std::move(again.run);
  } else {
    result.succeeded = false;
    // In front of what was strange before: it is the reason.
    result.problems.insert(result.problems.begin(),
                           "the run with --trace failed: " + again.problems.front());
  }
  goOn();
}

void StageRunner::goOn() {
  Seconds pause{0};
  if (!comparison_.stages.back().succeeded) {
    // A server notices with its second send that nobody is there any more, and sleeps after each.
    for (const Poem& poem : comparison_.poems) {
      pause = std::max(pause, poem.delay * 2);
    }
  }
  ++next_;
  reactor_.callLater(pause, [this] { startNext(); });
}

void StageRunner::reportProgress() {
  if (run_ && !run_->hasEnded()) {
    progress_.update(run_->elapsed(), run_->recording(), comparison_);
  }
  reactor_.callLater(kBetweenLooks, [this] { reportProgress(); });
}

}  // namespace poetry
