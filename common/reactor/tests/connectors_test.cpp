// Connectors, and what a stop of the reactor does to connections and attempts.
#include "reactor/tests/connection_test.hpp"

#include <stdexcept>
#include <utility>

namespace poetry::testing {

// === Connectors ===============================================================================

TEST_P(ConnectionTest, ConnectInClientConnectionLostDoesNotStopAndStartTheFactory) {
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

TEST_P(ConnectionTest, LaterConnectStopsAndStartsTheFactory) {
  whenConnected([&](ITransport& /*transport*/) { peer_.reset(); });
  std::shared_ptr<IConnector> connector;
  client_.onLost = [&](IConnector& /*connector*/, const Failure& /*reason*/) {
    if (count(story_, "client: buildProtocol") == 1) {
      afterIterations(1, [&] { connector->connect(); });
    } else {
      stopOnce();
    }
  };
  connector = connect();
  run();
  EXPECT_EQ(count(story_, "client: startFactory"), 2);
  EXPECT_EQ(count(story_, "client: stopFactory"), 2);
}

TEST_P(ConnectionTest, StopConnectingInStartedConnectingFailsBeforeConnectTcpReturns) {
  client_.onStarted = [](IConnector& connector) { connector.stopConnecting(); };
  connect();
  EXPECT_EQ(story_, (Story{"client: startFactory", "client: startedConnecting",
                           "client: clientConnectionFailed UserError", "client: stopFactory"}));
  EXPECT_EQ(reactor().getDelayedCalls().size(), 0u);
  stopAfterIterations(2);
  run();
  EXPECT_EQ(story_.size(), 4u);
}

TEST_P(ConnectionTest, ConnectMayBeCalledInTheFailureThatStopConnectingCauses) {
  client_.onFailed = [&](IConnector& connector, const Failure& reason) {
    EXPECT_TRUE(reason.check<UserError>());
    connector.connect();
  };
  std::shared_ptr<IConnector> connector = connect();
  whenConnected([&](ITransport& transport) {
    EXPECT_THROW(connector->connect(), std::runtime_error);
    transport.loseConnection();
  });
  reactor().callLater(Duration(0), [&] { connector->stopConnecting(); });
  client_.onLost = [&](IConnector& /*connector*/, const Failure& /*reason*/) { stopOnce(); };
  run();
  EXPECT_EQ(story_, (Story{"client: startFactory", "client: startedConnecting",
                           "client: clientConnectionFailed UserError", "client: startedConnecting",
                           "client: buildProtocol", "client: connectionMade",
                           "client: connectionLost ConnectionDone",
                           "client: clientConnectionLost ConnectionDone", "client: stopFactory"}));
}

TEST_P(ConnectionTest, ConnectorRefusesWhatItsStateDoesNotAllow) {
  const auto connector = connect();
  EXPECT_THROW(connector->connect(), std::runtime_error) << "it is connecting";
  whenConnected([&](ITransport& transport) {
    transport.write("x");
    afterIterations(1, [&] {
      EXPECT_THROW(connector->stopConnecting(), NotConnectingError);
      EXPECT_THROW(connector->connect(), std::runtime_error);
      transport.loseConnection();
      EXPECT_EQ(story_.back(), "client: connectionMade") << "the orderly close comes later";
    });
  });
  client_.onLost = [&](IConnector& /*connector*/, const Failure& /*reason*/) {
    afterIterations(1, [&] {
      const std::size_t length = story_.size();
      EXPECT_THROW(connector->stopConnecting(), NotConnectingError);
      EXPECT_EQ(story_.size(), length);
      reactor().stop();
    });
  };
  run();
  EXPECT_EQ(receiveToTheEnd(peer_), "x");
}

// === Stopping =================================================================================

TEST_P(ConnectionTest, StopEndsConnectionsAndAttemptsAndStopsTheirFactories) {
  const SilentPort silent;
  RecordingServerFactory server(story_);
  RecordingClientFactory connecting(story_, "connecting");
  const auto port = reactor().listenTCP(0, server, 50, "127.0.0.1");
  server.hooks.made = [&](RecordingProtocol& /*protocol*/) { stopAfterIterations(2); };
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

TEST_P(ConnectionTest, ConnectAndStopInOneHookIsAFailedAttempt) {
  const SilentPort silent;
  reactor().callWhenRunning([&] {
    reactor().connectTCP("127.0.0.1", silent.port, client_);
    reactor().stop();
  });
  run();
  EXPECT_EQ(story_, (Story{"client: startFactory", "client: startedConnecting",
                           "client: clientConnectionFailed ConnectError", "client: stopFactory"}));
}

TEST_P(ConnectionTest, ConnectAndStopInOneTimerIsAFailedAttempt) {
  reactor().callLater(Duration(0), [&] {
    connect();
    reactor().stop();
  });
  run();
  EXPECT_EQ(story_, (Story{"client: startFactory", "client: startedConnecting",
                           "client: clientConnectionFailed ConnectError", "client: stopFactory"}));
}

TEST_P(ConnectionTest, AbortAndStopInOneTimerEndTheConnectionOnce) {
  whenConnected([&](ITransport& transport) {
    reactor().callLater(Duration(0), [&] {
      transport.abortConnection();
      reactor().stop();
    });
  });
  connect();
  run();
  EXPECT_EQ(count(story_, "client: connectionLost ConnectionLost"), 1);
  EXPECT_EQ(count(story_, "client: clientConnectionLost ConnectionLost"), 1);
  EXPECT_EQ(story_.back(), "client: stopFactory");
}

TEST_P(ConnectionTest, AttemptsThatStopEachOtherDuringTheShutdownFailOnceEach) {
  const SilentPort silent;
  std::vector<std::shared_ptr<IConnector>> connectors;
  client_.onFailed = [&](IConnector& failed, const Failure& /*reason*/) {
    for (const auto& connector : std::exchange(connectors, {})) {
      if (connector.get() != &failed) {
        connector->stopConnecting();
      }
    }
  };
  for (int i = 0; i < 3; ++i) {
    connectors.push_back(reactor().connectTCP("127.0.0.1", silent.port, client_));
  }
  stopAfterIterations(2);
  run();
  EXPECT_EQ(count(story_, "client: clientConnectionFailed ConnectError"), 1);
  EXPECT_EQ(count(story_, "client: clientConnectionFailed UserError"), 2);
  EXPECT_EQ(count(story_, "client: stopFactory"), 1);
}

TEST_P(ConnectionTest, ConnectDuringTheShutdownIsNeverReported) {
  whenConnected([&](ITransport& /*transport*/) { reactor().stop(); });
  client_.onLost = [&](IConnector& connector, const Failure& /*reason*/) { connector.connect(); };
  connect();
  run();
  EXPECT_EQ(Story(story_.end() - 2, story_.end()),
            (Story{"client: clientConnectionLost ConnectionLost", "client: startedConnecting"}));
}

TEST_P(ConnectionTest, DisconnectWhileConnectingIsStopConnecting) {
  const auto connector = connect();
  connector->disconnect();
  EXPECT_EQ(story_.back(), "client: stopFactory");
  EXPECT_EQ(count(story_, "client: clientConnectionFailed UserError"), 1);
}

}  // namespace poetry::testing
