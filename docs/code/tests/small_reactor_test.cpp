// The small reactor: the promises that it shares with the library's reactor, and its length.
#include "small_reactor.hpp"

#include "reactor/tests/recording.hpp"
#include "support/descriptors.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

namespace poetry::testing {

class SmallReactorTest : public ::testing::Test {
 protected:
  /// A reader whose byte has arrived, or will arrive when the test says so.
  std::unique_ptr<RecordingDescriptor> reader(const std::string& name) {
    auto made = std::make_unique<RecordingDescriptor>(story_, name);
    reactor_.addReader(*made);
    return made;
  }

  /// Stops the loop in the iteration in which its byte is read.
  void stopWhenRead(RecordingDescriptor& reader) {
    reader.onRead = [&]() -> std::optional<Failure> {
      reactor_.stop();
      return std::nullopt;
    };
    reader.makeReadable();
  }

  SmallReactor reactor_;
  Story story_;
};

TEST_F(SmallReactorTest, HasAtMostSixtyLinesOfCode) {
  std::ifstream file(POETRY_POETRY_DIR "/../docs/code/small_reactor.hpp");
  int lines = 0;
  for (std::string line; std::getline(file, line);) {
    const std::size_t start = line.find_first_not_of(' ');
    lines += start != std::string::npos && line.compare(start, 2, "//") != 0 ? 1 : 0;
  }
  EXPECT_GT(lines, 0) << "the file was not found";
  EXPECT_LE(lines, 60);
}

/// The text of PoetrySocket in a program of the repository.
std::string poetrySocketIn(const std::string& program) {
  std::ifstream file(POETRY_POETRY_DIR "/../" + program);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const std::size_t begin = text.find("class PoetrySocket");
  const std::size_t end = text.find("int getPoetry", begin);
  return begin < end && end != std::string::npos ? text.substr(begin, end - begin) : "";
}

TEST_F(SmallReactorTest, RunsThePoetrySocketOfLessonFourUnchanged) {
  const std::string here = poetrySocketIn("docs/code/small_reactor_client.cpp");
  EXPECT_NE(here, "");
  EXPECT_EQ(here, poetrySocketIn("reactor-client-1/get_poetry.cpp"));
}

TEST_F(SmallReactorTest, CallsTheReadersThatAreReadyAndNoOthers) {
  const auto a = reader("A");
  const auto b = reader("B");
  const auto c = reader("C");
  a->makeReadable();
  stopWhenRead(*c);
  reactor_.run();
  EXPECT_EQ(story_, (Story{"A doRead", "C doRead"}));
}

TEST_F(SmallReactorTest, CallsAgainWhileBytesAreLeft) {
  const auto a = reader("A");
  a->makeReadable();
  a->makeReadable();
  int calls = 0;
  a->onRead = [&]() -> std::optional<Failure> {
    char byte = 0;
    if (::read(a->fileno(), &byte, 1) == 1 && ++calls == 2) {
      reactor_.stop();
    }
    return std::nullopt;
  };
  reactor_.run();
  EXPECT_EQ(story_, (Story{"A doRead", "A doRead"}));
}

TEST_F(SmallReactorTest, ReaderThatReturnsAReasonIsRemovedBeforeItsConnectionLost) {
  const auto a = reader("A");
  const auto last = reader("last");
  a->makeReadable();  // and stays readable: nothing reads the byte
  a->onRead = [] { return Failure(ConnectionDone()); };
  a->onLost = [&](const Failure& /*reason*/) { stopWhenRead(*last); };
  reactor_.run();
  EXPECT_EQ(story_, (Story{"A doRead", "A connectionLost ConnectionDone", "last doRead"}));
}

TEST_F(SmallReactorTest, ReaderMayRemoveItself) {
  const auto a = reader("A");
  const auto last = reader("last");
  a->makeReadable();
  a->onRead = [&]() -> std::optional<Failure> {
    reactor_.removeReader(*a);
    stopWhenRead(*last);
    return std::nullopt;
  };
  reactor_.run();
  EXPECT_EQ(story_, (Story{"A doRead", "last doRead"}));
}

TEST_F(SmallReactorTest, RemovedNeighbourIsNotCalledInTheSameIterationAndMayBeDestroyed) {
  const auto a = reader("A");
  auto b = reader("B");
  const auto c = reader("C");
  a->makeReadable();
  b->makeReadable();
  a->onRead = [&]() -> std::optional<Failure> {
    reactor_.removeReader(*b);
    b.reset();
    reactor_.removeReader(*a);
    return std::nullopt;
  };
  stopWhenRead(*c);
  reactor_.run();
  EXPECT_EQ(story_, (Story{"A doRead", "C doRead"}));
}

TEST_F(SmallReactorTest, ReaderOfAReusedDescriptorIsNotCalledForItsPredecessor) {
  const auto a = reader("A");
  auto b = reader("B");
  const auto last = reader("last");
  const int number = b->fileno();
  std::unique_ptr<RecordingDescriptor> successor;
  a->makeReadable();
  b->makeReadable();
  a->onRead = [&]() -> std::optional<Failure> {
    reactor_.removeReader(*a);
    reactor_.removeReader(*b);
    b->fd.reset();
    successor = std::make_unique<RecordingDescriptor>(story_, "successor");
    EXPECT_EQ(successor->fileno(), number) << "the system did not reuse the descriptor";
    reactor_.addReader(*successor);
    return std::nullopt;
  };
  stopWhenRead(*last);
  reactor_.run();
  EXPECT_EQ(story_, (Story{"A doRead", "last doRead"}));

  stopWhenRead(*successor);
  reactor_.removeReader(*last);
  reactor_.run();
  EXPECT_EQ(story_.back(), "successor doRead");
}

TEST_F(SmallReactorTest, RemovesOnlyTheReaderItselfWhenItsDescriptorIsReused) {
  const auto a = reader("A");
  reactor_.removeReader(*a);
  RecordingDescriptor b(story_, "B", UniqueFd());
  b.claimedFileno = a->fileno();
  reactor_.addReader(b);
  reactor_.removeReader(*a);  // again, too late
  b.onRead = [&]() -> std::optional<Failure> {
    reactor_.stop();
    return std::nullopt;
  };
  a->makeReadable();
  reactor_.run();
  EXPECT_EQ(story_, Story{"B doRead"});
}

TEST_F(SmallReactorTest, ServesAllThatAreReadyBeforeItStops) {
  const auto a = reader("A");
  const auto b = reader("B");
  stopWhenRead(*a);
  b->makeReadable();
  reactor_.run();
  EXPECT_EQ(story_, (Story{"A doRead", "B doRead"}));
  EXPECT_FALSE(reactor_.running());
}

TEST_F(SmallReactorTest, RefusesADescriptorThatSelectCannotWatch) {
  const std::vector<UniqueFd> taken = takeAllThatSelectCanWatch();
  if (taken.empty()) {
    GTEST_SKIP() << "the limit of descriptors is too low (ulimit -Hn)";
  }
  RecordingDescriptor high(story_, "high");
  RecordingDescriptor closed(story_, "closed", UniqueFd());
  EXPECT_THROW(reactor_.addReader(high), std::runtime_error);
  EXPECT_THROW(reactor_.addReader(closed), std::runtime_error);
}

}  // namespace poetry::testing
