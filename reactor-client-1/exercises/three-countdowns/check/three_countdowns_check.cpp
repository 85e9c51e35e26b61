// The answers must be those of an ideal machine. The program must count at the same time, and end.
//
// On a busy machine, the lines of two countdowns may come in another order than on an ideal one. So the
// checks of the program compare only lines whose order is certain: of two timers that are both due, the
// reactor calls the one that is due earlier, however late it is.
#include "exercises/support/check.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace poetry::testing {

/// One line that the program prints.
struct Tick {
  std::chrono::milliseconds time;  ///< since the start, on an ideal machine
  char name;
  int number;
};

/// All lines, in their order on an ideal machine.
std::vector<Tick> idealRun() {
  constexpr int kFirstNumber = 5;
  struct Interval {
    char name;
    int milliseconds;
  };
  std::vector<Tick> ticks;
  for (const Interval& interval : {Interval{'A', 350}, {'B', 250}, {'C', 100}}) {
    for (int number = kFirstNumber; number >= 0; --number) {
      const int waits = kFirstNumber - number + 1;
      ticks.push_back(
          {std::chrono::milliseconds(waits * interval.milliseconds), interval.name, number});
    }
  }
  std::stable_sort(ticks.begin(), ticks.end(),
                   [](const Tick& one, const Tick& other) { return one.time < other.time; });
  return ticks;
}

/// "0.35 s"
std::string textOf(std::chrono::milliseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f s", std::chrono::duration<double>(time).count());
  return text;
}

class ThreeCountdowns : public Check {
 protected:
  ThreeCountdowns() {
    setActor("The program");
    setCommandsByHand({"{program}"});
    // The longest interval is 0.35 s. A program that prints nothing for longer than this has stopped counting.
    setQuietTime(std::chrono::milliseconds(1500));
  }

  // The answers.

  /// The text after `question` in answers.txt.
  std::string answer(const std::string& question) {
    std::istringstream file(fileUnderTest("answers.txt"));
    std::string found;
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with(question + ':')) {
        found = line.substr(question.size() + 1);
      }
    }
    require(found.find_first_not_of(" \t\r") != std::string::npos,
            {.headline = "answers.txt has no answer to \"" + question + ":\"."});
    return found;
  }

  /// The letters in `text`: "C C B", "C, C, B" or "CCB".
  std::string lettersIn(const std::string& text) {
    std::string letters;
    for (const char byte : text) {
      const auto c = static_cast<unsigned char>(byte);
      if (std::isspace(c) == 0 && byte != ',') {
        letters += static_cast<char>(std::toupper(c));
      }
    }
    require(letters.find_first_not_of("ABC") == std::string::npos,
            {.headline = "answers.txt has \"" + text.substr(0, 30) + "\".",
             .cause = "The countdowns are A, B and C."});
    return letters;
  }

  // The program.

  /// What countdown `name` has printed so far: "5, 4, 3". Fails if it is not the beginning of 5, 4, 3, 2, 1, 0.
  std::string printedBy(char name) {
    std::string printed;
    int next = 5;
    for (const std::string& line : lines()) {
      if (line.starts_with(std::string{name, ' '})) {
        const std::string number = line.substr(2);
        require(next >= 0 && number == std::to_string(next),
                {.headline = "Countdown " + std::string(1, name) + " printed " + number +
                             (printed.empty() ? " first; expected: "
                              : next < 0      ? " after 0; expected: nothing more."
                                              : " after " + printed.substr(printed.size() - 1) +
                                               "; expected: ") +
                             (next < 0 ? "" : std::to_string(next) + '.')});
        printed += (printed.empty() ? "" : ", ") + number;
        --next;
      }
    }
    return printed;
  }

  [[nodiscard]] bool areAllAtZero() {
    const std::vector<std::string> printed = lines();
    return contains(printed, "A 0") && contains(printed, "B 0") && contains(printed, "C 0");
  }

  /// Fails if a function that the reactor called has thrown an exception, which the reactor reports.
  void requireNoException() {
    const std::string head = "reactor: callLater failed: ";
    for (const std::string& line : errorLines()) {
      require(!line.starts_with(head),
              {.headline = "A callback threw: " + line.substr(head.size(), 80)});
    }
  }

  /// The countdowns that are not at 0: "A was at 5, B was at 4".
  std::string othersAt() {
    std::string others;
    for (const char name : {'A', 'B', 'C'}) {
      const std::string printed = printedBy(name);
      if (!printed.ends_with('0')) {
        others +=
            (others.empty() ? "" : ", ") + std::string(1, name) +
            (printed.empty() ? " had not begun" : " was at " + std::string(1, printed.back()));
      }
    }
    return others;
  }

  /// Countdown `name` has not printed what it should print, and the program is idle or has ended.
  [[noreturn]] void failToCount(char name) {
    if (!isRunning()) {
      const std::vector<std::string> all = lines();
      const std::string last = all.empty() ? "anything" : all.back();
      fail({.headline = "The program ended when it had printed " + last + ". " + othersAt() + '.',
            .cause = last.ends_with(" 0") ? "The last countdown stops the reactor, not the first."
                                          : "Each countdown prints 0, too."});
    }
    const std::string printed = printedBy(name);
    const std::string countdown = "Countdown " + std::string(1, name);
    fail({.headline = countdown + " printed " + (printed.empty() ? "nothing" : printed) +
                      ", and then nothing more.",
          .cause = printed == "5" ? "`callLater` calls a function once." : ""});
  }
};

TEST_F(ThreeCountdowns, PredictsTheFirstSixLines) {
  constexpr std::size_t kCount = 6;
  const std::string letters = lettersIn(answer("first six lines"));
  require(letters.size() == kCount,
          {.headline = "answers.txt has " + std::to_string(letters.size()) +
                       " letters for the first six lines."});
  const std::vector<Tick> ticks = idealRun();
  for (std::size_t i = 0; i < kCount; ++i) {
    const std::string right(1, ticks.at(i).name);
    const std::string mine(1, letters[i]);
    note("after " + textOf(ticks.at(i).time) + ':',
         right + " prints " + std::to_string(ticks.at(i).number) + "; you wrote " + mine);
    const bool isOneAlone = letters == std::string(kCount, letters[0]);
    const bool isInTurns = letters.substr(0, 3) == letters.substr(3);
    require(mine == right,
            {.headline = "Line " + std::to_string(i + 1) + ": you wrote " + mine + ". Countdown " +
                         right + " prints it, after " + textOf(ticks.at(i).time) + '.',
             .cause = isOneAlone  ? "A countdown that waits does not make the others wait."
                      : isInTurns ? "The countdowns do not take turns. Each has its own interval."
                                  : ""});
  }
}

TEST_F(ThreeCountdowns, PredictsTheEnd) {
  const Tick last = idealRun().back();
  const std::string letters = lettersIn(answer("last line"));
  require(letters == std::string(1, last.name),
          {.headline = "You wrote that " + letters.substr(0, 10) + " prints the last line. " +
                       std::string(1, last.name) + " prints it."});
  const std::string text = answer("seconds");
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  require(end != text.c_str(), {.headline = "answers.txt has no number after \"seconds:\"."});
  const auto isNear = [&](double other) {
    return seconds > other - 0.05 && seconds < other + 0.05;
  };
  const double right = std::chrono::duration<double>(last.time).count();
  const std::string cause =
      isNear(4.2) || isNear(3.5)
          ? "The countdowns wait at the same time, so the times do not add up."
      : isNear(1.75) ? "There is also a wait before the first number, 5."
      : isNear(2.45) ? "There is no wait after the last number, 0."
      : isNear(0.6)  ? "The program ends when the last countdown is at 0."
                     : "";
  char number[32];
  std::snprintf(number, sizeof number, "%.2f", seconds);
  require(
      isNear(right),
      {.headline = "You wrote " + std::string(number) + " seconds. The program " +
                   (cause.empty() ? "ends after " + textOf(last.time) + '.' : "does not end then."),
       .cause = cause});
}

TEST_F(ThreeCountdowns, WaitsOnlyInTheReactor) {
  start({});
  require(prints("C 5"),
          {.headline = "Countdown C did not print 5. The program " + activity() + '.'});
  setQuietTime(std::chrono::milliseconds(0));
  letRun();  // until it waits, wherever that is
  const std::string state = activity();
  require(state.find("`sleep`") == std::string::npos && state.find("`futex`") == std::string::npos,
          {.headline = "Countdown C printed 5, and then the program " + state + '.',
           .cause = "A callback sleeps, for example in `sleep_for`. Until it returns, the reactor "
                    "calls no other one."});
}

TEST_F(ThreeCountdowns, CountsAtTheSameTime) {
  start({});
  for (const char name : {'B', 'A', 'C'}) {
    if (!prints(std::string{name} + (name == 'C' ? " 2" : " 5"))) {
      requireNoException();
      failToCount(name);
    }
  }
  const std::vector<std::string> printed = lines();
  const auto place = [&](const std::string& line) {
    return std::find(printed.begin(), printed.end(), line);
  };
  struct Pair {
    std::string earlier;
    std::string later;
  };
  // In each pair, the earlier timer is set before that of "C 5", which the later one follows. So no delay
  // can change their order.
  for (const Pair& pair : {Pair{"B 5", "C 3"}, {"A 5", "C 2"}}) {
    require(place(pair.earlier) < place(pair.later),
            {.headline = "The program printed " + pair.later + " before " + pair.earlier + '.',
             .cause = "Does each countdown wait between two numbers?"});
  }
}

TEST_F(ThreeCountdowns, EndsWithTheLastCountdown) {
  const Faults order("epoll_wait:SIGCONT,print:SIGCONT");  // this signal does nothing
  start({}, order.options());
  const bool haveCounted = await([&] { return areAllAtZero(); });
  requireNoException();
  for (const char name : {'C', 'B', 'A'}) {
    if (printedBy(name) != "5, 4, 3, 2, 1, 0" && !haveCounted) {
      failToCount(name);
    }
  }
  require(await([&] { return !isRunning(); }),
          {.headline = "All three countdowns are at 0, and the program does not end.",
           .cause = "The reactor runs until its `stop` is called."});
  requireNoException();
  for (const char name : {'C', 'B', 'A'}) {
    static_cast<void>(printedBy(name));
  }
  require(lines().size() == idealRun().size(),
          {.headline = "The program printed " + std::to_string(lines().size()) +
                       " lines; expected: " + std::to_string(idealRun().size()) + '.'});
  require(order.met().back().starts_with("print"),
          {.headline = "The program printed its last line, and then the reactor waited again.",
           .cause = "Does `tick` call `callLater` after 0, too?"});
  requireExitCode(0);
}

}  // namespace poetry::testing
