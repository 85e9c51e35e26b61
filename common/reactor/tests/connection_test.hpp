// The fixture of the tests of connections, over loopback.
#pragma once

#include "reactor/tests/reactor_test.hpp"

#include <functional>
#include <memory>
#include <utility>

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

}  // namespace poetry::testing
