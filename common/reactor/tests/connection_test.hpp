// The fixture of the tests of connections, over loopback, once for each demultiplexer.
#pragma once

#include "reactor/tests/reactor_test.hpp"

#include <functional>
#include <memory>
#include <utility>

namespace poetry::testing {

/// A plain listener, and a factory whose client connects to it.
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
  /// Sets what the client does when it is connected. Its other end is peer_ by then.
  void whenConnected(std::function<void(ITransport&)> function) {
    client_.hooks.made = [this, function = std::move(function)](RecordingProtocol& protocol) {
      peer_ = listener_.accept();
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
