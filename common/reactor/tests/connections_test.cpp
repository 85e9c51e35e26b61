// What a reactor promises about connections: connectTCP, listenTCP, transports, protocols and
// factories, over loopback. "Case" is the number of a row in the list of cases that every reactor
// of this library has to pass.
#include "reactor/tests/reactor_test.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <map>
#include <stdexcept>

#include <fcntl.h>
#include <sys/resource.h>  // getrlimit
#include <sys/select.h>    // FD_SETSIZE
#include <sys/socket.h>

namespace poetry::testing {

/// A plain listener, to which the client_ of the test connects.
class ConnectionTest : public ReactorTest {
 protected:
  void TearDown() override {
    peer_.reset();
    listener_.socket.reset();
    ReactorTest::TearDown();
  }

  std::shared_ptr<IConnector> connect() {
    return reactor().connectTCP("127.0.0.1", listener_.port, client_);
  }
  /// What connectionMade of the client does: lets the other end, a plain socket, in.
  void acceptPeer() { peer_ = listener_.accept(); }
  /// The first that the client does with its connection.
  void whenConnected(std::function<void(ITransport&)> function) {
    client_.hooks.made = [this, function = std::move(function)](RecordingProtocol& protocol) {
      acceptPeer();
      function(protocol.connection());
    };
  }
  void stopWhenLost() {
    client_.onLost = [this](IConnector& /*connector*/, const Failure& /*reason*/) { stopOnce(); };
    client_.onFailed = client_.onLost;
  }
  void connectAndRun() {
    stopWhenLost();
    connect();
    run();
  }

  Listener listener_;
  UniqueFd peer_;
  RecordingClientFactory client_{story_};
};

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

// === The life of a connection =================================================================

// Case 25, and rule 19
TEST_P(ConnectionTest, CallbacksOfAConnectionComeInOrder) {
  whenConnected([&](ITransport& /*transport*/) {
    send(peer_, "hello");
    peer_.reset();
  });
  stopWhenLost();
  connect();
  EXPECT_EQ(story_, (Story{"client: startFactory", "client: startedConnecting"}))
      << "nothing else is called from inside connectTCP";
  run();
  EXPECT_EQ(story_, (Story{"client: startFactory", "client: startedConnecting",
                           "client: buildProtocol", "client: connectionMade",
                           "client: dataReceived hello", "client: connectionLost ConnectionDone",
                           "client: clientConnectionLost ConnectionDone", "client: stopFactory"}));
}

// Case 25
TEST_P(ConnectionTest, OneConnectorIsHandedToAllCallbacksAndIsWhatConnectTcpReturned) {
  std::vector<IConnector*> seen;
  client_.onStarted = [&](IConnector& connector) { seen.push_back(&connector); };
  client_.onLost = [&](IConnector& connector, const Failure& /*reason*/) {
    seen.push_back(&connector);
    reactor().stop();
  };
  whenConnected([&](ITransport& /*transport*/) { peer_.reset(); });
  const auto connector = connect();
  run();
  EXPECT_EQ(seen, (std::vector<IConnector*>{connector.get(), connector.get()}));
}

// Case 26, and rule 20
TEST_P(ConnectionTest, RefusedConnectionFailsOnceAndGetsNoProtocol) {
  const ClosedPort closed;
  std::optional<Failure> failure;
  client_.onFailed = [&](IConnector& /*connector*/, const Failure& reason) {
    failure = reason;
    stopAfterTurns(2);
  };
  reactor().connectTCP("127.0.0.1", closed.port, client_);
  run();
  EXPECT_EQ(story_, (Story{"client: startFactory", "client: startedConnecting",
                           "client: clientConnectionFailed ConnectionRefusedError",
                           "client: stopFactory"}));
  ASSERT_TRUE(failure);
  EXPECT_TRUE(failure->check<ConnectError>());
  EXPECT_EQ(dynamic_cast<const ReasonError&>(failure->value()).osError(), ECONNREFUSED);
  EXPECT_EQ(failure->getErrorMessage(), "Connection refused");
}

// Case 27
TEST_P(ConnectionTest, FailedConnectionMayStopTheReactor) {
  const ClosedPort closed;
  client_.onFailed = [&](IConnector& /*connector*/, const Failure& /*reason*/) {
    reactor().stop();
  };
  reactor().connectTCP("127.0.0.1", closed.port, client_);
  run();
  EXPECT_EQ(errors_, Errors{});
}

// Case 40
TEST_P(ConnectionTest, FactoryIsStartedWithItsFirstConnectionAndStoppedAfterItsLast) {
  int lost = 0;
  client_.hooks.made = [&](RecordingProtocol& protocol) { protocol.connection().loseConnection(); };
  client_.onLost = [&](IConnector& /*connector*/, const Failure& /*reason*/) {
    ++lost;
    EXPECT_EQ(count(story_, "client: stopFactory"), 0);
    if (lost == 3) {
      stopAfterTurns(1);
    }
  };
  connect();
  connect();
  connect();
  run();
  EXPECT_EQ(lost, 3);
  EXPECT_EQ(count(story_, "client: startFactory"), 1);
  EXPECT_EQ(count(story_, "client: stopFactory"), 1);
  EXPECT_EQ(story_.back(), "client: stopFactory");
}

// Case 65, and rule 31
TEST_P(ConnectionTest, LostConnectionIsClosedAndForgottenAndItsProtocolDestroyed) {
  whenConnected([&](ITransport& transport) { transport.loseConnection(); });
  client_.onLost = [&](IConnector& /*connector*/, const Failure& /*reason*/) {
    EXPECT_EQ(RecordingProtocol::alive, 1) << "its connectionLost is maybe still on the stack";
    afterTurns(1, [&] {
      EXPECT_EQ(RecordingProtocol::alive, 0);
      EXPECT_EQ(receiveToTheEnd(peer_), "");
      EXPECT_EQ(reactor().removeAll().size(), 0u);
      reactor().stop();
    });
  };
  connect();
  run();
}

// Case 61
TEST_P(ConnectionTest, BothEndsAgreeOnTheirNumericAddresses) {
  RecordingServerFactory server(story_);
  const auto port = reactor().listenTCP(0, server, 50, "127.0.0.1");
  const Address listening = port->getHost();
  EXPECT_EQ(listening.host(), "127.0.0.1");
  EXPECT_NE(listening.port(), 0);
  std::vector<Address> seenByClient;
  std::vector<Address> seenByServer;
  client_.onBuild = [&](const Address& peer) {
    seenByClient.push_back(peer);
    return true;
  };
  server.onBuild = [&](const Address& peer) {
    seenByServer.push_back(peer);
    return true;
  };
  server.hooks.made = [&](RecordingProtocol& protocol) {
    seenByServer.push_back(protocol.connection().getPeer());
    seenByServer.push_back(protocol.connection().getHost());
    protocol.connection().loseConnection();
  };
  // Asked when the connection is lost: they are still known.
  client_.hooks.lost = [&](RecordingProtocol& protocol, const Failure& /*reason*/) {
    seenByClient.push_back(protocol.connection().getPeer());
    seenByClient.push_back(protocol.connection().getHost());
    reactor().stop();
  };
  const auto connector = reactor().connectTCP("localhost", listening.port(), client_);
  run();
  EXPECT_EQ(connector->getDestination(), (HostPort{"localhost", listening.port()}))
      << "as it was asked for";
  ASSERT_EQ(seenByClient.size(), 3u);
  ASSERT_EQ(seenByServer.size(), 3u);
  const Address client = seenByClient[2];
  EXPECT_EQ(seenByClient[0], listening);
  EXPECT_EQ(seenByClient[1], listening);
  EXPECT_EQ(seenByServer, (std::vector<Address>{client, client, listening}));
  EXPECT_EQ(client.host(), "127.0.0.1");
}

TEST_P(ConnectionTest, PeerIsWhoAnsweredAlsoWhenTheAddressNamedNobody) {
  std::vector<std::string> seen;
  client_.onBuild = [&](const Address& peer) {
    seen.push_back(peer.host());
    return true;
  };
  client_.hooks.made = [&](RecordingProtocol& protocol) {
    seen.push_back(protocol.connection().getPeer().host());
    protocol.connection().loseConnection();
  };
  stopWhenLost();
  reactor().connectTCP("0.0.0.0", listener_.port, client_);
  run();
  EXPECT_EQ(seen, (std::vector<std::string>{"127.0.0.1", "127.0.0.1"}));
}

TEST_P(ConnectionTest, BadPortAndBadTimeoutAreRefusedAtTheCall) {
  EXPECT_THROW(reactor().connectTCP("127.0.0.1", 0, client_), std::invalid_argument);
  EXPECT_THROW(reactor().connectTCP("127.0.0.1", 1, client_, Seconds(-1)), std::invalid_argument);
  EXPECT_EQ(story_, Story{});
  EXPECT_EQ(reactor().getDelayedCalls().size(), 0u);
}

TEST_P(ConnectionTest, ConnectionIsTwoDelayedCallsUntilItIsMade) {
  connect();
  EXPECT_EQ(reactor().getDelayedCalls().size(), 2u) << "the start and the timeout";
  EXPECT_EQ(reactor().removeAll().size(), 0u) << "nobody is watched before the loop runs";
  const auto unlimited = reactor().connectTCP("127.0.0.1", listener_.port, client_, std::nullopt);
  EXPECT_EQ(reactor().getDelayedCalls().size(), 3u);
}

TEST_P(ConnectionTest, TraceTellsHowReadinessBecomesDataReceived) {
  options_.trace = true;
  remakeReactor();
  whenConnected([&](ITransport& /*transport*/) {
    send(peer_, "x");
    peer_.reset();
  });
  ::testing::internal::CaptureStderr();
  connectAndRun();
  const std::string trace = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(trace.find("reactor: [RecordingProtocol,client] readable -> doRead\n"
                       "reactor: [RecordingProtocol,client] doRead -> dataReceived\n"),
            std::string::npos)
      << trace;
  EXPECT_NE(trace.find("reactor: [RecordingProtocol,client] doRead returned: Connection was closed "
                       "cleanly -> connectionLost\n"),
            std::string::npos)
      << trace;
}

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
    send(peer_, "all");
    peer_.reset();
  });
  connectAndRun();
  EXPECT_EQ(client_.built == nullptr, false);
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

// === Callbacks that throw, protocols that are not there =======================================

// Case 33, and rule 25
TEST_P(ConnectionTest, ExceptionOfConnectionMadeEndsTheClientsConnectionWithIt) {
  whenConnected([](ITransport& /*transport*/) { throw Mishap(); });
  connectAndRun();
  EXPECT_EQ(Story(story_.end() - 4, story_.end()),
            (Story{"client: connectionMade", "client: connectionLost Mishap",
                   "client: clientConnectionLost Mishap", "client: stopFactory"}));
  EXPECT_EQ(errors_.size(), 1u);
  EXPECT_EQ(receiveToTheEnd(peer_), "");
}

// Rule 25
TEST_P(ConnectionTest, ExceptionOfDataReceivedEndsTheClientsConnectionWithIt) {
  whenConnected([&](ITransport& /*transport*/) { send(peer_, "x"); });
  client_.hooks.received = [](RecordingProtocol& /*protocol*/, std::string_view /*bytes*/) {
    throw Mishap();
  };
  connectAndRun();
  EXPECT_EQ(Story(story_.end() - 3, story_.end()),
            (Story{"client: connectionLost Mishap", "client: clientConnectionLost Mishap",
                   "client: stopFactory"}));
  EXPECT_EQ(errors_, (Errors{{"Mishap", "[RecordingProtocol,client] doRead"}}));
}

// Rule 25
TEST_P(ConnectionTest, ExceptionOfConnectionMadeClosesTheServersConnectionToo) {
  RecordingServerFactory server(story_);
  server.hooks.made = [&](RecordingProtocol& /*protocol*/) {
    stopAfterTurns(2);
    throw Mishap();
  };
  const auto port = reactor().listenTCP(0, server, 50, "127.0.0.1");
  const UniqueFd client = connectPlainly(port->getHost().port());
  run();
  EXPECT_EQ(story_,
            (Story{"server: startFactory", "server: buildProtocol", "server: connectionMade",
                   "server: connectionLost Mishap", "server: stopFactory"}));
  EXPECT_EQ(errors_, (Errors{{"Mishap", "[RecordingProtocol,1,127.0.0.1] connectionMade"}}));
  EXPECT_EQ(receiveToTheEnd(client), "");
}

// Rule 25
TEST_P(ConnectionTest, ExceptionOfTheServersBuildProtocolDropsThatClientAndNoOther) {
  RecordingServerFactory server(story_);
  server.onBuild = [&](const Address& /*peer*/) -> bool {
    if (count(story_, "server: buildProtocol") == 1) {
      throw Mishap();
    }
    return true;
  };
  server.hooks.made = [&](RecordingProtocol& protocol) {
    protocol.connection().write("welcome");
    protocol.connection().loseConnection();
  };
  server.hooks.lost = [&](RecordingProtocol& /*protocol*/, const Failure& /*reason*/) {
    stopOnce();
  };
  const auto port = reactor().listenTCP(0, server, 50, "127.0.0.1");
  const UniqueFd first = connectPlainly(port->getHost().port());
  const UniqueFd second = connectPlainly(port->getHost().port());
  run();
  EXPECT_EQ(receiveToTheEnd(first), "");
  EXPECT_EQ(receiveToTheEnd(second), "welcome");
  ASSERT_EQ(errors_.size(), 1u);
  EXPECT_EQ(errors_[0].kind, "Mishap");
}

// Rule 26
TEST_P(ConnectionTest, ExceptionOfTheClientsBuildProtocolIsAFailedConnection) {
  client_.onBuild = [&](const Address& /*peer*/) -> bool { throw Mishap(); };
  connectAndRun();
  EXPECT_EQ(story_,
            (Story{"client: startFactory", "client: startedConnecting", "client: buildProtocol",
                   "client: clientConnectionFailed ConnectError", "client: stopFactory"}));
  ASSERT_EQ(errors_.size(), 1u);
  EXPECT_EQ(errors_[0].kind, "Mishap");
}

// Case 34
TEST_P(ConnectionTest, ClientWithoutAProtocolClosesInOrderAndIsLostAndNotFailed) {
  client_.onBuild = [&](const Address& /*peer*/) {
    acceptPeer();
    return false;
  };
  connectAndRun();
  EXPECT_EQ(receiveToTheEnd(peer_), "");
  EXPECT_EQ(story_,
            (Story{"client: startFactory", "client: startedConnecting", "client: buildProtocol",
                   "client: clientConnectionLost ConnectionDone", "client: stopFactory"}));
}

// Case 35
TEST_P(ConnectionTest, ServerWithoutAProtocolClosesAndGoesOnListening) {
  RecordingServerFactory server(story_);
  server.onBuild = [&](const Address& /*peer*/) {
    if (count(story_, "server: buildProtocol") == 2) {
      reactor().stop();
    }
    return false;
  };
  const auto port = reactor().listenTCP(0, server, 50, "127.0.0.1");
  const UniqueFd first = connectPlainly(port->getHost().port());
  UniqueFd second;
  afterTurns(2, [&] {
    EXPECT_EQ(receiveToTheEnd(first), "");
    second = connectPlainly(port->getHost().port());
  });
  run();
  EXPECT_EQ(receiveToTheEnd(second), "");
  EXPECT_EQ(errors_, Errors{});
}

// Case 69, and rule 27
TEST_P(ConnectionTest, ConnectionLostThatThrowsKeepsNothingFromBeingSettled) {
  whenConnected([&](ITransport& /*transport*/) { peer_.reset(); });
  client_.hooks.lost = [](RecordingProtocol& /*protocol*/, const Failure& /*reason*/) {
    throw Mishap();
  };
  client_.onLost = [&](IConnector& connector, const Failure& reason) {
    EXPECT_TRUE(reason.check<ConnectionDone>()) << "the reason stays what it was";
    EXPECT_THROW(connector.stopConnecting(), NotConnectingError) << "it is disconnected";
    stopAfterTurns(2);
    throw Mishap();
  };
  client_.onStopFactory = [] { throw Mishap(); };
  connect();
  run();
  EXPECT_EQ(Story(story_.end() - 3, story_.end()),
            (Story{"client: connectionLost ConnectionDone",
                   "client: clientConnectionLost ConnectionDone", "client: stopFactory"}));
  EXPECT_EQ(errors_, (Errors{{"Mishap", "[RecordingProtocol,client] connectionLost"},
                             {"Mishap", "clientConnectionLost"},
                             {"Mishap", "stopFactory"}}));
}

// Case 69, and rule 27
TEST_P(ConnectionTest, ClientConnectionFailedThatThrowsIsCalledOnceAndTheFactoryIsStopped) {
  const ClosedPort closed;
  client_.onFailed = [&](IConnector& /*connector*/, const Failure& /*reason*/) {
    stopAfterTurns(2);
    throw Mishap();
  };
  reactor().connectTCP("127.0.0.1", closed.port, client_);
  run();
  EXPECT_EQ(
      Story(story_.begin() + 2, story_.end()),
      (Story{"client: clientConnectionFailed ConnectionRefusedError", "client: stopFactory"}));
  EXPECT_EQ(errors_, (Errors{{"Mishap", "clientConnectionFailed"}}));
}

// === Connectors ===============================================================================

// Case 36, and rule 28
TEST_P(ConnectionTest, ConnectInClientConnectionLostConnectsAgainWithoutANewStart) {
  whenConnected([&](ITransport& /*transport*/) { peer_.reset(); });
  client_.onLost = [&](IConnector& connector, const Failure& /*reason*/) {
    if (count(story_, "client: buildProtocol") == 1) {
      connector.connect();
      EXPECT_EQ(story_.back(), "client: startedConnecting") << "synchronously";
    } else {
      stopOnce();
    }
  };
  connect();
  run();
  EXPECT_EQ(story_,
            (Story{"client: startFactory", "client: startedConnecting", "client: buildProtocol",
                   "client: connectionMade", "client: connectionLost ConnectionDone",
                   "client: clientConnectionLost ConnectionDone", "client: startedConnecting",
                   "client: buildProtocol", "client: connectionMade",
                   "client: connectionLost ConnectionDone",
                   "client: clientConnectionLost ConnectionDone", "client: stopFactory"}));
}

TEST_P(ConnectionTest, ConnectLaterStopsAndStartsTheFactoryInBetween) {
  whenConnected([&](ITransport& /*transport*/) { peer_.reset(); });
  std::shared_ptr<IConnector> connector;
  client_.onLost = [&](IConnector& /*connector*/, const Failure& /*reason*/) {
    if (count(story_, "client: buildProtocol") == 1) {
      afterTurns(1, [&] { connector->connect(); });
    } else {
      stopOnce();
    }
  };
  connector = connect();
  run();
  EXPECT_EQ(count(story_, "client: startFactory"), 2);
  EXPECT_EQ(count(story_, "client: stopFactory"), 2);
}

// Case 37
TEST_P(ConnectionTest, StopConnectingInStartedConnectingFailsBeforeConnectTcpReturns) {
  client_.onStarted = [](IConnector& connector) { connector.stopConnecting(); };
  connect();
  EXPECT_EQ(story_, (Story{"client: startFactory", "client: startedConnecting",
                           "client: clientConnectionFailed UserError", "client: stopFactory"}));
  EXPECT_EQ(reactor().getDelayedCalls().size(), 0u);
  stopAfterTurns(2);
  run();
  EXPECT_EQ(story_.size(), 4u);
}

// Rule 28
TEST_P(ConnectionTest, ConnectInTheFailureThatStopConnectingCausedWorks) {
  client_.onFailed = [&](IConnector& connector, const Failure& reason) {
    EXPECT_TRUE(reason.check<UserError>());
    connector.connect();
  };
  std::shared_ptr<IConnector> connector = connect();
  whenConnected([&](ITransport& /*transport*/) {
    EXPECT_THROW(connector->connect(), std::runtime_error);
    connector->disconnect();
  });
  reactor().callLater(Seconds(0), [&] { connector->stopConnecting(); });
  client_.onLost = [&](IConnector& /*connector*/, const Failure& /*reason*/) { stopOnce(); };
  run();
  EXPECT_EQ(story_, (Story{"client: startFactory", "client: startedConnecting",
                           "client: clientConnectionFailed UserError", "client: startedConnecting",
                           "client: buildProtocol", "client: connectionMade",
                           "client: connectionLost ConnectionDone",
                           "client: clientConnectionLost ConnectionDone", "client: stopFactory"}));
}

// Case 38
TEST_P(ConnectionTest, ConnectorRefusesWhatItsStateDoesNotAllow) {
  whenConnected([&](ITransport& transport) { transport.write("x"); });
  const auto connector = connect();
  EXPECT_THROW(connector->connect(), std::runtime_error) << "it is connecting";
  afterTurns(3, [&] {
    ASSERT_EQ(story_.back(), "client: connectionMade");
    EXPECT_THROW(connector->stopConnecting(), NotConnectingError);
    EXPECT_THROW(connector->connect(), std::runtime_error);
    connector->disconnect();
    EXPECT_EQ(story_.back(), "client: connectionMade") << "disconnect() closes politely, later";
  });
  client_.onLost = [&](IConnector& /*connector*/, const Failure& /*reason*/) {
    afterTurns(1, [&] {
      const std::size_t length = story_.size();
      EXPECT_THROW(connector->stopConnecting(), NotConnectingError);
      EXPECT_NO_THROW(connector->disconnect());
      EXPECT_EQ(story_.size(), length);
      reactor().stop();
    });
  };
  run();
  EXPECT_EQ(receiveToTheEnd(peer_), "x");
}

TEST_P(ConnectionTest, DisconnectWhileConnectingIsStopConnecting) {
  const auto connector = connect();
  connector->disconnect();
  EXPECT_EQ(story_.back(), "client: stopFactory");
  EXPECT_EQ(count(story_, "client: clientConnectionFailed UserError"), 1);
}

// Case 39, and rule 29
TEST_P(ConnectionTest, ConnectionThatNobodyAnswersTimesOut) {
  const SilentPort silent;
  std::optional<Failure> failure;
  Seconds end{0};
  client_.onFailed = [&](IConnector& /*connector*/, const Failure& reason) {
    failure = reason;
    end = reactor().seconds();
    EXPECT_EQ(reactor().removeAll().size(), 0u);
    stopAfterTurns(1);
  };
  const Seconds begin = reactor().seconds();
  reactor().connectTCP("127.0.0.1", silent.port, client_, Seconds(0.3));
  run();
  ASSERT_TRUE(failure);
  EXPECT_TRUE(failure->check<TimeoutError>()) << kindOf(*failure);
  EXPECT_TRUE(failure->check<UserError>());
  EXPECT_GE(end - begin, Seconds(0.3));
  EXPECT_EQ(story_, (Story{"client: startFactory", "client: startedConnecting",
                           "client: clientConnectionFailed TimeoutError", "client: stopFactory"}));
}

// Rule 29
TEST_P(ConnectionTest, ThereIsNoTimeoutOnceItIsConnected) {
  whenConnected([&](ITransport& /*transport*/) {
    EXPECT_EQ(reactor().getDelayedCalls().size(), 1u) << "the watchdog's alone";
    stopOnce();
  });
  connect();
  run();
  EXPECT_EQ(count(story_, "client: clientConnectionLost ConnectionLost"), 1);
}

// === Stopping =================================================================================

// Case 67, and rule 16
TEST_P(ConnectionTest, StopEndsWhatIsConnectedAndFailsWhatIsConnectingAndStopsTheFactories) {
  const SilentPort silent;
  RecordingServerFactory server(story_);
  RecordingClientFactory connecting(story_, "connecting");
  const auto port = reactor().listenTCP(0, server, 50, "127.0.0.1");
  server.hooks.made = [&](RecordingProtocol& /*protocol*/) { stopAfterTurns(2); };
  reactor().connectTCP("127.0.0.1", port->getHost().port(), client_);
  reactor().connectTCP("127.0.0.1", silent.port, connecting);
  run();
  for (const char* line :
       {"client: connectionLost ConnectionLost", "client: clientConnectionLost ConnectionLost",
        "client: stopFactory", "server: connectionLost ConnectionLost", "server: stopFactory",
        "connecting: clientConnectionFailed ConnectError", "connecting: stopFactory"}) {
    EXPECT_EQ(count(story_, line), 1) << line;
  }
  EXPECT_EQ(count(story_, "connecting: buildProtocol"), 0);
}

// Rule 17
TEST_P(ConnectionTest, ConnectAndStopInOneHookIsAFailedConnection) {
  const SilentPort silent;
  reactor().callWhenRunning([&] {
    reactor().connectTCP("127.0.0.1", silent.port, client_);
    reactor().stop();
  });
  run();
  EXPECT_EQ(story_, (Story{"client: startFactory", "client: startedConnecting",
                           "client: clientConnectionFailed ConnectError", "client: stopFactory"}));
}

// Rule 17: here the attempt has no turn left in which it could begin
TEST_P(ConnectionTest, ConnectAndStopInOneTimerIsAFailedConnection) {
  reactor().callLater(Seconds(0), [&] {
    connect();
    reactor().stop();
  });
  run();
  EXPECT_EQ(story_, (Story{"client: startFactory", "client: startedConnecting",
                           "client: clientConnectionFailed ConnectError", "client: stopFactory"}));
}

// Rule 2: an aborted connection is in no set any more, and must be told all the same
TEST_P(ConnectionTest, AbortAndStopInOneTimerIsStillOneConnectionAborted) {
  whenConnected([&](ITransport& transport) {
    reactor().callLater(Seconds(0), [&] {
      transport.abortConnection();
      reactor().stop();
    });
  });
  connect();
  run();
  EXPECT_EQ(count(story_, "client: connectionLost ConnectionAborted"), 1);
  EXPECT_EQ(count(story_, "client: clientConnectionLost ConnectionAborted"), 1);
  EXPECT_EQ(story_.back(), "client: stopFactory");
}

// Rule 16: and the same for a port that is about to be closed
TEST_P(ConnectionTest, StopListeningAndStopInOneTimerStillStopsTheFactory) {
  RecordingServerFactory server(story_);
  const auto port = reactor().listenTCP(0, server, 50, "127.0.0.1");
  reactor().callLater(Seconds(0), [&] {
    port->stopListening([&] { story_.push_back("done"); });
    reactor().stop();
  });
  run();
  EXPECT_EQ(story_, (Story{"server: startFactory", "server: stopFactory", "done"}));
}

// Rule 16
TEST_P(ConnectionTest, AttemptsThatStopEachOtherDuringTheShutdownFailOnceEach) {
  const SilentPort silent;
  std::vector<std::shared_ptr<IConnector>> connectors;
  client_.onFailed = [&](IConnector& /*connector*/, const Failure& /*reason*/) {
    for (const auto& connector : connectors) {
      connector->disconnect();
    }
  };
  for (int i = 0; i < 3; ++i) {
    connectors.push_back(reactor().connectTCP("127.0.0.1", silent.port, client_));
  }
  stopAfterTurns(2);
  run();
  EXPECT_EQ(count(story_, "client: clientConnectionFailed ConnectError"), 1);
  EXPECT_EQ(count(story_, "client: clientConnectionFailed UserError"), 2);
  EXPECT_EQ(count(story_, "client: stopFactory"), 1);
}

// Rule 16
TEST_P(ConnectionTest, ConnectDuringTheShutdownStartsNothingAndIsNeverReported) {
  whenConnected([&](ITransport& /*transport*/) { reactor().stop(); });
  client_.onLost = [&](IConnector& connector, const Failure& /*reason*/) { connector.connect(); };
  connect();
  run();
  EXPECT_EQ(Story(story_.end() - 2, story_.end()),
            (Story{"client: clientConnectionLost ConnectionLost", "client: startedConnecting"}));
}

// === Listening ================================================================================

// Case 62
TEST_P(ConnectionTest, PortInUseIsRefusedAndTheFactoryIsNotStarted) {
  RecordingServerFactory server(story_);
  try {
    reactor().listenTCP(listener_.port, server, 50, "127.0.0.1");
    ADD_FAILURE() << "the port was in use";
  } catch (const CannotListenError& error) {
    EXPECT_EQ(error.osError(), EADDRINUSE);
    EXPECT_NE(std::string(error.what()).find("127.0.0.1:" + std::to_string(listener_.port)),
              std::string::npos)
        << error.what();
  }
  EXPECT_EQ(story_, Story{});
}

// A factory that was started for nothing would never be stopped
TEST_P(ConnectionTest, PortThatCannotBeWatchedIsRefusedAndTheFactoryIsNotStarted) {
  if (GetParam() != "select") {
    GTEST_SKIP() << "only select has descriptors that it cannot watch";
  }
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur <= FD_SETSIZE) {
    GTEST_SKIP() << "the system grants no descriptor that select cannot watch";
  }
  std::vector<UniqueFd> taken;
  do {
    taken.emplace_back(::fcntl(listener_.socket.get(), F_DUPFD_CLOEXEC, 3));
  } while (taken.back().get() < FD_SETSIZE);
  RecordingServerFactory server(story_);
  EXPECT_THROW(reactor().listenTCP(0, server, 50, "127.0.0.1"), CannotListenError);
  EXPECT_EQ(reactor().getReaders().size(), 0u);
  EXPECT_EQ(story_, Story{});
}

// Case 63
TEST_P(ConnectionTest, StoppedPortAcceptsNobodyAndItsConnectionsGoOn) {
  RecordingServerFactory server(story_);
  RecordingServerFactory successor(story_, "successor");
  auto port = reactor().listenTCP(0, server, 50, "127.0.0.1");
  const std::uint16_t number = port->getHost().port();
  const UniqueFd client = connectPlainly(number);
  server.hooks.made = [&](RecordingProtocol& /*protocol*/) {
    reactor().callLater(Seconds(0), [&] {
      port->stopListening([&] {
        story_.push_back("done");
        EXPECT_THROW(connectPlainly(number), std::system_error);
        server.built->connection().write("still here");
        port = reactor().listenTCP(number, successor, 50, "127.0.0.1");
        EXPECT_EQ(port->getHost().port(), number);
      });
      EXPECT_EQ(count(story_, "done"), 0) << "later";
    });
  };
  UniqueFd second;
  successor.hooks.made = [&](RecordingProtocol& /*protocol*/) { stopOnce(); };
  afterTurns(4, [&] {
    EXPECT_EQ(receiveExactly(client, 10), "still here");
    second = connectPlainly(number);
  });
  run();
  EXPECT_EQ(story_[0], "server: startFactory");
  EXPECT_EQ(count(story_, "server: stopFactory"), 1);
  EXPECT_EQ(count(story_, "done"), 1);
  EXPECT_EQ(count(story_, "successor: connectionMade"), 1);
  EXPECT_EQ(count(story_, "server: connectionMade"), 1);
}

TEST_P(ConnectionTest, StopListeningMayBeCalledAgainBeforeAndAfterItIsThrough) {
  RecordingServerFactory server(story_);
  const auto port = reactor().listenTCP(0, server, 50, "127.0.0.1");
  port->stopListening([&] { story_.push_back("first"); });
  port->stopListening([&] { story_.push_back("second"); });
  port->stopListening();
  afterTurns(2, [&] {
    port->stopListening([&] {
      story_.push_back("third");
      reactor().stop();
    });
  });
  run();
  EXPECT_EQ(story_,
            (Story{"server: startFactory", "server: stopFactory", "first", "second", "third"}));
}

TEST_P(ConnectionTest, PortStoppedByTheClientThatItAcceptsAcceptsNoOther) {
  RecordingServerFactory server(story_);
  std::shared_ptr<IListeningPort> port = reactor().listenTCP(0, server, 50, "127.0.0.1");
  server.hooks.made = [&](RecordingProtocol& /*protocol*/) { port->stopListening(); };
  const UniqueFd first = connectPlainly(port->getHost().port());
  const UniqueFd second = connectPlainly(port->getHost().port());
  stopAfterTurns(3);
  run();
  EXPECT_EQ(count(story_, "server: buildProtocol"), 1);
  EXPECT_EQ(count(story_, "server: stopFactory"), 1);
}

// Case 40, for servers
TEST_P(ConnectionTest, FactoryOfTwoPortsIsStartedAndStoppedOnce) {
  RecordingServerFactory server(story_);
  const auto first = reactor().listenTCP(0, server, 50, "127.0.0.1");
  const auto second = reactor().listenTCP(0, server, 50, "127.0.0.1");
  first->stopListening();
  afterTurns(1, [&] { EXPECT_EQ(story_, Story{"server: startFactory"}); });
  stopAfterTurns(2);
  run();
  EXPECT_EQ(story_, (Story{"server: startFactory", "server: stopFactory"}));
}

TEST_P(ConnectionTest, PortAcceptsAllWhoWaitAndNumbersThem) {
  RecordingServerFactory server(story_);
  const auto port = reactor().listenTCP(0, server, 50, "127.0.0.1");
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(connectPlainly(port->getHost().port()));
  }
  stopAfterTurns(1);
  run();
  EXPECT_EQ(count(story_, "server: connectionMade"), 20) << "in one turn";
}

// Rule 12: for a client that has come and gone before it was accepted
TEST_P(ConnectionTest, ClientThatSentAndResetBeforeItWasAcceptedIsHeardAndLost) {
  RecordingServerFactory server(story_);
  std::vector<std::uint16_t> ports;
  server.onBuild = [&](const Address& peer) {
    ports.push_back(peer.port());
    return true;
  };
  const auto port = reactor().listenTCP(0, server, 50, "127.0.0.1");
  UniqueFd client = connectPlainly(port->getHost().port());
  const std::uint16_t clientPort = Address::hostOf(client.get()).port();
  send(client, "last words");
  closeWithReset(client);
  stopAfterTurns(3);
  run();
  EXPECT_EQ(story_, (Story{"server: startFactory", "server: buildProtocol",
                           "server: connectionMade", "server: dataReceived last words",
                           "server: connectionLost ConnectionLost", "server: stopFactory"}));
  EXPECT_EQ(ports, std::vector<std::uint16_t>{clientPort});
  EXPECT_EQ(errors_, Errors{});
}

// === Names ====================================================================================

namespace {

/// A name server on 127.0.0.1 that knows what the test tells it, and is watched by the reactor
/// under test.
class NameServer : public IReadDescriptor {
 public:
  NameServer() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    const Address anyPort = resolveWithoutLookup({"127.0.0.1", 0}).front();
    if (::bind(socket_.get(), anyPort.data(), anyPort.size()) != 0) {
      throw std::system_error(errno, std::generic_category(), "bind");
    }
  }

  [[nodiscard]] std::string address() const { return Address::hostOf(socket_.get()).toString(); }

  /// The IPv4 addresses of a name. A name that is not there does not exist.
  std::map<std::string, std::vector<std::string>> hosts;
  bool silent = false;
  int questions = 0;

  [[nodiscard]] int fileno() const override { return socket_.get(); }
  void connectionLost(const Failure& /*reason*/) override {}
  [[nodiscard]] std::string logPrefix() const override { return "NameServer"; }

  std::optional<Failure> doRead() override {
    std::array<char, 512> buffer{};
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const ssize_t got = ::recvfrom(socket_.get(), buffer.data(), buffer.size(), 0,
                                   reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 12) {
      return std::nullopt;
    }
    ++questions;
    if (!silent) {
      const std::string reply = answer({buffer.data(), static_cast<std::size_t>(got)});
      ::sendto(socket_.get(), reply.data(), reply.size(), 0,
               reinterpret_cast<const sockaddr*>(&from), size);
    }
    return std::nullopt;
  }

 private:
  /// RFC 1035: a header of twelve bytes, then the question (a name in pieces, each after its
  /// length, then type and class), then the answers.
  std::string answer(std::string_view query) const {
    std::string name;
    std::size_t at = 12;
    while (query[at] != 0) {
      const auto length = static_cast<std::size_t>(query[at]);
      name += (name.empty() ? "" : ".") + std::string(query.substr(at + 1, length));
      at += 1 + length;
    }
    const char type = query[at + 2];
    const std::string_view question = query.substr(12, at + 5 - 12);
    // Who asks mixes capitals in, to make it harder to guess.
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });

    const auto known = hosts.find(name);
    const bool isKnown = known != hosts.end();
    std::string answers;
    char answerCount = 0;
    if (isKnown && type == 1) {
      for (const std::string& host : known->second) {
        const Address address = resolveWithoutLookup({host, 1}).front();
        const auto* ipv4 = reinterpret_cast<const sockaddr_in*>(address.data());
        answers += std::string("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4", 12);
        answers += std::string(reinterpret_cast<const char*>(&ipv4->sin_addr), 4);
        ++answerCount;
      }
    }
    std::string reply(query.substr(0, 2));
    reply += std::string("\x81", 1) + (isKnown ? '\x80' : '\x83');  // 3: no such name
    reply += std::string("\0\1\0", 3) + answerCount + std::string("\0\0\0\0", 4);
    return reply + std::string(question) + answers;
  }

  UniqueFd socket_;
};

}  // namespace

/// The same, with a name server.
class NameTest : public ConnectionTest {
 protected:
  NameTest() {
    options_.nameservers = {nameServer_->address()};
    remakeReactor();
    reactor().addReader(*nameServer_);
  }

  void TearDown() override {
    destroyReactor();
    nameServer_.reset();
    ConnectionTest::TearDown();
  }

  std::unique_ptr<NameServer> nameServer_ = std::make_unique<NameServer>();
};

// Case 73
TEST_P(NameTest, NameThatDoesNotExistIsAFailedLookup) {
  std::optional<Failure> failure;
  client_.onFailed = [&](IConnector& /*connector*/, const Failure& reason) {
    failure = reason;
    stopAfterTurns(1);
  };
  reactor().connectTCP("nowhere.example", listener_.port, client_);
  run();
  ASSERT_TRUE(failure);
  EXPECT_TRUE(failure->check<DNSLookupError>()) << kindOf(*failure);
  EXPECT_FALSE(failure->check<ConnectError>());
  EXPECT_EQ(story_,
            (Story{"client: startFactory", "client: startedConnecting",
                   "client: clientConnectionFailed DNSLookupError", "client: stopFactory"}));
}

// Case 61: with a name that has to be looked up
TEST_P(NameTest, NameIsLookedUpAndThePeerIsNumeric) {
  nameServer_->hosts["poems.example"] = {"127.0.0.1"};
  std::string peer;
  whenConnected([&](ITransport& transport) {
    peer = transport.getPeer().toString();
    transport.loseConnection();
  });
  stopWhenLost();
  const auto connector = reactor().connectTCP("poems.example", listener_.port, client_);
  run();
  EXPECT_EQ(peer, "127.0.0.1:" + std::to_string(listener_.port));
  EXPECT_EQ(connector->getDestination().host, "poems.example");
  EXPECT_GE(nameServer_->questions, 1);
}

TEST_P(NameTest, AllAddressesOfANameAreTriedInTurn) {
  // Nobody listens at the first two: the listener has 127.0.0.1 alone.
  nameServer_->hosts["poems.example"] = {"127.0.0.2", "127.0.0.3", "127.0.0.1"};
  std::string peer;
  whenConnected([&](ITransport& transport) {
    peer = transport.getPeer().host();
    transport.loseConnection();
  });
  stopWhenLost();
  reactor().connectTCP("poems.example", listener_.port, client_);
  run();
  EXPECT_EQ(peer, "127.0.0.1");
  EXPECT_EQ(count(story_, "client: buildProtocol"), 1);
}

// Rule 29: the timeout covers the lookup
TEST_P(NameTest, LookupThatNobodyAnswersTimesOut) {
  nameServer_->silent = true;
  client_.onFailed = [&](IConnector& /*connector*/, const Failure& /*reason*/) {
    stopAfterTurns(1);
  };
  reactor().connectTCP("poems.example", listener_.port, client_, Seconds(0.1));
  run();
  EXPECT_EQ(story_, (Story{"client: startFactory", "client: startedConnecting",
                           "client: clientConnectionFailed TimeoutError", "client: stopFactory"}));
  EXPECT_GE(nameServer_->questions, 1);
}

// Rule 16: the lookup is a part of connecting
TEST_P(NameTest, StopDuringALookupIsAFailedConnection) {
  nameServer_->silent = true;
  reactor().connectTCP("poems.example", listener_.port, client_);
  stopAfterTurns(2);
  run();
  EXPECT_EQ(story_, (Story{"client: startFactory", "client: startedConnecting",
                           "client: clientConnectionFailed ConnectError", "client: stopFactory"}));
}

// Rule 16: some of them are told of the shutdown before the one that aborts them, some after it
TEST_P(NameTest, ConnectionsThatAnotherAbortsDuringTheShutdownAreLostOnceEach) {
  constexpr int kConnections = 5;
  nameServer_->silent = true;
  std::vector<ITransport*> transports;
  client_.hooks.made = [&](RecordingProtocol& protocol) {
    transports.push_back(&protocol.connection());
    if (transports.size() == kConnections) {
      stopOnce();
    }
  };
  RecordingClientFactory late(story_, "late");
  late.onFailed = [&](IConnector& /*connector*/, const Failure& /*reason*/) {
    for (ITransport* transport : transports) {
      transport->abortConnection();
    }
  };
  for (int i = 0; i < kConnections; ++i) {
    reactor().connectTCP("127.0.0.1", listener_.port, client_);
    reactor().connectTCP("poems.example", listener_.port, late);
  }
  run();
  int lost = 0;
  for (const std::string& line : story_) {
    lost += line.starts_with("client: connectionLost ") ? 1 : 0;
  }
  EXPECT_EQ(lost, kConnections);
  EXPECT_EQ(count(story_, "client: clientConnectionLost ConnectionLost") +
                count(story_, "client: clientConnectionLost ConnectionAborted"),
            kConnections);
  EXPECT_EQ(count(story_, "client: stopFactory"), 1);
}

TEST_P(NameTest, LookupThatIsNotWantedAnyMoreIsForgotten) {
  nameServer_->hosts["poems.example"] = {"127.0.0.1"};
  const auto connector = reactor().connectTCP("poems.example", listener_.port, client_);
  afterTurns(1, [&] { connector->stopConnecting(); });
  stopAfterTurns(5);
  run();
  EXPECT_EQ(story_, (Story{"client: startFactory", "client: startedConnecting",
                           "client: clientConnectionFailed UserError", "client: stopFactory"}));
}

TEST_P(NameTest, NobodyHearsOfAnAnswerThatIsDroppedOnItsWay) {
  // A numeric address is answered at once, and told on the next turn.
  auto lookup = reactor().resolveHostName({"127.0.0.1", 80},
                                          [](const Resolution& /*resolution*/) { ADD_FAILURE(); });
  lookup.reset();
  EXPECT_EQ(reactor().getDelayedCalls().size(), 0u);
  stopAfterTurns(2);
  run();
}

TEST_P(NameTest, NameServerThatIsNoneIsAFailedConnection) {
  reactor().removeReader(*nameServer_);
  options_.nameservers = {"nobody"};
  remakeReactor();
  std::string why;
  client_.onFailed = [&](IConnector& /*connector*/, const Failure& reason) {
    why = reason.getErrorMessage();
    stopAfterTurns(1);
  };
  reactor().connectTCP("poems.example", listener_.port, client_);
  run();
  EXPECT_NE(why.find("'nobody' is not the address of a name server"), std::string::npos) << why;
  EXPECT_EQ(story_, (Story{"client: startFactory", "client: startedConnecting",
                           "client: clientConnectionFailed ConnectError", "client: stopFactory"}));
}

TEST_P(NameTest, ReactorMayGoInTheMiddleOfALookup) {
  nameServer_->silent = true;
  const auto lookup = reactor().resolveHostName(
      {"poems.example", 80}, [](const Resolution& /*resolution*/) { ADD_FAILURE(); });
  destroyReactor();
}

INSTANTIATE_TEST_SUITE_P(Conformance, ConnectionTest,
                         ::testing::ValuesIn(Reactor::demultiplexers()),
                         [](const auto& test) { return test.param; });
INSTANTIATE_TEST_SUITE_P(Conformance, NameTest, ::testing::ValuesIn(Reactor::demultiplexers()),
                         [](const auto& test) { return test.param; });

}  // namespace poetry::testing
