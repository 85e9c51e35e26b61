#include "reactor/reactor.hpp"

#include "net/write_all.hpp"
#include "reactor/tcp.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace poetry {

// === The loop =================================================================================

void Reactor::run(bool installSignalHandlers) {
  if (running_) {
    throw ReactorAlreadyRunning();
  }
  if (hasRun_) {
    throw ReactorNotRestartable();
  }
  hasRun_ = true;
  running_ = true;
  try {
    if (installSignalHandlers) {
      handleSignals();
    }
    runStartupHooks();
    while (true) {
      runDueCalls();
      if (stopRequested_) {
        break;
      }
      for (const IDemultiplexer::Ready& ready : waitUntilReady()) {
        dispatch(ready);
      }
      owned_.destroyReleased();  // the connections that have ended
    }
    shutDown();
  } catch (...) {
    running_ = false;
    signalPipe_.restore();
    throw;
  }
  signalPipe_.restore();
  signalPipe_.doRead();  // a signal may have come during the shutdown
}

void Reactor::runStartupHooks() {
  for (const std::function<void()>& hook : std::exchange(whenRunning_, {})) {
    try {
      hook();
    } catch (...) {
      logError(Failure::current(), "callWhenRunning");
    }
  }
}

/// Calls the timers that are due. Those that these calls make wait for the next iteration.
void Reactor::runDueCalls() {
  const TimePoint now = seconds();
  const std::uint64_t firstNewSequence = delayedCalls_.nextSequence();
  while (const std::function<void()> call = delayedCalls_.takeDue(now, firstNewSequence)) {
    printTrace("timer due -> call");
    try {
      call();
    } catch (...) {
      logError(Failure::current(), "callLater");
    }
  }
}

/// Blocks until a descriptor is ready or a timer is due. An object that is added after this is not
/// called in this iteration.
const std::vector<IDemultiplexer::Ready>& Reactor::waitUntilReady() {
  std::optional<Duration> timeout;
  if (const std::optional<TimePoint> next = delayedCalls_.nextDeadline()) {
    timeout = std::max(*next - seconds(), Duration::zero());
  }
  if (options_.trace) {
    printTrace("waiting on " + std::to_string(getReaders().size()) + " readers, " +
               std::to_string(getWriters().size()) + " writers, " +
               std::to_string(delayedCalls_.size()) + " timers");
  }
  descriptors_.beginIteration();
  return demultiplexer_->wait(timeout);
}

/// Calls the object that is registered for a ready descriptor. Any callback may remove any object,
/// so dispatch looks into the table again before each call.
void Reactor::dispatch(const IDemultiplexer::Ready& ready) {
  const DescriptorTable::Entry* entry = descriptors_.find(ready.fd);
  if (entry == nullptr) {
    return;
  }
  IFileDescriptor& object = *entry->object;
  std::optional<Failure> reason;
  if (ready.readable && entry->reader != nullptr) {
    reason = read(*entry->reader);
    entry = descriptors_.find(ready.fd);
  }
  if (!reason && ready.writable && entry != nullptr && entry->writer != nullptr &&
      object.fileno() >= 0) {
    reason = write(*entry->writer);
  }
  if (!reason && descriptors_.contains(object, ready.fd) && object.fileno() < 0) {
    reason = Failure(ConnectionFdescWentAway());
  }
  if (reason) {
    disconnect(object, ready.fd, *reason);
  }
}

std::optional<Failure> Reactor::read(IReadDescriptor& reader) {
  trace(reader, "readable -> doRead");
  std::optional<Failure> reason;
  try {
    reason = reader.doRead();
  } catch (...) {
    reason = Failure::current();
    logError(*reason, "doRead", &reader);
  }
  if (options_.trace && reason) {
    trace(reader, "doRead returned: " + reason->getErrorMessage() + " -> connectionLost");
  }
  return reason;
}

std::optional<Failure> Reactor::write(IWriteDescriptor& writer) {
  trace(writer, "writable -> doWrite");
  std::optional<Failure> reason;
  try {
    reason = writer.doWrite();
  } catch (...) {
    reason = Failure::current();
    logError(*reason, "doWrite", &writer);
  }
  if (options_.trace && reason) {
    trace(writer, "doWrite returned: " + reason->getErrorMessage() + " -> connectionLost");
  }
  return reason;
}

/// `fd` is the descriptor that the object was registered for. The object may have closed it.
void Reactor::disconnect(IFileDescriptor& object, int fd, const Failure& reason) {
  descriptors_.remove(object, fd);
  try {
    object.connectionLost(reason);
  } catch (...) {
    logError(Failure::current(), "connectionLost", &object);
  }
}

// === Stopping it ==============================================================================

void Reactor::stop() {
  if (!running_ || stopRequested_) {
    throw ReactorNotRunning();
  }
  stopRequested_ = true;
}

void Reactor::shutDown() {
  running_ = false;
  printTrace("stop -> connectionLost for all that are left");
  const Failure reason(ConnectionLost("the reactor was stopped"));
  // Everything is removed before the first callback, so no callback finds an object that has ended.
  std::vector<IFileDescriptor*> ending;
  const auto owned = owned_.all();
  for (const std::shared_ptr<IReactorOwned>& object : owned) {
    if (!descriptors_.contains(*object, object->fileno())) {
      ending.push_back(object.get());  // it waits for a timer or for the addresses of a name
    }
  }
  const std::vector<IFileDescriptor*> registered = removeAll();
  ending.insert(ending.end(), registered.begin(), registered.end());
  for (IFileDescriptor* object : ending) {
    disconnect(*object, object->fileno(), reason);
  }
  owned_.destroyReleased();
}

void Reactor::handleSignals() {
  signalPipe_.handle(SIGTERM);
  if (SignalPipe::isDefault(SIGINT)) {
    signalPipe_.handle(SIGINT);
  }
}

/// Works like stop(), but may come at any time.
void Reactor::signalCame(int signal) {
  exitSignal_ = exitSignal_ != 0 ? exitSignal_ : signal;
  stopRequested_ = true;
}

// === Around the loop ==========================================================================

Reactor::Reactor(ReactorOptions options)
    : options_(std::move(options)),
      demultiplexer_(options_.customDemultiplexer
                         ? options_.customDemultiplexer
                         : std::make_shared<LibeventDemultiplexer>(options_.demultiplexer)),
      descriptors_(*demultiplexer_),
      receiveBuffer_(std::size_t{64} * 1024),
      signalPipe_([this](int signal) { signalCame(signal); }),
      delayedCalls_(options_.clock ? options_.clock : std::chrono::steady_clock::now) {
  descriptors_.addInternalReader(signalPipe_);
}

Reactor::~Reactor() {
  owned_.destroyAll();  // while everything that their destructors call still exists
}

void Reactor::callWhenRunning(std::function<void()> function) {
  if (running_) {
    function();
  } else {
    whenRunning_.push_back(std::move(function));
  }
}

std::shared_ptr<IConnector> Reactor::connectTCP(const std::string& host, std::uint16_t port,
                                                IClientFactory& factory,
                                                std::optional<Duration> timeout) {
  const HostPort destination{host.empty() ? "0.0.0.0" : host, port};
  const auto client = std::make_shared<TcpClient>(*this, destination, factory, timeout);
  client->connect();
  return client;
}

std::shared_ptr<IListeningPort> Reactor::listenTCP(std::uint16_t port, IProtocolFactory& factory,
                                                   int backlog, const std::string& interface) {
  const auto listeningPort = std::make_shared<ListeningPort>(*this, factory);
  listeningPort->startListening({interface.empty() ? "0.0.0.0" : interface, port}, backlog);
  return listeningPort;
}

void Reactor::resolveHostName(const HostPort& destination, std::function<void()> began,
                              std::function<void(const Resolution&)> done) {
  if (!resolver_) {
    auto resolver = std::make_unique<Resolver>(options_.lookup ? options_.lookup : resolve);
    descriptors_.addInternalReader(*resolver);
    resolver_ = std::move(resolver);
  }
  resolver_->resolveHostName(destination, std::move(began), std::move(done));
}

namespace {

/// "[Task 1]"
std::string labelOf(const ILoggingContext& object) {
  try {
    return '[' + object.logPrefix() + ']';
  } catch (...) {
    return "[logPrefix threw: " + Failure::current().getErrorMessage() + ']';
  }
}

void printLine(const std::string& line) {
  try {
    writeAll(STDERR_FILENO, line + '\n');
  } catch (const std::system_error&) {
    // Without standard error there is no place for messages. The loop must go on.
  }
}

}  // namespace

void Reactor::printTrace(const std::string& line) const {
  if (options_.trace) {
    printLine("reactor: " + line);
  }
}

void Reactor::trace(const ILoggingContext& object, std::string_view step) {
  const bool isInternal = &object == &signalPipe_ || &object == resolver_.get();
  if (options_.trace && !isInternal) {
    printTrace(labelOf(object) + ' ' + std::string(step));
  }
}

void Reactor::logError(const Failure& error, std::string_view where,
                       const ILoggingContext* object) {
  std::string place = object != nullptr ? labelOf(*object) + ' ' : "";
  place += where;
  if (options_.onError) {
    options_.onError(error, place);
  } else {
    printLine("reactor: " + place + " failed: " + error.getErrorMessage());
  }
}

}  // namespace poetry
