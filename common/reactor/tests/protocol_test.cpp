// Protocols, factories and reasons, each without a reactor, and the transport for such tests.
#include "reactor/protocol.hpp"

#include "reactor/tests/recording.hpp"
#include "support/string_transport.hpp"

#include <gtest/gtest.h>

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

TEST(ProtocolTest, FactoryMakesItsProtocolAndSetsItsFactory) {
  Factory factory;
  factory.protocol = [] { return std::make_unique<Echo>(); };
  const std::unique_ptr<IProtocol> built = factory.buildProtocol(Address());
  auto* echo = dynamic_cast<Echo*>(built.get());
  ASSERT_NE(echo, nullptr);
  EXPECT_EQ(echo->factory, &factory);
}

TEST(ProtocolTest, TransportIsSetWhenConnectionMadeIsCalled) {
  StringTransport transport;
  Echo echo;
  echo.makeConnection(transport);
  EXPECT_EQ(transport.value(), "welcome;");
  echo.dataReceived("hello");
  EXPECT_EQ(transport.value(), "welcome;hello");
}

TEST(ProtocolTest, TransportStaysSetAfterConnectionLost) {
  StringTransport transport;
  Echo echo;
  echo.makeConnection(transport);
  echo.connectionLost(Failure(ConnectionDone()));
  transport.clear();
  echo.dataReceived("no crash");
  EXPECT_EQ(transport.value(), "no crash");
}

TEST(ProtocolTest, LogPrefixIsTheNameOfTheClass) {
  EXPECT_EQ(Echo().logPrefix(), "Echo");
}

TEST(ProtocolTest, ProtocolThatOverridesNothingIgnoresEverything) {
  StringTransport transport;
  Protocol protocol;
  protocol.makeConnection(transport);
  protocol.dataReceived("hello");
  protocol.connectionLost(Failure(ConnectionDone()));
  EXPECT_EQ(transport.value(), "");
}

TEST(FactoryTest, IsStartedByItsFirstUserAndStoppedByItsLast) {
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

TEST(FactoryTest, DoStopWithoutUsersDoesNothing) {
  CountingFactory factory;
  factory.doStop();
  factory.doStop();
  EXPECT_EQ(factory.stops, 0);
  factory.doStart();
  EXPECT_EQ(factory.starts, 1) << "the calls before do not count";
}

TEST(FactoryTest, FactoryMayMakeNoProtocol) {
  Factory factory;
  factory.protocol = []() -> std::unique_ptr<Protocol> { return nullptr; };
  EXPECT_EQ(factory.buildProtocol(Address()), nullptr);
}

// === Reasons ==================================================================================

TEST(FailureTest, CheckIsTrueForTheTypeAndItsBaseClasses) {
  const Failure aborted{ConnectionAborted()};
  EXPECT_TRUE(aborted.check<ConnectionAborted>());
  EXPECT_TRUE(aborted.check<ConnectionLost>());
  EXPECT_TRUE(aborted.check<std::exception>());
  EXPECT_FALSE(aborted.check<ConnectionDone>());
  EXPECT_FALSE(Failure(ConnectionDone()).check<ConnectionLost>());
}

TEST(FailureTest, TimeoutErrorIsAUserErrorAndDNSLookupErrorIsNotAConnectError) {
  const Failure timeout{TimeoutError()};
  EXPECT_TRUE(timeout.check<UserError>());
  EXPECT_TRUE(timeout.check<ConnectError>());
  EXPECT_FALSE(Failure(UserError()).check<TimeoutError>());
  EXPECT_FALSE(Failure(DNSLookupError("no such name")).check<ConnectError>());
}

TEST(FailureTest, ConnectFailureChoosesTheTypeByTheErrorNumber) {
  EXPECT_TRUE(connectFailure(ECONNREFUSED).check<ConnectionRefusedError>());
  for (const int other : {EHOSTUNREACH, EACCES, EADDRNOTAVAIL}) {
    EXPECT_EQ(kindOf(connectFailure(other)), "ConnectError");
  }
  const Failure refused = connectFailure(ECONNREFUSED);
  EXPECT_EQ(dynamic_cast<const ReasonError&>(refused.value()).osError(), ECONNREFUSED);
  EXPECT_EQ(refused.getErrorMessage(), "Connection refused");
}

TEST(FailureTest, CurrentIsTheExceptionThatIsHandled) {
  std::optional<Failure> failure;
  try {
    throw Mishap();
  } catch (...) {
    failure = Failure::current();
  }
  EXPECT_TRUE(failure->check<Mishap>());
  EXPECT_EQ(failure->getErrorMessage(), "mishap");
}

TEST(FailureTest, CurrentWrapsWhatIsNotAnStdException) {
  std::optional<Failure> failure;
  try {
    throw 42;  // NOLINT(hicpp-exception-baseclass): that is the point
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
  transport.write("two");
  EXPECT_EQ(transport.value(), "one two");
  transport.clear();
  EXPECT_EQ(transport.value(), "");
}

TEST(StringTransportTest, RemembersLoseConnectionAndAbortConnection) {
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

TEST(StringTransportTest, HasTheAddressesOfTheOneInTwisted) {
  const StringTransport transport;
  EXPECT_EQ(transport.getPeer().toString(), "192.168.1.1:54321");
  EXPECT_EQ(transport.getHost().toString(), "10.0.0.1:12345");
}

}  // namespace poetry::testing
