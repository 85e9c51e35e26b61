#include "client_run.hpp"

#include "judge.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace poetry {

namespace {

/// How long a client may take to exit when all its poems have ended.
constexpr Duration kTimeToExit(5);

std::vector<std::string> addressesOf(const std::vector<Poem>& poems) {
  std::vector<std::string> addresses;
  addresses.reserve(poems.size());
  for (const Poem& poem : poems) {
    addresses.push_back(poem.address);
  }
  return addresses;
}

}  // namespace

ClientRun::ClientRun(Reactor& reactor, RunOrder order, std::function<void()> ended,
                     std::function<void()> received)
    : reactor_(reactor),
      order_(std::move(order)),
      recorder_(sizesOf(order_.poems), order_.trace),
      deadline_(order_.needs + order_.patience),
      whenEnded_(std::move(ended)),
      whenReceived_(std::move(received)) {
  run_.command = order_.client.commandLine(addressesOf(order_.poems), folder_.path(), order_.trace);
  run_.waited = deadline_;
  checkProgress();
  try {
    child_ = std::make_unique<Child>(reactor, *this, run_.command, order_.trace,
                                     order_.client.directory.string());
  } catch (const std::system_error& error) {
    // It ends as in a shell that does not find the program.
    recorder_.received(Stream::kErrors, error.what(), stopwatch_.elapsed());
    processEnded(Ending::code(127), {});
  }
}

ClientRun::~ClientRun() {
  if (watchdog_->active()) {
    watchdog_->cancel();
  }
}

void ClientRun::received(Stream stream, std::string_view bytes) {
  const std::size_t before = recorder_.progress();
  recorder_.received(stream, bytes, stopwatch_.elapsed());
  if (recorder_.progress() > before) {
    const auto& tasks = recorder_.recording().tasks;
    if (std::none_of(tasks.begin(), tasks.end(),
                     [](const TaskRecord& task) { return task.outcome == Outcome::kUnfinished; })) {
      wait(std::min(kTimeToExit, order_.patience));
    } else if (stopwatch_.elapsed() + order_.patience > deadline_) {
      wait(order_.patience);
    }
  }
  if (whenReceived_) {
    whenReceived_();
  }
}

void ClientRun::wait(Duration limit) {
  if (run_.hung) {
    return;
  }
  deadline_ = stopwatch_.elapsed() + limit;
  run_.waited = limit;
  isLastCheck_ = false;
  if (watchdog_->active()) {
    watchdog_->reset(limit);
  }
}

void ClientRun::checkProgress() {
  const Duration left = deadline_ - stopwatch_.elapsed();
  if (left <= Duration::zero() && isLastCheck_) {
    run_.hung = true;
    child_->kill();
    return;
  }
  // When the deadline has passed, this process may be late, and the client's lines may be in the
  // pipe. So check once more: the loop reads the pipe before that.
  isLastCheck_ = left <= Duration::zero();
  watchdog_ = reactor_.callLater(std::max(left, Duration::zero()), [this] { checkProgress(); });
}

void ClientRun::processEnded(const Ending& ending, const ResourceUsage& usage) {
  if (watchdog_->active()) {
    watchdog_->cancel();
  }
  run_.elapsed = stopwatch_.elapsed();
  run_.ending = ending;
  run_.usage = usage;
  recorder_.finish(run_.elapsed);
  run_.recording = recorder_.take();
  run_.saved.resize(order_.poems.size());
  for (std::size_t i = 0; i < order_.poems.size(); ++i) {
    if (order_.client.savesPoems() && run_.recording.tasks[i].outcome == Outcome::kComplete) {
      run_.saved[i] = compareSaved(folder_.poem(i + 1), order_.poems, i);
    }
  }
  ended_ = true;
  reactor_.callLater(Duration::zero(), [this] { whenEnded_(); });
}

}  // namespace poetry
