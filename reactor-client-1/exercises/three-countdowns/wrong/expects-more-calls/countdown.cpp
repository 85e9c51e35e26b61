// Three countdowns at the same time, on one reactor and one thread.

#include "cli/output.hpp"
#include "reactor/reactor.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace poetry {

/// What all countdowns share.
struct Countdowns {
  Reactor& reactor;
  int unfinished;  ///< the countdowns that are not at 0 yet
};

/// Prints the numbers from 5 to 0, and waits before each of them.
class Countdown {
 public:
  Countdown(std::string name, Duration interval, Countdowns& countdowns)
      : name_(std::move(name)), interval_(interval), countdowns_(countdowns) {}

  void start() {
    countdowns_.reactor.callLater(interval_, [this] { tick(); });
  }

 private:
  /// The reactor calls this when the interval has passed.
  void tick() {
    printLine(name_ + ' ' + std::to_string(number_));
    if (number_ > 0) {
      --number_;
      return;
    }
    --countdowns_.unfinished;
    if (countdowns_.unfinished == 0) {
      countdowns_.reactor.stop();
    }
  }

  std::string name_;
  Duration interval_;
  Countdowns& countdowns_;
  int number_ = 5;
};

}  // namespace poetry

int main() {
  using namespace std::chrono_literals;
  poetry::Reactor reactor;
  poetry::Countdowns countdowns{reactor, 3};
  poetry::Countdown a("A", 350ms, countdowns);
  poetry::Countdown b("B", 250ms, countdowns);
  poetry::Countdown c("C", 100ms, countdowns);
  a.start();
  b.start();
  c.start();
  reactor.run();
}
