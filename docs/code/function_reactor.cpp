// Why addReader takes an object and not a function. This is the small reactor with functions, and
// four things that go wrong with it.
//
// The loop knows a number and a function, and nothing else. It cannot pass on the end or an error.
// It does not notice when the number belongs to another connection. It has no name for a message.

#include "cli/output.hpp"
#include "net/pipe.hpp"
#include "net/write_all.hpp"

#include <array>
#include <cerrno>
#include <concepts>
#include <exception>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include <sys/select.h>
#include <unistd.h>

namespace poetry {

class FunctionReactor {
 public:
  void addReader(int fd, std::function<void()> callback) { callbacks_[fd] = std::move(callback); }
  void removeReader(int fd) { callbacks_.erase(fd); }

  /// Runs a number of iterations of the loop, so that each example ends.
  void run(int iterations) {
    for (int i = 0; i < iterations; ++i) {
      const std::map<int, std::function<void()>> watched = callbacks_;  // callbacks change it
      const fd_set readable = waitUntilReadable();
      for (const auto& [fd, callback] : watched) {
        if (FD_ISSET(fd, &readable) && callbacks_.contains(fd)) {
          call(fd, callback);
        }
      }
    }
  }

 private:
  [[nodiscard]] fd_set waitUntilReadable() const {
    fd_set readable;
    FD_ZERO(&readable);
    for (const auto& [fd, callback] : callbacks_) {
      FD_SET(fd, &readable);
    }
    if (::select(FD_SETSIZE, &readable, nullptr, nullptr, nullptr) < 0) {
      throw std::system_error(errno, std::generic_category(), "select");
    }
    return readable;
  }

  static void call(int fd, const std::function<void()>& callback) {
    try {
      callback();
    } catch (const std::exception& error) {
      printLine("   descriptor " + std::to_string(fd) + " failed: " + error.what());
    }
  }

  std::map<int, std::function<void()>> callbacks_;  // by descriptor
};

// removeReader cannot take the function: C++ cannot compare two functions. So it takes the number.
static_assert(!std::equality_comparable<std::function<void()>>);

/// Reads what has arrived. Empty if nothing has, and at the end.
std::string readSome(int fd) {
  std::array<char, 100> buffer{};
  const ssize_t got = ::read(fd, buffer.data(), buffer.size());
  return {buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

/// Only the function sees the end. It must remove itself then, and this one does not. The pipe stays
/// readable, so the loop calls the function again and again.
void endIsForgotten() {
  FunctionReactor reactor;
  Pipe pipe = makePipe();
  int calls = 0;
  std::string poem;
  reactor.addReader(pipe.readEnd.get(), [&] {
    ++calls;
    poem += readSome(pipe.readEnd.get());
  });
  writeAll(pipe.writeEnd.get(), "a poem");
  pipe.writeEnd.reset();  // the end
  reactor.run(1000);
  printLine("1. The function does not act on the end: " + std::to_string(calls) + " calls for " +
            std::to_string(poem.size()) + " bytes.");
}

/// A descriptor is closed and its function stays registered. The system gives the number to the
/// next pipe.
void descriptorIsReused() {
  FunctionReactor reactor;
  Pipe first = makePipe();
  const int number = first.readEnd.get();
  std::string firstPoem;
  reactor.addReader(number, [&] { firstPoem += readSome(number); });
  first.readEnd.reset();

  const Pipe second = makePipe();
  writeAll(second.writeEnd.get(), "bytes of the second poem");
  reactor.run(1);
  printLine("2. Descriptor " + std::to_string(number) + " was closed, and is now descriptor " +
            std::to_string(second.readEnd.get()) + " of the second poem.");
  printLine("   The function of the first poem got: " + firstPoem + '.');
}

/// The function of the first poem is removed too late: its number belongs to the second poem now.
void neighbourIsRemoved() {
  FunctionReactor reactor;
  Pipe first = makePipe();
  const int number = first.readEnd.get();
  reactor.addReader(number, [] {});
  first.readEnd.reset();

  const Pipe second = makePipe();
  const Pipe third = makePipe();
  int secondCalls = 0;
  int thirdCalls = 0;
  reactor.addReader(second.readEnd.get(), [&] { ++secondCalls; });
  reactor.addReader(third.readEnd.get(), [&] { ++thirdCalls; });
  reactor.removeReader(number);  // meant for the first poem

  writeAll(second.writeEnd.get(), "bytes of the second poem");
  writeAll(third.writeEnd.get(), "bytes of the third poem");
  reactor.run(1);
  printLine("3. The first poem removed descriptor " + std::to_string(number) + " too late.");
  printLine("   Calls of the second poem's function: " + std::to_string(secondCalls) +
            "; of the third's: " + std::to_string(thirdCalls) + '.');
}

/// A function has no name. The loop can report which descriptor failed, but not what it belonged
/// to.
void nameIsMissing() {
  FunctionReactor reactor;
  const Pipe pipe = makePipe();
  reactor.addReader(pipe.readEnd.get(), [] { throw std::runtime_error("not a poem"); });
  writeAll(pipe.writeEnd.get(), "prose");
  printLine("4. All that the loop can report about a function that throws:");
  reactor.run(1);
}

}  // namespace poetry

int main() {
  poetry::endIsForgotten();
  poetry::descriptorIsReused();
  poetry::neighbourIsRemoved();
  poetry::nameIsMissing();
}
