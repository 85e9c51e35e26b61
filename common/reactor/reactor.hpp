// The reactor: a loop around libevent that implements every interface of interfaces.hpp.
// As twisted.internet.reactor, but an object that you make and hand to who needs it.
#pragma once

#include "reactor/delayed_calls.hpp"
#include "reactor/demultiplexer.hpp"
#include "reactor/interfaces.hpp"
#include "reactor/resolver.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace poetry {

/// What a reactor can be made with. The defaults are right for a program.
struct ReactorOptions {
  /// "epoll", "poll" or "select"; empty for the best that the system has.
  std::string demultiplexer = {};
  /// A line on standard error for each step of the loop.
  bool trace = false;
  /// The clock; none for the system's monotonic one.
  std::function<Seconds()> clock = {};
  /// Told of every exception that a callback let escape, and where; by default a line on standard
  /// error says so. What it throws itself ends the run.
  std::function<void(const Failure&, std::string_view)> onError = {};
  /// Name servers ("127.0.0.1:5353") to ask in place of those in resolv.conf.
  std::vector<std::string> nameservers = {};
};

/// Waits for descriptors and timers, and calls whoever asked for them.
///
/// Owns the connections and ports that connectTCP and listenTCP make; never what is given to
/// addReader and addWriter. One thread only. Use one reactor at a time for signals: they belong to
/// the process.
class Reactor final : public IReactorCore, public IReactorTCP, public IReactorTransports {
 public:
  /// Throws std::invalid_argument if there is no such demultiplexer here.
  explicit Reactor(ReactorOptions options = {});
  /// Connections and ports that are left are closed, and nobody is told.
  ~Reactor() override;
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  /// The demultiplexers that this system has, the best first.
  static std::vector<std::string> demultiplexers() { return Demultiplexer::available(); }

  // IReactorCore
  void run(bool installSignalHandlers = true) override;
  void stop() override;
  [[nodiscard]] bool running() const override { return running_; }
  void callWhenRunning(std::function<void()> function) override;

  /// The signal that ended the run, 0 if none did: for a program that has something to say before
  /// it ends as that signal would have ended it.
  [[nodiscard]] int exitSignal() const { return exitSignal_; }

  // IReactorFDSet
  void addReader(IReadDescriptor& reader) override;
  void addWriter(IWriteDescriptor& writer) override;
  void removeReader(IReadDescriptor& reader) override;
  void removeWriter(IWriteDescriptor& writer) override;
  std::vector<IFileDescriptor*> removeAll() override;
  [[nodiscard]] std::vector<IReadDescriptor*> getReaders() const override;
  [[nodiscard]] std::vector<IWriteDescriptor*> getWriters() const override;

  // IReactorTime
  [[nodiscard]] Seconds seconds() const override { return delayedCalls_.seconds(); }
  std::shared_ptr<IDelayedCall> callLater(Seconds delay, std::function<void()> function) override;
  [[nodiscard]] std::vector<std::shared_ptr<IDelayedCall>> getDelayedCalls() const override;

  // IReactorTCP
  std::shared_ptr<IConnector> connectTCP(const std::string& host, std::uint16_t port,
                                         IClientFactory& factory,
                                         std::optional<Seconds> timeout = Seconds(30)) override;
  std::shared_ptr<IListeningPort> listenTCP(std::uint16_t port, IProtocolFactory& factory,
                                            int backlog = 50,
                                            const std::string& interface = "") override;

  // IReactorTransports
  [[nodiscard]] std::shared_ptr<void> resolveHostName(
      const HostPort& destination, std::function<void(const Resolution&)> done) override;
  std::span<char> receiveBuffer() override { return receiveBuffer_; }
  void keep(std::shared_ptr<IReactorOwned> object) override;
  void release(const IReactorOwned* object) override;
  void destroyLater(std::shared_ptr<IReactorOwned> object) override {
    released_.push_back(std::move(object));
  }
  void addReadWriter(IReadWriteDescriptor& object) override;
  void removeReadWriter(IReadWriteDescriptor& object) override;
  void trace(const ILoggingContext& who, std::string_view step) override;
  void logError(const Failure& error, std::string_view where,
                const ILoggingContext* who = nullptr) override;

 private:
  class SignalHandlers;

  // The steps of a turn.
  void runStartupHooks();
  void destroyReleased();
  void runDueCalls();
  void noticeSignal();
  void shutDown();
  void waitUntilReady();
  void dispatch();

  std::optional<Failure> read(IReadDescriptor& reader);
  std::optional<Failure> write(IWriteDescriptor& writer);
  void disconnect(IFileDescriptor& object, const Failure& reason);
  void disconnectVanished(int checks);
  [[nodiscard]] std::optional<Seconds> timeUntilNextCall() const;
  void disconnectClosed();

  void add(IFileDescriptor& object, IReadDescriptor* reader, IWriteDescriptor* writer);
  void remove(const IFileDescriptor& object, bool asReader, bool asWriter);

  ReactorOptions options_;
  Demultiplexer demultiplexer_;

  // By object, not by descriptor: a number is given again to another as soon as it is closed.
  std::unordered_map<const IFileDescriptor*, Demultiplexer::Watch> watches_;
  std::size_t readers_ = 0;
  std::size_t writers_ = 0;
  // Whose descriptors may have vanished since they were last looked at: so many, from this one on.
  static constexpr int kEverybody = std::numeric_limits<int>::max();
  int unchecked_ = kEverybody;
  int nextToCheck_ = 0;

  // Destroyed before the sets: a call that is still pending may own an object that leaves them.
  DelayedCalls delayedCalls_;
  Resolver resolver_;
  std::vector<char> receiveBuffer_;

  std::unordered_map<const IReactorOwned*, std::shared_ptr<IReactorOwned>> kept_;
  std::vector<std::shared_ptr<IReactorOwned>> released_;

  std::unique_ptr<SignalHandlers> signalHandlers_;
  std::vector<std::function<void()>> whenRunning_;
  bool running_ = false;
  bool stopRequested_ = false;
  bool hasRun_ = false;
  int exitSignal_ = 0;
};

}  // namespace poetry
