#include "gated_check.hpp"

#include "cli/output.hpp"
#include "judge.hpp"

#include <algorithm>
#include <utility>

namespace poetry {

namespace {

constexpr Duration kBetweenLooks(0.02);
/// A client that has nothing to do and uses so much CPU, as a part of the patience, never sleeps. Before
/// that, it may have been at work on a poem. On a busy machine, it gets more time.
constexpr double kMuchWork = 0.6;
constexpr double kLongestLook = 4;
/// A client sleeps if the check finds it asleep so often. A virtual machine may stop its threads for a moment.
constexpr int kTimesAsleep = 3;

constexpr int kProbes = 5;
/// For the first connection, at least: some programs are compiled when they are started.
constexpr Duration kTimeToStart(20);
/// How often the patience begins again for a client that is busy: this machine may be.
constexpr int kExtensions = 2;

}  // namespace

/// Servers 2 and 3 take turns and close while server 1 is silent. Then server 1 sends its poem. No two
/// chunks of a poem have the same size.
std::vector<GatedCheck::Move> GatedCheck::script() {
  return {{1, 10}, {2, 11}, {1, 20}, {2, 21}, {1, 30}, {2, 31},
          {1, 0},  {2, 45}, {2, 0},  {0, 17}, {0, 27}, {0, 0}};
}

GatedCheck::GatedCheck(Reactor& reactor, const Client& client, Duration patience,
                       std::function<void(Verdict)> done)
    : reactor_(reactor), patience_(patience), done_(std::move(done)) {
  verdict_.client.name = client.name;
  verdict_.client.model = client.model;
  verdict_.shouldBe = client.shouldBeAsynchronous;
  for (auto& peer : peers_) {
    peer = std::make_unique<ScriptedPeer>(reactor_, [this] { advance(); });
  }
  writePoems();
  startClient(client);
  advance();
}

GatedCheck::~GatedCheck() {
  stopTimer();
}

/// Every chunk has the end of a line, for clients that read lines. Every chunk but the last ends after the
/// first byte of a letter that has two, for clients that decode.
void GatedCheck::writePoems() {
  for (const Move& move : moves_) {
    if (move.bytes > 0) {
      std::string& poem = poems_[move.server];
      std::string chunk = poem.empty() ? "v" : "\xa9";
      chunk += "ers\n";
      chunk.resize(move.bytes - 1, 'e');
      poem += chunk + '\xc3';
    }
  }
  for (std::string& poem : poems_) {
    poem.back() = '\n';
  }
}

void GatedCheck::startClient(const Client& client) {
  for (std::size_t i = 0; i < kServers; ++i) {
    const std::filesystem::path file = folder_.poem(i + 1);
    saveFile(file, poems_[i]);
    expected_.push_back({.file = file, .size = poems_[i].size(), .address = peers_[i]->address()});
  }
  // The check itself decides how long it waits for the first connection, and calls expectProgress().
  run_ = std::make_unique<ClientRun>(
      reactor_,
      RunOrder{
          .client = client, .poems = expected_, .patience = patience_, .needs = patience_ * 1000},
      [this] { ended(); }, [this] { advance(); });
}

std::size_t GatedCheck::reported(std::size_t server) const {
  return run_->recording().tasks[server].bytes;
}

bool GatedCheck::hasReportedNothing() const {
  const auto& tasks = run_->recording().tasks;
  return std::all_of(tasks.begin(), tasks.end(),
                     [](const TaskRecord& task) { return task.bytes == 0; });
}

bool GatedCheck::isWaiting() const {
  return waitsFor_ != kNone && reported(waitsFor_) <= reportedBefore_;
}

Observed::Flags GatedCheck::connected() const {
  Observed::Flags flags{};
  std::transform(peers_.begin(), peers_.end(), flags.begin(),
                 [](const auto& peer) { return peer->wasConnected(); });
  return flags;
}

void GatedCheck::advance() {
  if (run_->hasEnded()) {
    return;
  }
  for (std::size_t i = 0; i < kServers && phase_ != Phase::kReleased; ++i) {
    if (reported(i) > peers_[i]->sent()) {
      seen_.tooMuch = i;
      seen_.sent = peers_[i]->sent();
      release();
    }
  }
  if (phase_ == Phase::kReleased) {
    release();  // to a client that has just connected
    return;
  }
  if (phase_ == Phase::kRest) {
    lookAtRest();
  } else if (phase_ == Phase::kLate && connected() != seen_.connectedInTime) {
    seen_.connectedLate = true;
    release();
  }
  if (phase_ != Phase::kSilent && phase_ != Phase::kFinish) {
    return;
  }
  while (next_ < moves_.size() && peers_[moves_[next_].server]->wasConnected() && !isWaiting()) {
    stopTimer();
    extensions_ = 0;
    if (phase_ == Phase::kSilent && moves_[next_].server == 0) {
      phase_ = Phase::kIdle;
      seen_.passed = true;
      lookWhetherItSleeps();
      return;
    }
    play(moves_[next_]);
    ++next_;
  }
  if (next_ == moves_.size()) {
    release();
    return;
  }
  const Observed::Flags now = connected();
  if (isStarting_ && std::find(now.begin(), now.end(), true) != now.end()) {
    isStarting_ = false;
    stopTimer();
  }
  if (!timer_) {
    seen_.waited = isStarting_ ? std::max(kTimeToStart, patience_) : patience_;
    startTimer(seen_.waited, &GatedCheck::standstill);
  }
}

void GatedCheck::play(const Move& move) {
  waitsFor_ = kNone;
  if (move.bytes == 0) {
    peers_[move.server]->close();
    return;
  }
  peers_[move.server]->send(
      std::string_view(poems_[move.server]).substr(peers_[move.server]->sent(), move.bytes));
  waitsFor_ = move.server;
  reportedBefore_ = reported(move.server);
}

void GatedCheck::startTimer(Duration delay, void (GatedCheck::*expired)()) {
  stopTimer();
  timer_ = reactor_.callLater(delay, [this, expired] {
    // This process may be late. The loop reads the pipes before it makes the next call.
    timer_ = reactor_.callLater(Duration::zero(), [this, expired] {
      timer_.reset();
      if (!run_->hasEnded()) {
        (this->*expired)();
      }
    });
  });
}

void GatedCheck::stopTimer() {
  if (timer_ && timer_->active()) {
    timer_->cancel();
  }
  timer_.reset();
}

void GatedCheck::lookWhetherItSleeps() {
  bool runs = false;
  for (const auto& [id, thread] : run_->runningThreads()) {
    if (!thread.isOfJava) {
      runs = true;
      const auto [before, isNew] = cpu_.try_emplace(id, thread.cpu);
      idleCpu_ += thread.cpu - std::exchange(before->second, thread.cpu);
    }
  }
  timesAsleep_ += runs ? 0 : 1;
  seen_.neverSleeps = idleCpu_ >= patience_ * kMuchWork;
  if (timesAsleep_ < kTimesAsleep && !seen_.neverSleeps && looked_ < patience_ * kLongestLook) {
    looked_ += kBetweenLooks;
    startTimer(kBetweenLooks, &GatedCheck::lookWhetherItSleeps);
    return;
  }
  phase_ = Phase::kFinish;
  advance();
}

void GatedCheck::standstill() {
  if (run_->isBusy() && extensions_ < kExtensions) {
    ++extensions_;
    startTimer(patience_, &GatedCheck::standstill);
    return;
  }
  if (phase_ == Phase::kFinish) {
    release();
    return;
  }
  const std::size_t stuck = isWaiting() ? waitsFor_ : moves_[next_].server;
  seen_.stuck = stuck;
  seen_.connectedInTime = connected();
  seen_.unread = seen_.connectedInTime[stuck] && peers_[stuck]->hasUnreadBytes();
  seen_.reportedInTime = reported(stuck);
  seen_.endedInTime = run_->recording().tasks[stuck].outcome == Outcome::kComplete;
  sentBefore_ = peers_[stuck]->sent();
  linesBefore_ = run_->recording().lines.size();
  if (isStarting_) {
    release();
    return;
  }
  if (!seen_.connectedInTime[0] || !seen_.connectedInTime[stuck]) {
    phase_ = Phase::kLate;
    startTimer(patience_, &GatedCheck::release);
    return;
  }
  phase_ = Phase::kProbe;
  for (std::size_t i = 0; i < kServers; ++i) {
    const auto chunk =
        std::find_if(moves_.begin() + static_cast<std::ptrdiff_t>(next_), moves_.end(),
                     [i](const Move& move) { return move.server == i && move.bytes > 0; });
    if (i != stuck && chunk != moves_.end() && peers_[i]->wasConnected()) {
      play(*chunk);
    }
  }
  startTimer(patience_ / kProbes, &GatedCheck::lookAtProbe);
}

void GatedCheck::lookAtProbe() {
  const auto wasRead = [](const auto& peer) {
    return peer->wasConnected() && !peer->hasUnreadBytes();
  };
  if (probes_ == 0) {
    seen_.readNothing =
        seen_.unread && hasReportedNothing() && std::none_of(peers_.begin(), peers_.end(), wasRead);
  }
  // A client that is only late gets all the time that it would have for a report.
  if (peers_[0]->hasUnreadBytes() && ++probes_ < kProbes) {
    startTimer(patience_ / kProbes, &GatedCheck::lookAtProbe);
    return;
  }
  const std::size_t stuck = *seen_.stuck;
  const auto next = nextReport(run_->recording());
  seen_.leftUnread = !seen_.unread && !next && probes_ == kProbes;
  seen_.reportedLate = next && next->task == stuck + 1;
  if (seen_.unread || seen_.leftUnread || reported(stuck) > seen_.reportedInTime) {
    release();
    return;
  }
  // It may wait for more bytes before it reports the chunk.
  phase_ = Phase::kRest;
  sendRest(stuck);
  startTimer(patience_, &GatedCheck::release);
}

void GatedCheck::lookAtRest() {
  const std::size_t stuck = *seen_.stuck;
  const auto next = nextReport(run_->recording(), stuck);
  const bool hasEnded = run_->recording().tasks[stuck].outcome != Outcome::kUnfinished;
  if (next || (hasEnded && !seen_.endedInTime)) {
    seen_.reportedLate = next && seen_.reportedInTime + next->bytes <= sentBefore_;
    seen_.reportedWithTheRest = !seen_.reportedLate;
    release();
  }
}

std::optional<ReportLine> GatedCheck::nextReport(const Recording& recording,
                                                 std::optional<std::size_t> server) const {
  for (std::size_t i = linesBefore_; i < recording.lines.size(); ++i) {
    const ReportLine line = parseReportLine(recording.lines[i].text);
    const bool counts =
        recording.lines[i].stream == Stream::kOutput && line.bytes > 0 && line.task > 0;
    if (counts && line.task - 1 == server.value_or(line.task - 1)) {
      return line;
    }
  }
  return std::nullopt;
}

void GatedCheck::release() {
  if (phase_ != Phase::kReleased) {
    stopTimer();
    phase_ = Phase::kReleased;
    seen_.silentUntilTheEnd = hasReportedNothing();
    run_->expectProgress();
  }
  for (std::size_t i = 0; i < kServers; ++i) {
    if (peers_[i]->wasConnected()) {
      sendRest(i);
    }
  }
}

void GatedCheck::sendRest(std::size_t server) {
  peers_[server]->send(std::string_view(poems_[server]).substr(peers_[server]->sent()));
  peers_[server]->close();
}

void GatedCheck::ended() {
  stopTimer();
  verdict_.client.run = run_->take();
  seen_.connected = connected();
  if (const auto next = nextReport(verdict_.client.run.recording)) {
    seen_.reportedNext = next->task - 1;
  }
  for (auto& peer : peers_) {
    peer.reset();
  }
  judge(verdict_.client, expected_);
  judgeCheck(verdict_, seen_);
  done_(std::move(verdict_));
}

}  // namespace poetry
