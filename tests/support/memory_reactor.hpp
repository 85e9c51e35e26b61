// A reactor without a system below it, for tests and exercises. As MemoryReactorClock of
// twisted.internet.testing.
#pragma once

#include "reactor/interfaces.hpp"
#include "support/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace poetry::testing {

/// What MemoryReactor::connectTCP returns: a connector that never connects and notes what is
/// asked of it.
class FakeConnector final : public IConnector {
 public:
  FakeConnector(HostPort destination, IClientFactory& factory);

  /// How often connect() was called, the one by connectTCP included.
  [[nodiscard]] int attempts() const { return attempts_; }
  /// Were stopConnecting() or disconnect() called since the last connect()?
  [[nodiscard]] bool stoppedConnecting() const { return stoppedConnecting_; }

  /// Tells the factory startedConnecting. Nothing ever comes of it.
  void connect() override;
  void stopConnecting() override { stoppedConnecting_ = true; }
  void disconnect() override { stoppedConnecting_ = true; }
  [[nodiscard]] HostPort getDestination() const override { return destination_; }

 private:
  HostPort destination_;
  IClientFactory& factory_;
  int attempts_ = 0;
  bool stoppedConnecting_ = false;
};

/// What MemoryReactor::listenTCP returns: a port to which nobody connects.
class FakePort final : public IListeningPort {
 public:
  FakePort(IReactorTime& time, const Address& host) : time_(time), host_(host) {}

  /// Was stopListening() called?
  [[nodiscard]] bool stoppedListening() const { return stoppedListening_; }

  [[nodiscard]] Address getHost() const override { return host_; }
  /// Calls `done` on the next turn.
  void stopListening(std::function<void()> done = {}) override;

 private:
  IReactorTime& time_;
  Address host_;
  bool stoppedListening_ = false;
};

/// A reactor in which nothing happens unless the test makes it happen.
///
/// Descriptors are ready when the test says so, with makeReadable() and makeWritable(); time
/// passes with advance(); names have the addresses that the test gives them. connectTCP and
/// listenTCP only take notes. To test a protocol, build it by hand from the factory that was
/// noted, and connect it to a StringTransport:
///
///     MemoryReactor reactor;
///     getPoetry(reactor, factory);                       // calls reactor.connectTCP(...)
///     ASSERT_EQ(reactor.tcpClients().size(), 1u);
///     StringTransport transport;
///     auto protocol = reactor.tcpClients()[0].factory->buildProtocol(transport.getPeer());
///     protocol->makeConnection(transport);
///     reactor.advance(10s);
///     EXPECT_TRUE(transport.disconnecting());            // it gave up in time
///
/// What it does do, it does as the real one: a reason, an exception and a removal in the middle
/// of a turn have the same effect, and stop() the same order.
class MemoryReactor final : public IReactorCore, public IReactorTCP, public IReactorTransports {
 public:
  MemoryReactor();
  /// Connections that are left are closed, and nobody is told.
  ~MemoryReactor() override;
  MemoryReactor(const MemoryReactor&) = delete;
  MemoryReactor& operator=(const MemoryReactor&) = delete;

  // --- What a test does to it -------------------------------------------------------------------

  /// The next turn calls doRead() or doWrite(), once. Throws std::logic_error if it is not among
  /// the readers or writers: then the real reactor would not call it either.
  void makeReadable(IReadDescriptor& reader);
  void makeWritable(IWriteDescriptor& writer);

  /// Makes ready whom the system finds ready, for descriptors that are real, such as those of a
  /// socketpair. Blocks up to `patience` until there is one, but not if nobody is in the sets.
  /// Returns how many there are.
  std::size_t poll(Seconds patience = Seconds(0));

  /// One turn of the loop, without time passing: runs the calls that are due; ends the run if
  /// stop() was called; calls those who were made ready.
  void turn() { advance(Seconds(0)); }

  /// Lets time pass, in one step, then takes a turn.
  void advance(Seconds amount);

  /// From now on `host` has these addresses, or none for this reason. Lookups of it that wait
  /// already are answered on the next turn. A name that was never given waits for ever.
  void setAddresses(const std::string& host, const std::vector<Address>& addresses);
  void setLookupFailure(const std::string& host, const Failure& failure);

  /// From now on addReader and addWriter throw std::system_error with this errno; 0: not any more.
  void refuseToWatch(int osError) { watchError_ = osError; }

  // --- What a test reads off it -----------------------------------------------------------------

  struct TcpClientCall {
    std::string host;
    std::uint16_t port;
    IClientFactory* factory;
    std::optional<Seconds> timeout;
    std::shared_ptr<FakeConnector> connector;
  };
  /// The calls of connectTCP, in order.
  [[nodiscard]] const std::vector<TcpClientCall>& tcpClients() const { return tcpClients_; }

  struct TcpServerCall {
    std::uint16_t port;
    IProtocolFactory* factory;
    int backlog;
    std::string interface;
    std::shared_ptr<FakePort> listeningPort;
  };
  /// The calls of listenTCP, in order.
  [[nodiscard]] const std::vector<TcpServerCall>& tcpServers() const { return tcpServers_; }

  struct Error {
    Failure failure;
    std::string where;
    std::string who;  ///< logPrefix of whom it happened to; may be empty
  };
  /// What was given to logError, in order.
  [[nodiscard]] const std::vector<Error>& errors() const { return errors_; }
  void clearErrors() { errors_.clear(); }

  /// Was stop() called?
  [[nodiscard]] bool stopRequested() const { return stopRequested_; }
  /// How many objects are kept alive (IReactorTransports::keep).
  [[nodiscard]] std::size_t keptObjects() const { return kept_.size(); }

  // --- IReactorCore -----------------------------------------------------------------------------

  /// Turns the loop until stop(), without a wait: where the real reactor would sleep until the
  /// next timer is due, time jumps to it. Where it would sleep for ever, because there is neither
  /// a timer nor anybody ready, run() throws std::logic_error. Signals are left alone.
  void run(bool installSignalHandlers = true) override;
  void stop() override;
  [[nodiscard]] bool running() const override { return running_; }
  void callWhenRunning(std::function<void()> function) override;

  /// The beginning of run() alone: from here on it is running, and the test turns the loop.
  void start();

  // --- IReactorFDSet: nobody looks at fileno(), so a test's object may return any number ---------
  void addReader(IReadDescriptor& reader) override;
  void addWriter(IWriteDescriptor& writer) override;
  void removeReader(IReadDescriptor& reader) override;
  void removeWriter(IWriteDescriptor& writer) override;
  std::vector<IFileDescriptor*> removeAll() override;
  [[nodiscard]] std::vector<IReadDescriptor*> getReaders() const override;
  [[nodiscard]] std::vector<IWriteDescriptor*> getWriters() const override;

  // --- IReactorTime -----------------------------------------------------------------------------
  [[nodiscard]] Seconds seconds() const override { return clock_.seconds(); }
  std::shared_ptr<IDelayedCall> callLater(Seconds delay, std::function<void()> function) override;
  [[nodiscard]] std::vector<std::shared_ptr<IDelayedCall>> getDelayedCalls() const override;

  // --- IReactorTCP ------------------------------------------------------------------------------

  /// Takes a note and calls startedConnecting. Never connects, and never asks for doStart.
  std::shared_ptr<IConnector> connectTCP(const std::string& host, std::uint16_t port,
                                         IClientFactory& factory,
                                         std::optional<Seconds> timeout = Seconds(30)) override;
  /// Takes a note. Listens nowhere, but says that it has the port that was asked for.
  std::shared_ptr<IListeningPort> listenTCP(std::uint16_t port, IProtocolFactory& factory,
                                            int backlog = 50,
                                            const std::string& interface = "") override;

  // --- IReactorTransports -----------------------------------------------------------------------
  [[nodiscard]] std::shared_ptr<void> resolveHostName(
      const HostPort& destination, std::function<void(const Resolution&)> done) override;
  std::span<char> receiveBuffer() override { return receiveBuffer_; }
  void keep(std::shared_ptr<IReactorOwned> object) override;
  void release(const IReactorOwned* object) override;
  void destroyLater(std::shared_ptr<IReactorOwned> object) override;
  void addReadWriter(IReadWriteDescriptor& object) override;
  void removeReadWriter(IReadWriteDescriptor& object) override;
  void trace(const ILoggingContext& /*who*/, std::string_view /*step*/) override {}
  void logError(const Failure& error, std::string_view where,
                const ILoggingContext* who = nullptr) override;

 private:
  /// Who is in the sets, and is it ready?
  struct Entry {
    IFileDescriptor* object = nullptr;
    IReadDescriptor* reader = nullptr;
    IWriteDescriptor* writer = nullptr;
    bool readable = false;
    bool writable = false;
  };
  /// Somebody who waits for an address.
  struct Lookup {
    std::string host;
    std::function<void(const Resolution&)> done;
  };

  void checkWatch() const;
  Entry* find(const IFileDescriptor& object);
  Entry& findOrAdd(IFileDescriptor& object);
  void forgetIfEmpty(const IFileDescriptor& object);
  void setResolution(const std::string& host, Resolution resolution);
  void answer(const std::shared_ptr<Lookup>& lookup, const Resolution& resolution);
  [[nodiscard]] bool anybodyReady() const;
  void destroyReleased();
  void shutDown();
  void dispatch();
  void disconnect(IFileDescriptor& object, const Failure& reason);

  Clock clock_;
  std::vector<char> receiveBuffer_;
  std::vector<Entry> entries_;
  std::vector<TcpClientCall> tcpClients_;
  std::vector<TcpServerCall> tcpServers_;
  std::vector<Error> errors_;
  std::map<std::string, Resolution> resolutions_;
  std::vector<std::weak_ptr<Lookup>> lookups_;
  std::map<const IReactorOwned*, std::shared_ptr<IReactorOwned>> kept_;
  std::vector<std::shared_ptr<IReactorOwned>> released_;
  std::vector<std::function<void()>> whenRunning_;
  bool hasRun_ = false;
  bool running_ = false;
  bool stopRequested_ = false;
  int watchError_ = 0;
};

}  // namespace poetry::testing
