// Servers and connections that do what a test tells them, step by step.
#pragma once

#include "net/address.hpp"
#include "net/unique_fd.hpp"
#include "support/scenario.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace poetry::testing {

class ChildProcess;

/// The test's end of a connection: the server's end, or the client's after Scenario::connect().
///
/// Each function is one step. It returns when the system has taken all bytes that it sends. While it
/// waits, the scenario reads what the programs print.
class ScriptedConnection {
 public:
  /// A connection that a server has accepted.
  ScriptedConnection(Scenario& scenario, std::string name, UniqueFd socket);
  /// See Scenario::connect().
  ScriptedConnection(Scenario& scenario, std::uint16_t port, const std::string& host,
                     SourceLine where);
  ~ScriptedConnection();
  ScriptedConnection(const ScriptedConnection&) = delete;
  ScriptedConnection& operator=(const ScriptedConnection&) = delete;

  /// "server 1" or "client 1".
  [[nodiscard]] const std::string& name() const { return name_; }
  /// The address of the test's end, such as "127.0.0.1:45012".
  [[nodiscard]] std::string address() const;

  /// Sends `bytes`, in one segment if they fit.
  void send(std::string_view bytes, SourceLine where = SourceLine::here());
  /// Sends a few bytes. Returns false if the program has closed its end.
  bool trySend(std::string_view bytes, SourceLine where = SourceLine::here());
  /// Sends the orderly close. The test can still receive.
  void closeInOrder(SourceLine where = SourceLine::here());
  /// Sends `bytes` and the orderly close in one segment, so that they arrive together.
  void sendAndClose(std::string_view bytes, SourceLine where = SourceLine::here());
  /// Resets the connection.
  void reset(SourceLine where = SourceLine::here());
  /// Sends a few bytes and resets the connection at once.
  void sendAndReset(std::string_view bytes, SourceLine where = SourceLine::here());

  /// What has arrived, and how the connection ended.
  struct Delivery {
    std::string bytes;
    bool inOrder;  ///< false: with a reset
  };
  /// Waits for the end of the connection, orderly or not.
  Delivery receiveToTheEnd(SourceLine where = SourceLine::here());
  /// Waits for the orderly close and returns all bytes before it. A reset is a failure.
  std::string receiveAll(SourceLine where = SourceLine::here());
  /// Waits for a reset and returns all bytes before it. An orderly close is a failure.
  std::string receiveUntilReset(SourceLine where = SourceLine::here());
  /// Waits for exactly `size` bytes.
  std::string receiveExactly(std::size_t size, SourceLine where = SourceLine::here());
  /// Returns what was not received yet, `most` bytes of it. Does not wait. A client must never send
  /// anything.
  std::string received(std::size_t most = std::string::npos);

  /// True if bytes, a close or a reset can be received. Does not wait.
  [[nodiscard]] bool hasNews() const;
  /// True if the program has closed or reset the connection. Does not wait.
  [[nodiscard]] bool hasEnded() const;

  /// True if all that was sent has arrived at the program's end, read or not.
  [[nodiscard]] bool isDelivered() const;

 private:
  void writeAll(std::string_view bytes, int flags, SourceLine where);
  std::string receiveUntil(bool inOrder, SourceLine where);

  Scenario& scenario_;
  std::string name_;
  UniqueFd socket_;
};

/// A server on a free port of this machine. It accepts a client when the test says so. Until then, the
/// kernel completes connections and keeps them in the listen queue.
class ScriptedServer {
 public:
  /// Listens at once. `host`: "127.0.0.1" or "::1". With port 0, the system chooses a free port.
  explicit ScriptedServer(Scenario& scenario, const std::string& host = "127.0.0.1",
                          std::uint16_t port = 0);

  /// "server 1", "server 2", ...
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// "127.0.0.1:10000" or "[::1]:10000": for a command line, and as programs print it.
  [[nodiscard]] const std::string& address() const { return address_; }

  /// Waits for a client. The connection lives as long as this server.
  ScriptedConnection& accept(SourceLine where = SourceLine::here());
  /// The same; nullptr if all programs have ended and none has connected.
  ScriptedConnection* acceptUnlessEnded(SourceLine where = SourceLine::here());
  /// True if a client waits to be accepted.
  [[nodiscard]] bool hasCaller() const;
  /// Accepts a client, sends it `poem` and closes in order.
  void serve(std::string_view poem, SourceLine where = SourceLine::here());

 private:
  Scenario& scenario_;
  std::string name_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::string address_;
  std::list<ScriptedConnection> connections_;
};

/// A port that refuses every connection. No other program gets it in the meantime, unless it binds this
/// very port with SO_REUSEADDR.
class RefusingPort {
 public:
  RefusingPort();
  [[nodiscard]] std::uint16_t port() const { return Address::hostOf(socket_.get()).port(); }
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  UniqueFd socket_;
  std::string address_;
};

/// A port that neither accepts nor refuses: its listen queue is full, so the kernel ignores attempts.
class SilentPort {
 public:
  SilentPort();
  [[nodiscard]] std::uint16_t port() const { return port_.port(); }
  [[nodiscard]] const std::string& address() const { return port_.address(); }

  /// From now on, it refuses. The attempt of a client that waits fails when its kernel tries again:
  /// after 1 s, or some seconds later.
  void refuse();

 private:
  RefusingPort port_;  ///< keeps the port
  UniqueFd listener_;
  UniqueFd queued_;
};

/// A server for thousands of connections at a time, on several ports so that no listen queue overflows.
class ManyConnections {
 public:
  /// Raises this process's limit of descriptors for `connections`; fits() says whether that worked.
  ManyConnections(Scenario& scenario, std::size_t connections);

  /// False if the system does not allow this process so many descriptors.
  [[nodiscard]] bool fits() const { return fits_; }
  /// One address for each connection: a command line.
  [[nodiscard]] std::vector<std::string> addresses() const;
  /// Accepts until all connections are open at the same time.
  void acceptAll(SourceLine where = SourceLine::here());
  /// Sends a few bytes on each connection.
  void sendToAll(std::string_view bytes, SourceLine where = SourceLine::here());
  /// Closes all in order. After that, acceptAll() can be called again.
  void closeAll(SourceLine where = SourceLine::here());
  /// Resets all.
  void resetAll(SourceLine where = SourceLine::here());

 private:
  Scenario& scenario_;
  std::size_t size_;
  bool fits_;
  std::vector<UniqueFd> listeners_;
  std::vector<UniqueFd> connections_;
};

/// True if this machine has the address ::1.
bool hasIpv6();

}  // namespace poetry::testing
