// What a reactor promises about names: how connectTCP looks them up. "Case" is the number of a row
// in the list of cases that every reactor of this library has to pass.
#include "reactor/tests/connection_test.hpp"

#include <array>
#include <cerrno>
#include <map>
#include <system_error>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace poetry::testing {

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

// Rule 16: the same at the other end
TEST_P(NameTest, ServersThatAnotherAbortsDuringTheShutdownAreLostOnceEach) {
  constexpr int kConnections = 5;
  nameServer_->silent = true;
  RecordingServerFactory server(story_);
  const auto port = reactor().listenTCP(0, server, 50, "127.0.0.1");
  std::vector<ITransport*> transports;
  server.hooks.made = [&](RecordingProtocol& protocol) {
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
  std::vector<UniqueFd> visitors;
  for (int i = 0; i < kConnections; ++i) {
    visitors.push_back(connectPlainly(port->getHost().port()));
    reactor().connectTCP("poems.example", listener_.port, late);
  }
  run();
  EXPECT_EQ(count(story_, "server: connectionLost ConnectionLost") +
                count(story_, "server: connectionLost ConnectionAborted"),
            kConnections);
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

TEST_P(NameTest, LookupThatSelectCannotWatchIsAFailedConnection) {
  if (GetParam() != "select") {
    GTEST_SKIP() << "only select has descriptors that it cannot watch";
  }
  const std::vector<UniqueFd> taken = takeAllThatSelectCanWatch();
  if (taken.empty()) {
    GTEST_SKIP() << "the system grants no descriptor that select cannot watch";
  }
  stopWhenLost();
  reactor().connectTCP("poems.example", listener_.port, client_);
  run();
  EXPECT_EQ(count(story_, "client: clientConnectionFailed ConnectError"), 1);
}

TEST_P(NameTest, ReactorMayGoInTheMiddleOfALookup) {
  nameServer_->silent = true;
  const auto lookup = reactor().resolveHostName(
      {"poems.example", 80}, [](const Resolution& /*resolution*/) { ADD_FAILURE(); });
  destroyReactor();
}

INSTANTIATE_TEST_SUITE_P(Conformance, NameTest, ::testing::ValuesIn(Reactor::demultiplexers()),
                         [](const auto& test) { return test.param; });

}  // namespace poetry::testing
