// How it all fits together: every promise that the reactor, its descriptors, transports and
// protocols make to each other, and not one line of how they keep it.
//
// From the bottom up, as the lessons meet them:
//
//     IFileDescriptor        something with a number and a name, that is told when it is over
//     IReadDescriptor        ... and may be read from         <- lesson 4's PoetrySocket is one
//     IWriteDescriptor       ... and may be written to
//     IReactorFDSet          who watches them                 addReader, addWriter
//     IReactorTime           who keeps the time               callLater
//     IReactorCore           who turns the loop               run, stop
//     ITransport             a connection, seen from above    write, loseConnection
//     IProtocol              what is done with the bytes      <- lesson 5's PoetryProtocol is one
//     IProtocolFactory       who makes a protocol for each connection
//     IReactorTCP            who makes connections            connectTCP, listenTCP
//
// What holds wherever a comment does not say otherwise:
//   - Nothing blocks, but for IReactorCore::run, and listenTCP when it is given a name. One thread
//     does everything.
//   - A parameter by reference is borrowed, not owned, and has to live for as long as it is
//     registered, or as the run lasts. A unique_ptr hands ownership over.
//   - Every callback comes from the loop, on the stack of run(), never from inside the call that
//     asked for it. The few exceptions say so.
//   - A callback may add, remove, connect, write, close and stop as it likes. It may not destroy
//     the object that it is a member of, nor any other that is registered or, while the reactor
//     stops, has still to be told connectionLost.
//   - A callback that throws costs its own connection and no other: the exception is reported,
//     and becomes the reason with which that connection is lost. The loop goes on.
//   - Times are seconds.
//
// The names are Twisted's, from twisted.internet.interfaces, so that what you learn here you know
// there.
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

/// A span of time, or a point on the reactor's clock. 0.5s, 100ms and 30s all convert to it.
using Seconds = std::chrono::duration<double>;

// === Descriptors ==============================================================================

/// Has a name for the log.
class ILoggingContext {
 public:
  virtual ~ILoggingContext() = default;

  /// The name under which trace lines and error messages speak of this object.
  [[nodiscard]] virtual std::string logPrefix() const = 0;
};

/// Something with a file descriptor that is told when it is over.
class IFileDescriptor : public ILoggingContext {
 public:
  /// The descriptor: the same number for as long as it is open, -1 when there is none (any more).
  /// An object that turns to -1 while it is registered is disconnected (ConnectionFdescWentAway):
  /// at once, if that happens in its own doRead or doWrite, and otherwise some moments later.
  [[nodiscard]] virtual int fileno() const = 0;

  /// You are finished: the reactor has stopped watching you, for `reason`, and will not call
  /// again. Comes at most once for each time you were registered; by then you are in neither set.
  /// Closing the descriptor is up to you. The reactor never does it.
  virtual void connectionLost(const Failure& reason) = 0;
};

/// A descriptor to read from.
class IReadDescriptor : public virtual IFileDescriptor {
 public:
  /// There may be something to read: read it. Must not block, or the whole program waits.
  ///
  /// "May be", because readiness can be gone by now, so EWOULDBLOCK is no end of file. And "is",
  /// not "has become": you are called again on each turn of the loop until you have read it all,
  /// so you need not.
  ///
  /// Return nothing to go on, or the reason why it is over: then you are taken out of both sets,
  /// and connectionLost follows with that reason.
  virtual std::optional<Failure> doRead() = 0;
};

/// A descriptor to write to.
class IWriteDescriptor : public virtual IFileDescriptor {
 public:
  /// There may be room to write. Everything that doRead says holds here too. Leave the writers
  /// when you have nothing to write: a socket is writable nearly always, and the loop would spin.
  virtual std::optional<Failure> doWrite() = 0;
};

/// A descriptor to read from and to write to.
class IReadWriteDescriptor : public IReadDescriptor, public IWriteDescriptor {};

/// Watches descriptors. The lowest interface of a reactor: everything else is built on it.
class IReactorFDSet {
 public:
  virtual ~IReactorFDSet() = default;

  /// From the next turn on, call reader.doRead() whenever its descriptor is readable. Adding it
  /// twice is adding it once. Allowed before run(), and in every callback.
  ///
  /// The reader stays yours, and has to live until it is removed or told connectionLost. Throws
  /// std::system_error (EBADF) if fileno() is no open descriptor, or one that cannot be watched.
  virtual void addReader(IReadDescriptor& reader) = 0;
  /// The same for doWrite() and writable.
  virtual void addWriter(IWriteDescriptor& writer) = 0;

  /// Stop watching, with immediate effect, also when the descriptor is ready at this moment, or
  /// closed already. No connectionLost follows. Nothing happens if it is not there.
  virtual void removeReader(IReadDescriptor& reader) = 0;
  virtual void removeWriter(IWriteDescriptor& writer) = 0;

  /// Empties both sets and returns who was in them, each once. Nobody is told.
  virtual std::vector<IFileDescriptor*> removeAll() = 0;

  /// Who is in the sets now: fresh lists, in no particular order. What the reactor watches for
  /// its own needs is not among them.
  [[nodiscard]] virtual std::vector<IReadDescriptor*> getReaders() const = 0;
  [[nodiscard]] virtual std::vector<IWriteDescriptor*> getWriters() const = 0;
};

// === Time =====================================================================================

/// The handle of a call that was put off with callLater. It may outlive the call, and the reactor.
class IDelayedCall {
 public:
  virtual ~IDelayedCall() = default;

  /// When it is due, on the clock of IReactorTime::seconds.
  [[nodiscard]] virtual Seconds getTime() const = 0;
  /// Is it still going to happen? False from the moment in which its function starts.
  [[nodiscard]] virtual bool active() const = 0;

  /// It will not happen. This and the next two throw AlreadyCalled or AlreadyCancelled when there
  /// is nothing left to change.
  virtual void cancel() = 0;
  /// Due this long from now, sooner or later than it was.
  virtual void reset(Seconds fromNow) = 0;
  /// Due this much later than it was; earlier, if negative.
  virtual void delay(Seconds later) = 0;
};

/// Keeps time.
class IReactorTime {
 public:
  virtual ~IReactorTime() = default;

  /// Now, on a clock that never jumps and whose zero means nothing.
  [[nodiscard]] virtual Seconds seconds() const = 0;

  /// Calls `function` once, `delay` from now, on a later turn of the loop: 0s is the next turn,
  /// so what is ready to be read gets its chance in between. Calls due at the same instant come
  /// in the order in which they were made.
  ///
  /// The handle is for changing your mind; dropping it changes nothing. Throws
  /// std::invalid_argument for a delay that is negative or not a number.
  virtual std::shared_ptr<IDelayedCall> callLater(Seconds delay,
                                                  std::function<void()> function) = 0;

  /// The calls still to come.
  [[nodiscard]] virtual std::vector<std::shared_ptr<IDelayedCall>> getDelayedCalls() const = 0;
};

// === The loop =================================================================================

/// Turns the loop.
class IReactorCore {
 public:
  virtual ~IReactorCore() = default;

  /// Turns the loop until somebody calls stop(). Blocks. With nothing to watch it sleeps.
  ///
  /// One turn: run the timers that are due; if stop() was called, shut down; wait until a
  /// descriptor is ready or the next timer is due; call those that are ready.
  ///
  /// With `installSignalHandlers`, SIGINT (unless somebody handles or ignores it) and SIGTERM
  /// call stop(), and go back to what they were when run() returns. A second signal that comes
  /// before the loop has seen the first ends the process: a loop that is stuck in a callback is
  /// deaf, and there must be a way out.
  ///
  /// Throws ReactorAlreadyRunning, and ReactorNotRestartable after a run; std::runtime_error if the
  /// system refuses to wait. Then the run is over, and nobody has been told.
  virtual void run(bool installSignalHandlers = true) = 0;

  /// Asks for the end: what is ready on this turn is still served, timers that are due on the
  /// next one still run, and then everybody who is registered is told ConnectionLost and run()
  /// returns. It flushes nothing: what was written and not yet sent is lost.
  ///
  /// Throws ReactorNotRunning if there is no run to end, or its end has been asked for.
  virtual void stop() = 0;

  /// From the start of run() until everybody is being told that it is over.
  [[nodiscard]] virtual bool running() const = 0;

  /// Calls `function` as soon as the loop runs: on its first turn, in the order of these calls;
  /// at once and synchronously if it is running already (then what it throws is the caller's).
  virtual void callWhenRunning(std::function<void()> function) = 0;
};

// === Connections ==============================================================================

/// A connection, seen from above: bytes go in here, and come out at IProtocol::dataReceived.
/// Belongs to the reactor, together with its protocol, until after connectionLost.
class ITransport {
 public:
  virtual ~ITransport() = default;

  /// Queues bytes (copied), to be sent when the socket has room. Never sends on the spot. Ignored
  /// once the connection is lost.
  virtual void write(std::string_view bytes) = 0;
  virtual void writeSequence(std::span<const std::string_view> pieces) = 0;

  /// Closes politely: nothing more is received; what was written, also after this call, is sent;
  /// then connectionLost(ConnectionDone). Repeating it does nothing.
  virtual void loseConnection() = 0;

  /// Closes rudely: nothing more is received or sent, the peer gets a reset, and on the next turn
  /// comes connectionLost(ConnectionAborted).
  virtual void abortConnection() = 0;

  /// The other end and our own end: numeric, and still known when the connection is lost.
  [[nodiscard]] virtual Address getPeer() const = 0;
  [[nodiscard]] virtual Address getHost() const = 0;
};

/// What is done with the bytes of one connection. Derive from Protocol (protocol.hpp).
///
/// makeConnection, dataReceived as often as bytes come, connectionLost: in this order, and the
/// first and the last exactly once.
class IProtocol {
 public:
  virtual ~IProtocol() = default;

  /// There is a connection. The transport lives for as long as the protocol does.
  virtual void makeConnection(ITransport& transport) = 0;

  /// Some bytes came: never none, at most 64 KiB, and cut wherever the network liked to cut them.
  /// The view is good until you return; keep a copy of what you need.
  virtual void dataReceived(std::string_view bytes) = 0;

  /// It is over. ConnectionDone says that the peer closed in order; anything else that it did not.
  /// Protocol and transport are destroyed some time after this has returned.
  virtual void connectionLost(const Failure& reason) = 0;

  /// What to call this protocol in the log.
  [[nodiscard]] virtual std::string logPrefix() const = 0;
};

/// Makes protocols, one for each connection, and stays when they go: the place for what outlives
/// a connection. Derive from Factory or ClientFactory. Stays yours, and has to outlive the run.
class IProtocolFactory {
 public:
  virtual ~IProtocolFactory() = default;

  /// A connection to or from `peer` is established: make a protocol for it, which the connection
  /// then owns. Return nullptr to have none, and the connection is closed.
  virtual std::unique_ptr<IProtocol> buildProtocol(const Address& peer) = 0;

  /// One more connector or port uses this factory, or one fewer.
  virtual void doStart() = 0;
  virtual void doStop() = 0;
};

/// One connection that we asked for, from the first attempt on. It can be used again.
class IConnector {
 public:
  virtual ~IConnector() = default;

  /// Tries again; startedConnecting is called before this returns. Throws std::runtime_error
  /// unless the last attempt is over.
  virtual void connect() = 0;

  /// Gives the attempt up: clientConnectionFailed(UserError) is called before this returns.
  /// Throws NotConnectingError if there is no attempt.
  virtual void stopConnecting() = 0;

  /// Whatever the state, end it: stopConnecting(), loseConnection(), or nothing to do.
  virtual void disconnect() = 0;

  /// What was asked for, as it was asked: the name is not resolved.
  [[nodiscard]] virtual HostPort getDestination() const = 0;
};

/// A factory for connections that we make. It hears of attempts that never get a protocol.
class IClientFactory : public virtual IProtocolFactory {
 public:
  /// An attempt begins. Called from inside connectTCP and IConnector::connect.
  virtual void startedConnecting(IConnector& connector) = 0;

  /// The attempt failed; there was and will be no protocol. connector.connect() tries again.
  virtual void clientConnectionFailed(IConnector& connector, const Failure& reason) = 0;

  /// The connection ended; its protocol has been told. connector.connect() makes a new one.
  virtual void clientConnectionLost(IConnector& connector, const Failure& reason) = 0;
};

/// A socket that accepts connections.
class IListeningPort {
 public:
  virtual ~IListeningPort() = default;

  /// Where it listens: the real port, also where port 0 was asked for.
  [[nodiscard]] virtual Address getHost() const = 0;

  /// Accepts nobody any more; the socket is closed on the next turn, and `done` called then.
  /// Connections that were accepted stay. When called again, only `done` is called.
  virtual void stopListening(std::function<void()> done = {}) = 0;
};

/// Makes TCP connections.
class IReactorTCP {
 public:
  virtual ~IReactorTCP() = default;

  /// Connects to `host`, a name or a number, and has `factory` build a protocol when that worked.
  ///
  /// Returns at once; of the factory only startFactory and startedConnecting are called from in
  /// here. The addresses of a name are tried in turn. After `timeout`, counted from now, the
  /// attempt fails with TimeoutError; nullopt means no limit.
  ///
  /// Keep the connector to connect again later, but no longer than there is a reactor; otherwise
  /// drop it. An empty host is this machine. Throws std::invalid_argument for port 0 and for a
  /// timeout that is negative or not a number.
  virtual std::shared_ptr<IConnector> connectTCP(const std::string& host, std::uint16_t port,
                                                 IClientFactory& factory,
                                                 std::optional<Seconds> timeout = Seconds(30)) = 0;

  /// Listens on `port` (0: a free one) of `interface` (empty: all of IPv4) and has `factory`
  /// build a protocol for whoever connects. `backlog` may wait to be accepted.
  ///
  /// Bound and listening when this returns. Dropping the result changes nothing: the reactor owns
  /// the port until stopListening(). Throws CannotListenError; then the factory was not started. An
  /// `interface` that is a name, other than localhost, is looked up, and that blocks.
  virtual std::shared_ptr<IListeningPort> listenTCP(std::uint16_t port, IProtocolFactory& factory,
                                                    int backlog = 50,
                                                    const std::string& interface = "") = 0;
};

// === What transports need from a reactor ======================================================
// Not for lessons and programs: the part between tcp.hpp and whoever drives it, a real reactor or
// one in memory.

/// The addresses of a name, or the reason why there are none.
struct Resolution {
  std::vector<Address> addresses;
  std::optional<Failure> failure;
};

/// Looks names up without blocking.
class IHostnameResolver {
 public:
  virtual ~IHostnameResolver() = default;

  /// Calls `done` once, on a later turn, with what was found; not at all once the result of this
  /// call, which the caller keeps for that purpose, has been dropped, or the reactor was stopped.
  [[nodiscard]] virtual std::shared_ptr<void> resolveHostName(
      const HostPort& destination, std::function<void(const Resolution&)> done) = 0;
};

/// What a reactor owns: a connector, a connection, a port.
class IReactorOwned {
 public:
  virtual ~IReactorOwned() = default;

  /// The loop ends, so no timer runs any more and no name is looked up: whoever waits for one of
  /// these comes to its end now. Who is in the sets hears of it by connectionLost instead.
  virtual void reactorStopped(const Failure& reason) = 0;
};

/// A reactor on which transports can stand.
class IReactorTransports : public IReactorFDSet, public IReactorTime, public IHostnameResolver {
 public:
  /// The one buffer into which every connection receives, 64 KiB of it: only one of them is being
  /// read at a time, and what it has read is gone when dataReceived returns.
  virtual std::span<char> receiveBuffer() = 0;

  /// Owns `object` from now on, until release(), or until the reactor itself goes.
  virtual void keep(std::shared_ptr<IReactorOwned> object) = 0;
  /// Lets go of it, on a later turn: so it may be said by one of the object's own functions.
  virtual void release(const IReactorOwned* object) = 0;
  /// Both at once: owns `object` until a later turn, and then lets go of it.
  virtual void destroyLater(std::shared_ptr<IReactorOwned> object) = 0;

  /// addReader and addWriter in one step, and the system is told only once.
  virtual void addReadWriter(IReadWriteDescriptor& object) = 0;
  /// removeReader and removeWriter in one step.
  virtual void removeReadWriter(IReadWriteDescriptor& object) = 0;

  /// Says, to a reader who asked for that, that `who` takes a step: "doRead -> dataReceived".
  virtual void trace(const ILoggingContext& who, std::string_view step) = 0;

  /// Tells whoever looks after the program that something went wrong in `where`, a function of
  /// `who` if that is given: usually, that a callback let an exception escape.
  virtual void logError(const Failure& error, std::string_view where,
                        const ILoggingContext* who = nullptr) = 0;
};

}  // namespace poetry
