// What interfaces.hpp promises, as a model that is told what a script does and what the reactor calls,
// and ends the process at the first call that was not promised, or promised and did not come.
//
// A turn of the loop has two stages: timers, then descriptors. The script keeps one timer and one
// descriptor due on every turn, so that both stages can be seen, and counted: 1 is the first stage of
// timers, 2 the descriptors of the same turn.
#pragma once

#include "reactor/interfaces.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace poetry::fuzz {

class Model {
 public:
  enum class Stage { kTimers, kDescriptors };
  enum class Side { kRead, kWrite };
  using Actor = std::size_t;
  using Timer = std::size_t;

  explicit Model(std::size_t actors) : actors_(actors) {}

  // --- What the script does ---

  /// `actor` is in the set from now on, under this number.
  void added(Actor actor, Side side, int number);
  void removed(Actor actor, Side side) { sideOf(actor, side).registered = false; }
  void removedAll();
  /// Something happened to its descriptor: nothing is sure before the turn after next.
  void touched(Actor actor) { actors_[actor].touched = stage_; }
  /// It could not be seen where stages begin and end; from the turn after next on, it can.
  void blurred() { exactFrom_ = stage_ + 4; }

  Timer made(Seconds deadline);
  void moved(Timer timer, Seconds deadline);
  void cancelled(Timer timer);

  void stopAsked();

  // --- What the reactor calls ---

  /// A callback of this stage begins; it is `now`. `running` is what the reactor says.
  void enter(Stage stage, Seconds now, bool running);
  /// Would enter(stage) be the first of a new turn?
  [[nodiscard]] bool beginsTurn(Stage stage) const;
  /// The turn is over. Was `actor` overlooked, which is ready as we see it?
  void checkNotOverlooked(Actor actor, Side side) const;

  void timerCalled(Timer timer);
  void called(Actor actor, Side side);
  /// The callback that was called() has returned a reason, or thrown one.
  void gaveReason(Actor actor, const std::string& reason);
  /// connectionLost begins; `number` is what fileno() says by now.
  void lost(Actor actor, const std::string& reason, int number, Seconds now, bool running);
  /// run() has returned.
  void ended();

  // --- What must be so now ---

  [[nodiscard]] bool isIn(Actor actor, Side side) const { return sideOf(actor, side).registered; }
  [[nodiscard]] bool isRegistered(Actor actor) const;
  /// It may not be destroyed: somebody has still to call it.
  [[nodiscard]] bool isNeeded(Actor actor) const;
  [[nodiscard]] int numberOf(Actor actor) const { return actors_[actor].number; }
  [[nodiscard]] bool isStopping() const { return stopAsked_.has_value(); }
  [[nodiscard]] bool isPending(Timer timer) const;
  [[nodiscard]] bool wasCalled(Timer timer) const { return timers_[timer].called; }
  [[nodiscard]] Seconds deadlineOf(Timer timer) const { return timers_[timer].deadline; }
  [[nodiscard]] std::size_t pendingTimers() const { return pending_.size(); }

 private:
  struct SideState {
    bool registered = false;
    int addedIn = 0;
    int calledIn = -1;
  };
  struct ActorState {
    std::array<SideState, 2> sides;
    int number = -1;  ///< under which it is registered
    int touched = 0;
    bool toBeTold = false;  ///< that the reactor was stopped
  };
  struct TimerState {
    Seconds deadline;
    int madeIn;
    bool called = false;
  };

  [[nodiscard]] SideState& sideOf(Actor actor, Side side);
  [[nodiscard]] const SideState& sideOf(Actor actor, Side side) const;
  [[nodiscard]] bool isExact() const { return stage_ >= exactFrom_; }
  [[nodiscard]] std::optional<Timer> nextDue() const;
  void shutDown();

  std::vector<ActorState> actors_;
  std::vector<TimerState> timers_;
  std::set<std::pair<Seconds, Timer>>
      pending_;  // Timer grows with each one made, so it is the sequence

  int stage_ = 0;
  int exactFrom_ = 4;
  bool anyoneCalled_ = false;  // in this stage; before that, the reactor has not waited yet
  Seconds now_{0};
  Seconds turnBegan_{0};  // what the clock said then
  std::optional<int> stopAsked_;
  bool isShutDown_ = false;
  std::optional<std::pair<Actor, std::string>> owed_;  // who is told next, and with which reason
};

}  // namespace poetry::fuzz
