// Servers that do what a test tells them, step by step, and when it tells them.
#pragma once

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

/// One end of a connection, in the hand of a test: the server's, as a rule.
///
/// Each function is one step. It does not come back before the system has taken all that it
/// sends, however much that is; meanwhile the scenario reads what the programs print.
class ScriptedConnection {
 public:
  /// A connection that a server has accepted.
  ScriptedConnection(Scenario& scenario, std::string name, UniqueFd socket);
  /// Connects to `host` (numeric) and `port`: the client's end, to test a server with. Unread,
  /// it takes little: a server that sends some MiB has to wait.
  ScriptedConnection(Scenario& scenario, std::uint16_t port, const std::string& host = "127.0.0.1",
                     SourceLine where = SourceLine::here());
  ~ScriptedConnection();
  ScriptedConnection(const ScriptedConnection&) = delete;
  ScriptedConnection& operator=(const ScriptedConnection&) = delete;

  /// Our end, as in "127.0.0.1:45012": what the other end sees of us.
  [[nodiscard]] std::string address() const;

  /// Sends `bytes`, in one segment if one can hold them.
  void send(std::string_view bytes, SourceLine where = SourceLine::here());
  /// The same; false, and no failure, if the other end is gone. For a few bytes.
  bool trySend(std::string_view bytes, SourceLine where = SourceLine::here());
  /// No more bytes come from us: an orderly end. We can still receive.
  void closeInOrder(SourceLine where = SourceLine::here());
  /// Both, so that the last segment carries bytes and the end: the client finds them together.
  void sendAndClose(std::string_view bytes, SourceLine where = SourceLine::here());
  /// Breaks the connection off.
  void reset(SourceLine where = SourceLine::here());
  /// Both, without a pause between them. For a few bytes.
  void sendAndReset(std::string_view bytes, SourceLine where = SourceLine::here());

  /// Waits for the next bytes, at most `size`; empty at the end.
  std::string receive(std::size_t size = 65536, SourceLine where = SourceLine::here());
  /// Waits for exactly `size` bytes.
  std::string receiveExactly(std::size_t size, SourceLine where = SourceLine::here());
  /// Waits for the orderly end; returns all that came before it. A reset is a failure.
  std::string receiveAll(SourceLine where = SourceLine::here());
  /// Waits for a reset; returns all that came before it. An orderly end is a failure.
  std::string receiveUntilReset(SourceLine where = SourceLine::here());
  /// All that came, and how it ended.
  struct Delivery {
    std::string bytes;
    bool inOrder;  ///< false: with a reset
  };
  /// Waits for the end, whichever it is.
  Delivery receiveToTheEnd(SourceLine where = SourceLine::here());
  /// True when something can be received at once: bytes, the end or a reset.
  [[nodiscard]] bool hasNews() const;
  /// True when the other end has closed the connection, or broken it off.
  [[nodiscard]] bool hasEnded() const;
  /// Waits until the other end has closed the connection, or broken it off.
  void waitUntilPeerIsGone(SourceLine where = SourceLine::here());

  /// What has come in unasked so far. Waits for nothing. From a poetry client: nothing at all.
  const std::string& received();

  /// Bytes that have arrived at the other end and that nobody there has read, the end of the
  /// connection counting as one; 0 when the other end is gone. By /proc/net/tcp (Linux only).
  [[nodiscard]] std::size_t unreadByPeer() const;

  /// True when all that we sent is at the other end, read or not.
  [[nodiscard]] bool isDelivered() const;

 private:
  void writeAll(std::string_view bytes, int flags, SourceLine where);
  std::string receiveUntilEnd(bool reset, SourceLine where);

  Scenario& scenario_;
  std::string name_;
  UniqueFd socket_;
  std::string received_;
};

/// A server at a free port of this machine. It accepts when it is told to; until then clients
/// find themselves connected and wait, as TCP has it.
class ScriptedServer {
 public:
  /// Listens at once. `host`: "127.0.0.1" or "::1".
  explicit ScriptedServer(Scenario& scenario, const std::string& host = "127.0.0.1");

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// "127.0.0.1:10000" or "[::1]:10000": for a command line, and as programs print it.
  [[nodiscard]] const std::string& address() const { return address_; }

  /// Waits for a client. The connection lives as long as the server object.
  ScriptedConnection& accept(SourceLine where = SourceLine::here());
  /// The same, or nullptr when no program is left that could connect.
  ScriptedConnection* acceptUnlessEnded(SourceLine where = SourceLine::here());
  /// True when a client waits to be accepted.
  [[nodiscard]] bool hasCaller() const;
  /// Accepts, sends all of `poem` and closes.
  void serve(std::string_view poem, SourceLine where = SourceLine::here());

 private:
  Scenario& scenario_;
  std::string name_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::string address_;
  std::list<ScriptedConnection> connections_;
};

/// A port that refuses every connection, and that nobody else can get in the meantime.
class RefusingPort {
 public:
  RefusingPort();
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  UniqueFd socket_;
  std::string address_;
};

/// A port that neither accepts nor refuses: who connects to it waits for as long as he likes.
class SilentPort {
 public:
  SilentPort();
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  UniqueFd listener_;
  std::vector<UniqueFd> queue_;  ///< fills the queue of `listener_`, so that the next is ignored
  std::string address_;
};

/// A server for thousands of connections at a time, at several ports so that no queue overflows.
class CrowdServer {
 public:
  /// Raises this process's limit of descriptors for `connections`; ask fits() whether it could.
  CrowdServer(Scenario& scenario, std::size_t connections);

  /// False when the system does not let this process have that many descriptors.
  [[nodiscard]] bool fits() const { return fits_; }
  /// One address for each connection: a command line.
  [[nodiscard]] std::vector<std::string> addresses() const;
  /// Accepts until all of them are open at once.
  void acceptAll(SourceLine where = SourceLine::here());
  /// Sends `bytes` on each connection; a few, as it does not wait.
  void sendToAll(std::string_view bytes, SourceLine where = SourceLine::here());
  /// Closes them in order. After that, acceptAll() may begin anew.
  void closeAll(SourceLine where = SourceLine::here());
  /// Breaks them off.
  void resetAll(SourceLine where = SourceLine::here());

 private:
  Scenario& scenario_;
  std::size_t size_;
  bool fits_;
  std::vector<UniqueFd> listeners_;
  std::vector<UniqueFd> connections_;
};

/// True when this machine has the address ::1.
bool hasIpv6();

}  // namespace poetry::testing
