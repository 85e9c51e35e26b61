// Protocols, factories and reasons by themselves, and the fakes with which such tests are written.
#include "reactor/protocol.hpp"

#include "reactor/tests/recording.hpp"
#include "support/memory_reactor.hpp"
#include "support/string_transport.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <memory>
#include <stdexcept>

namespace poetry::testing {

// === Protocol and Factory =====================================================================

namespace {

struct Echo : Protocol {
  void connectionMade() override { transport->write("welcome;"); }
  void dataReceived(std::string_view bytes) override { transport->write(bytes); }
};

struct CountingFactory : Factory {
  int starts = 0;
  int stops = 0;
  void startFactory() override { ++starts; }
  void stopFactory() override { ++stops; }
};

}  // namespace

// Case 71
TEST(ProtocolTest, FactoryMakesItsKindOfProtocolAndIntroducesItself) {
  Factory factory;
  factory.protocol = [] { return std::make_unique<Echo>(); };
  const std::unique_ptr<IProtocol> built = factory.buildProtocol(Address());
  auto* echo = dynamic_cast<Echo*>(built.get());
  ASSERT_NE(echo, nullptr);
  EXPECT_EQ(echo->factory, &factory);
}

// Case 71
TEST(ProtocolTest, TransportIsThereWhenConnectionMadeIsCalled) {
  StringTransport transport;
  Echo echo;
  echo.makeConnection(transport);
  EXPECT_EQ(transport.value(), "welcome;");
  echo.dataReceived("hello");
  EXPECT_EQ(transport.value(), "welcome;hello");
}

TEST(ProtocolTest, TransportIsStillThereAfterTheEnd) {
  StringTransport transport;
  Echo echo;
  echo.makeConnection(transport);
  echo.connectionLost(Failure(ConnectionDone()));
  transport.clear();
  echo.dataReceived("no crash");
  EXPECT_EQ(transport.value(), "no crash");
}

// Case 74
TEST(ProtocolTest, ProtocolIsCalledAfterItsClass) {
  EXPECT_EQ(Echo().logPrefix(), "Echo");
}

// Case 40
// Case 71
TEST(ProtocolTest, ProtocolThatOverridesNothingTakesWhateverComes) {
  StringTransport transport;
  Protocol protocol;
  protocol.makeConnection(transport);
  protocol.dataReceived("hello");
  protocol.connectionLost(Failure(ConnectionDone()));
  EXPECT_EQ(transport.value(), "");
}

TEST(FactoryTest, FactoryIsStartedByItsFirstUserAndStoppedByItsLast) {
  CountingFactory factory;
  factory.doStart();
  factory.doStart();
  factory.doStop();
  EXPECT_EQ(factory.starts, 1);
  EXPECT_EQ(factory.stops, 0);
  factory.doStop();
  EXPECT_EQ(factory.stops, 1);
  factory.doStart();
  EXPECT_EQ(factory.starts, 2) << "it can be used again";
}

// Case 41
TEST(FactoryTest, DoStopWithoutUsersDoesNothing) {
  CountingFactory factory;
  factory.doStop();
  factory.doStop();
  EXPECT_EQ(factory.stops, 0);
  factory.doStart();
  EXPECT_EQ(factory.starts, 1) << "and is not owed";
}

TEST(FactoryTest, FactoryMayMakeNoProtocol) {
  Factory factory;
  factory.protocol = []() -> std::unique_ptr<Protocol> { return nullptr; };
  EXPECT_EQ(factory.buildProtocol(Address()), nullptr);
}

// === Reasons ==================================================================================

TEST(FailureTest, CheckKnowsTheKindAndEveryKindItDerivesFrom) {
  const Failure aborted{ConnectionAborted()};
  EXPECT_TRUE(aborted.check<ConnectionAborted>());
  EXPECT_TRUE(aborted.check<ConnectionLost>());
  EXPECT_TRUE(aborted.check<ConnectionClosed>());
  EXPECT_TRUE(aborted.check<std::exception>());
  EXPECT_FALSE(aborted.check<ConnectionDone>());
  EXPECT_FALSE(Failure(ConnectionDone()).check<ConnectionLost>());
}

TEST(FailureTest, TimeoutIsAUserErrorAndAConnectErrorAndAFailedLookupIsNeither) {
  const Failure timeout{TimeoutError()};
  EXPECT_TRUE(timeout.check<UserError>());
  EXPECT_TRUE(timeout.check<ConnectError>());
  EXPECT_FALSE(Failure(UserError()).check<TimeoutError>());
  EXPECT_FALSE(Failure(DNSLookupError("nobody")).check<ConnectError>());
}

TEST(FailureTest, ErrorNumbersOfConnectHaveTheirKinds) {
  EXPECT_TRUE(connectFailure(ECONNREFUSED).check<ConnectionRefusedError>());
  EXPECT_TRUE(connectFailure(ENETUNREACH).check<NoRouteError>());
  EXPECT_TRUE(connectFailure(ETIMEDOUT).check<TCPTimedOutError>());
  for (const int other : {EHOSTUNREACH, EACCES, EADDRNOTAVAIL}) {
    EXPECT_EQ(kindOf(connectFailure(other)), "ConnectError");
  }
  const Failure refused = connectFailure(ECONNREFUSED);
  EXPECT_EQ(dynamic_cast<const ReasonError&>(refused.value()).osError(), ECONNREFUSED);
  EXPECT_EQ(refused.getErrorMessage(), "Connection refused");
}

TEST(FailureTest, CurrentIsTheExceptionThatIsBeingHandled) {
  std::optional<Failure> failure;
  try {
    throw Mishap();
  } catch (...) {
    failure = Failure::current();
  }
  EXPECT_TRUE(failure->check<Mishap>());
  EXPECT_EQ(failure->getErrorMessage(), "mishap");
}

TEST(FailureTest, CurrentWrapsWhatIsNoException) {
  std::optional<Failure> failure;
  try {
    throw 42;  // NOLINT: somebody will
  } catch (...) {
    failure = Failure::current();
  }
  EXPECT_TRUE(failure->check<std::runtime_error>());
  EXPECT_NE(failure->getErrorMessage(), "");
}

TEST(FailureTest, CopiesShareTheException) {
  const Failure original{ConnectionDone()};
  const Failure copy = original;  // NOLINT(performance-unnecessary-copy-initialization)
  EXPECT_EQ(&original.value(), &copy.value());
}

// === StringTransport ==========================================================================

TEST(StringTransportTest, CollectsWhatIsWritten) {
  StringTransport transport;
  transport.write("one ");
  transport.writeSequence(std::array<std::string_view, 2>{"two ", "three"});
  EXPECT_EQ(transport.value(), "one two three");
  transport.clear();
  EXPECT_EQ(transport.value(), "");
}

TEST(StringTransportTest, LosingAndAbortingIsOnlyNoted) {
  StringTransport transport;
  EXPECT_FALSE(transport.disconnecting());
  transport.loseConnection();
  EXPECT_TRUE(transport.disconnecting());
  EXPECT_FALSE(transport.aborting());
  transport.abortConnection();
  EXPECT_TRUE(transport.aborting());
  transport.write("still collected");
  EXPECT_EQ(transport.value(), "still collected");
}

TEST(StringTransportTest, HasTheAddressesThatItHasInTwisted) {
  const StringTransport transport;
  EXPECT_EQ(transport.getPeer().toString(), "192.168.1.1:54321");
  EXPECT_EQ(transport.getHost().toString(), "10.0.0.1:12345");
}

// === MemoryReactor ============================================================================

TEST(MemoryReactorTest, ConnectTcpIsNotedAndStartedAndComesToNothing) {
  Story story;
  RecordingClientFactory factory(story);
  MemoryReactor reactor;
  const auto connector = reactor.connectTCP("poems.example", 10000, factory, Seconds(5));
  ASSERT_EQ(reactor.tcpClients().size(), 1u);
  const MemoryReactor::TcpClientCall& call = reactor.tcpClients()[0];
  EXPECT_EQ(call.host, "poems.example");
  EXPECT_EQ(call.port, 10000);
  EXPECT_EQ(call.factory, &factory);
  EXPECT_EQ(call.timeout, Seconds(5));
  EXPECT_EQ(call.connector, connector);
  EXPECT_EQ(connector->getDestination(), (HostPort{"poems.example", 10000}));
  reactor.advance(Seconds(1000));
  EXPECT_EQ(story, Story{"client: startedConnecting"});
  connector->stopConnecting();
  EXPECT_TRUE(call.connector->stoppedConnecting());
  connector->connect();
  EXPECT_EQ(call.connector->attempts(), 2);
}

TEST(MemoryReactorTest, ListenTcpIsNoted) {
  Factory factory;
  MemoryReactor reactor;
  const auto port = reactor.listenTCP(10000, factory, 7, "127.0.0.1");
  ASSERT_EQ(reactor.tcpServers().size(), 1u);
  EXPECT_EQ(reactor.tcpServers()[0].backlog, 7);
  EXPECT_EQ(port->getHost().toString(), "127.0.0.1:10000");
  bool done = false;
  port->stopListening([&] { done = true; });
  EXPECT_FALSE(done);
  reactor.turn();
  EXPECT_TRUE(done);
}

TEST(MemoryReactorTest, WhoIsMadeReadyIsCalledOnceOnTheNextTurn) {
  Story story;
  RecordingDescriptor a(story, "A", UniqueFd());
  MemoryReactor reactor;
  EXPECT_THROW(reactor.makeReadable(a), std::logic_error) << "it is not among the readers";
  reactor.addReader(a);
  reactor.addWriter(a);
  reactor.makeReadable(a);
  reactor.makeWritable(a);
  EXPECT_EQ(story, Story{});
  reactor.turn();
  reactor.turn();
  EXPECT_EQ(story, (Story{"A doRead", "A doWrite"}));
}

TEST(MemoryReactorTest, ReasonsExceptionsAndRemovalsCountAsInTheRealOne) {
  Story story;
  RecordingDescriptor a(story, "A", UniqueFd());
  RecordingDescriptor b(story, "B", UniqueFd());
  RecordingDescriptor c(story, "C", UniqueFd());
  MemoryReactor reactor;
  for (RecordingDescriptor* each : {&a, &b, &c}) {
    reactor.addReader(*each);
    reactor.makeReadable(*each);
  }
  a.onRead = [&]() -> std::optional<Failure> {
    reactor.removeReader(b);
    return Failure(ConnectionDone());
  };
  c.onRead = []() -> std::optional<Failure> { throw Mishap(); };
  reactor.turn();
  EXPECT_EQ(story, (Story{"A doRead", "A connectionLost ConnectionDone", "C doRead",
                          "C connectionLost Mishap"}));
  EXPECT_EQ(reactor.getReaders().size(), 0u);
  ASSERT_EQ(reactor.errors().size(), 1u);
  EXPECT_EQ(reactor.errors()[0].who, "C");
}

TEST(MemoryReactorTest, RunLetsTimeJumpToTheNextTimer) {
  MemoryReactor reactor;
  std::vector<double> times;
  for (const double delay : {3600.0, 60.0}) {
    reactor.callLater(Seconds(delay), [&] { times.push_back(reactor.seconds().count()); });
  }
  reactor.callLater(Seconds(86400), [&] { reactor.stop(); });
  reactor.run();
  EXPECT_EQ(times, (std::vector<double>{60, 3600}));
  EXPECT_EQ(reactor.seconds(), Seconds(86400));
  EXPECT_THROW(reactor.run(), ReactorNotRestartable);
}

TEST(MemoryReactorTest, RunThatWouldSleepForEverIsAnError) {
  MemoryReactor reactor;
  reactor.callLater(Seconds(1), [] {});
  EXPECT_THROW(reactor.run(), std::logic_error);
}

TEST(MemoryReactorTest, StopTellsEverybodyWhoIsLeft) {
  Story story;
  RecordingDescriptor a(story, "A", UniqueFd());
  MemoryReactor reactor;
  EXPECT_THROW(reactor.stop(), ReactorNotRunning);
  reactor.addReader(a);
  reactor.callWhenRunning([&] {
    EXPECT_TRUE(reactor.running());
    reactor.stop();
  });
  reactor.run();
  EXPECT_FALSE(reactor.running());
  EXPECT_EQ(story, Story{"A connectionLost ConnectionLost"});
}

TEST(MemoryReactorTest, TimerThatThrowsIsNotedAndTheOthersStillRun) {
  MemoryReactor reactor;
  bool called = false;
  reactor.callLater(Seconds(1), [] { throw Mishap(); });
  reactor.callLater(Seconds(1), [&] { called = true; });
  reactor.advance(Seconds(1));
  EXPECT_TRUE(called);
  ASSERT_EQ(reactor.errors().size(), 1u);
  EXPECT_TRUE(reactor.errors()[0].failure.check<Mishap>());
}

TEST(MemoryReactorTest, NamesHaveTheAddressesThatTheTestGivesThem) {
  MemoryReactor reactor;
  std::vector<std::string> answers;
  const auto note = [&](const Resolution& resolution) {
    answers.push_back(resolution.failure ? resolution.failure->getErrorMessage()
                                         : resolution.addresses.front().toString());
  };
  const auto early = reactor.resolveHostName({"early.example", 1}, note);
  auto dropped = reactor.resolveHostName({"early.example", 1}, note);
  reactor.setAddresses("early.example", resolveWithoutLookup({"192.0.2.1", 1}));
  dropped.reset();
  reactor.setLookupFailure("late.example", Failure(DNSLookupError("no such name")));
  const auto late = reactor.resolveHostName({"late.example", 1}, note);
  EXPECT_EQ(answers.size(), 0u) << "on a later turn";
  reactor.turn();
  EXPECT_EQ(answers, (std::vector<std::string>{"192.0.2.1:1", "no such name"}));
}

}  // namespace poetry::testing
