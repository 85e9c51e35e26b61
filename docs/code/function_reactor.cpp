// Why addReader takes an object and not a function: the small reactor once more, with functions, and
// four things that go wrong with it.
//
// The loop knows a descriptor and a function. It knows no more than that, so everything else is left
// to the function: to notice the end, to remove itself, to be removed in time, to have a name.

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

  void run() {
    running_ = true;
    while (running_) {
      const std::map<int, std::function<void()>> watched = callbacks_;  // callbacks change it
      const fd_set readable = waitUntilReadable();
      for (const auto& [fd, callback] : watched) {
        if (FD_ISSET(fd, &readable) && callbacks_.contains(fd)) {
          call(fd, callback);
        }
      }
    }
  }

  void stop() { running_ = false; }

 private:
  [[nodiscard]] fd_set waitUntilReadable() const {
    fd_set readable;
    FD_ZERO(&readable);
    for (const auto& [fd, callback] : callbacks_) {
      FD_SET(fd, &readable);
    }
    const int highest = callbacks_.empty() ? -1 : callbacks_.rbegin()->first;
    if (::select(highest + 1, &readable, nullptr, nullptr, nullptr) < 0) {
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
  bool running_ = false;
};

// removeReader cannot take the function: C++ cannot compare two of them, so it takes the number.
static_assert(!std::equality_comparable<std::function<void()>>);

/// Reads what has arrived. Empty if nothing has, and at the end.
std::string readSome(int fd) {
  std::array<char, 100> buffer{};
  const ssize_t got = ::read(fd, buffer.data(), buffer.size());
  return {buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

/// The loop cannot be told about the end. The function has to act on it, and this one forgets that.
void endIsForgotten() {
  FunctionReactor reactor;
  Pipe pipe = makePipe();
  std::string poem;
  int calls = 0;
  reactor.addReader(pipe.readEnd.get(), [&] {
    ++calls;
    poem += readSome(pipe.readEnd.get());
    if (calls == 1000) {
      reactor.stop();  // otherwise this would not end
    }
  });
  writeAll(pipe.writeEnd.get(), "a poem");
  pipe.writeEnd.reset();  // the end
  reactor.run();
  printLine("1. The function does not act on the end: " + std::to_string(calls) + " calls for " +
            std::to_string(poem.size()) + " bytes.");
}

/// A descriptor is closed and its function stays. The system gives the number to the next connection.
void descriptorIsReused() {
  FunctionReactor reactor;
  Pipe first = makePipe();
  const int number = first.readEnd.get();
  std::string firstPoem;
  reactor.addReader(number, [&] {
    firstPoem += readSome(number);
    reactor.stop();
  });
  first.readEnd.reset();

  const Pipe second = makePipe();
  writeAll(second.writeEnd.get(), "bytes of the second poem");
  reactor.run();
  printLine("2. Descriptor " + std::to_string(number) + " was closed, and is now descriptor " +
            std::to_string(second.readEnd.get()) + " of the second poem.");
  printLine("   The function of the first poem got: " + firstPoem + '.');
}

/// The same, but the first function is replaced, and removed too late: by its number, which is not
/// its number any more.
void neighbourIsRemoved() {
  FunctionReactor reactor;
  Pipe first = makePipe();
  const int number = first.readEnd.get();
  reactor.addReader(number, [] {});
  first.readEnd.reset();

  const Pipe second = makePipe();
  int calls = 0;
  reactor.addReader(second.readEnd.get(), [&] { ++calls; });
  reactor.removeReader(number);  // meant for the first poem

  const Pipe last = makePipe();
  reactor.addReader(last.readEnd.get(), [&] { reactor.stop(); });
  writeAll(second.writeEnd.get(), "bytes of the second poem");
  writeAll(last.writeEnd.get(), "stop");
  reactor.run();
  printLine("3. The first poem removed descriptor " + std::to_string(number) +
            " late. The function of the second poem was called " + std::to_string(calls) +
            " times.");
}

/// A function has no name. The loop can report which number failed, but not what that was.
void nameIsMissing() {
  FunctionReactor reactor;
  const Pipe pipe = makePipe();
  printLine("4. All that the loop can say about a function that throws:");
  reactor.addReader(pipe.readEnd.get(), [&] {
    reactor.stop();
    throw std::runtime_error("not a poem");
  });
  writeAll(pipe.writeEnd.get(), "prose");
  reactor.run();
}

}  // namespace poetry

int main() {
  poetry::endIsForgotten();
  poetry::descriptorIsReused();
  poetry::neighbourIsRemoved();
  poetry::nameIsMissing();
}
