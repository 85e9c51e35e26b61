// "If it has doRead, it can be read": what C++ has in place of Python's duck typing and of
// zope.interface.
//
// Two classes have only the functions fileno and doRead in common. The program calls them first
// through virtual functions, then through a concept. Both work. But a loop needs one list for
// objects of different classes. For such a list the concept needs a second class, AnyReader, which
// hides the class of the object. The base class with virtual functions is the shorter way to the
// same list, so the library has virtual functions.

#include "cli/output.hpp"

#include <concepts>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace poetry {

// === Virtual functions: a class says what it is =================================================

namespace virtual_functions {

class IReadDescriptor {
 public:
  virtual ~IReadDescriptor() = default;
  [[nodiscard]] virtual int fileno() const = 0;
  virtual std::string doRead() = 0;
};

class PoetrySocket : public IReadDescriptor {
 public:
  [[nodiscard]] int fileno() const override { return 3; }
  std::string doRead() override { return "a line of poetry"; }
};

class SignalPipe : public IReadDescriptor {
 public:
  [[nodiscard]] int fileno() const override { return 4; }
  std::string doRead() override { return "a signal"; }
};

/// One list, any class that is derived from the interface.
void readAll(const std::vector<IReadDescriptor*>& readers) {
  for (IReadDescriptor* reader : readers) {
    printLine("descriptor " + std::to_string(reader->fileno()) + ": " + reader->doRead());
  }
}

}  // namespace virtual_functions

// === A concept: the compiler looks at what a class has ==========================================

namespace concepts {

/// Like duck typing, but checked by the compiler: a class needs these functions, and no base class.
template <typename T>
concept ReadDescriptor = requires(T& object) {
  { object.fileno() } -> std::convertible_to<int>;
  { object.doRead() } -> std::convertible_to<std::string>;
};

struct PoetrySocket {
  [[nodiscard]] int fileno() const { return 3; }
  std::string doRead() { return "a line of poetry"; }
};

struct SignalPipe {
  [[nodiscard]] int fileno() const { return 4; }
  std::string doRead() { return "a signal"; }
};

struct Clock {
  [[nodiscard]] int fileno() const { return 5; }
};

static_assert(ReadDescriptor<PoetrySocket> && ReadDescriptor<SignalPipe>);
static_assert(!ReadDescriptor<Clock>, "it has no doRead");

/// The compiler makes one readAll for each class. The list can hold objects of one class only.
template <ReadDescriptor T>
void readAll(std::vector<T>& readers) {
  for (T& reader : readers) {
    printLine("descriptor " + std::to_string(reader.fileno()) + ": " + reader.doRead());
  }
}

/// Any object that can be read, borrowed. The functions are called through std::function, which
/// hides the class of the object ("type erasure"). Such a call costs about as much as a virtual
/// call.
class AnyReader {
 public:
  template <ReadDescriptor T>
  explicit AnyReader(T& object)
      : fileno_([&object] { return object.fileno(); }),
        doRead_([&object] { return object.doRead(); }) {}

  [[nodiscard]] int fileno() const { return fileno_(); }
  std::string doRead() { return doRead_(); }

 private:
  std::function<int()> fileno_;
  std::function<std::string()> doRead_;
};

}  // namespace concepts

void showVirtualFunctions() {
  virtual_functions::PoetrySocket socket;
  virtual_functions::SignalPipe signals;
  printLine("Virtual functions, two classes in one list:");
  virtual_functions::readAll({&socket, &signals});
}

void showConcepts() {
  std::vector<concepts::PoetrySocket> sockets(2);
  printLine("A concept, one class in the list:");
  concepts::readAll(sockets);

  concepts::SignalPipe signals;
  std::vector<concepts::AnyReader> readers;
  readers.emplace_back(sockets.front());
  readers.emplace_back(signals);
  printLine("A concept and type erasure, two classes in one list:");
  concepts::readAll(readers);
}

}  // namespace poetry

int main() {
  poetry::showVirtualFunctions();
  poetry::showConcepts();
}
