#include "reactor/reactor.hpp"

#include "net/socket.hpp"
#include "reactor/tcp.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <iostream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace poetry {

namespace {

constexpr std::size_t kReceiveSize = 64 * 1024;
/// How many descriptors a turn looks at to see whether their number is still theirs: few on a busy
/// turn, more when nothing is going on.
constexpr int kChecksWhenBusy = 16;
constexpr int kChecksBeforeSleep = 256;
/// How long the loop sleeps at most before it has looked at all of them.
constexpr Seconds kUncheckedSleep(0.05);

Seconds monotonicClock() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

/// One line, in one piece, so that it cannot be cut by another program's.
void printToStandardError(const std::string& line) {
  std::cerr << line + '\n';
}

/// "[Task 1]". A name that cannot be told must not keep anything from happening.
std::string labelOf(const ILoggingContext& object) {
  try {
    return '[' + object.logPrefix() + ']';
  } catch (...) {
    return "[logPrefix threw: " + Failure::current().getErrorMessage() + ']';
  }
}

}  // namespace

// === Signals ==================================================================================

/// Between install() and restore(), SIGINT and SIGTERM wake the loop, which finds them with take().
class Reactor::SignalHandlers {
 public:
  /// The pipe is made together with the reactor, so that it can neither fail for want of
  /// descriptors nor get a number too high for select by the time it is needed.
  explicit SignalHandlers(event_base* base) {
    int ends[2];
    if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) {
      throw std::system_error(errno, std::generic_category(), "pipe2");
    }
    readEnd_.reset(ends[0]);
    writeEnd_.reset(ends[1]);
    event_assign(&wakeUp_, base, readEnd_.get(), EV_READ | EV_PERSIST, &drain, nullptr);
  }

  ~SignalHandlers() { restore(); }
  SignalHandlers(const SignalHandlers&) = delete;
  SignalHandlers& operator=(const SignalHandlers&) = delete;

  void install() {
    if (event_add(&wakeUp_, nullptr) != 0) {
      throw std::runtime_error("libevent cannot watch for signals");
    }
    pending = 0;
    wakeDescriptor = writeEnd_.get();
    installed_ = true;
    wasInstalled_ = true;
    struct sigaction action {};
    action.sa_handler = &note;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGTERM, &action, &oldTerm_);
    ::sigaction(SIGINT, nullptr, &oldInt_);
    if (oldInt_.sa_handler == SIG_DFL) {
      ::sigaction(SIGINT, &action, nullptr);
    }
  }

  void restore() {
    if (std::exchange(installed_, false)) {
      ::sigaction(SIGINT, &oldInt_, nullptr);
      ::sigaction(SIGTERM, &oldTerm_, nullptr);
      wakeDescriptor = -1;
      event_del(&wakeUp_);
    }
  }

  /// The signal that came since the last call, while it was installed, or 0.
  int take() { return wasInstalled_ ? pending.exchange(0) : 0; }

 private:
  /// Runs in the middle of anything, so it may do next to nothing: it leaves a note and makes the
  /// pipe readable, which ends the loop's sleep.
  static void note(int signal) {
    const int oldErrno = errno;
    if (pending.exchange(signal) != 0) {
      // The loop has not seen the first one: it is stuck in a callback. Let this one end us.
      std::signal(signal, SIG_DFL);
      ::raise(signal);
    }
    [[maybe_unused]] const ssize_t written = ::write(wakeDescriptor, "!", 1);
    errno = oldErrno;
  }

  static void drain(evutil_socket_t fd, short /*what*/, void* /*argument*/) noexcept {
    char bytes[16];
    while (::read(fd, bytes, sizeof bytes) > 0) {
    }
  }

  // A handler is a plain function, and the signals belong to the process; so do these.
  static inline std::atomic<int> pending = 0;
  static inline std::atomic<int> wakeDescriptor = -1;

  UniqueFd readEnd_;
  UniqueFd writeEnd_;
  ::event wakeUp_ = {};
  bool installed_ = false;
  bool wasInstalled_ = false;
  struct sigaction oldInt_ = {};
  struct sigaction oldTerm_ = {};
};

// === The loop =================================================================================

Reactor::Reactor(ReactorOptions options)
    : options_(std::move(options)),
      demultiplexer_(options_.demultiplexer),
      delayedCalls_(options_.clock ? options_.clock : monotonicClock),
      resolver_(demultiplexer_, *this, options_.nameservers),
      receiveBuffer_(kReceiveSize),
      signalHandlers_(std::make_unique<SignalHandlers>(demultiplexer_.base())) {}

Reactor::~Reactor() {
  // What is kept says goodbye to the sets and to us as it goes, so all that has to be there still.
  std::exchange(kept_, {}).clear();
  destroyReleased();
  removeAll();
}

void Reactor::run(bool installSignalHandlers) {
  if (running_) {
    throw ReactorAlreadyRunning();
  }
  if (hasRun_) {
    throw ReactorNotRestartable();
  }
  if (installSignalHandlers) {
    signalHandlers_->install();
  }
  hasRun_ = true;
  running_ = true;
  try {
    runStartupHooks();
    while (running_) {
      runDueCalls();
      noticeSignal();
      if (stopRequested_) {
        shutDown();
      }
      waitUntilReady();  // after shutDown: without waiting, so that nobody misses a last call
      dispatch();
    }
  } catch (...) {
    running_ = false;
    signalHandlers_->restore();
    throw;
  }
  destroyReleased();
  signalHandlers_->restore();
  noticeSignal();  // one may have come during the shutdown
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

/// Between two turns, when nothing of theirs is on the stack. A destructor may release others.
void Reactor::destroyReleased() {
  while (!released_.empty()) {
    std::exchange(released_, {}).clear();
  }
}

void Reactor::runDueCalls() {
  destroyReleased();
  const Seconds now = seconds();
  const std::uint64_t newcomer = delayedCalls_.nextSequence();
  while (const std::function<void()> call = delayedCalls_.takeDue(now, newcomer)) {
    if (options_.trace) {
      printToStandardError("reactor: timer due -> call");
    }
    unchecked_ = kEverybody;
    try {
      call();
    } catch (...) {
      logError(Failure::current(), "callLater");
    }
  }
}

/// A signal that has come is a stop().
void Reactor::noticeSignal() {
  const int signal = signalHandlers_->take();
  if (signal != 0 && exitSignal_ == 0) {
    exitSignal_ = signal;  // also where stop() was called in the same turn
    stopRequested_ = true;
  } else if (signal != 0) {
    logError(Failure(ReactorNotRunning()), "the handler of signal " + std::to_string(signal));
  }
}

void Reactor::shutDown() {
  running_ = false;
  if (options_.trace) {
    printToStandardError("reactor: stop -> connectionLost for all that are left");
  }
  const Failure reason(ConnectionLost("the reactor was stopped"));
  const std::vector<IFileDescriptor*> removed = removeAll();
  // A copy, because they leave as they end. And before the others, who may begin to connect anew
  // when they hear of their end: of that, nobody shall hear any more.
  const auto kept = kept_;
  for (const auto& [key, object] : kept) {
    object->reactorStopped(reason);
  }
  for (IFileDescriptor* object : removed) {
    disconnect(*object, reason);
  }
}

/// How long the loop may sleep if nobody becomes ready; none: for ever.
std::optional<Seconds> Reactor::timeUntilNextCall() const {
  if (!running_ || stopRequested_) {
    return Seconds::zero();
  }
  if (const std::optional<Seconds> next = delayedCalls_.nextDeadline()) {
    return std::max(*next - seconds(), Seconds::zero());
  }
  return std::nullopt;
}

void Reactor::waitUntilReady() {
  const bool idle = demultiplexer_.ready().empty() &&
                    timeUntilNextCall().value_or(kUncheckedSleep) >= kUncheckedSleep;
  disconnectVanished(idle ? kChecksBeforeSleep : kChecksWhenBusy);
  std::optional<Seconds> timeout = timeUntilNextCall();
  if (unchecked_ > 0) {
    timeout = std::min(timeout.value_or(kUncheckedSleep), kUncheckedSleep);
  }
  if (options_.trace && running_) {
    printToStandardError("reactor: waiting on " + std::to_string(readers_) + " readers, " +
                         std::to_string(writers_) + " writers, " +
                         std::to_string(delayedCalls_.size()) + " timers");
  }
  if (!demultiplexer_.wait(timeout)) {
    disconnectClosed();
  }
}

void Reactor::dispatch() {
  // A callback may remove any of those that are still to come; their entry has no watch then.
  for (const Demultiplexer::Ready& entry : demultiplexer_.ready()) {
    if (entry.watch == nullptr) {
      continue;
    }
    IFileDescriptor& object = *entry.object;
    if (object.fileno() != entry.fd) {
      disconnect(object, Failure(ConnectionFdescWentAway()));
      continue;
    }
    std::optional<Failure> reason;
    if (entry.reader != nullptr) {
      reason = read(*entry.reader);
    }
    // doRead may have removed the object from the writers, or altogether, or closed its descriptor:
    // then it is not called.
    if (!reason && entry.watch != nullptr && entry.writer != nullptr &&
        object.fileno() == entry.fd) {
      reason = write(*entry.writer);
    }
    if (!reason && entry.watch != nullptr && object.fileno() != entry.fd) {
      reason = Failure(ConnectionFdescWentAway());
    }
    if (reason) {
      disconnect(object, *reason);
    }
  }
}

std::optional<Failure> Reactor::read(IReadDescriptor& reader) {
  trace(reader, "readable -> doRead");
  unchecked_ = kEverybody;
  std::optional<Failure> reason;
  try {
    reason = reader.doRead();
  } catch (...) {
    reason = Failure::current();
    logError(*reason, "doRead", &reader);
  }
  if (reason && options_.trace) {
    trace(reader, "doRead returned: " + reason->getErrorMessage() + " -> connectionLost");
  }
  return reason;
}

std::optional<Failure> Reactor::write(IWriteDescriptor& writer) {
  trace(writer, "writable -> doWrite");
  unchecked_ = kEverybody;
  std::optional<Failure> reason;
  try {
    reason = writer.doWrite();
  } catch (...) {
    reason = Failure::current();
    logError(*reason, "doWrite", &writer);
  }
  if (reason && options_.trace) {
    trace(writer, "doWrite returned: " + reason->getErrorMessage() + " -> connectionLost");
  }
  return reason;
}

void Reactor::disconnect(IFileDescriptor& object, const Failure& reason) {
  remove(object, true, true);
  unchecked_ = kEverybody;
  try {
    object.connectionLost(reason);
  } catch (...) {
    logError(Failure::current(), "connectionLost", &object);
  }
}

/// Finds objects whose descriptor is gone although they are still registered. Neither epoll nor
/// libevent would ever say a word about them. Looks at so many on each call, until it has seen
/// everybody; that is enough until somebody is called again, who may close what is another's.
void Reactor::disconnectVanished(int checks) {
  const int limit = demultiplexer_.descriptorLimit();
  for (unchecked_ = std::min(unchecked_, limit); unchecked_ > 0 && checks > 0; --checks) {
    --unchecked_;
    nextToCheck_ = (nextToCheck_ + 1) % limit;
    Demultiplexer::Watch* watch = demultiplexer_.watchOf(nextToCheck_);
    while (watch != nullptr) {
      IFileDescriptor& object = *watch->object;
      if (object.fileno() == watch->fd) {
        watch = watch->next();
      } else {
        disconnect(object, Failure(ConnectionFdescWentAway()));
        watch = demultiplexer_.watchOf(nextToCheck_);  // it may have removed the next one, too
      }
    }
  }
}

/// The system refused to wait because of a descriptor that is closed, as select does: finds it. The
/// object may go on to report its number, so ask the system, not the object.
void Reactor::disconnectClosed() {
  std::vector<IFileDescriptor*> closed;
  for (const auto& [object, watch] : watches_) {
    if (::fcntl(watch.fd, F_GETFD) < 0) {
      closed.push_back(watch.object);
    }
  }
  if (closed.empty()) {
    throw std::runtime_error("libevent cannot wait with " + demultiplexer_.name());
  }
  for (IFileDescriptor* object : closed) {
    if (watches_.contains(object)) {
      disconnect(*object, Failure(ConnectionFdescWentAway()));
    }
  }
}

void Reactor::stop() {
  if (!running_ || stopRequested_) {
    throw ReactorNotRunning();
  }
  stopRequested_ = true;
}

void Reactor::callWhenRunning(std::function<void()> function) {
  if (running_) {
    function();
  } else {
    whenRunning_.push_back(std::move(function));
  }
}

// === The descriptor sets ======================================================================

void Reactor::add(IFileDescriptor& object, IReadDescriptor* reader, IWriteDescriptor* writer) {
  const int fd = object.fileno();
  const auto [place, isNew] = watches_.try_emplace(&object);
  Demultiplexer::Watch& watch = place->second;
  if (isNew) {
    watch.object = &object;
    watch.fd = fd;
  }
  const bool newReader = reader != nullptr && watch.reader == nullptr;
  const bool newWriter = writer != nullptr && watch.writer == nullptr;
  if (!newReader && !newWriter) {
    return;
  }
  if (watch.fd != fd) {  // it has lost the one that it came with
    throw std::system_error(EBADF, std::generic_category(),
                            "cannot watch descriptor " + std::to_string(fd));
  }
  if (newReader) {
    watch.reader = reader;
    ++readers_;
  }
  if (newWriter) {
    watch.writer = writer;
    ++writers_;
  }
  try {
    demultiplexer_.update(watch);
  } catch (...) {
    remove(object, newReader, newWriter);
    throw;
  }
}

void Reactor::remove(const IFileDescriptor& object, bool asReader, bool asWriter) {
  const auto found = watches_.find(&object);
  if (found == watches_.end()) {
    return;
  }
  Demultiplexer::Watch& watch = found->second;
  const bool oldReader = asReader && watch.reader != nullptr;
  const bool oldWriter = asWriter && watch.writer != nullptr;
  if (oldReader) {
    watch.reader = nullptr;
    --readers_;
  }
  if (oldWriter) {
    watch.writer = nullptr;
    --writers_;
  }
  if (!oldReader && !oldWriter) {
    return;
  }
  // Does not throw: to be watched for less is always possible. If the system does not go on to watch
  // it because its descriptor is closed, disconnectVanished() will find it.
  demultiplexer_.update(watch);
  if (watch.reader == nullptr && watch.writer == nullptr) {
    watches_.erase(found);
  }
}

void Reactor::addReader(IReadDescriptor& reader) {
  add(reader, &reader, nullptr);
}

void Reactor::addWriter(IWriteDescriptor& writer) {
  add(writer, nullptr, &writer);
}

void Reactor::addReadWriter(IReadWriteDescriptor& object) {
  add(object, &object, &object);
}

void Reactor::removeReader(IReadDescriptor& reader) {
  remove(reader, true, false);
}

void Reactor::removeWriter(IWriteDescriptor& writer) {
  remove(writer, false, true);
}

void Reactor::removeReadWriter(IReadWriteDescriptor& object) {
  remove(object, true, true);
}

std::vector<IFileDescriptor*> Reactor::removeAll() {
  std::vector<IFileDescriptor*> removed;
  removed.reserve(watches_.size());
  for (auto& [object, watch] : watches_) {
    watch.reader = nullptr;
    watch.writer = nullptr;
    demultiplexer_.update(watch);
    removed.push_back(watch.object);
  }
  watches_.clear();
  readers_ = 0;
  writers_ = 0;
  return removed;
}

std::vector<IReadDescriptor*> Reactor::getReaders() const {
  std::vector<IReadDescriptor*> result;
  result.reserve(readers_);
  for (const auto& [object, watch] : watches_) {
    if (watch.reader != nullptr) {
      result.push_back(watch.reader);
    }
  }
  return result;
}

std::vector<IWriteDescriptor*> Reactor::getWriters() const {
  std::vector<IWriteDescriptor*> result;
  result.reserve(writers_);
  for (const auto& [object, watch] : watches_) {
    if (watch.writer != nullptr) {
      result.push_back(watch.writer);
    }
  }
  return result;
}

// === Time, connections, ownership, errors =====================================================

std::shared_ptr<IDelayedCall> Reactor::callLater(Seconds delay, std::function<void()> function) {
  return delayedCalls_.callLater(delay, std::move(function));
}

std::vector<std::shared_ptr<IDelayedCall>> Reactor::getDelayedCalls() const {
  return delayedCalls_.pending();
}

std::shared_ptr<IConnector> Reactor::connectTCP(const std::string& host, std::uint16_t port,
                                                IClientFactory& factory,
                                                std::optional<Seconds> timeout) {
  const HostPort destination{host.empty() ? "0.0.0.0" : host, port};
  const auto connector = std::make_shared<Connector>(*this, destination, factory, timeout);
  connector->connect();
  return connector;
}

std::shared_ptr<IListeningPort> Reactor::listenTCP(std::uint16_t port, IProtocolFactory& factory,
                                                   int backlog, const std::string& interface) {
  const auto listeningPort = std::make_shared<ListeningPort>(*this, factory);
  listeningPort->startListening({interface.empty() ? "0.0.0.0" : interface, port}, backlog);
  return listeningPort;
}

std::shared_ptr<void> Reactor::resolveHostName(const HostPort& destination,
                                               std::function<void(const Resolution&)> done) {
  return resolver_.resolveHostName(destination, std::move(done));
}

void Reactor::keep(std::shared_ptr<IReactorOwned> object) {
  const IReactorOwned* key = object.get();
  kept_.insert_or_assign(key, std::move(object));
}

void Reactor::release(const IReactorOwned* object) {
  if (auto node = kept_.extract(object)) {
    released_.push_back(std::move(node.mapped()));
  }
}

void Reactor::trace(const ILoggingContext& who, std::string_view step) {
  if (options_.trace) {
    printToStandardError("reactor: " + labelOf(who) + ' ' + std::string(step));
  }
}

void Reactor::logError(const Failure& error, std::string_view where, const ILoggingContext* who) {
  std::string place = who != nullptr ? labelOf(*who) + ' ' : "";
  place += where;
  if (options_.onError) {
    options_.onError(error, place);
  } else {
    printToStandardError("reactor: " + place + " failed: " + error.getErrorMessage());
  }
}

}  // namespace poetry
