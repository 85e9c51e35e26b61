// What a reactor promises about connectors, and about connections when it stops. "Case" is the
// number of a row in the list of cases that every reactor of this library has to pass.
#include "reactor/tests/connection_test.hpp"

#include <stdexcept>

namespace poetry::testing {

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
  const auto connector = connect();
  EXPECT_THROW(connector->connect(), std::runtime_error) << "it is connecting";
  whenConnected([&](ITransport& transport) {
    transport.write("x");
    afterTurns(1, [&] {
      EXPECT_THROW(connector->stopConnecting(), NotConnectingError);
      EXPECT_THROW(connector->connect(), std::runtime_error);
      connector->disconnect();
      EXPECT_EQ(story_.back(), "client: connectionMade") << "disconnect() closes politely, later";
    });
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

}  // namespace poetry::testing
