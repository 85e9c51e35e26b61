// Transports, connectors and ports on a reactor in memory: real sockets, but no loop and no clock,
// so that every state can be looked at and every time limit reached at once.
#include "reactor/tcp.hpp"

#include "reactor/reactor.hpp"
#include "reactor/tests/recording.hpp"
#include "support/descriptors.hpp"
#include "support/memory_reactor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <memory>
#include <stdexcept>
#include <system_error>

#include <sys/resource.h>  // setrlimit
#include <sys/socket.h>

namespace poetry::testing {

namespace {

Address addressOf(const std::string& host, std::uint16_t port) {
  return resolveWithoutLookup({host, port}).front();
}

/// While it lives, the process gets no descriptor any more.
class NoMoreDescriptors {
 public:
  NoMoreDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &old_);
    rlimit none = old_;
    none.rlim_cur = 0;
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoMoreDescriptors() { ::setrlimit(RLIMIT_NOFILE, &old_); }
  NoMoreDescriptors(const NoMoreDescriptors&) = delete;
  NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;

 private:
  rlimit old_{};
};

class TcpTest : public ::testing::Test {
 protected:
  void TearDown() override {
    reactor_.reset();
    EXPECT_EQ(RecordingProtocol::alive, 0) << "protocols outlive their reactor";
    EXPECT_EQ(descriptors_.leaked(), std::vector<std::string>()) << "descriptors were left open";
  }

  MemoryReactor& reactor() { return *reactor_; }

  /// A turn for whoever the system finds ready, as the loop of a real reactor would give it.
  void serve() {
    reactor().poll(Seconds(10));
    reactor().turn();
  }
  void serveUntil(const std::string& line) {
    for (int turns = 0; count(story_, line) == 0; ++turns) {
      ASSERT_LT(turns, 1000) << "it never came to: " << line;
      serve();
    }
  }

  // --- clients ---

  std::shared_ptr<Connector> connect(const std::string& host, std::uint16_t port,
                                     std::optional<Seconds> timeout = Seconds(30)) {
    auto connector = std::make_shared<Connector>(reactor(), HostPort{host, port}, client_, timeout);
    connector->connect();
    return connector;
  }

  // --- an established connection, over a socketpair ---

  /// Its other end is pair_.theirs.
  TcpServer& establish() {
    auto server = std::make_shared<TcpServer>(reactor(), std::move(pair_.ours), 7);
    reactor().keep(server);
    server->start(std::make_unique<RecordingProtocol>(story_, "protocol", hooks_),
                  addressOf("192.0.2.1", 54321), addressOf("192.0.2.2", 12345));
    return *server;
  }
  /// What has arrived at the other end.
  std::string arrived() {
    std::string all;
    std::array<char, 65536> buffer{};
    while (true) {
      const Received received = receive(pair_.theirs.get(), buffer);
      if (!received.isBytes()) {
        return all;
      }
      all += received.bytes;
    }
  }

  [[nodiscard]] bool isReading(const TcpConnection& connection) const {
    const auto readers = reactor_->getReaders();
    return std::find(readers.begin(), readers.end(), &connection) != readers.end();
  }
  [[nodiscard]] bool isWriting(const TcpConnection& connection) const {
    const auto writers = reactor_->getWriters();
    return std::find(writers.begin(), writers.end(), &connection) != writers.end();
  }

  Pair pair_;  // before the count, because it goes after it
  DescriptorCheck descriptors_;
  Story story_;
  RecordingClientFactory client_{story_};
  ProtocolHooks hooks_;
  std::unique_ptr<MemoryReactor> reactor_ = std::make_unique<MemoryReactor>();
};

}  // namespace

// === Connecting ===============================================================================

TEST_F(TcpTest, ConnectingBeginsOnTheNextTurnAndIsInBothSetsThen) {
  const SilentPort silent;
  connect("127.0.0.1", silent.port);
  EXPECT_EQ(story_, (Story{"client: startFactory", "client: startedConnecting"}));
  EXPECT_EQ(reactor().getReaders().size(), 0u);
  EXPECT_EQ(reactor().getDelayedCalls().size(), 2u);
  reactor().turn();
  EXPECT_EQ(reactor().getReaders().size(), 1u);
  EXPECT_EQ(reactor().getWriters().size(), 1u);
  EXPECT_EQ(reactor().getReaders()[0]->logPrefix(), "Uninitialized");
}

// Rule 29
TEST_F(TcpTest, AttemptFailsWhenItsTimeIsUpCountedFromTheCall) {
  const SilentPort silent;
  connect("127.0.0.1", silent.port, Seconds(30));
  reactor().advance(Seconds(29));
  EXPECT_EQ(story_.size(), 2u);
  reactor().advance(Seconds(1));
  EXPECT_EQ(story_, (Story{"client: startFactory", "client: startedConnecting",
                           "client: clientConnectionFailed TimeoutError", "client: stopFactory"}));
  EXPECT_EQ(reactor().removeAll().size(), 0u);
  EXPECT_EQ(reactor().getDelayedCalls().size(), 0u);
}

// Rule 29
TEST_F(TcpTest, TimeIsUpAlsoWhileTheNameIsLookedUp) {
  connect("poems.example", 80, Seconds(5));
  reactor().advance(Seconds(1));
  EXPECT_EQ(story_.size(), 2u);
  reactor().advance(Seconds(4));
  EXPECT_EQ(count(story_, "client: clientConnectionFailed TimeoutError"), 1);
  reactor().setAddresses("poems.example", {addressOf("127.0.0.1", 80)});
  reactor().turn();
  reactor().turn();
  EXPECT_EQ(story_.size(), 4u) << "the answer came too late";
}

// Rule 29
TEST_F(TcpTest, AttemptWithoutATimeoutGoesOnForEver) {
  const SilentPort silent;
  connect("127.0.0.1", silent.port, std::nullopt);
  reactor().advance(Seconds(1e6));
  reactor().advance(Seconds(1e6));
  EXPECT_EQ(story_.size(), 2u);
  EXPECT_EQ(reactor().getReaders().size(), 1u);
}

// Rule 19
TEST_F(TcpTest, TimeoutIsCancelledBeforeTheProtocolIsBuilt) {
  const Listener listener;
  std::size_t calls = 1;
  client_.onBuild = [&](const Address& /*peer*/) {
    calls = reactor().getDelayedCalls().size();
    return true;
  };
  connect("127.0.0.1", listener.port);
  serveUntil("client: connectionMade");
  EXPECT_EQ(calls, 0u);
}

TEST_F(TcpTest, CallThatComesTooEarlyDoesNotDisturbTheAttempt) {
  const SilentPort silent;
  connect("127.0.0.1", silent.port);
  reactor().turn();
  reactor().makeReadable(*reactor().getReaders()[0]);
  reactor().makeWritable(*reactor().getWriters()[0]);
  reactor().turn();
  EXPECT_EQ(story_.size(), 2u);
  EXPECT_EQ(reactor().getReaders().size(), 1u);
}

TEST_F(TcpTest, AllAddressesAreTriedInTurn) {
  const ClosedPort closed;
  const ClosedPort closedToo;
  const Listener listener;
  reactor().setAddresses(
      "poems.example", {addressOf("127.0.0.1", closed.port), addressOf("127.0.0.1", closedToo.port),
                        addressOf("127.0.0.1", listener.port)});
  connect("poems.example", 80);
  serveUntil("client: connectionMade");
  EXPECT_EQ(client_.built->connection().getPeer(), addressOf("127.0.0.1", listener.port));
  EXPECT_EQ(count(story_, "client: buildProtocol"), 1);
}

TEST_F(TcpTest, AttemptFailsOnceWhenTheLastAddressHasFailed) {
  const ClosedPort closed;
  const ClosedPort closedToo;
  reactor().setAddresses("poems.example", {addressOf("127.0.0.1", closed.port),
                                           addressOf("127.0.0.1", closedToo.port)});
  connect("poems.example", 80);
  serveUntil("client: stopFactory");
  EXPECT_EQ(story_, (Story{"client: startFactory", "client: startedConnecting",
                           "client: clientConnectionFailed ConnectionRefusedError",
                           "client: stopFactory"}));
  EXPECT_EQ(reactor().getDelayedCalls().size(), 0u);
}

TEST_F(TcpTest, ResetThatComesAfterAnOrderlyEndChangesNothing) {
  const Listener listener;
  connect("127.0.0.1", listener.port);
  reactor().turn();
  // All of it before the client has seen that it is connected.
  UniqueFd server = acceptFrom(listener.socket.get()).socket;
  sendAll(server.get(), "whole");
  ::shutdown(server.get(), SHUT_WR);
  setResetOnClose(server.get(), true);
  server.reset();
  serveUntil("client: stopFactory");
  EXPECT_EQ(count(story_, "client: clientConnectionLost ConnectionDone"), 1);
}

// Rules 27 and 28
TEST_F(TcpTest, AttemptThatBeginsAndEndsInsideClientConnectionFailedIsCountedOnce) {
  const ClosedPort closed;
  const SilentPort silent;
  client_.onFailed = [&](IConnector& connector, const Failure& /*reason*/) {
    client_.onFailed = nullptr;
    connector.connect();
    connector.stopConnecting();
  };
  connect("127.0.0.1", silent.port, std::nullopt);
  connect("127.0.0.1", closed.port);
  serveUntil("client: clientConnectionFailed UserError");
  serve();
  EXPECT_EQ(count(story_, "client: stopFactory"), 0) << "the other attempt still goes on";
}

TEST_F(TcpTest, DisconnectInsideBuildProtocolClosesTheConnection) {
  const Listener listener;
  std::shared_ptr<Connector> connector;
  client_.onBuild = [&](const Address& /*peer*/) {
    connector->disconnect();
    return true;
  };
  connector = connect("127.0.0.1", listener.port);
  serveUntil("client: clientConnectionLost ConnectionDone");
}

// Rule 23
TEST_F(TcpTest, UnreadBytesDoNotTurnAPoliteEndIntoAReset) {
  const Listener listener;
  client_.onBuild = [](const Address& /*peer*/) { return true; };
  connect("127.0.0.1", listener.port);
  serveUntil("client: connectionMade");
  const UniqueFd server = acceptFrom(listener.socket.get()).socket;
  client_.built->connection().write("all of this");
  client_.built->connection().loseConnection();
  sendAll(server.get(), "said, and never heard");
  serveUntil("client: clientConnectionLost ConnectionDone");
  std::array<char, 64> buffer{};
  EXPECT_EQ(receive(server.get(), buffer).bytes, "all of this");
  EXPECT_TRUE(receive(server.get(), buffer).isEndOfFile());
}

TEST_F(TcpTest, ConnectionThatCannotBeWatchedEndsWithoutAProtocol) {
  Reactor real;  // the one in memory watches whatever it is given
  auto server = std::make_shared<TcpServer>(real, UniqueFd(), 7);
  EXPECT_THROW(server->start(std::make_unique<RecordingProtocol>(story_, "protocol", hooks_),
                             addressOf("192.0.2.1", 54321), addressOf("192.0.2.2", 12345)),
               std::system_error);
  EXPECT_EQ(server->logPrefix(), "Uninitialized,7,0.0.0.0");
  server->connectionLost(Failure(ConnectionLost()));
  EXPECT_EQ(story_, Story());
}

TEST_F(TcpTest, FirstAddressSaysWhyNoneWorked) {
  const ClosedPort closed;
  reactor().setAddresses("poems.example",
                         {addressOf("127.0.0.1", closed.port), addressOf("255.255.255.255", 80)});
  connect("poems.example", 80);
  serveUntil("client: stopFactory");
  EXPECT_EQ(count(story_, "client: clientConnectionFailed ConnectionRefusedError"), 1);
}

TEST_F(TcpTest, AddressThatTheSystemRefusesAtOnceIsAFailedAttempt) {
  // A broadcast address is nobody's to connect to: EACCES or ENETUNREACH, from connect(2) itself.
  reactor().setAddresses("poems.example", {addressOf("255.255.255.255", 80)});
  connect("poems.example", 80);
  for (int i = 0; i < 4; ++i) {
    reactor().turn();
  }
  ASSERT_EQ(story_.size(), 4u);
  EXPECT_EQ(story_[3], "client: stopFactory");
  EXPECT_EQ(reactor().removeAll().size(), 0u);
}

// Case 73
TEST_F(TcpTest, FailedLookupIsAFailedAttempt) {
  reactor().setLookupFailure("nowhere.example", Failure(DNSLookupError("no such name")));
  connect("nowhere.example", 80);
  for (int i = 0; i < 3; ++i) {
    reactor().turn();
  }
  EXPECT_EQ(story_,
            (Story{"client: startFactory", "client: startedConnecting",
                   "client: clientConnectionFailed DNSLookupError", "client: stopFactory"}));
}

TEST_F(TcpTest, OutOfDescriptorsIsAFailedAttempt) {
  std::optional<Failure> failure;
  client_.onFailed = [&](IConnector& /*connector*/, const Failure& reason) { failure = reason; };
  connect("127.0.0.1", 80);
  {
    const NoMoreDescriptors none;
    reactor().turn();
  }
  ASSERT_TRUE(failure);
  EXPECT_TRUE(failure->check<ConnectError>());
  EXPECT_EQ(dynamic_cast<const ReasonError&>(failure->value()).osError(), EMFILE);
}

TEST_F(TcpTest, StopConnectingLeavesNothingBehind) {
  const SilentPort silent;
  const auto connector = connect("127.0.0.1", silent.port);
  reactor().turn();
  connector->stopConnecting();
  EXPECT_EQ(story_.back(), "client: stopFactory");
  EXPECT_EQ(reactor().removeAll().size(), 0u);
  EXPECT_EQ(reactor().getDelayedCalls().size(), 0u);
  EXPECT_EQ(reactor().keptObjects(), 0u);
  EXPECT_THROW(connector->stopConnecting(), NotConnectingError);
}

TEST_F(TcpTest, ExceptionOfStartFactoryIsTheCallersAndNothingHasBegun) {
  struct Broken : ClientFactory {
    void startFactory() override { throw Mishap(); }
  } factory;
  const auto connector =
      std::make_shared<Connector>(reactor(), HostPort{"127.0.0.1", 80}, factory, Seconds(30));
  EXPECT_THROW(connector->connect(), Mishap);
  EXPECT_EQ(reactor().getDelayedCalls().size(), 0u);
  EXPECT_EQ(reactor().keptObjects(), 0u);
}

TEST_F(TcpTest, ExceptionOfStartedConnectingIsTheCallersAndTheAttemptGoesOn) {
  const Listener listener;
  client_.onStarted = [](IConnector& /*connector*/) { throw Mishap(); };
  const auto connector = std::make_shared<Connector>(
      reactor(), HostPort{"127.0.0.1", listener.port}, client_, Seconds(30));
  EXPECT_THROW(connector->connect(), Mishap);
  serveUntil("client: connectionMade");
}

// === An established connection ================================================================

TEST_F(TcpTest, ConnectionIsReadFromTheStartAndWrittenWhenThereIsSomethingToWrite) {
  TcpServer& connection = establish();
  EXPECT_TRUE(isReading(connection));
  EXPECT_FALSE(isWriting(connection));
  connection.write("words");
  EXPECT_TRUE(isWriting(connection));
  EXPECT_EQ(arrived(), "");
  serve();
  EXPECT_EQ(arrived(), "words");
  EXPECT_FALSE(isWriting(connection)) << "or the loop would spin";
}

TEST_F(TcpTest, EachReadinessIsOneDataReceivedOfAtMost64KiB) {
  hooks_.quiet = true;
  std::vector<std::size_t> sizes;
  hooks_.received = [&](RecordingProtocol& /*protocol*/, std::string_view bytes) {
    sizes.push_back(bytes.size());
  };
  TcpServer& connection = establish();
  std::size_t sent = 0;
  const std::string piece(4096, 'x');
  while (sent < 100'000) {
    sendAll(pair_.theirs.get(), piece);
    sent += piece.size();
  }
  reactor().makeReadable(connection);
  reactor().turn();
  EXPECT_EQ(sizes.size(), 1u);
  while (reactor().poll() > 0) {
    reactor().turn();
  }
  std::size_t total = 0;
  for (const std::size_t size : sizes) {
    EXPECT_LE(size, 65536u);
    total += size;
  }
  EXPECT_EQ(total, sent);
}

TEST_F(TcpTest, ReadinessThatIsGoneAgainIsNoEnd) {
  TcpServer& connection = establish();
  reactor().makeReadable(connection);
  reactor().turn();
  EXPECT_EQ(story_, Story{"protocol: connectionMade"});
  connection.loseConnection();
}

// Case 66
TEST_F(TcpTest, FullSocketKeepsTheRestForLater) {
  std::string everything(1'000'000, '\0');
  for (std::size_t i = 0; i < everything.size(); ++i) {
    everything[i] = static_cast<char>(i * 7 / 5);
  }
  TcpServer& connection = establish();
  connection.write(everything);
  std::string received;
  for (int turns = 0; isWriting(connection) && turns < 1000; ++turns) {
    // Also when the system says that there is no room: the readiness may be gone by now.
    reactor().makeWritable(connection);
    reactor().turn();
    if (turns % 8 == 7) {
      received += arrived();
    }
  }
  received += arrived();
  EXPECT_TRUE(received == everything) << received.size() << " bytes";
  EXPECT_EQ(story_, Story{"protocol: connectionMade"});
}

TEST_F(TcpTest, LoseConnectionStopsReadingAndClosesWhenAllIsSent) {
  TcpServer& connection = establish();
  connection.write("last words");
  connection.loseConnection();
  EXPECT_FALSE(isReading(connection));
  EXPECT_EQ(story_.size(), 1u) << "never at once";
  serve();
  EXPECT_EQ(story_.back(), "protocol: connectionLost ConnectionDone");
  EXPECT_EQ(arrived(), "last words");
  EXPECT_EQ(reactor().removeAll().size(), 0u);
}

TEST_F(TcpTest, LoseConnectionWithNothingToSendStillWaitsForTheLoop) {
  establish().loseConnection();
  EXPECT_EQ(story_.size(), 1u);
  serve();
  EXPECT_EQ(story_.back(), "protocol: connectionLost ConnectionDone");
}

TEST_F(TcpTest, AbortStopsBothDirectionsAtOnceAndIsToldOnTheNextTurn) {
  TcpServer& connection = establish();
  connection.write("never sent");
  connection.abortConnection();
  EXPECT_EQ(reactor().removeAll().size(), 0u);
  connection.write("never sent");
  connection.loseConnection();
  connection.abortConnection();
  EXPECT_EQ(reactor().removeAll().size(), 0u);
  EXPECT_EQ(story_.size(), 1u);
  reactor().turn();
  EXPECT_EQ(story_,
            (Story{"protocol: connectionMade", "protocol: connectionLost ConnectionAborted"}));
  reactor().turn();
  EXPECT_EQ(arrived(), "");
  EXPECT_EQ(story_.size(), 2u);
}

// Rule 31
TEST_F(TcpTest, ConnectionIsDestroyedOnALaterTurnThanItIsLost) {
  TcpServer& connection = establish();
  hooks_.lost = [&](RecordingProtocol& /*protocol*/, const Failure& /*reason*/) {
    EXPECT_EQ(RecordingProtocol::alive, 1);
  };
  pair_.theirs.reset();
  reactor().makeReadable(connection);
  reactor().turn();
  EXPECT_EQ(story_.back(), "protocol: connectionLost ConnectionDone");
  EXPECT_EQ(RecordingProtocol::alive, 1);
  EXPECT_EQ(reactor().keptObjects(), 0u);
  reactor().turn();
  EXPECT_EQ(RecordingProtocol::alive, 0);
}

// Rule 31: its connectionLost and that of its connector are still on the stack
TEST_F(TcpTest, ConnectionOfAClientIsDestroyedOnALaterTurnThanItIsLost) {
  const Listener listener;
  connect("127.0.0.1", listener.port);
  serveUntil("client: connectionMade");
  client_.built->connection().abortConnection();
  reactor().callLater(Seconds(0), [&] {
    EXPECT_EQ(story_.back(), "client: stopFactory");
    EXPECT_EQ(RecordingProtocol::alive, 1) << "it is the turn in which it was lost";
  });
  reactor().turn();
  reactor().turn();
  EXPECT_EQ(RecordingProtocol::alive, 0);
  EXPECT_EQ(reactor().keptObjects(), 0u);
}

// Over a socketpair this is EPIPE, which comes with a signal that would end the process.
TEST_F(TcpTest, WritingToAPeerThatHasClosedIsALossAndRaisesNoSignal) {
  TcpServer& connection = establish();
  connection.write("nobody reads this");
  pair_.theirs.reset();
  reactor().makeWritable(connection);
  reactor().turn();
  EXPECT_EQ(story_.back(), "protocol: connectionLost ConnectionLost");
}

TEST_F(TcpTest, AddressesAreKnownBeforeAndAfterTheEnd) {
  TcpServer& connection = establish();
  hooks_.lost = [&](RecordingProtocol& protocol, const Failure& /*reason*/) {
    EXPECT_EQ(protocol.connection().getPeer(), addressOf("192.0.2.1", 54321));
    EXPECT_EQ(protocol.connection().getHost(), addressOf("192.0.2.2", 12345));
  };
  EXPECT_EQ(connection.getPeer(), addressOf("192.0.2.1", 54321));
  connection.loseConnection();
  serve();
  EXPECT_EQ(story_.size(), 2u);
}

// Case 74
TEST_F(TcpTest, ServerIsCalledAfterItsProtocolItsNumberAndItsPeer) {
  EXPECT_EQ(establish().logPrefix(), "RecordingProtocol,7,192.0.2.1");
}

namespace {

/// Cannot leave its transport alone.
struct Clinging : Protocol {
  Clinging() = default;
  Clinging(const Clinging&) = delete;
  Clinging& operator=(const Clinging&) = delete;
  ~Clinging() override {
    transport->write("one last word");
    transport->loseConnection();
    transport->abortConnection();
  }
};

}  // namespace

TEST_F(TcpTest, ProtocolMayUseItsTransportEvenWhenBothAreDestroyed) {
  auto server = std::make_shared<TcpServer>(reactor(), std::move(pair_.ours), 1);
  reactor().keep(server);
  server->start(std::make_unique<Clinging>(), Address(), Address());
  server.reset();
  reactor_.reset();
  EXPECT_EQ(arrived(), "");
}

TEST_F(TcpTest, DestructorOfAProtocolMayEndAnAttempt) {
  struct Guard : Protocol {
    explicit Guard(std::shared_ptr<IConnector> attempt) : other(std::move(attempt)) {}
    ~Guard() override { other->disconnect(); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    std::shared_ptr<IConnector> other;
  };
  const SilentPort silent;
  RecordingClientFactory other(story_, "other");
  const auto attempt = std::make_shared<Connector>(reactor(), HostPort{"127.0.0.1", silent.port},
                                                   other, Seconds(30));
  attempt->connect();
  auto server = std::make_shared<TcpServer>(reactor(), std::move(pair_.ours), 1);
  reactor().keep(server);
  server->start(std::make_unique<Guard>(attempt), Address(), Address());
  server->loseConnection();
  server.reset();
  serve();
  reactor().turn();
  EXPECT_EQ(story_.back(), "other: stopFactory");
  reactor().turn();
  EXPECT_EQ(reactor().keptObjects(), 0u);
}

TEST_F(TcpTest, LoseConnectionThatCouldNotBeginMayBeTriedAgain) {
  TcpServer& connection = establish();
  reactor().refuseToWatch(ENOSPC);
  EXPECT_THROW(connection.loseConnection(), std::system_error);
  EXPECT_TRUE(isReading(connection)) << "as if nobody had asked for its end";
  reactor().refuseToWatch(0);
  connection.loseConnection();
  EXPECT_FALSE(isReading(connection));
  serveUntil("protocol: connectionLost ConnectionDone");
}

// === Ports ====================================================================================

namespace {

class PortTest : public TcpTest {
 protected:
  void listen() {
    port_ = std::make_shared<ListeningPort>(reactor(), server_);
    port_->startListening({"127.0.0.1", 0}, 128);
  }
  [[nodiscard]] UniqueFd newClient() const { return connectPlainly(port_->getHost().port()); }
  void TearDown() override {
    port_.reset();
    TcpTest::TearDown();
  }

  RecordingServerFactory server_{story_};
  std::shared_ptr<ListeningPort> port_;
};

}  // namespace

TEST_F(PortTest, CrowdIsLetInAHundredAtATime) {
  listen();
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 110; ++i) {
    clients.push_back(newClient());
  }
  reactor().makeReadable(*port_);
  reactor().turn();
  EXPECT_EQ(count(story_, "server: connectionMade"), 100);
  reactor().makeReadable(*port_);
  reactor().turn();
  EXPECT_EQ(count(story_, "server: connectionMade"), 110);
}

TEST_F(PortTest, OutOfDescriptorsItReportsThatAndLooksAwayForAWhile) {
  listen();
  const UniqueFd client = newClient();
  {
    const NoMoreDescriptors none;
    reactor().makeReadable(*port_);
    reactor().turn();
  }
  ASSERT_EQ(reactor().errors().size(), 1u);
  EXPECT_EQ(reactor().errors()[0].where, "accept");
  EXPECT_EQ(reactor().getReaders().size(), 0u) << "it would be readable all the time";
  reactor().advance(Seconds(0.05));
  EXPECT_EQ(reactor().getReaders().size(), 0u);
  reactor().advance(Seconds(0.05));
  ASSERT_EQ(reactor().getReaders().size(), 1u);
  const UniqueFd another = newClient();
  serve();
  EXPECT_GE(count(story_, "server: connectionMade"), 1);
}

TEST_F(PortTest, WhatCannotBeWatchedAgainAfterTheWhileIsTriedAgainLater) {
  listen();
  const UniqueFd client = newClient();
  {
    const NoMoreDescriptors none;
    reactor().makeReadable(*port_);
    reactor().turn();
  }
  reactor().refuseToWatch(ENOMEM);
  reactor().advance(Seconds(0.1));
  EXPECT_EQ(reactor().errors().size(), 2u);
  EXPECT_EQ(reactor().getReaders().size(), 0u);
  reactor().refuseToWatch(0);
  reactor().advance(Seconds(0.1));
  EXPECT_EQ(reactor().getReaders().size(), 1u);
  EXPECT_EQ(reactor().errors().size(), 2u);
  const UniqueFd another = newClient();  // valgrind drops the first one
  serveUntil("server: connectionMade");
}

TEST_F(PortTest, StoppedWhileItLooksAwayItNeverLooksBack) {
  listen();
  const UniqueFd client = newClient();
  {
    const NoMoreDescriptors none;
    reactor().makeReadable(*port_);
    reactor().turn();
  }
  port_->stopListening();
  reactor().advance(Seconds(1));
  EXPECT_EQ(story_.back(), "server: stopFactory");
  EXPECT_EQ(reactor().getReaders().size(), 0u);
  EXPECT_EQ(reactor().keptObjects(), 0u);
}

// Rule 16
TEST_F(PortTest, ShutdownStopsTheFactoryAlsoOfAPortThatLooksAway) {
  listen();
  const UniqueFd client = newClient();
  reactor().start();
  {
    const NoMoreDescriptors none;
    reactor().makeReadable(*port_);
    reactor().turn();
  }
  reactor().stop();
  reactor().turn();
  EXPECT_EQ(story_, (Story{"server: startFactory", "server: stopFactory"}));
}

TEST_F(PortTest, StopListeningTakesEffectAtOnceAndIsThroughOnTheNextTurn) {
  listen();
  port_->stopListening([&] { story_.push_back("done"); });
  EXPECT_EQ(reactor().getReaders().size(), 0u);
  EXPECT_EQ(story_, Story{"server: startFactory"});
  reactor().turn();
  EXPECT_EQ(story_, (Story{"server: startFactory", "server: stopFactory", "done"}));
}

TEST_F(PortTest, ThatCannotAcceptAnyMoreReportsItAndIsThrough) {
  listen();
  ::shutdown(port_->fileno(), SHUT_RDWR);  // whatever the system may have against it
  reactor().makeReadable(*port_);
  reactor().turn();
  ASSERT_EQ(reactor().errors().size(), 1u);
  EXPECT_EQ(reactor().errors()[0].where, "accept");
  EXPECT_EQ(story_, (Story{"server: startFactory", "server: stopFactory"}));
  EXPECT_EQ(reactor().getReaders().size(), 0u);
  EXPECT_EQ(reactor().keptObjects(), 0u);
}

TEST_F(PortTest, FactoryThatThrowsAsItStopsIsReportedAndThePortIsStopped) {
  struct Throws : RecordingServerFactory {
    using RecordingServerFactory::RecordingServerFactory;
    void stopFactory() override { throw Mishap(); }
  };
  Throws factory(story_);
  port_ = std::make_shared<ListeningPort>(reactor(), factory);
  port_->startListening({"127.0.0.1", 0}, 128);
  port_->stopListening([&] { story_.push_back("done"); });
  reactor().turn();
  EXPECT_EQ(story_, (Story{"server: startFactory", "done"}));
  ASSERT_EQ(reactor().errors().size(), 1u);
  EXPECT_EQ(reactor().errors()[0].where, "stopFactory");
}

TEST_F(PortTest, InterfaceThatIsNoAddressIsRefused) {
  port_ = std::make_shared<ListeningPort>(reactor(), server_);
  try {
    port_->startListening({"no such name", 0}, 128);
    FAIL() << "it listens";
  } catch (const CannotListenError& error) {
    EXPECT_EQ(std::string(error.what()).rfind("cannot listen on no such name:0: ", 0), 0u)
        << error.what();
  }
  EXPECT_EQ(story_, Story());
}

TEST_F(PortTest, DoneThatThrowsIsReportedAndTheNextOneIsStillCalled) {
  listen();
  port_->stopListening([] { throw Mishap(); });
  port_->stopListening([&] { story_.push_back("done"); });
  reactor().turn();
  EXPECT_EQ(story_.back(), "done");
  ASSERT_EQ(reactor().errors().size(), 1u);
  EXPECT_EQ(reactor().errors()[0].where, "stopListening");
}

}  // namespace poetry::testing
