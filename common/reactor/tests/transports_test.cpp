// Transports: what is written arrives, and how a connection is closed.
#include "reactor/tests/connection_test.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <sys/socket.h>

namespace poetry::testing {

namespace {

/// Pseudo-random bytes: a part that is missing or in the wrong place does not go unnoticed.
std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(state >> 24U);
  }
  return bytes;
}

}  // namespace

// === Sending and closing ======================================================================

TEST_P(ConnectionTest, WrittenBytesArriveInOrderAndThenTheOrderlyClose) {
  whenConnected([](ITransport& transport) {
    transport.write("one ");
    transport.write("");
    transport.write("two");
    transport.loseConnection();
  });
  connectAndRun();
  EXPECT_EQ(receiveToTheEnd(peer_), "one two");
  EXPECT_EQ(story_.back(), "client: stopFactory");
  EXPECT_EQ(count(story_, "client: clientConnectionLost ConnectionDone"), 1);
}

TEST_P(ConnectionTest, WriteDoesNotSendAtOnce) {
  whenConnected([&](ITransport& transport) {
    transport.write("");
    EXPECT_EQ(reactor().getWriters().size(), 0u);
    transport.write("later");
    char byte = 0;
    EXPECT_LT(::recv(peer_.get(), &byte, 1, MSG_DONTWAIT), 0);
    transport.loseConnection();
  });
  connectAndRun();
  EXPECT_EQ(receiveToTheEnd(peer_), "later");
}

TEST_P(ConnectionTest, BytesWrittenAfterLoseConnectionAreSentToo) {
  whenConnected([](ITransport& transport) {
    transport.write("A");
    transport.loseConnection();
    transport.write("B");
    transport.loseConnection();
  });
  connectAndRun();
  EXPECT_EQ(receiveToTheEnd(peer_), "AB");
}

TEST_P(ConnectionTest,
       BytesThatDoNotFitIntoTheKernelAreSentLaterAlsoToAPeerThatHasClosedItsDirection) {
  const std::string everything = pattern(20 * 1024 * 1024);
  std::string received;
  std::unique_ptr<RecordingDescriptor> reader;
  whenConnected([&](ITransport& transport) {
    ASSERT_EQ(::shutdown(peer_.get(), SHUT_WR), 0);
    setNonBlocking(peer_.get());
    reader = std::make_unique<RecordingDescriptor>(story_, "peer", std::move(peer_));
    reader->onRead = [&]() -> std::optional<Failure> {
      story_.pop_back();
      static std::array<char, 65536> buffer;
      const Received some = receive(reader->fd.get(), buffer);
      received += some.bytes;
      return some.isEndOfFile() ? std::optional(Failure(ConnectionDone())) : std::nullopt;
    };
    reader->onLost = [&](const Failure& /*reason*/) { stopOnce(); };
    transport.write(everything);
    transport.loseConnection();
    afterIterations(100, [&] {
      EXPECT_EQ(reactor().getWriters().size(), 1u) << "it waits for room";
      EXPECT_EQ(count(story_, "client: connectionLost ConnectionDone"), 0);
      reactor().addReader(*reader);
    });
  });
  connect();
  run();
  EXPECT_TRUE(received == everything) << received.size() << " bytes";
  EXPECT_EQ(count(story_, "client: connectionLost ConnectionDone"), 1);
}

TEST_P(ConnectionTest, LoseConnectionStopsReadingThoughThePeerHasSentMore) {
  whenConnected([&](ITransport& /*transport*/) { send(peer_, std::string(200'000, 'x')); });
  int calls = 0;
  client_.hooks.quiet = true;
  client_.hooks.received = [&](RecordingProtocol& protocol, std::string_view bytes) {
    EXPECT_LE(bytes.size(), 65536u);
    ++calls;
    protocol.connection().loseConnection();
  };
  connectAndRun();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(count(story_, "client: connectionLost ConnectionDone"), 1);
  EXPECT_EQ(receiveToTheEnd(peer_), "<reset>")
      << "the kernel resets, because the rest was not read";
}

TEST_P(ConnectionTest, WritingAndClosingALostConnectionDoesNothing) {
  whenConnected([&](ITransport& /*transport*/) { peer_.reset(); });
  const auto useIt = [&](RecordingProtocol& protocol, const Failure& /*reason*/) {
    ITransport& transport = protocol.connection();
    transport.write("too late");
    transport.loseConnection();
    transport.abortConnection();
    EXPECT_EQ(reactor().removeAll().size(), 0u);
  };
  client_.hooks.lost = useIt;
  client_.onLost = [&](IConnector& /*connector*/, const Failure& reason) {
    useIt(*client_.built, reason);
    stopAfterIterations(2);
  };
  connect();
  run();
  EXPECT_EQ(count(story_, "client: connectionLost ConnectionDone"), 1);
  EXPECT_EQ(errors_, Errors{});
}

TEST_P(ConnectionTest, AbortInDataReceivedResetsAndConnectionLostFollowsOnce) {
  whenConnected([&](ITransport& /*transport*/) { send(peer_, "x"); });
  client_.hooks.received = [&](RecordingProtocol& protocol, std::string_view /*bytes*/) {
    protocol.connection().write("never sent");
    protocol.connection().abortConnection();
    protocol.connection().write("never sent either");
    story_.push_back("aborted");
  };
  connectAndRun();
  EXPECT_EQ(receiveToTheEnd(peer_), "<reset>");
  EXPECT_EQ(Story(story_.end() - 5, story_.end()),
            (Story{"client: dataReceived x", "aborted", "client: connectionLost ConnectionAborted",
                   "client: clientConnectionLost ConnectionAborted", "client: stopFactory"}));
}

TEST_P(ConnectionTest, AbortAfterLoseConnectionDropsTheOutputAndFurtherCallsDoNothing) {
  whenConnected([&](ITransport& transport) {
    transport.write("never sent");
    transport.loseConnection();
    transport.abortConnection();
    transport.abortConnection();
    transport.loseConnection();
  });
  connectAndRun();
  EXPECT_EQ(count(story_, "client: connectionLost ConnectionAborted"), 1);
  EXPECT_EQ(receiveToTheEnd(peer_), "<reset>");
}

TEST_P(ConnectionTest, AbortFollowedByAnExceptionIsOneEndWithTheException) {
  whenConnected([&](ITransport& /*transport*/) { send(peer_, "x"); });
  client_.hooks.received = [](RecordingProtocol& protocol, std::string_view /*bytes*/) {
    protocol.connection().abortConnection();
    throw Mishap();
  };
  client_.onLost = [&](IConnector& /*connector*/, const Failure& /*reason*/) {
    stopAfterIterations(2);
  };
  connect();
  run();
  EXPECT_EQ(Story(story_.end() - 3, story_.end()),
            (Story{"client: connectionLost Mishap", "client: clientConnectionLost Mishap",
                   "client: stopFactory"}));
  EXPECT_EQ(count(story_, "client: connectionLost ConnectionAborted"), 0);
}

TEST_P(ConnectionTest, OrderlyCloseByThePeerEndsTheConnectionAndDropsPendingOutput) {
  whenConnected([&](ITransport& transport) {
    ASSERT_EQ(::shutdown(peer_.get(), SHUT_WR), 0);
    transport.write(std::string(20'000'000, 'x'));
  });
  connectAndRun();
  EXPECT_EQ(count(story_, "client: connectionLost ConnectionDone"), 1);
  EXPECT_LT(receiveToTheEnd(peer_).size(), 20'000'000u);
}

TEST_P(ConnectionTest, BytesThatCameBeforeAResetAreReceived) {
  whenConnected([&](ITransport& /*transport*/) {
    send(peer_, "last words");
    closeWithReset(peer_);
  });
  connectAndRun();
  EXPECT_EQ(Story(story_.end() - 4, story_.end()),
            (Story{"client: dataReceived last words", "client: connectionLost ConnectionLost",
                   "client: clientConnectionLost ConnectionLost", "client: stopFactory"}));
}

TEST_P(ConnectionTest, BytesAndAResetThatComeBeforeTheClientSeesItsConnectionAreBothReported) {
  connect();
  peer_ = listener_.accept();
  send(peer_, "last words");
  closeWithReset(peer_);
  stopWhenLost();
  run();
  EXPECT_EQ(story_,
            (Story{"client: startFactory", "client: startedConnecting", "client: buildProtocol",
                   "client: connectionMade", "client: dataReceived last words",
                   "client: connectionLost ConnectionLost",
                   "client: clientConnectionLost ConnectionLost", "client: stopFactory"}));
}

TEST_P(ConnectionTest, BytesAndTheOrderlyCloseInOneSegmentAreBothReported) {
  whenConnected([&](ITransport& /*transport*/) {
    ASSERT_EQ(::send(peer_.get(), "all", 3, MSG_MORE), 3);  // the kernel holds them back
    peer_.reset();
  });
  connectAndRun();
  EXPECT_EQ(count(story_, "client: dataReceived all"), 1);
  EXPECT_EQ(count(story_, "client: connectionLost ConnectionDone"), 1);
}

TEST_P(ConnectionTest, WritingToAPeerThatHasResetIsConnectionLost) {
  whenConnected([&](ITransport& transport) {
    transport.write(std::string(20'000'000, 'x'));
    transport.loseConnection();  // so only a write can find the error
    afterIterations(2, [&] { closeWithReset(peer_); });
  });
  connectAndRun();
  EXPECT_EQ(count(story_, "client: connectionLost ConnectionLost"), 1);
}

TEST_P(ConnectionTest, StopFlushesNothing) {
  whenConnected([&](ITransport& transport) {
    transport.write("never sent");
    transport.loseConnection();
    reactor().stop();
  });
  connectAndRun();
  EXPECT_EQ(receiveToTheEnd(peer_), "");
  EXPECT_EQ(count(story_, "client: connectionLost ConnectionLost"), 1);
  EXPECT_EQ(count(story_, "client: clientConnectionLost ConnectionLost"), 1);
}

}  // namespace poetry::testing
