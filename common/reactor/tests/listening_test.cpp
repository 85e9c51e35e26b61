// listenTCP: ports, and the connections that they accept.
#include "reactor/tcp.hpp"
#include "reactor/tests/connection_test.hpp"

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace poetry::testing {

// === Listening ================================================================================

TEST_P(ConnectionTest, PortInUseIsRefusedAndTheFactoryIsNotStarted) {
  RecordingServerFactory server(story_);
  try {
    reactor().listenTCP(listener_.port, server, 50, "127.0.0.1");
    ADD_FAILURE() << "it listens";
  } catch (const CannotListenError& error) {
    EXPECT_EQ(error.osError(), EADDRINUSE);
    EXPECT_NE(std::string(error.what()).find("127.0.0.1:" + std::to_string(listener_.port)),
              std::string::npos)
        << error.what();
  }
  EXPECT_EQ(story_, Story{});
}

TEST_P(ConnectionTest, StoppedPortRefusesNewClientsAndItsConnectionsStayOpen) {
  RecordingServerFactory server(story_);
  RecordingServerFactory successor(story_, "successor");
  const auto port = reactor().listenTCP(0, server, 50, "127.0.0.1");
  const std::uint16_t number = port->getHost().port();
  const UniqueFd client = connectPlainly(number);
  UniqueFd second;
  const auto stopAndRestart = [&] {
    port->stopListening();
    EXPECT_THROW(connectPlainly(number), std::system_error);
    server.built->connection().write("still here");
    server.built->connection().loseConnection();
    reactor().listenTCP(number, successor, 50, "127.0.0.1");
    second = connectPlainly(number);
  };
  server.hooks.made = [&](RecordingProtocol& /*protocol*/) {
    reactor().callLater(Duration(0), stopAndRestart);
  };
  server.hooks.lost = [&](RecordingProtocol& /*protocol*/, const Failure& /*reason*/) {
    if (count(story_, "successor: connectionMade") == 1) {
      stopOnce();
    }
  };
  successor.hooks.made = [&](RecordingProtocol& /*protocol*/) {
    if (count(story_, "server: connectionLost ConnectionDone") == 1) {
      stopOnce();
    }
  };
  run();
  EXPECT_EQ(receiveToTheEnd(client), "still here");
  EXPECT_EQ(count(story_, "server: stopFactory"), 1);
  EXPECT_EQ(count(story_, "server: connectionMade"), 1);
}

TEST_P(ConnectionTest, StoppedPortIsClosedWhenStopListeningReturnsAndMayBeStoppedAgain) {
  RecordingServerFactory server(story_);
  const auto port = reactor().listenTCP(0, server, 50, "127.0.0.1");
  const std::uint16_t number = port->getHost().port();
  port->stopListening();
  EXPECT_THROW(connectPlainly(number), std::system_error);
  port->stopListening();
  EXPECT_EQ(story_, (Story{"server: startFactory", "server: stopFactory"}));
}

TEST_P(ConnectionTest, PortThatIsStoppedInConnectionMadeAcceptsNoOtherClient) {
  RecordingServerFactory server(story_);
  const auto port = reactor().listenTCP(0, server, 50, "127.0.0.1");
  server.hooks.made = [&](RecordingProtocol& /*protocol*/) {
    port->stopListening();
    stopOnce();
  };
  const UniqueFd first = connectPlainly(port->getHost().port());
  const UniqueFd second = connectPlainly(port->getHost().port());
  run();
  EXPECT_EQ(count(story_, "server: buildProtocol"), 1);
  EXPECT_EQ(count(story_, "server: stopFactory"), 1);
}

TEST_P(ConnectionTest, FactoryOfTwoPortsIsStartedAndStoppedOnce) {
  RecordingServerFactory server(story_);
  const auto first = reactor().listenTCP(0, server, 50, "127.0.0.1");
  const auto second = reactor().listenTCP(0, server, 50, "127.0.0.1");
  first->stopListening();
  EXPECT_EQ(story_, Story{"server: startFactory"});
  second->stopListening();
  EXPECT_EQ(story_, (Story{"server: startFactory", "server: stopFactory"}));
}

TEST_P(ConnectionTest, PortAcceptsAllWaitingClientsAndNumbersThem) {
  RecordingServerFactory server(story_);
  const auto port = reactor().listenTCP(0, server, 50, "127.0.0.1");
  std::vector<std::string> names;
  server.hooks.made = [&](RecordingProtocol& protocol) {
    names.push_back(dynamic_cast<TcpServer&>(protocol.connection()).logPrefix());
    if (names.size() == 20) {
      reactor().stop();
    }
  };
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(connectPlainly(port->getHost().port()));
  }
  run();
  EXPECT_EQ(names.front(), "RecordingProtocol,1,127.0.0.1");
  EXPECT_EQ(names.back(), "RecordingProtocol,20,127.0.0.1");
}

TEST_P(ConnectionTest, ClientThatSentAndResetBeforeItWasAcceptedIsReadAndLost) {
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
  server.hooks.lost = [&](RecordingProtocol& /*protocol*/, const Failure& /*reason*/) {
    stopOnce();
  };
  run();
  EXPECT_EQ(story_, (Story{"server: startFactory", "server: buildProtocol",
                           "server: connectionMade", "server: dataReceived last words",
                           "server: connectionLost ConnectionLost", "server: stopFactory"}));
  EXPECT_EQ(ports, std::vector<std::uint16_t>{clientPort});
  EXPECT_EQ(errors_, Errors{});
}

}  // namespace poetry::testing
