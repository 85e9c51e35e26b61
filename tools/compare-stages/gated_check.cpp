#include "gated_check.hpp"

#include "cli/output.hpp"
#include "judge.hpp"
#include "table.hpp"

#include <utility>

namespace poetry {

// === ScriptedPeer =============================================================================

/// The connection of the client. What the client sends is ignored.
class ScriptedPeer::Connection final : public Protocol {
 public:
  explicit Connection(ScriptedPeer& peer) : peer_(peer) {}

  void connectionMade() override {
    peer_.transport_ = transport;
    peer_.wasConnected_ = true;
    peer_.connected_();
  }
  void connectionLost(const Failure& /*reason*/) override { peer_.transport_ = nullptr; }

 private:
  ScriptedPeer& peer_;
};

ScriptedPeer::ScriptedPeer(Reactor& reactor, std::function<void()> connected)
    : connected_(std::move(connected)), port_(reactor.listenTCP(0, *this, 50, "127.0.0.1")) {}

std::unique_ptr<IProtocol> ScriptedPeer::buildProtocol(const Address& /*peer*/) {
  return wasConnected_ ? nullptr : std::make_unique<Connection>(*this);
}

void ScriptedPeer::send(std::string_view bytes) {
  if (transport_ != nullptr) {
    transport_->write(bytes);
  }
}

void ScriptedPeer::close() {
  if (transport_ != nullptr) {
    transport_->loseConnection();
  }
}

void ScriptedPeer::abort() {
  port_->stopListening();
  if (transport_ != nullptr) {
    transport_->abortConnection();
  }
}

// === The script ===============================================================================

/// Servers 2 and 3 take turns and close while server 1 is silent. Then server 1 sends its poem. No two
/// chunks of a poem have the same size.
std::vector<GatedCheck::Move> GatedCheck::script() {
  return {{1, 10}, {2, 11}, {1, 20}, {2, 21}, {1, 30}, {2, 31},
          {1, 0},  {2, 45}, {2, 0},  {0, 17}, {0, 27}, {0, 0}};
}

GatedCheck::GatedCheck(Reactor& reactor, const Client& client, Duration patience,
                       std::function<void(const Verdict&)> done)
    : reactor_(reactor), patience_(patience), done_(std::move(done)) {
  verdict_.client.name = client.name;
  verdict_.shouldBe = client.shouldBeAsynchronous;
  for (auto& peer : peers_) {
    peer = std::make_unique<ScriptedPeer>(reactor_, [this] { advance(); });
  }
  for (const Move& move : moves_) {
    std::string& poem = poems_[move.server];
    for (std::size_t i = 0; i < move.bytes; ++i) {
      poem += static_cast<char>('a' + poem.size() % 26);
    }
  }
  startClient(client);
  advance();
}

GatedCheck::~GatedCheck() {
  stopTimer();
}

void GatedCheck::startClient(const Client& client) {
  for (std::size_t i = 0; i < kServers; ++i) {
    const std::filesystem::path file = folder_.poem(i + 1);
    saveFile(file, poems_[i]);
    expected_.push_back({.file = file, .size = poems_[i].size(), .address = peers_[i]->address()});
  }
  run_ = std::make_unique<ClientRun>(
      reactor_, RunOrder{.client = client, .poems = expected_, .patience = patience_ * 3},
      [this] { ended(); }, [this] { advance(); });
}

std::size_t GatedCheck::reported(std::size_t server) const {
  return run_->recording().tasks[server].bytes;
}

void GatedCheck::advance() {
  if (!run_ || run_->hasEnded()) {
    return;
  }
  for (std::size_t i = 0; i < kServers && !released_; ++i) {
    if (reported(i) > sent_[i]) {
      giveUp("It reported more than server " + std::to_string(i + 1) + " had sent");
    }
  }
  if (released_) {
    release();
    return;
  }
  while (next_ < moves_.size() && peers_[moves_[next_].server]->wasConnected() &&
         (waitsFor_ == kNone || reported(waitsFor_) >= sent_[waitsFor_])) {
    // The first move of server 1: until now it was silent, and everything else was reported.
    if (moves_[next_].server == 0) {
      verdict_.judgement = Judgement::kAsynchronous;
    }
    play(moves_[next_]);
    ++next_;
    stopTimer();
  }
  if (!timer_ && next_ < moves_.size()) {
    timer_ = reactor_.callLater(patience_, [this] {
      // This process may be late. The loop reads the pipes before it makes the next call.
      timer_ = reactor_.callLater(Duration::zero(), [this] { giveUp(describeStandstill()); });
    });
  }
}

void GatedCheck::play(const Move& move) {
  waitsFor_ = kNone;
  if (move.bytes == 0) {
    peers_[move.server]->close();
    return;
  }
  peers_[move.server]->send(
      std::string_view(poems_[move.server]).substr(sent_[move.server], move.bytes));
  sent_[move.server] += move.bytes;
  waitsFor_ = move.server;
}

/// If the client has already shown that it is asynchronous, this is a failure of another kind.
void GatedCheck::giveUp(const std::string& why) {
  stopTimer();
  if (verdict_.judgement != Judgement::kAsynchronous) {
    verdict_.judgement = Judgement::kNotAsynchronous;
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

std::string GatedCheck::describeStandstill() const {
  const std::string silent = "While server 1 was silent, ";
  if (waitsFor_ != kNone && reported(waitsFor_) < sent_[waitsFor_]) {
    return silent + "it did not report what server " + std::to_string(waitsFor_ + 1) + " had sent";
  }
  return silent + "it did not connect to server " + std::to_string(moves_[next_].server + 1);
}

void GatedCheck::release() {
  for (std::size_t i = 0; i < kServers; ++i) {
    if (peers_[i]->wasConnected()) {
      peers_[i]->send(std::string_view(poems_[i]).substr(sent_[i]));
      sent_[i] = poems_[i].size();
      peers_[i]->close();
    }
  }
}

void GatedCheck::ended() {
  stopTimer();
  for (const auto& peer : peers_) {
    peer->abort();
  }
  verdict_.client.run = run_->take();
  judge(verdict_.client, expected_);
  if (verdict_.judgement == Judgement::kAsynchronous) {
    verdict_.why =
        "While server 1 was silent, it reported each chunk of servers 2 and 3 before the "
        "next one was sent";
  } else if (verdict_.why.empty()) {
    verdict_.why = "It ended before servers 2 and 3 had sent their poems";
  }
  verdict_.why += '.';
  done_(verdict_);
}

// === One client after the other ===============================================================

CheckRunner::CheckRunner(Loop& loop, const std::vector<Client>& clients, Duration patience,
                         Comparison& comparison)
    : loop_(loop), clients_(clients), patience_(patience), comparison_(comparison) {}

void CheckRunner::startNext() {
  if (checks_.size() == clients_.size()) {
    loop_.end();
    return;
  }
  const Client& client = clients_[checks_.size()];
  printLine("  checking " + client.name);
  checks_.push_back(std::make_unique<GatedCheck>(
      loop_.reactor(), client, patience_, [this](const Verdict& verdict) { checked(verdict); }));
}

void CheckRunner::checked(const Verdict& verdict) {
  for (const std::string& line : describeVerdict(verdict)) {
    printLine(line);
  }
  comparison_.verdicts.push_back(verdict);
  startNext();
}

}  // namespace poetry
