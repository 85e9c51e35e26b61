// Asks for poems with getPoem, and prints what happens, in its order.
//
// With several servers, it asks for the last poem in the callback of poem 1, and for all others at
// once. It ends when it has a result for each poem. Without --limit, it passes no limit to getPoem.

#include "cli/output.hpp"
#include "cli/program.hpp"
#include "get_poem.hpp"
#include "reactor/reactor.hpp"

#include <cstddef>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>

namespace poetry {

constexpr ProgramInfo kProgram{.name = "ask-for-poems",
                               .about = "Asks for poems, and prints what happens in which order.",
                               .reactors = Reactor::demultiplexers,
                               .hasLimit = true};

class Program {
 public:
  Program(Reactor& reactor, const ClientOptions& options) : reactor_(reactor), options_(options) {}

  void run() {
    ask(1);
    for (std::size_t number = 2; number < options_.addresses.size(); ++number) {
      ask(number);
    }
    if (!unfinished_.empty()) {
      reactor_.run();
    }
  }

 private:
  void ask(std::size_t number) {
    unfinished_.insert(number);
    const auto done = [this, number](const PoemResult& result) { finished(number, result); };
    std::optional<Duration> limit;
    if (options_.limit != kDefaultLimit) {
      limit = options_.limit;
    }
    getPoem(reactor_, options_.addresses[number - 1], done, limit);
    printLine("asked for poem " + std::to_string(number));
  }

  void finished(std::size_t number, const PoemResult& result) {
    printLine("poem " + std::to_string(number) + ": " +
              (result.failure ? "no poetry: " + result.failure->getErrorMessage()
                              : '"' + result.poem + '"'));
    const std::size_t last = options_.addresses.size();
    if (number == 1 && last > 1 && !hasAskedForLast_) {
      hasAskedForLast_ = true;
      ask(last);
    }
    unfinished_.erase(number);
    if (unfinished_.empty() && reactor_.running()) {
      reactor_.stop();
    }
  }

  Reactor& reactor_;
  const ClientOptions& options_;
  std::set<std::size_t> unfinished_;
  bool hasAskedForLast_ = false;
};

int getPoetry(const ClientOptions& options) {
  Reactor reactor({.demultiplexer = options.reactor, .trace = options.trace});
  Program program(reactor, options);
  program.run();
  endBySignal(reactor.exitSignal());
  return EXIT_SUCCESS;
}

}  // namespace poetry

int main(int argc, char** argv) {
  return poetry::runClient(argc, argv, poetry::kProgram, poetry::getPoetry);
}
