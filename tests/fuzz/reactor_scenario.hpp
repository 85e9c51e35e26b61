// A scenario for the reactor: a script of operations, the objects and timers that it acts on, and a
// clock.
#pragma once

#include "fuzz/channel.hpp"
#include "fuzz/choices.hpp"
#include "fuzz/reactor_model.hpp"
#include "reactor/reactor.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace poetry::fuzz {

class Scenario;

/// A descriptor object, reader and writer in one. Each of its callbacks continues the script.
class ScriptedObject final : public IReadDescriptor, public IWriteDescriptor {
 public:
  ScriptedObject(Scenario& scenario, Model::Object number) : scenario_(scenario), number_(number) {}

  /// Empty when it is closed.
  std::optional<Channel> channel = Channel(Channel::Kind::kSocket);

  [[nodiscard]] int fileno() const override { return channel ? channel->ours.get() : -1; }
  [[nodiscard]] std::string logPrefix() const override { return std::to_string(number_); }
  std::optional<Failure> doRead() override;
  std::optional<Failure> doWrite() override;
  void connectionLost(const Failure& reason) override;

 private:
  Scenario& scenario_;
  Model::Object number_;
};

/// Plays a script against a reactor, and reports everything that happens to the Model.
class Scenario {
 public:
  /// The first byte chooses the demultiplexer. The other bytes are the script.
  explicit Scenario(std::span<const std::uint8_t> bytes);
  /// Runs the reactor until the script has ended.
  void play();

  // What the reactor calls, through its objects and its demultiplexer.
  std::optional<Failure> called(Model::Object object, Model::Side side);
  void connectionLost(Model::Object object, const Failure& reason);
  void beforeWait(std::optional<Duration> timeout);
  void afterWait(std::optional<Duration> timeout,
                 const std::vector<IDemultiplexer::Ready>& foundReady);

 private:
  struct ScriptedTimer {
    Model::Timer number;
    std::shared_ptr<IDelayedCall> call;
  };

  // --- The script: reactor_operations.cpp ---

  /// Performs some operations: at least `least` and at most `most`, and none at the end of the script.
  void perform(std::size_t least, std::size_t most);

  void add(Model::Side side);
  void remove(Model::Side side);
  void changeChannel(void (Channel::*change)());
  void close();
  void open();
  void replace();
  void callLater();
  void cancel();
  void reset();
  void stop();

  [[nodiscard]] Model::Object pickObject() { return choices_.pick(objects_.size()); }
  [[nodiscard]] std::optional<ScriptedTimer> pickTimer();
  bool isAccepted(Model::Timer timer, const std::function<void()>& change);
  [[nodiscard]] bool isIdle(Model::Object object) const;

  // --- The run: reactor_scenario.cpp ---

  ScriptedTimer schedule(Duration delay, std::function<void()> function);
  void continueScript();
  [[noreturn]] void throwMishap();
  void checkState() const;
  void checkAllReadyFound() const;
  void checkEnd();

  Choices choices_;
  std::string demultiplexer_;
  std::vector<std::unique_ptr<ScriptedObject>> objects_;
  Model model_;
  std::unique_ptr<Reactor> reactor_;
  std::vector<ScriptedTimer> timers_;  // those that the script may change
  TimePoint now_{};
  /// The object whose callback is running.
  std::optional<Model::Object> onStack_;
  bool mayCloseItself_ = false;  // that callback is doRead or doWrite
  std::size_t thrown_ = 0;       // exceptions that have left a callback
  std::size_t reported_ = 0;     // those that the reactor has reported
  int quietWaits_ = 0;           // since the end of the script
};

}  // namespace poetry::fuzz
