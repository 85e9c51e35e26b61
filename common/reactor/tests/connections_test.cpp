// The life of a connection: connectTCP, protocols and factories.
#include "reactor/tests/connection_test.hpp"

#include <cerrno>
#include <stdexcept>

namespace poetry::testing {

// === The life of a connection =================================================================

TEST_P(ConnectionTest, CallbacksOfAConnectionRunInOrder) {
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

TEST_P(ConnectionTest, AllCallbacksGetTheConnectorThatConnectTcpReturned) {
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

TEST_P(ConnectionTest, RefusedConnectionFailsOnceAndGetsNoProtocol) {
  const ClosedPort closed;
  std::optional<Failure> failure;
  client_.onFailed = [&](IConnector& /*connector*/, const Failure& reason) {
    failure = reason;
    stopAfterIterations(2);
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

TEST_P(ConnectionTest, ClientConnectionFailedMayStopTheReactor) {
  const ClosedPort closed;
  client_.onFailed = [&](IConnector& /*connector*/, const Failure& /*reason*/) {
    reactor().stop();
  };
  reactor().connectTCP("127.0.0.1", closed.port, client_);
  run();
  EXPECT_EQ(errors_, Errors{});
}

TEST_P(ConnectionTest, FactoryIsStartedWithItsFirstConnectionAndStoppedAfterItsLast) {
  int lost = 0;
  client_.hooks.made = [&](RecordingProtocol& protocol) { protocol.connection().loseConnection(); };
  client_.onLost = [&](IConnector& /*connector*/, const Failure& /*reason*/) {
    ++lost;
    EXPECT_EQ(count(story_, "client: stopFactory"), 0);
    if (lost == 3) {
      stopAfterIterations(1);
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

TEST_P(ConnectionTest, LostConnectionIsClosedAndItsProtocolDestroyedInALaterIteration) {
  whenConnected([&](ITransport& transport) { transport.loseConnection(); });
  client_.onLost = [&](IConnector& /*connector*/, const Failure& /*reason*/) {
    EXPECT_EQ(RecordingProtocol::alive, 1) << "its connectionLost may still be on the stack";
    afterIterations(1, [&] {
      EXPECT_EQ(RecordingProtocol::alive, 0);
      EXPECT_EQ(receiveToTheEnd(peer_), "");
      EXPECT_EQ(reactor().removeAll().size(), 0u);
      reactor().stop();
    });
  };
  connect();
  run();
}

TEST_P(ConnectionTest, BothEndsAgreeOnTheirNumericAddresses) {
  RecordingServerFactory server(story_);
  const auto port = reactor().listenTCP(0, server, 50, "127.0.0.1");
  const Address listening = port->getHost();
  std::vector<Address> seenByClient;
  std::vector<Address> seenByServer;
  client_.onBuild = [&](const Address& peer) {
    seenByClient = {peer};
    return true;
  };
  server.onBuild = [&](const Address& peer) {
    seenByServer = {peer};
    return true;
  };
  client_.hooks.made = [&](RecordingProtocol& protocol) {
    seenByClient.push_back(protocol.connection().getHost());
  };
  server.hooks.made = [&](RecordingProtocol& protocol) {
    seenByServer.push_back(protocol.connection().getHost());
    protocol.connection().loseConnection();
  };
  client_.hooks.lost = [&](RecordingProtocol& protocol, const Failure& /*reason*/) {
    EXPECT_EQ(protocol.connection().getPeer(), listening) << "still known after the end";
    reactor().stop();
  };
  const auto connector = reactor().connectTCP("localhost", listening.port(), client_);
  run();
  EXPECT_EQ(connector->getDestination(), (HostPort{"localhost", listening.port()}));
  ASSERT_EQ(seenByClient.size(), 2u);
  const Address client = seenByClient[1];
  EXPECT_EQ(seenByClient, (std::vector<Address>{listening, client}));
  EXPECT_EQ(seenByServer, (std::vector<Address>{client, listening}));
  EXPECT_EQ(client.host(), "127.0.0.1");
}

TEST_P(ConnectionTest, PeerOfAConnectionToTheUnspecifiedAddressIsLoopback) {
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

TEST_P(ConnectionTest, AttemptBeginsAtOnceAndIsOneDelayedCall) {
  connect();
  EXPECT_EQ(reactor().getDelayedCalls().size(), 1u) << "its time limit";
  EXPECT_EQ(reactor().getReaders().size(), 1u);
  EXPECT_EQ(reactor().getWriters().size(), 1u);
  EXPECT_EQ(reactor().getReaders()[0]->logPrefix(), "Uninitialized");
  reactor().connectTCP("127.0.0.1", listener_.port, client_, std::nullopt);
  EXPECT_EQ(reactor().getDelayedCalls().size(), 1u) << "the second one has no time limit";
}

TEST_P(ConnectionTest, TraceShowsHowReadinessBecomesDataReceived) {
  options_.trace = true;
  makeReactor();
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

// === Callbacks that throw, factories without a protocol =======================================

TEST_P(ConnectionTest, ExceptionOfConnectionMadeIsTheReasonWhyTheClientIsLost) {
  whenConnected([](ITransport& /*transport*/) { throw Mishap(); });
  connectAndRun();
  EXPECT_EQ(Story(story_.end() - 4, story_.end()),
            (Story{"client: connectionMade", "client: connectionLost Mishap",
                   "client: clientConnectionLost Mishap", "client: stopFactory"}));
  EXPECT_EQ(errors_.size(), 1u);
  EXPECT_EQ(receiveToTheEnd(peer_), "");
}

TEST_P(ConnectionTest, ExceptionOfDataReceivedIsTheReasonWhyTheClientIsLost) {
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

TEST_P(ConnectionTest, ExceptionOfConnectionMadeClosesTheConnectionOfAServer) {
  RecordingServerFactory server(story_);
  server.hooks.made = [&](RecordingProtocol& /*protocol*/) {
    stopAfterIterations(2);
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

TEST_P(ConnectionTest, ExceptionOfBuildProtocolInAServerDropsOnlyThatClient) {
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
  EXPECT_EQ(
      errors_,
      (Errors{{"Mishap", "[ListeningPort," + port->getHost().toString() + "] buildProtocol"}}));
}

TEST_P(ConnectionTest, ExceptionOfBuildProtocolInAClientIsAFailedAttempt) {
  client_.onBuild = [&](const Address& /*peer*/) -> bool { throw Mishap(); };
  connectAndRun();
  EXPECT_EQ(story_,
            (Story{"client: startFactory", "client: startedConnecting", "client: buildProtocol",
                   "client: clientConnectionFailed ConnectError", "client: stopFactory"}));
  ASSERT_EQ(errors_.size(), 1u);
  EXPECT_EQ(errors_[0].kind, "Mishap");
}

TEST_P(ConnectionTest, ClientWithoutAProtocolIsClosedInOrderAndCountsAsLost) {
  client_.onBuild = [&](const Address& /*peer*/) {
    peer_ = listener_.accept();
    return false;
  };
  connectAndRun();
  EXPECT_EQ(receiveToTheEnd(peer_), "");
  EXPECT_EQ(story_,
            (Story{"client: startFactory", "client: startedConnecting", "client: buildProtocol",
                   "client: clientConnectionLost ConnectionDone", "client: stopFactory"}));
}

TEST_P(ConnectionTest, ServerWithoutAProtocolClosesTheConnectionAndGoesOnListening) {
  RecordingServerFactory server(story_);
  const auto port = reactor().listenTCP(0, server, 50, "127.0.0.1");
  const UniqueFd first = connectPlainly(port->getHost().port());
  UniqueFd second;
  server.onBuild = [&](const Address& /*peer*/) {
    if (second.valid()) {
      reactor().stop();
    } else {
      second = connectPlainly(port->getHost().port());
    }
    return false;
  };
  run();
  EXPECT_EQ(receiveToTheEnd(first), "");
  EXPECT_EQ(receiveToTheEnd(second), "");
  EXPECT_EQ(errors_, Errors{});
}

TEST_P(ConnectionTest, ExceptionOfConnectionLostDoesNotKeepTheFactoryFromLearningOfTheEnd) {
  whenConnected([&](ITransport& /*transport*/) { peer_.reset(); });
  client_.hooks.lost = [](RecordingProtocol& /*protocol*/, const Failure& /*reason*/) {
    throw Mishap();
  };
  client_.onLost = [&](IConnector& connector, const Failure& reason) {
    EXPECT_TRUE(reason.check<ConnectionDone>()) << "the reason stays what it was";
    EXPECT_THROW(connector.stopConnecting(), NotConnectingError) << "it is disconnected";
    stopAfterIterations(2);
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

TEST_P(ConnectionTest, ExceptionOfClientConnectionFailedDoesNotKeepTheFactoryFromBeingStopped) {
  const ClosedPort closed;
  client_.onFailed = [&](IConnector& /*connector*/, const Failure& /*reason*/) {
    stopAfterIterations(2);
    throw Mishap();
  };
  reactor().connectTCP("127.0.0.1", closed.port, client_);
  run();
  EXPECT_EQ(
      Story(story_.begin() + 2, story_.end()),
      (Story{"client: clientConnectionFailed ConnectionRefusedError", "client: stopFactory"}));
  EXPECT_EQ(errors_, (Errors{{"Mishap", "clientConnectionFailed"}}));
}

INSTANTIATE_TEST_SUITE_P(Conformance, ConnectionTest,
                         ::testing::ValuesIn(Reactor::demultiplexers()),
                         [](const auto& test) { return test.param; });

TEST_P(ConnectionTest, BadPortAndBadTimeoutAreRefusedAtTheCall) {
  EXPECT_THROW(reactor().connectTCP("127.0.0.1", 0, client_), std::invalid_argument);
  EXPECT_THROW(reactor().connectTCP("127.0.0.1", 1, client_, Duration(-1)), std::invalid_argument);
  EXPECT_EQ(story_, Story{});
  EXPECT_EQ(reactor().getDelayedCalls().size(), 0u);
}

}  // namespace poetry::testing
