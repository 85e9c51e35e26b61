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
  using ScriptedCall = std::pair<Model::Timer, std::shared_ptr<IDelayedCall>>;

  // --- The script: reactor_script.cpp ---

  /// Some operations, at least `least` and at most `most` unless the script is at its end.
  void perform(std::size_t least, std::size_t most);
  struct Operation;
  static const std::vector<Operation>& operations();

  // The operations. What they do it with, the script says.
  void addReader();
  void addWriter();
  void removeReader();
  void removeWriter();
  void removeAll();
  void ring();
  void drain();
  void fill();
  void makeRoom();
  void hangUp();
  void close();
  void open();
  void share();
  void replace();
  void callLater();
  void cancel();
  void reset();
  void delay();
  void letTimeFly();
  void stop();
  void runInside();
  void napInside();
  void callWhenRunning();

  void add(Model::Actor actor, Model::Side side);
  [[nodiscard]] bool mayBeRefused(Model::Actor actor) const;
  [[nodiscard]] bool mayBeAccepted(Model::Actor actor) const;
  void remove(Model::Actor actor, Model::Side side);
  void changeChannel(void (Channel::*change)() const);
  [[nodiscard]] bool isFree(Model::Actor actor) const;
  bool changes(Model::Timer timer, const std::function<void()>& change);
  void runAgain();
  [[nodiscard]] Model::Actor pickActor() { return 1 + script_.pick(actors_.size() - 1); }
  [[nodiscard]] Model::Actor pickTouched();
  [[nodiscard]] const ScriptedCall& pickTimer() { return timers_[script_.pick(timers_.size())]; }
  [[nodiscard]] Seconds pickSeconds();

  // --- The play: reactor_world.cpp ---

  ScriptedCall later(Seconds delay, std::function<void()> function);
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
  std::vector<ScriptedCall> timers_;  ///< the script's
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
