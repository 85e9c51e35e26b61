// The reactor: a loop that waits for descriptors and timers and calls back. It implements the
// interfaces of interfaces.hpp, as twisted.internet.reactor does. In Twisted it is a global
// object; here you make one and pass it to the code that needs it.
#pragma once

#include "reactor/delayed_calls.hpp"
#include "reactor/demultiplexer.hpp"
#include "reactor/descriptor_table.hpp"
#include "reactor/interfaces.hpp"
#include "reactor/owned_objects.hpp"
#include "reactor/resolver.hpp"
#include "reactor/signal_pipe.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace poetry {

/// How to make a reactor. The defaults are right for a program.
struct ReactorOptions {
  /// "epoll", "poll" or "select"; empty for libevent's choice.
  std::string demultiplexer = {};
  /// Prints a line on standard error for each step of the loop.
  bool trace = false;
  /// Called with each exception that left a callback, and the name of that callback. By default the
  /// reactor prints a line on standard error. An exception that this function throws ends the run.
  std::function<void(const Failure&, std::string_view)> onError = {};

  // For tests:

  /// Replaces the monotonic clock of the system.
  std::function<TimePoint()> clock = {};
  /// Replaces getaddrinfo(3). Runs on helper threads.
  Resolver::Lookup lookup = {};
  /// Replaces libevent.
  std::shared_ptr<IDemultiplexer> customDemultiplexer = {};
};

/// Waits for descriptors and timers, and calls the objects and functions that are due.
///
/// Owns the connections and ports that connectTCP and listenTCP make. Does not own what is passed
/// to addReader and addWriter. Use it on one thread only.
class Reactor final : public IReactorCore, public IReactorTCP, public IReactorTransports {
 public:
  /// Throws std::invalid_argument if the demultiplexer is not available on this system, and
  /// std::system_error if there are too few descriptors.
  explicit Reactor(ReactorOptions options = {});
  /// Closes connections and ports that are left, without calling connectionLost.
  ~Reactor() override;
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  /// The demultiplexers that libevent knows on this system, beginning with its own first choice.
  static std::vector<std::string> demultiplexers() { return LibeventDemultiplexer::available(); }

  // IReactorCore
  void run(bool installSignalHandlers = true) override;
  void stop() override;
  [[nodiscard]] bool running() const override { return running_; }
  void callWhenRunning(std::function<void()> function) override;

  /// The signal that ended the run; 0 if none did. A program can print its report first, and then
  /// end itself by this signal.
  [[nodiscard]] int exitSignal() const { return exitSignal_; }

  // IReactorFDSet
  void addReader(IReadDescriptor& reader) override { descriptors_.addReader(reader); }
  void addWriter(IWriteDescriptor& writer) override { descriptors_.addWriter(writer); }
  void removeReader(IReadDescriptor& reader) override { descriptors_.removeReader(reader); }
  void removeWriter(IWriteDescriptor& writer) override { descriptors_.removeWriter(writer); }
  std::vector<IFileDescriptor*> removeAll() override { return descriptors_.removeAll(); }
  [[nodiscard]] std::vector<IReadDescriptor*> getReaders() const override {
    return descriptors_.getReaders();
  }
  [[nodiscard]] std::vector<IWriteDescriptor*> getWriters() const override {
    return descriptors_.getWriters();
  }

  // IReactorTime
  [[nodiscard]] TimePoint seconds() const override { return delayedCalls_.seconds(); }
  std::shared_ptr<IDelayedCall> callLater(Duration delay, std::function<void()> function) override {
    return delayedCalls_.callLater(delay, std::move(function));
  }
  [[nodiscard]] std::vector<std::shared_ptr<IDelayedCall>> getDelayedCalls() const override {
    return delayedCalls_.pending();
  }

  // IReactorTCP
  std::shared_ptr<IConnector> connectTCP(const std::string& host, std::uint16_t port,
                                         IClientFactory& factory,
                                         std::optional<Duration> timeout = Duration(30)) override;
  std::shared_ptr<IListeningPort> listenTCP(std::uint16_t port, IProtocolFactory& factory,
                                            int backlog = 50,
                                            const std::string& interface = "") override;

  // IReactorTransports
  std::span<char> receiveBuffer() override { return receiveBuffer_; }
  void resolveHostName(const HostPort& destination, std::function<void()> began,
                       std::function<void(const Resolution&)> done) override;
  void keep(IReactorOwned& object) override { owned_.keep(object); }
  void release(IReactorOwned& object) override { owned_.release(object); }
  void trace(const ILoggingContext& object, std::string_view step) override;
  void logError(const Failure& error, std::string_view where,
                const ILoggingContext* object = nullptr) override;

 private:
  // The steps of an iteration.
  void runStartupHooks();
  void runDueCalls();
  void shutDown();
  const std::vector<IDemultiplexer::Ready>& waitUntilReady();
  void dispatch(const IDemultiplexer::Ready& ready);
  std::optional<Failure> read(IReadDescriptor& reader);
  std::optional<Failure> write(IWriteDescriptor& writer);
  void disconnect(IFileDescriptor& object, int fd, const Failure& reason);

  void handleSignals();
  void signalCame(int signal);
  void printTrace(const std::string& line) const;

  // Destroyed from the bottom up. Members whose destructors may call the reactor stand last.
  ReactorOptions options_;
  std::shared_ptr<IDemultiplexer> demultiplexer_;
  DescriptorTable descriptors_;
  std::vector<char> receiveBuffer_;
  SignalPipe signalPipe_;
  std::unique_ptr<Resolver> resolver_;  // made for the first name
  DelayedCalls delayedCalls_;
  OwnedObjects owned_;

  std::vector<std::function<void()>> whenRunning_;
  bool running_ = false;
  bool stopRequested_ = false;
  bool hasRun_ = false;
  int exitSignal_ = 0;
};

}  // namespace poetry
