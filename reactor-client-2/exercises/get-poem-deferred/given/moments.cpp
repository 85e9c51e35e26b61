// Plays moments in the life of a Deferred, and prints what is done with it. The functions that the
// Deferred calls print indented lines.
//
//     moments before throws     plays two moments
//     moments poems 10000       downloads a poem; with several ports, several poems

#include "cli/output.hpp"
#include "cli/program.hpp"
#include "deferred.hpp"
#include "get_poem_deferred.hpp"
#include "reactor/reactor.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace poetry {

/// A Deferred, and lines that say what is done with it.
class Moment {
 public:
  void addCallback(const std::string& name) {
    add(name, [name](const std::string& value) { printLine("  " + name + " gets " + value); });
  }

  void addCallbackThatThrows(const std::string& name) {
    add(name, [name](const std::string& value) {
      printLine("  " + name + " gets " + value + ", and throws");
      throw std::runtime_error("an exception of " + name);
    });
  }

  void addCallbackThatAdds(const std::string& name, const std::string& other) {
    add(name, [this, name, other](const std::string& value) {
      printLine("  " + name + " gets " + value);
      addCallback(other);
    });
  }

  void addErrback(const std::string& name) {
    printLine("addErrback(" + name + ")");
    tryTo([&] {
      deferred_.addErrback([name](const Failure& reason) {
        printLine("  " + name + " gets " + reason.getErrorMessage());
      });
    });
  }

  void addErrbackThatThrows(const std::string& name) {
    printLine("addErrback(" + name + ")");
    tryTo([&] {
      deferred_.addErrback([name](const Failure& reason) {
        printLine("  " + name + " gets " + reason.getErrorMessage() + ", and throws");
        throw std::runtime_error("an exception of " + name);
      });
    });
  }

  void callback(const std::string& value) {
    printLine("callback(" + value + ")");
    tryTo([&] { deferred_.callback(value); });
  }

  void errback(const std::string& reason) {
    printLine("errback(" + reason + ")");
    tryTo([&] { deferred_.errback(Failure(std::runtime_error(reason))); });
  }

 private:
  void add(const std::string& name, const std::function<void(const std::string&)>& function) {
    printLine("addCallback(" + name + ")");
    tryTo([&] { deferred_.addCallback(function); });
  }

  static void tryTo(const std::function<void()>& function) {
    try {
      function();
    } catch (const std::logic_error&) {
      printLine("  std::logic_error");
    } catch (const std::exception& error) {
      printLine("  the caller gets " + std::string(error.what()));
    }
  }

  Deferred<std::string> deferred_;
};

const std::map<std::string, void (*)(Moment&)> kMoments{
    {"before",
     [](Moment& moment) {
       moment.addCallback("f");
       moment.addErrback("h");
       moment.addCallback("g");
       moment.callback("a poem");
     }},
    {"failure",
     [](Moment& moment) {
       moment.addErrback("h");
       moment.addCallback("f");
       moment.addErrback("k");
       moment.errback("a reason");
     }},
    {"after",
     [](Moment& moment) {
       moment.addCallback("f");
       moment.callback("a poem");
       moment.addErrback("h");
       moment.addCallback("g");
     }},
    {"inside",
     [](Moment& moment) {
       moment.addCallbackThatAdds("f", "g");
       moment.addCallback("k");
       moment.callback("a poem");
     }},
    {"after-failure",
     [](Moment& moment) {
       moment.errback("a reason");
       moment.addCallback("f");
       moment.addErrback("h");
       moment.addErrback("k");
     }},
    {"throws",
     [](Moment& moment) {
       moment.addErrback("h");
       moment.addCallbackThatThrows("f");
       moment.addCallback("g");
       moment.addErrback("k");
       moment.callback("a poem");
     }},
    {"throws-after",
     [](Moment& moment) {
       moment.callback("a poem");
       moment.addCallbackThatThrows("f");
       moment.addCallback("g");
       moment.addErrback("k");
     }},
    {"unhandled",
     [](Moment& moment) {
       moment.addCallback("f");
       moment.errback("a reason");
     }},
    {"unhandled-exception",
     [](Moment& moment) {
       moment.addErrback("h");
       moment.addCallbackThatThrows("f");
       moment.callback("a poem");
     }},
    {"unhandled-in-errback",
     [](Moment& moment) {
       moment.addErrbackThatThrows("h");
       moment.errback("a reason");
     }},
    {"handled",
     [](Moment& moment) {
       moment.addErrback("h");
       moment.errback("a reason");
     }},
    {"twice",
     [](Moment& moment) {
       moment.addCallback("f");
       moment.addErrback("h");
       moment.callback("a poem");
       moment.callback("another poem");
       moment.errback("a reason");
     }},
};

void getPoems(const std::vector<std::string>& ports) {
  Reactor reactor;
  std::size_t unfinished = ports.size();
  const auto finished = [&] {
    --unfinished;
    if (unfinished == 0) {
      reactor.stop();
    }
  };
  for (const std::string& port : ports) {
    const auto number = static_cast<std::uint16_t>(std::stoul(port));
    const DeferredPoem poem = getPoem(reactor, {"127.0.0.1", number});
    printLine("asked port " + port);
    poem->addCallback([&, port](const std::string& bytes) {
      printLine("  port " + port + ": " + bytes);
      finished();
    });
    poem->addErrback([&, port](const Failure& reason) {
      printLine("  port " + port + ": no poetry: " + reason.getErrorMessage());
      finished();
    });
  }
  reactor.run();
}

void play(const std::vector<std::string>& words) {
  if (!words.empty() && words.front() == "poems") {
    getPoems({words.begin() + 1, words.end()});
    return;
  }
  for (const std::string& name : words) {
    printLine("moment " + name);
    Moment moment;
    kMoments.at(name)(moment);
  }
}

}  // namespace poetry

int main(int argc, char** argv) {
  poetry::prepareProcess();
  poetry::play({argv + 1, argv + argc});
  return EXIT_SUCCESS;
}
