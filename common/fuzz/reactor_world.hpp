// Where a script of reactor operations plays: a reactor, some descriptors, and time.
#pragma once

#include "fuzz/channel.hpp"
#include "fuzz/reactor_model.hpp"
#include "fuzz/script.hpp"
#include "reactor/reactor.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace poetry::fuzz {

class World;

/// Reader and writer in one. Each of its callbacks goes on with the script.
class Actor final : public IReadDescriptor, public IWriteDescriptor {
 public:
  Actor(World& world, Model::Actor number) : world_(world), number_(number) {}

  /// Two actors may share one. Closed, it is nobody's.
  std::shared_ptr<Channel> channel;

  [[nodiscard]] int fileno() const override { return channel ? channel->ours.get() : -1; }
  std::optional<Failure> doRead() override;
  std::optional<Failure> doWrite() override;
  void connectionLost(const Failure& reason) override;
  [[nodiscard]] std::string logPrefix() const override { return std::to_string(number_); }

 private:
  World& world_;
  Model::Actor number_;
};

/// Plays a script, and has the Model compare what the reactor does with what it may do.
class World {
 public:
  explicit World(std::span<const std::uint8_t> script);

  void play();

  // What the reactor calls, by way of the actors.
  std::optional<Failure> called(Model::Actor actor, Model::Side side);
  void lost(Model::Actor actor, const Failure& reason);

 private:
  // --- The script: reactor_script.cpp ---

  /// Some operations, at least `least` and at most `most` unless the script is at its end.
  void perform(std::size_t least, std::size_t most);
  void changeSets(std::size_t what);
  void changeChannel(std::size_t what);
  void changeTimers(std::size_t what);
  void changeLoop(std::size_t what);

  void add(Model::Actor actor, Model::Side side);
  [[nodiscard]] bool mayBeRefused(Model::Actor actor) const;
  [[nodiscard]] bool mayBeAccepted(Model::Actor actor) const;
  void remove(Model::Actor actor, Model::Side side);
  void removeAll();
  void open(Model::Actor actor, Channel::Kind kind);
  void replace(Model::Actor actor);
  void callLater(Seconds delay);
  void changeTimer(std::size_t what, Model::Timer timer, IDelayedCall& call);
  void callWhenRunning();
  void stop();
  void runAgain();
  [[nodiscard]] Model::Actor pickActor() { return 1 + script_.pick(actors_.size() - 1); }

  // --- The play: reactor_world.cpp ---

  std::pair<Model::Timer, std::shared_ptr<IDelayedCall>> later(Seconds delay,
                                                               std::function<void()> function);
  void enter(Model::Stage stage);
  void beat();
  void pulse();
  void nap(int turns);
  void wake();
  void checkEnd();
  void checkNobodyOverlooked() const;
  void compare() const;
  void throwMishap();
  Seconds readClock();

  Script script_;
  std::string demultiplexer_;
  std::vector<std::unique_ptr<Actor>> actors_;  ///< the first is the pulse
  Model model_;
  std::unique_ptr<Reactor> reactor_;
  std::vector<std::pair<Model::Timer, std::shared_ptr<IDelayedCall>>> timers_;  ///< the script's
  std::optional<Model::Actor> onStack_;
  Seconds now_{0};
  std::size_t thrown_ = 0;    ///< exceptions that escaped from callbacks
  std::size_t reported_ = 0;  ///< and those that the reactor reported
  int depth_ = 0;
  int quietTurns_ = 0;
  bool isNapping_ = false;
  int readingsUntilJump_ = 0;
};

}  // namespace poetry::fuzz
