// Attempts, connections and ports in states that a network does not produce on demand: real
// sockets, a fake demultiplexer and a fake clock.
#include "reactor/tcp.hpp"

#include "reactor/tests/reactor_test.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <memory>
#include <stdexcept>
#include <system_error>

#include <sys/resource.h>  // setrlimit
#include <sys/socket.h>
#include <unistd.h>  // dup2

namespace poetry::testing {

namespace {

/// While it exists, the process gets no new descriptor.
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

Address addressOf(const std::string& host, std::uint16_t port) {
  return resolveWithoutLookup({host, port}).front();
}

class TcpTest : public LoopTest {
 protected:
  std::shared_ptr<IConnector> connect(std::uint16_t port,
                                      std::optional<Duration> timeout = Duration(30)) {
    return reactor().connectTCP("127.0.0.1", port, client_, timeout);
  }
  void stopWhenFailed() {
    client_.onFailed = [this](IConnector& /*connector*/, const Failure& /*reason*/) { stopOnce(); };
  }
  void thenStop() {
    fake_->then([this] { stopOnce(); });
  }
  void thenWaitForSystem() {
    fake_->then([this] { fake_->waitForSystem(); });
  }
  /// Runs the loop on what the system finds ready, until `line` is in the story.
  void runUntil(const std::string& line) {
    fake_->then([this, line] { waitUntil(line); });
    run();
  }
  /// The only descriptor that is watched for reading.
  int descriptor() { return reactor().getReaders().at(0)->fileno(); }

  RecordingClientFactory client_{story_};

 private:
  void waitUntil(const std::string& line) {
    if (count(story_, line) > 0) {
      stopOnce();
    } else {
      fake_->waitForSystem();
      fake_->then([this, line] { waitUntil(line); });
    }
  }
};

}  // namespace

// === Attempts =================================================================================

TEST_F(TcpTest, AttemptFailsWhenItsTimeLimitHasPassedSinceTheCall) {
  const SilentPort silent;
  stopWhenFailed();
  connect(silent.port, Duration(30));
  fake_->advance(Duration(10));
  run();
  EXPECT_EQ(fake_->now(), TimePoint(Duration(30)));
  EXPECT_EQ(story_, (Story{"client: startFactory", "client: startedConnecting",
                           "client: clientConnectionFailed TimeoutError", "client: stopFactory"}));
  EXPECT_EQ(reactor().getDelayedCalls().size(), 0u);
}

TEST_F(TcpTest, AttemptThatTheSystemHasFinishedDoesNotTimeOutInABusyLoop) {
  const Listener listener;
  connect(listener.port, Duration(30));
  const UniqueFd accepted = listener.accept();
  fake_->advance(Duration(30));  // before the loop looks at the socket for the first time
  runUntil("client: connectionMade");
  EXPECT_EQ(count(story_, "client: clientConnectionFailed TimeoutError"), 0);
}

TEST_F(TcpTest, AttemptWithoutATimeLimitHasNoTimer) {
  const SilentPort silent;
  connect(silent.port, std::nullopt);
  EXPECT_EQ(reactor().getDelayedCalls().size(), 0u);
}

TEST_F(TcpTest, TimeLimitEndsBeforeTheProtocolIsBuilt) {
  const Listener listener;
  client_.onBuild = [&](const Address& /*peer*/) {
    EXPECT_EQ(reactor().getDelayedCalls().size(), 0u);
    return true;
  };
  connect(listener.port);
  runUntil("client: connectionMade");
}

TEST_F(TcpTest, SpuriousReadinessDoesNotEndTheAttempt) {
  const SilentPort silent;
  connect(silent.port);
  fake_->makeReadable(descriptor());
  fake_->makeWritable(descriptor());
  fake_->then([&] {
    EXPECT_EQ(story_.size(), 2u);
    EXPECT_EQ(reactor().getReaders().size(), 1u);
    stopOnce();
  });
  run();
}

TEST_F(TcpTest, ConnectionToItselfIsARefusedConnection) {
  // A socket that is connected to itself takes the place of the client's socket.
  const UniqueFd socket = makeSocket(addressOf("127.0.0.1", 0));
  const Address anyPort = addressOf("127.0.0.1", 0);
  ASSERT_EQ(::bind(socket.get(), anyPort.data(), anyPort.size()), 0);
  const Address self = Address::hostOf(socket.get());
  ASSERT_EQ(::connect(socket.get(), self.data(), self.size()), 0);
  stopWhenFailed();
  connect(self.port());
  ASSERT_EQ(::dup2(socket.get(), descriptor()), descriptor());
  fake_->makeWritable(descriptor());
  run();
  EXPECT_EQ(count(story_, "client: clientConnectionFailed ConnectionRefusedError"), 1);
  EXPECT_EQ(count(story_, "client: buildProtocol"), 0);
}

TEST_F(TcpTest, ResetAfterAnOrderlyCloseThatTheClientHasNotSeenYetChangesNothing) {
  const Listener listener;
  connect(listener.port);
  UniqueFd server = listener.accept();
  sendAll(server.get(), "whole");
  ::shutdown(server.get(), SHUT_WR);
  closeWithReset(server);
  runUntil("client: stopFactory");
  EXPECT_EQ(count(story_, "client: clientConnectionLost ConnectionDone"), 1);
}

TEST_F(TcpTest, AttemptThatBeginsAndEndsInsideClientConnectionFailedIsCountedOnce) {
  const ClosedPort closed;
  const SilentPort silent;
  client_.onFailed = [&](IConnector& connector, const Failure& /*reason*/) {
    client_.onFailed = nullptr;
    connector.connect();
    connector.stopConnecting();
  };
  connect(silent.port, std::nullopt);
  connect(closed.port);
  thenWaitForSystem();
  fake_->then([&] {
    EXPECT_EQ(count(story_, "client: clientConnectionFailed UserError"), 1);
    EXPECT_EQ(count(story_, "client: stopFactory"), 0) << "the other attempt still goes on";
    stopOnce();
  });
  run();
  EXPECT_EQ(count(story_, "client: stopFactory"), 1);
}

TEST_F(TcpTest, AttemptWithoutADescriptorFailsLaterAndSaysWhy) {
  std::optional<Failure> failure;
  client_.onFailed = [&](IConnector& /*connector*/, const Failure& reason) {
    failure = reason;
    stopOnce();
  };
  {
    const NoMoreDescriptors none;
    connect(80);
  }
  EXPECT_FALSE(failure);
  run();
  ASSERT_TRUE(failure);
  EXPECT_TRUE(failure->check<ConnectError>());
  EXPECT_EQ(dynamic_cast<const ReasonError&>(failure->value()).osError(), EMFILE);
}

TEST_F(TcpTest, AttemptThatCannotBeWatchedFailsLaterAndClosesItsSocket) {
  const SilentPort silent;
  stopWhenFailed();
  fake_->refuseToWatch(EINVAL);
  connect(silent.port);
  EXPECT_EQ(story_.size(), 2u);
  run();
  EXPECT_EQ(story_, (Story{"client: startFactory", "client: startedConnecting",
                           "client: clientConnectionFailed ConnectError", "client: stopFactory"}));
}

TEST_F(TcpTest, StopConnectingLeavesNothingBehind) {
  const SilentPort silent;
  const auto connector = connect(silent.port);
  connector->stopConnecting();
  EXPECT_EQ(story_.back(), "client: stopFactory");
  EXPECT_EQ(reactor().removeAll().size(), 0u);
  EXPECT_EQ(reactor().getDelayedCalls().size(), 0u);
  EXPECT_THROW(connector->stopConnecting(), NotConnectingError);
}

TEST_F(TcpTest, ExceptionOfStartFactoryReachesTheCallerAndNothingHasBegun) {
  struct Broken : ClientFactory {
    void startFactory() override { throw Mishap(); }
  } factory;
  EXPECT_THROW(reactor().connectTCP("127.0.0.1", 80, factory), Mishap);
  EXPECT_EQ(reactor().getDelayedCalls().size(), 0u);
  EXPECT_EQ(reactor().removeAll().size(), 0u);
}

TEST_F(TcpTest, ExceptionOfStartedConnectingReachesTheCallerAndTheAttemptGoesOn) {
  const Listener listener;
  client_.onStarted = [](IConnector& /*connector*/) { throw Mishap(); };
  EXPECT_THROW(connect(listener.port), Mishap);
  runUntil("client: connectionMade");
}

// === Established connections ==================================================================

namespace {

/// A connection over a socket pair. The test reads and writes the other end.
class EstablishedTest : public TcpTest {
 protected:
  void SetUp() override {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    ours_.reset(ends[0]);
    theirs_.reset(ends[1]);
    TcpTest::SetUp();
  }
  void TearDown() override {
    theirs_.reset();
    TcpTest::TearDown();
  }

  TcpServer& establish(std::unique_ptr<IProtocol> protocol) {
    const auto server =
        std::make_shared<TcpServer>(reactor(), std::move(ours_), addressOf("192.0.2.1", 54321), 7);
    reactor().keep(*server);
    server->start(std::move(protocol));
    return *server;
  }
  TcpServer& establish() {
    return establish(std::make_unique<RecordingProtocol>(story_, "protocol", hooks_));
  }
  /// What has arrived at the other end.
  std::string arrived() {
    std::string all;
    std::array<char, 65536> buffer{};
    while (true) {
      const Received received = receive(theirs_.get(), buffer);
      if (!received.isBytes()) {
        return all;
      }
      all += received.bytes;
    }
  }
  bool isReading() { return !reactor().getReaders().empty(); }
  bool isWriting() { return !reactor().getWriters().empty(); }

  UniqueFd ours_;
  UniqueFd theirs_;
  ProtocolHooks hooks_;
};

}  // namespace

TEST_F(EstablishedTest, IsAReaderFromTheStartAndAWriterWhileThereIsSomethingToSend) {
  TcpServer& connection = establish();
  EXPECT_TRUE(isReading());
  EXPECT_FALSE(isWriting());
  connection.write("words");
  EXPECT_TRUE(isWriting());
  EXPECT_EQ(arrived(), "");
  thenWaitForSystem();
  fake_->then([&] {
    EXPECT_EQ(arrived(), "words");
    EXPECT_FALSE(isWriting());
    stopOnce();
  });
  run();
}

TEST_F(EstablishedTest, EachReadinessIsOneDataReceivedOfAtMost64KiB) {
  hooks_.quiet = true;
  std::vector<std::size_t> sizes;
  hooks_.received = [&](RecordingProtocol& /*protocol*/, std::string_view bytes) {
    sizes.push_back(bytes.size());
  };
  establish();
  const std::string chunk(4096, 'x');
  for (int i = 0; i < 25; ++i) {
    sendAll(theirs_.get(), chunk);
  }
  fake_->makeReadable(descriptor());
  thenStop();
  run();
  ASSERT_EQ(sizes.size(), 1u);
  EXPECT_LE(sizes[0], 65536u);
}

TEST_F(EstablishedTest, SpuriousReadabilityDoesNotEndTheConnection) {
  establish();
  fake_->makeReadable(descriptor());
  fake_->then([&] {
    EXPECT_EQ(story_, Story{"protocol: connectionMade"});
    stopOnce();
  });
  run();
}

TEST_F(EstablishedTest, SpuriousWritabilityDoesNotEndTheConnection) {
  TcpServer& connection = establish();
  connection.write(std::string(1'000'000, 'x'));  // more than the kernel takes at once
  const int fd = descriptor();
  fake_->makeWritable(fd);
  fake_->then([&] { fake_->makeWritable(fd); });
  fake_->then([&] {
    EXPECT_EQ(story_, Story{"protocol: connectionMade"});
    EXPECT_TRUE(isWriting());
    stopOnce();
  });
  run();
}

TEST_F(EstablishedTest, LoseConnectionStopsReadingAndClosesWhenEverythingIsSent) {
  TcpServer& connection = establish();
  connection.write("last words");
  connection.loseConnection();
  EXPECT_FALSE(isReading());
  EXPECT_EQ(story_.size(), 1u);
  thenWaitForSystem();
  thenStop();
  run();
  EXPECT_EQ(story_.back(), "protocol: connectionLost ConnectionDone");
  EXPECT_EQ(arrived(), "last words");
}

TEST_F(EstablishedTest, LoseConnectionWithNothingToSendStillWaitsForTheLoop) {
  establish().loseConnection();
  EXPECT_EQ(story_.size(), 1u);
  thenWaitForSystem();
  thenStop();
  run();
  EXPECT_EQ(story_.back(), "protocol: connectionLost ConnectionDone");
}

TEST_F(EstablishedTest, LoseConnectionThatThrowsMayBeCalledAgain) {
  TcpServer& connection = establish();
  fake_->refuseToWatch(ENOSPC);
  EXPECT_THROW(connection.loseConnection(), std::system_error);
  EXPECT_TRUE(isReading());
  fake_->refuseToWatch(0);
  connection.loseConnection();
  EXPECT_FALSE(isReading());
  runUntil("protocol: connectionLost ConnectionDone");
}

TEST_F(EstablishedTest, AbortRemovesTheConnectionAtOnceAndConnectionLostFollows) {
  TcpServer& connection = establish();
  connection.write("never sent");
  connection.abortConnection();
  connection.write("never sent");
  connection.loseConnection();
  connection.abortConnection();
  EXPECT_EQ(reactor().removeAll().size(), 0u);
  EXPECT_EQ(story_.size(), 1u);
  reactor().callLater(Duration(1), [&] { stopOnce(); });
  run();
  EXPECT_EQ(story_,
            (Story{"protocol: connectionMade", "protocol: connectionLost ConnectionAborted"}));
  EXPECT_EQ(arrived(), "");
}

TEST_F(EstablishedTest, IsDestroyedInALaterIterationThanItIsLost) {
  TcpServer& connection = establish();
  connection.abortConnection();  // connectionLost is called from a timer
  reactor().callLater(Duration(0), [&] {
    EXPECT_EQ(story_.back(), "protocol: connectionLost ConnectionAborted");
    EXPECT_EQ(RecordingProtocol::alive, 1) << "it is still the same iteration";
  });
  reactor().callLater(Duration(1), [&] {
    EXPECT_EQ(RecordingProtocol::alive, 0);
    stopOnce();
  });
  run();
}

// Over a socket pair this is EPIPE, which comes with a signal that would end the process.
TEST_F(EstablishedTest, WritingToAPeerThatHasClosedIsConnectionLostAndRaisesNoSignal) {
  TcpServer& connection = establish();
  connection.write("never received");
  theirs_.reset();
  fake_->makeWritable(descriptor());
  thenStop();
  run();
  EXPECT_EQ(story_.back(), "protocol: connectionLost ConnectionLost");
}

TEST_F(EstablishedTest, LogPrefixIsTheProtocolTheSessionAndThePeer) {
  EXPECT_EQ(establish().logPrefix(), "RecordingProtocol,7,192.0.2.1");
}

namespace {

/// Uses its transport in its destructor.
struct WritesInItsDestructor : Protocol {
  WritesInItsDestructor() = default;
  WritesInItsDestructor(const WritesInItsDestructor&) = delete;
  WritesInItsDestructor& operator=(const WritesInItsDestructor&) = delete;
  ~WritesInItsDestructor() override {
    transport->write("one last word");
    transport->loseConnection();
    transport->abortConnection();
  }
};

}  // namespace

TEST_F(EstablishedTest, ProtocolMayUseItsTransportWhileBothAreDestroyed) {
  establish(std::make_unique<WritesInItsDestructor>());
  destroyReactor();
  EXPECT_EQ(arrived(), "");
}

TEST_F(EstablishedTest, DestructorOfAProtocolMayEndAnAttempt) {
  struct Guard : Protocol {
    explicit Guard(std::shared_ptr<IConnector> attempt) : other(std::move(attempt)) {}
    ~Guard() override { other->stopConnecting(); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    std::shared_ptr<IConnector> other;
  };
  const SilentPort silent;
  establish(std::make_unique<Guard>(connect(silent.port))).abortConnection();
  reactor().callLater(Duration(1), [&] {
    EXPECT_EQ(story_.back(), "client: stopFactory");
    stopOnce();
  });
  run();
}

// === Ports ====================================================================================

namespace {

class PortTest : public TcpTest {
 protected:
  void SetUp() override {
    TcpTest::SetUp();
    port_ = reactor().listenTCP(0, server_, 128, "127.0.0.1");
    fd_ = descriptor();
  }
  void TearDown() override {
    clients_.clear();
    port_.reset();
    TcpTest::TearDown();
  }

  void addClient() { clients_.push_back(connectPlainly(port_->getHost().port())); }
  /// A client waits, and the port can't accept it.
  void runOutOfDescriptors() {
    addClient();
    fake_->makeReadable(fd_);
    none_ = std::make_unique<NoMoreDescriptors>();
    fake_->then([this] {
      none_.reset();
      EXPECT_EQ(errors_.size(), 1u);
      EXPECT_EQ(reactor().getReaders().size(), 0u) << "it would be readable all the time";
    });
  }
  [[nodiscard]] std::string nameOfPort() const {
    return "[ListeningPort," + port_->getHost().toString() + "] ";
  }

  RecordingServerFactory server_{story_};
  std::shared_ptr<IListeningPort> port_;
  int fd_ = -1;
  std::vector<UniqueFd> clients_;

 private:
  std::unique_ptr<NoMoreDescriptors> none_;
};

}  // namespace

TEST_F(PortTest, AcceptsAtMostAHundredClientsInOneIteration) {
  for (int i = 0; i < 110; ++i) {
    addClient();
  }
  fake_->makeReadable(fd_);
  fake_->then([&] {
    EXPECT_EQ(count(story_, "server: connectionMade"), 100);
    fake_->makeReadable(fd_);
  });
  fake_->then([&] {
    EXPECT_EQ(count(story_, "server: connectionMade"), 110);
    stopOnce();
  });
  run();
}

TEST_F(PortTest, ReportsAndPausesWhenItIsOutOfDescriptors) {
  runOutOfDescriptors();
  fake_->then([&] { fake_->advance(Duration(0.1)); });
  fake_->then([&] {
    ASSERT_EQ(reactor().getReaders().size(), 1u);
    addClient();  // valgrind drops the first one
    fake_->makeReadable(fd_);
  });
  thenStop();
  run();
  EXPECT_EQ(errors_, (Errors{{"ConnectionLost", nameOfPort() + "accept"}}));
  EXPECT_GE(count(story_, "server: connectionMade"), 1);
}

TEST_F(PortTest, StaysClosedWhenItIsStoppedDuringAPause) {
  runOutOfDescriptors();
  fake_->then([&] { port_->stopListening(); });
  fake_->then([&] { fake_->advance(Duration(1)); });
  fake_->then([&] {
    EXPECT_EQ(story_, (Story{"server: startFactory", "server: stopFactory"}));
    EXPECT_EQ(reactor().getReaders().size(), 0u);
    stopOnce();
  });
  run();
}

TEST_F(PortTest, ShutdownDuringAPauseStopsTheFactory) {
  runOutOfDescriptors();
  thenStop();
  run();
  EXPECT_EQ(story_, (Story{"server: startFactory", "server: stopFactory"}));
}

TEST_F(PortTest, ReportsAndClosesWhenItCannotAcceptAnyMore) {
  ::shutdown(fd_, SHUT_RDWR);  // accept(2) fails from now on
  fake_->makeReadable(fd_);
  fake_->then([&] {
    EXPECT_EQ(story_, (Story{"server: startFactory", "server: stopFactory"}));
    stopOnce();
  });
  run();
  EXPECT_EQ(errors_, (Errors{{"ConnectionLost", nameOfPort() + "accept"}}));
}

TEST_F(PortTest, ReportsAndClosesAClientThatCannotBeWatched) {
  addClient();
  fake_->makeReadable(fd_);
  reactor().callWhenRunning([&] { fake_->refuseToWatch(ENOSPC); });
  thenStop();
  run();
  EXPECT_EQ(errors_, (Errors{{"system_error", "[Uninitialized,1,127.0.0.1] addReader"}}));
  EXPECT_EQ(story_, (Story{"server: startFactory", "server: buildProtocol", "server: stopFactory"}))
      << "connectionLost is not called without connectionMade";
  EXPECT_EQ(receiveToTheEnd(clients_[0]), "");
}

TEST_F(PortTest, IsRefusedWhenItCannotBeWatchedAndItsFactoryIsNotStarted) {
  RecordingServerFactory another(story_, "another");
  fake_->refuseToWatch(ENOSPC);
  EXPECT_THROW(reactor().listenTCP(0, another, 50, "127.0.0.1"), CannotListenError);
  EXPECT_EQ(count(story_, "another: startFactory"), 0);
}

TEST_F(PortTest, ReportsAnExceptionOfStopFactory) {
  struct Throws : RecordingServerFactory {
    using RecordingServerFactory::RecordingServerFactory;
    void stopFactory() override { throw Mishap(); }
  };
  Throws factory(story_, "another");
  reactor().listenTCP(0, factory, 50, "127.0.0.1")->stopListening();
  EXPECT_EQ(errors_, (Errors{{"Mishap", "stopFactory"}}));
}

TEST_F(PortTest, RefusesAnInterfaceThatIsNotAnAddress) {
  try {
    reactor().listenTCP(0, server_, 50, "no such name");
    ADD_FAILURE() << "it listens";
  } catch (const CannotListenError& error) {
    const std::string what = error.what();
    EXPECT_TRUE(what.starts_with("cannot listen on no such name:0: ")) << what;
    EXPECT_EQ(what.rfind("cannot listen"), 0u) << what;  // once
  }
}

TEST_F(TcpTest, DisconnectInsideBuildProtocolClosesTheConnection) {
  const Listener listener;
  std::shared_ptr<IConnector> connector;
  client_.onBuild = [&](const Address& /*peer*/) {
    connector->disconnect();
    return true;
  };
  connector = connect(listener.port);
  runUntil("client: clientConnectionLost ConnectionDone");
}

TEST_F(PortTest, PausesAgainWhenItCannotBeWatchedAgain) {
  runOutOfDescriptors();
  fake_->then([&] {
    fake_->refuseToWatch(ENOMEM);
    fake_->advance(Duration(0.1));
  });
  fake_->then([&] {
    EXPECT_EQ(errors_.size(), 2u);
    EXPECT_EQ(reactor().getReaders().size(), 0u);
    fake_->refuseToWatch(0);
    fake_->advance(Duration(0.1));
  });
  fake_->then([&] {
    EXPECT_EQ(reactor().getReaders().size(), 1u);
    stopOnce();
  });
  run();
}

}  // namespace poetry::testing
