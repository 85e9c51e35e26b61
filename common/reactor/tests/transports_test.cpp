// What a reactor promises about transports: what is written arrives, and how a connection is
// closed. "Case" is the number of a row in the list of cases that every reactor of this library
// has to pass.
#include "reactor/tests/connection_test.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <sys/socket.h>

namespace poetry::testing {

namespace {

/// A megabyte whose bytes tell where they belong.
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

// Case 29
TEST_P(ConnectionTest, WhatIsWrittenIsReceivedInOrderAndThenTheEnd) {
  whenConnected([](ITransport& transport) {
    transport.write("one ");
    transport.write("");
    transport.writeSequence(std::array<std::string_view, 4>{"two ", "", "three ", "four"});
    transport.writeSequence({});
    transport.loseConnection();
  });
  connectAndRun();
  EXPECT_EQ(receiveToTheEnd(peer_), "one two three four");
  EXPECT_EQ(story_.back(), "client: stopFactory");
  EXPECT_EQ(count(story_, "client: clientConnectionLost ConnectionDone"), 1);
}

TEST_P(ConnectionTest, WriteSendsNothingOnTheSpotAndNothingRegistersNothing) {
  whenConnected([&](ITransport& transport) {
    transport.write("");
    transport.writeSequence({});
    EXPECT_EQ(reactor().getWriters().size(), 0u);
    transport.write("later");
    char byte = 0;
    EXPECT_LT(::recv(peer_.get(), &byte, 1, MSG_DONTWAIT), 0);
    transport.loseConnection();
  });
  connectAndRun();
  EXPECT_EQ(receiveToTheEnd(peer_), "later");
}

// Case 31, and rule 22
TEST_P(ConnectionTest, WhatIsWrittenAfterLoseConnectionIsSentToo) {
  whenConnected([](ITransport& transport) {
    transport.write("A");
    transport.loseConnection();
    transport.write("B");
    transport.loseConnection();
    transport.writeSequence(std::array<std::string_view, 2>{"C", "D"});
  });
  connectAndRun();
  EXPECT_EQ(receiveToTheEnd(peer_), "ABCD");
}

// Case 28
TEST_P(ConnectionTest, SixtyMegabytesArriveCompleteBeforeTheEnd) {
  constexpr int kPieces = 60;
  const std::string piece = pattern(1'000'000);
  RecordingServerFactory server(story_);
  const auto port = reactor().listenTCP(0, server, 50, "127.0.0.1");
  std::size_t received = 0;
  bool asSent = true;
  server.hooks.quiet = true;
  server.hooks.received = [&](RecordingProtocol& protocol, std::string_view bytes) {
    EXPECT_FALSE(bytes.empty());
    EXPECT_LE(bytes.size(), 65536u);
    for (std::string_view rest = bytes; !rest.empty();) {
      const std::size_t offset = received % piece.size();
      const std::size_t size = std::min(rest.size(), piece.size() - offset);
      asSent = asSent && rest.substr(0, size) == std::string_view(piece).substr(offset, size);
      received += size;
      rest.remove_prefix(size);
    }
    protocol.bytes.clear();
  };
  std::optional<Failure> end;
  server.hooks.lost = [&](RecordingProtocol& /*protocol*/, const Failure& reason) {
    end = reason;
    stopOnce();
  };
  client_.hooks.made = [&](RecordingProtocol& protocol) {
    for (int i = 0; i < kPieces; ++i) {
      protocol.connection().write(piece);
    }
    protocol.connection().loseConnection();
  };
  reactor().connectTCP("127.0.0.1", port->getHost().port(), client_);
  run();
  EXPECT_EQ(received, kPieces * piece.size());
  EXPECT_TRUE(asSent);
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->check<ConnectionDone>()) << kindOf(*end);
}

// Case 66, and rule 23: a peer that has closed its own direction, and at first reads nothing
TEST_P(ConnectionTest, FullKernelBufferIsNoErrorAndTheRestIsSentWhenThereIsRoom) {
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
    afterTurns(100, [&] {
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

// Case 30, and rule 21
TEST_P(ConnectionTest, NothingIsReceivedAfterLoseConnectionAlthoughBytesWait) {
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
}

// Case 32, and rule 21
TEST_P(ConnectionTest, WritingAndClosingAfterTheEndIsIgnored) {
  whenConnected([&](ITransport& /*transport*/) { peer_.reset(); });
  const auto useIt = [&](RecordingProtocol& protocol, const Failure& /*reason*/) {
    ITransport& transport = protocol.connection();
    transport.write("too late");
    transport.writeSequence(std::array<std::string_view, 1>{"too late"});
    transport.loseConnection();
    transport.abortConnection();
    EXPECT_EQ(reactor().removeAll().size(), 0u);
  };
  client_.hooks.lost = useIt;
  client_.onLost = [&](IConnector& /*connector*/, const Failure& reason) {
    useIt(*client_.built, reason);
    stopAfterTurns(2);
  };
  connect();
  run();
  EXPECT_EQ(count(story_, "client: connectionLost ConnectionDone"), 1);
  EXPECT_EQ(errors_, Errors{});
}

// Case 55
TEST_P(ConnectionTest, AbortInDataReceivedResetsThePeerAndIsToldLaterAndOnce) {
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

// Case 56
TEST_P(ConnectionTest, AbortingTwiceAndThenLosingIsAbortingOnce) {
  whenConnected([&](ITransport& transport) {
    transport.abortConnection();
    transport.abortConnection();
    transport.loseConnection();
  });
  client_.onLost = [&](IConnector& /*connector*/, const Failure& /*reason*/) { stopAfterTurns(2); };
  connect();
  run();
  EXPECT_EQ(count(story_, "client: connectionLost ConnectionAborted"), 1);
  EXPECT_EQ(count(story_, "client: clientConnectionLost ConnectionAborted"), 1);
  EXPECT_EQ(receiveToTheEnd(peer_), "<reset>");
}

// Case 56
TEST_P(ConnectionTest, AbortAfterLoseConnectionDropsWhatIsNotSent) {
  whenConnected([&](ITransport& transport) {
    transport.write("never sent");
    transport.loseConnection();
    transport.abortConnection();
  });
  connectAndRun();
  EXPECT_EQ(count(story_, "client: connectionLost ConnectionAborted"), 1);
  EXPECT_EQ(receiveToTheEnd(peer_), "<reset>");
}

// Rule 2
TEST_P(ConnectionTest, AbortFollowedByAnExceptionIsOneEndForTheException) {
  whenConnected([&](ITransport& /*transport*/) { send(peer_, "x"); });
  client_.hooks.received = [](RecordingProtocol& protocol, std::string_view /*bytes*/) {
    protocol.connection().abortConnection();
    throw Mishap();
  };
  client_.onLost = [&](IConnector& /*connector*/, const Failure& /*reason*/) { stopAfterTurns(2); };
  connect();
  run();
  EXPECT_EQ(Story(story_.end() - 3, story_.end()),
            (Story{"client: connectionLost Mishap", "client: clientConnectionLost Mishap",
                   "client: stopFactory"}));
  EXPECT_EQ(count(story_, "client: connectionLost ConnectionAborted"), 0);
}

// Case 57, and rule 24
TEST_P(ConnectionTest, EndOfThePeersBytesEndsTheConnectionAndDropsPendingOutput) {
  whenConnected([&](ITransport& transport) {
    ASSERT_EQ(::shutdown(peer_.get(), SHUT_WR), 0);
    transport.write(std::string(20'000'000, 'x'));
  });
  connectAndRun();
  EXPECT_EQ(count(story_, "client: connectionLost ConnectionDone"), 1);
  EXPECT_LT(receiveToTheEnd(peer_).size(), 20'000'000u);
}

// Rule 12
TEST_P(ConnectionTest, BytesThatCameBeforeAResetAreDeliveredBeforeIt) {
  whenConnected([&](ITransport& /*transport*/) {
    send(peer_, "last words");
    closeWithReset(peer_);
  });
  connectAndRun();
  EXPECT_EQ(Story(story_.end() - 4, story_.end()),
            (Story{"client: dataReceived last words", "client: connectionLost ConnectionLost",
                   "client: clientConnectionLost ConnectionLost", "client: stopFactory"}));
}

// Rule 12: all of it has happened before the client knows that it is connected
TEST_P(ConnectionTest, BytesAndAResetThatComeBeforeTheConnectionIsNoticedAreBothTold) {
  connect();
  // The connection is begun by the first timer of the first turn; this one runs right after it.
  reactor().callLater(Seconds(0), [&] {
    acceptPeer();
    send(peer_, "last words");
    closeWithReset(peer_);
  });
  stopWhenLost();
  run();
  EXPECT_EQ(story_,
            (Story{"client: startFactory", "client: startedConnecting", "client: buildProtocol",
                   "client: connectionMade", "client: dataReceived last words",
                   "client: connectionLost ConnectionLost",
                   "client: clientConnectionLost ConnectionLost", "client: stopFactory"}));
}

// Rule 12
TEST_P(ConnectionTest, BytesAndTheEndInOneSegmentAreBothTold) {
  whenConnected([&](ITransport& /*transport*/) {
    ASSERT_EQ(::send(peer_.get(), "all", 3, MSG_MORE), 3);  // held back until there is more to say
    peer_.reset();
  });
  connectAndRun();
  EXPECT_EQ(count(story_, "client: dataReceived all"), 1);
  EXPECT_EQ(count(story_, "client: connectionLost ConnectionDone"), 1);
}

TEST_P(ConnectionTest, WritingToAPeerThatHasResetIsALoss) {
  whenConnected([&](ITransport& transport) {
    transport.write(std::string(20'000'000, 'x'));
    transport.loseConnection();  // so nobody reads, and the error is found by a write
    afterTurns(2, [&] { closeWithReset(peer_); });
  });
  connectAndRun();
  EXPECT_EQ(count(story_, "client: connectionLost ConnectionLost"), 1);
}

// Case 68, and rule 15
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
