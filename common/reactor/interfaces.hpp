// Every promise that the reactor, its descriptors, transports and protocols make to each other.
// There is no code here that keeps these promises: that is in the other files of this folder.
//
// From the bottom up, in the order in which the lessons meet them:
//
//     ILoggingContext        has a name for log lines
//     IFileDescriptor        has a descriptor, and is called when it is finished
//     IReadDescriptor        can be read from                 <- lesson 4's PoetrySocket is one
//     IWriteDescriptor       can be written to
//     IReactorFDSet          watches descriptors              addReader, addWriter
//     IReactorTime           keeps the time                   callLater
//     IReactorCore           runs the loop                    run, stop
//     ITransport             a connection, seen from above    write, loseConnection
//     IProtocol              uses the bytes of a connection   <- lesson 5's PoetryProtocol is one
//     IProtocolFactory       makes a protocol for each connection
//     IReactorTCP            makes connections                connectTCP, listenTCP
//
// These rules hold unless a comment says otherwise:
//   - Nothing blocks, except IReactorCore::run, and listenTCP when it looks up a name. Every
//     callback runs on the thread that called run().
//   - A parameter passed by reference is borrowed. It must live for as long as it is registered,
//     or for as long as the run lasts. A unique_ptr passes ownership on.
//   - The loop makes every callback, on the stack of run(), and never from inside the call that
//     asked for it. The few exceptions are named.
//   - A callback may add, remove, connect, write, close and stop. It must not destroy its own
//     object, nor another object that is registered or that has not had its connectionLost yet.
//   - An exception that leaves a callback is logged, and the loop goes on. If doRead, doWrite or a
//     callback that they make threw it, it is also the reason of that object's connectionLost.
//
// The names are those of twisted.internet.interfaces, so what you learn here helps you there.
#pragma once

#include "net/address.hpp"
#include "reactor/reasons.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace poetry {

/// A span of time in seconds. 0.5s, 100ms and 30s all convert to it.
using Duration = std::chrono::duration<double>;
/// A point in time on the reactor's clock. Only differences between two of them mean something.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

// === Descriptors ==============================================================================

/// Has a name for log lines.
class ILoggingContext {
 public:
  virtual ~ILoggingContext() = default;

  /// The name of this object in trace lines and error messages.
  [[nodiscard]] virtual std::string logPrefix() const = 0;
};

/// An object with a file descriptor.
class IFileDescriptor : public ILoggingContext {
 public:
  /// The descriptor: the same number for as long as it is open, -1 when there is none.
  ///
  /// An object may close its descriptor in its own doRead or doWrite, and return -1 here from then
  /// on. The reactor then calls connectionLost(ConnectionFdescWentAway), even if the object removes
  /// itself after the close. At any other time, remove the object before you close its descriptor.
  /// The reactor does not check this. With epoll the object is never called again, and with select
  /// the run may end with an exception.
  [[nodiscard]] virtual int fileno() const = 0;

  /// Called when the reactor has removed this object and will not call it again.
  ///
  /// Called at most once per registration. The object is in neither set by then. `reason` says why:
  /// what doRead or doWrite returned, an exception that one of them threw, or the end of the run.
  /// The reactor does not close the descriptor; the object does.
  virtual void connectionLost(const Failure& reason) = 0;
};

/// A descriptor to read from.
class IReadDescriptor : public virtual IFileDescriptor {
 public:
  /// Called when the descriptor is readable. Must not block: the whole program would wait.
  ///
  /// Expect calls with nothing to read: EWOULDBLOCK is not the end of the file. You need not read
  /// everything: as long as something is left, the next iteration of the loop calls you again.
  ///
  /// Return nothing to continue. Return a reason to end: the reactor removes the object from both
  /// sets and passes the reason to connectionLost.
  virtual std::optional<Failure> doRead() = 0;
};

/// A descriptor to write to.
class IWriteDescriptor : public virtual IFileDescriptor {
 public:
  /// Called when the descriptor is writable. The rules of doRead hold here too. Call removeWriter
  /// when there is nothing left to write: a socket is nearly always writable, and the loop would
  /// call you again and again.
  virtual std::optional<Failure> doWrite() = 0;
};

/// Watches descriptors. The lowest interface of a reactor: everything else is built on it.
class IReactorFDSet {
 public:
  virtual ~IReactorFDSet() = default;

  /// From the next iteration on, calls reader.doRead() whenever its descriptor is readable. Adding
  /// an object twice is the same as adding it once. Allowed before run() and in every callback.
  ///
  /// The reader is borrowed: it must live until it is removed or its connectionLost is called.
  /// Throws std::system_error if fileno() is not an open descriptor (EBADF), if it is a file or a
  /// folder (EPERM), or if another object is watched under the same descriptor (EEXIST). Some
  /// devices, such as /dev/null, are accepted, but epoll never finds them ready.
  virtual void addReader(IReadDescriptor& reader) = 0;
  /// The same for doWrite() and writable.
  virtual void addWriter(IWriteDescriptor& writer) = 0;

  /// Stops watching at once, even if the descriptor is ready in this iteration. connectionLost is
  /// not called. Does nothing if the object is not registered.
  virtual void removeReader(IReadDescriptor& reader) = 0;
  virtual void removeWriter(IWriteDescriptor& writer) = 0;

  /// Empties both sets and returns each object that was in them, once. Calls none of them.
  virtual std::vector<IFileDescriptor*> removeAll() = 0;

  /// The objects in the sets now: new lists, in no particular order. What the reactor watches for
  /// itself is not in them.
  [[nodiscard]] virtual std::vector<IReadDescriptor*> getReaders() const = 0;
  [[nodiscard]] virtual std::vector<IWriteDescriptor*> getWriters() const = 0;
};

// === Time =====================================================================================

/// A call that callLater has scheduled. The handle may outlive the call, and the reactor.
class IDelayedCall {
 public:
  virtual ~IDelayedCall() = default;

  /// When the call is due, on the clock of IReactorTime::seconds.
  [[nodiscard]] virtual TimePoint getTime() const = 0;
  /// Is the call still pending? False from the moment its function starts.
  [[nodiscard]] virtual bool active() const = 0;

  /// Drops the call. This and reset throw AlreadyCalled or AlreadyCancelled if it is not pending.
  virtual void cancel() = 0;
  /// Makes the call due when `fromNow` has passed. That may be earlier or later than before.
  virtual void reset(Duration fromNow) = 0;
};

/// Keeps time.
class IReactorTime {
 public:
  virtual ~IReactorTime() = default;

  /// Now, on a monotonic clock.
  [[nodiscard]] virtual TimePoint seconds() const = 0;

  /// Calls `function` once, `delay` from now, in a later iteration of the loop. With 0s that is the
  /// next iteration, after the descriptors that are ready now. Calls that are due at the same
  /// instant run in the order in which they were made.
  ///
  /// Dropping the handle changes nothing. Throws std::invalid_argument for a delay that is negative
  /// or not a number.
  virtual std::shared_ptr<IDelayedCall> callLater(Duration delay,
                                                  std::function<void()> function) = 0;

  /// The pending calls, in the order in which they are due.
  [[nodiscard]] virtual std::vector<std::shared_ptr<IDelayedCall>> getDelayedCalls() const = 0;
};

// === The loop =================================================================================

/// Runs the loop.
class IReactorCore {
 public:
  virtual ~IReactorCore() = default;

  /// Runs the loop until stop() is called. Blocks. With nothing to watch, it sleeps.
  ///
  /// One iteration: run the timers that are due; shut down if stop() was called; wait until a
  /// descriptor is ready or the next timer is due; call the objects whose descriptors are ready.
  ///
  /// With `installSignalHandlers`, SIGINT (if it has its default action) and SIGTERM call stop(),
  /// and get their old actions back when run() returns. The second such signal always ends the
  /// process: a callback that blocks keeps the loop from seeing the first one.
  ///
  /// Throws ReactorAlreadyRunning, and ReactorNotRestartable after a run. Throws
  /// std::runtime_error if the system refuses to wait; connectionLost is not called then.
  virtual void run(bool installSignalHandlers = true) = 0;

  /// Asks the loop to end. The descriptors that are ready in this iteration are still served, and
  /// so are the timers of the next one. Then every registered object gets
  /// connectionLost(ConnectionLost), and run() returns. Nothing is flushed: bytes that were written
  /// and not yet sent are lost. If one of these callbacks registers or connects an object, the
  /// reactor may never call it.
  ///
  /// Throws ReactorNotRunning if the reactor does not run, or if stop() was called before.
  virtual void stop() = 0;

  /// True from the start of run() until the shutdown begins.
  [[nodiscard]] virtual bool running() const = 0;

  /// Calls `function` when the loop starts. Several functions are called in the order in which they
  /// were passed. If the loop runs already, calls it at once; an exception then reaches the caller.
  virtual void callWhenRunning(std::function<void()> function) = 0;
};

// === Connections ==============================================================================

/// A connection, seen from above: write() sends bytes to the peer, and bytes from the peer arrive at
/// IProtocol::dataReceived.
///
/// Belongs to the reactor, with its protocol, until after connectionLost.
class ITransport {
 public:
  virtual ~ITransport() = default;

  /// Copies the bytes into a buffer. The loop sends them when the socket is writable; this call
  /// never does. Ignored when the connection is lost.
  virtual void write(std::string_view bytes) = 0;

  /// An orderly close. No more data is received. Everything that was written is sent, also what is
  /// written after this call. Then connectionLost(ConnectionDone) follows.
  ///
  /// Known flaw: nothing is read any more. If the peer goes on sending, the kernel resets the
  /// connection, and bytes that the peer has not received yet are lost. closeInOrder of lesson 1
  /// avoids that.
  virtual void loseConnection() = 0;

  /// Resets the connection. Nothing more is received or sent, and connectionLost(ConnectionAborted)
  /// follows in the next iteration.
  virtual void abortConnection() = 0;

  /// The numeric address of the other end. Still known when the connection is lost.
  [[nodiscard]] virtual Address getPeer() const = 0;
  /// The numeric address of our end. Only for a connection that is not lost.
  [[nodiscard]] virtual Address getHost() const = 0;
};

/// Uses the bytes of one connection. Derive from Protocol (protocol.hpp).
///
/// The order of the calls is: makeConnection once, dataReceived any number of times,
/// connectionLost once.
class IProtocol {
 public:
  virtual ~IProtocol() = default;

  /// The connection is established. The transport lives for as long as the protocol does.
  virtual void makeConnection(ITransport& transport) = 0;

  /// Bytes have arrived: at least one, at most 64 KiB. TCP is a stream, so a message may arrive in
  /// several calls, and several messages in one. Copy what you need: the view ends with this call.
  virtual void dataReceived(std::string_view bytes) = 0;

  /// The connection has ended. ConnectionDone means an orderly close, everything else does not. The
  /// protocol and its transport are destroyed some time after this call.
  virtual void connectionLost(const Failure& reason) = 0;

  /// The name of this protocol in log lines.
  [[nodiscard]] virtual std::string logPrefix() const = 0;
};

/// Makes one protocol per connection, and outlives them: the place for state that several
/// connections share. Derive from Factory or ClientFactory. It is borrowed: it must live until its
/// last doStop has returned, and longer if one of its connectors will connect again. A factory that
/// lives until the run has ended always lives long enough.
class IProtocolFactory {
 public:
  virtual ~IProtocolFactory() = default;

  /// A connection to `peer` is established: returns a protocol for it, which the connection then
  /// owns. nullptr closes the connection.
  virtual std::unique_ptr<IProtocol> buildProtocol(const Address& peer) = 0;

  /// One more connector or port uses this factory.
  virtual void doStart() = 0;
  /// One connector or port fewer uses this factory.
  virtual void doStop() = 0;
};

/// What connectTCP returns: one outgoing connection, from the attempt to its end. It can connect
/// again.
class IConnector {
 public:
  virtual ~IConnector() = default;

  /// Tries again. Calls startedConnecting before it returns. Throws std::runtime_error while it is
  /// connecting or connected.
  virtual void connect() = 0;

  /// Ends the attempt. Calls clientConnectionFailed(UserError) before it returns. Throws
  /// NotConnectingError if there is no attempt.
  virtual void stopConnecting() = 0;

  /// Calls stopConnecting() or the transport's loseConnection(), or does nothing if it is neither
  /// connecting nor connected.
  virtual void disconnect() = 0;

  /// The destination as it was passed to connectTCP: a name is not resolved.
  [[nodiscard]] virtual HostPort getDestination() const = 0;
};

/// A factory for outgoing connections. It also learns about attempts that failed.
class IClientFactory : public virtual IProtocolFactory {
 public:
  /// An attempt has begun. Called from inside connectTCP and IConnector::connect.
  virtual void startedConnecting(IConnector& connector) = 0;

  /// The attempt failed, or buildProtocol threw an exception: there is no protocol.
  /// connector.connect() tries again.
  virtual void clientConnectionFailed(IConnector& connector, const Failure& reason) = 0;

  /// The connection ended. Its protocol's connectionLost was called before. connector.connect()
  /// makes a new connection.
  virtual void clientConnectionLost(IConnector& connector, const Failure& reason) = 0;
};

/// A socket that accepts connections.
class IListeningPort {
 public:
  virtual ~IListeningPort() = default;

  /// The address that it listens on. Has the real port, also if port 0 was asked for.
  [[nodiscard]] virtual Address getHost() const = 0;

  /// Closes the socket, and calls the factory's stopFactory if this was its last user. Connections
  /// that were accepted stay open. Does nothing the second time.
  virtual void stopListening() = 0;
};

/// Makes TCP connections.
class IReactorTCP {
 public:
  virtual ~IReactorTCP() = default;

  /// Connects to `host`, a name or a numeric address. The connection belongs to the reactor.
  ///
  /// Begins at once and does not block. Of the factory's functions, only startFactory and
  /// startedConnecting are called before this returns; a failure is reported in a later iteration.
  /// A name is looked up with getaddrinfo(3) on a helper thread, and all its addresses are tried in
  /// turn. `timeout` includes the look-up, but not the time that it waits for a helper thread. Each
  /// address gets an equal share of the time that is left. When `timeout` has passed without an
  /// answer, the attempt fails with TimeoutError. Without a timeout, those of the system apply.
  ///
  /// Keep the connector only if you want to connect again or to stop the attempt, and not longer
  /// than the reactor. An empty host is this machine. Throws std::invalid_argument for port 0 and
  /// for a timeout that is negative or not a number.
  virtual std::shared_ptr<IConnector> connectTCP(
      const std::string& host, std::uint16_t port, IClientFactory& factory,
      std::optional<Duration> timeout = Duration(30)) = 0;

  /// Listens on `port` (0: a free one) of `interface` (empty: all of IPv4), and calls the factory's
  /// buildProtocol for each client. Up to `backlog` clients wait in the kernel to be accepted.
  ///
  /// The port is bound and listens when this returns. It belongs to the reactor until
  /// stopListening(). Throws CannotListenError; the factory is not started then. Blocks if
  /// `interface` is a name that has to be looked up.
  virtual std::shared_ptr<IListeningPort> listenTCP(std::uint16_t port, IProtocolFactory& factory,
                                                    int backlog = 50,
                                                    const std::string& interface = "") = 0;
};

// === What transports need from a reactor ======================================================
// Lessons and programs do not need this part. It stands between tcp.hpp and a reactor.

/// The addresses of a name, or the reason why there are none.
struct Resolution {
  std::vector<Address> addresses;
  std::optional<Failure> failure;
};

/// A connection or a port, which the reactor owns. At the end of the run it gets connectionLost,
/// even if it is in neither set because it waits for a timer or for the addresses of a name.
class IReactorOwned : public virtual IFileDescriptor,
                      public std::enable_shared_from_this<IReactorOwned> {};

/// A reactor that transports can use.
class IReactorTransports : public IReactorFDSet, public IReactorTime {
 public:
  /// One buffer of 64 KiB into which all connections receive. One is enough: dataReceived has
  /// returned before the next connection is read.
  virtual std::span<char> receiveBuffer() = 0;

  /// Looks a name up without blocking. Calls `began` when the look-up starts, now or later, because
  /// it may have to wait for others. Then calls `done` in a later iteration, unless the reactor has
  /// stopped. They must not throw. A look-up cannot be cancelled. Throws std::system_error if there
  /// are too few descriptors.
  virtual void resolveHostName(const HostPort& destination, std::function<void()> began,
                               std::function<void(const Resolution&)> done) = 0;

  /// Takes shared ownership of `object` until release() or until the reactor is destroyed.
  virtual void keep(IReactorOwned& object) = 0;
  /// Gives up ownership in a later iteration, because a function of `object` may be running now.
  virtual void release(IReactorOwned& object) = 0;

  /// Prints a trace line for `object`, if tracing is on: "doRead -> dataReceived".
  virtual void trace(const ILoggingContext& object, std::string_view step) = 0;

  /// Logs an error in `where`, a function of `object` if that is given.
  virtual void logError(const Failure& error, std::string_view where,
                        const ILoggingContext* object = nullptr) = 0;
};

}  // namespace poetry
