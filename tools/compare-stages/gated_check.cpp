#include "gated_check.hpp"

#include "cli/output.hpp"
#include "judge.hpp"

#include <string_view>
#include <utility>

namespace poetry {

// === Gate =====================================================================================

/// The client, seen from the server: what it says is of no interest, that it is there is.
class Gate::Visitor final : public Protocol {
 public:
  explicit Visitor(Gate& gate) : gate_(gate) {}

  void connectionMade() override {
    gate_.transport_ = transport;
    gate_.wasConnected_ = true;
    gate_.connected_();
  }
  void connectionLost(const Failure& /*reason*/) override { gate_.transport_ = nullptr; }

 private:
  Gate& gate_;
};

Gate::Gate(Reactor& reactor, std::function<void()> connected)
    : connected_(std::move(connected)), port_(reactor.listenTCP(0, *this, 50, "127.0.0.1")) {}

std::unique_ptr<IProtocol> Gate::buildProtocol(const Address& /*peer*/) {
  return wasConnected_ ? nullptr : std::make_unique<Visitor>(*this);
}

void Gate::send(std::string_view bytes) {
  if (transport_ != nullptr) {
    transport_->write(bytes);
  }
}

void Gate::close() {
  if (transport_ != nullptr) {
    transport_->loseConnection();
  }
}

void Gate::shut() {
  port_->stopListening();
  if (transport_ != nullptr) {
    transport_->abortConnection();
  }
}

// === The script ===============================================================================

/// Servers 2 and 3 take turns, and end, while server 1 is silent; then server 1 has its say. No two
/// chunks of one poem are of the same size.
std::vector<GatedCheck::Move> GatedCheck::script() {
  std::vector<Move> moves;
  for (const std::size_t round : {1U, 2U, 3U}) {
    moves.push_back({1, 10 * round});
    moves.push_back({2, 10 * round + 1});
  }
  moves.push_back({1, 0});
  moves.push_back({2, 45});
  moves.push_back({2, 0});
  moves.push_back({0, 17});
  moves.push_back({0, 27});
  moves.push_back({0, 0});
  return moves;
}

GatedCheck::GatedCheck(Reactor& reactor, ProcessTable& processes, const Stage& stage,
                       Seconds patience, std::function<void(const Verdict&)> done)
    : reactor_(reactor), processes_(processes), patience_(patience), done_(std::move(done)) {
  verdict_.client = stage.name;
  verdict_.shouldBe = stage.shouldBeAsynchronous;
  for (auto& gate : gates_) {
    gate = std::make_unique<Gate>(reactor_, [this] { advance(); });
  }
  for (const Move& move : moves_) {
    std::string& poem = poems_[move.server];
    while (poem.size() < sent_[move.server] + move.bytes) {
      poem += static_cast<char>('a' + poem.size() % 26);
    }
    sent_[move.server] += move.bytes;
  }
  sent_ = {};
  startClient(stage);
  advance();
}

GatedCheck::~GatedCheck() {
  stopTimer();
}

void GatedCheck::startClient(const Stage& stage) {
  RunOrder order{.stage = stage, .addresses = {}, .sizes = {}, .patience = patience_ * 3};
  for (std::size_t i = 0; i < kServers; ++i) {
    const std::filesystem::path file = folder_.poem(i + 1);
    saveFile(file, poems_[i]);
    order.addresses.push_back(gates_[i]->address());
    order.sizes.push_back(poems_[i].size());
    order.poems.push_back(file);
    expected_.push_back({.file = file, .size = poems_[i].size()});
  }
  run_ = std::make_unique<ClientRun>(
      reactor_, processes_, order, [this] { ended(); }, [this] { advance(); });
}

bool GatedCheck::isReported(std::size_t server) const {
  return run_->recording().tasks[server].bytes >= sent_[server];
}

std::optional<std::size_t> GatedCheck::reportedTooMuch() const {
  for (std::size_t i = 0; i < kServers; ++i) {
    if (run_->recording().tasks[i].bytes > sent_[i]) {
      return i;
    }
  }
  return std::nullopt;
}

void GatedCheck::advance() {
  if (!run_ || run_->hasEnded()) {
    return;
  }
  if (const std::optional<std::size_t> server = reportedTooMuch(); server && !released_) {
    giveUp("It reported more than server " + std::to_string(*server + 1) + " had sent");
  }
  if (released_) {
    release();
    return;
  }
  while (!isAtEnd() && gates_[moves_[next_].server]->isConnected() &&
         (waitsFor_ == kServers || isReported(waitsFor_))) {
    play(moves_[next_]);
    ++next_;
    verdict_.asynchronous = verdict_.asynchronous || (!isAtEnd() && moves_[next_].server == 0);
    stopTimer();
  }
  if (!timer_ && !isAtEnd()) {
    timer_ = reactor_.callLater(patience_, [this] {
      // Perhaps it is us who are late: what lies in the pipes is read before this is called.
      timer_ = reactor_.callLater(Seconds::zero(), [this] { giveUp(describeStandstill()); });
    });
  }
}

void GatedCheck::play(const Move& move) {
  waitsFor_ = kServers;
  if (move.bytes == 0) {
    gates_[move.server]->close();
    return;
  }
  gates_[move.server]->send(
      std::string_view(poems_[move.server]).substr(sent_[move.server], move.bytes));
  sent_[move.server] += move.bytes;
  waitsFor_ = move.server;
}

/// Whatever it is, it may have its poems. It is no asynchronous client, unless it has shown already
/// that it is: what goes wrong after that is a failure of another kind.
void GatedCheck::giveUp(const std::string& why) {
  stopTimer();
  if (!verdict_.asynchronous) {
    verdict_.why = why;
  }
  released_ = true;
  release();
}

void GatedCheck::stopTimer() {
  if (timer_ && timer_->active()) {
    timer_->cancel();
  }
  timer_.reset();
}

/// Of the part of the script in which server 1 is silent.
std::string GatedCheck::describeStandstill() const {
  const std::string silent = "While server 1 was silent, ";
  if (waitsFor_ != kServers && !isReported(waitsFor_)) {
    return silent + "it did not report what server " + std::to_string(waitsFor_ + 1) + " had sent";
  }
  return silent + "it did not ask server " + std::to_string(moves_[next_].server + 1);
}

void GatedCheck::release() {
  for (std::size_t i = 0; i < kServers; ++i) {
    if (gates_[i]->isConnected()) {
      gates_[i]->send(std::string_view(poems_[i]).substr(sent_[i]));
      sent_[i] = poems_[i].size();
      gates_[i]->close();
    }
  }
}

void GatedCheck::ended() {
  stopTimer();
  for (const auto& gate : gates_) {
    gate->shut();
  }
  result_.run = run_->take();
  judge(result_, expected_);
  verdict_.succeeded = result_.succeeded;
  if (verdict_.asynchronous) {
    verdict_.why =
        "While server 1 was silent, it reported each chunk of servers 2 and 3 before the "
        "next one was sent";
  } else if (verdict_.why.empty()) {
    verdict_.why = "It ended before servers 2 and 3 had sent their poems";
  }
  verdict_.why += '.';
  verdict_.problems = result_.problems;
  done_(verdict_);
}

// === One after the other ======================================================================

CheckRunner::CheckRunner(Reactor& reactor, ProcessTable& processes,
                         const std::vector<Stage>& stages, Seconds patience,
                         std::function<void(const Stage&)> began,
                         std::function<void(const Verdict&)> verdict, std::function<void()> done)
    : reactor_(reactor),
      processes_(processes),
      stages_(stages),
      patience_(patience),
      began_(std::move(began)),
      verdict_(std::move(verdict)),
      done_(std::move(done)) {}

void CheckRunner::startNext() {
  if (checks_.size() == stages_.size()) {
    done_();
    return;
  }
  const Stage& stage = stages_[checks_.size()];
  began_(stage);
  checks_.push_back(std::make_unique<GatedCheck>(reactor_, processes_, stage, patience_,
                                                 [this](const Verdict& verdict) {
                                                   verdict_(verdict);
                                                   startNext();
                                                 }));
}

}  // namespace poetry
