#include "support/memory_reactor.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <poll.h>

namespace poetry::testing {

namespace {

constexpr std::size_t kReceiveSize = 64 * 1024;

}  // namespace

// === FakeConnector, FakePort ==================================================================

FakeConnector::FakeConnector(HostPort destination, IClientFactory& factory)
    : destination_(std::move(destination)), factory_(factory) {}

void FakeConnector::connect() {
  ++attempts_;
  stoppedConnecting_ = false;
  factory_.startedConnecting(*this);
}

void FakePort::stopListening(std::function<void()> done) {
  stoppedListening_ = true;
  if (done) {
    time_.callLater(Seconds(0), std::move(done));
  }
}

// === The turn of the loop =====================================================================

MemoryReactor::MemoryReactor()
    : clock_([this](const Failure& error) { logError(error, "callLater"); }),
      receiveBuffer_(kReceiveSize) {}

MemoryReactor::~MemoryReactor() {
  // What is kept says goodbye to the sets and to us as it goes, so all that has to be there still.
  std::exchange(kept_, {}).clear();
  destroyReleased();
}

void MemoryReactor::start() {
  if (running_) {
    throw ReactorAlreadyRunning();
  }
  if (hasRun_) {
    throw ReactorNotRestartable();
  }
  hasRun_ = true;
  running_ = true;
  for (const std::function<void()>& hook : std::exchange(whenRunning_, {})) {
    try {
      hook();
    } catch (...) {
      logError(Failure::current(), "callWhenRunning");
    }
  }
}

void MemoryReactor::run(bool /*installSignalHandlers*/) {
  start();
  while (running_) {
    if (stopRequested_ || anybodyReady()) {
      turn();
    } else if (const auto calls = getDelayedCalls(); !calls.empty()) {
      advance(std::max(calls.front()->getTime() - seconds(), Seconds::zero()));
    } else {
      running_ = false;
      throw std::logic_error("run() would sleep for ever: nobody is ready, and there is no timer");
    }
  }
}

void MemoryReactor::advance(Seconds amount) {
  destroyReleased();
  clock_.advance(amount);
  if (running_ && stopRequested_) {
    shutDown();
  }
  dispatch();
}

/// When nothing of theirs is on the stack. A destructor may release others.
void MemoryReactor::destroyReleased() {
  while (!released_.empty()) {
    std::exchange(released_, {}).clear();
  }
}

void MemoryReactor::shutDown() {
  running_ = false;
  const Failure reason(ConnectionLost("the reactor was stopped"));
  const std::vector<IFileDescriptor*> removed = removeAll();
  const auto kept = kept_;  // a copy: they leave as they end
  for (const auto& [key, object] : kept) {
    object->reactorStopped(reason);
  }
  for (IFileDescriptor* object : removed) {
    disconnect(*object, reason);
  }
}

void MemoryReactor::dispatch() {
  // By object, and looked up anew before each call: a callback may remove whomever it likes.
  std::vector<IFileDescriptor*> ready;
  for (const Entry& entry : entries_) {
    if (entry.readable || entry.writable) {
      ready.push_back(entry.object);
    }
  }
  for (IFileDescriptor* object : ready) {
    std::optional<Failure> reason;
    try {
      if (Entry* entry = find(*object); entry != nullptr && entry->readable) {
        entry->readable = false;
        reason = entry->reader->doRead();
      }
      if (Entry* entry = find(*object); !reason && entry != nullptr && entry->writable) {
        entry->writable = false;
        reason = entry->writer->doWrite();
      }
    } catch (...) {
      reason = Failure::current();
      logError(*reason, "doRead or doWrite", object);
    }
    if (reason) {
      disconnect(*object, *reason);
    }
  }
}

void MemoryReactor::disconnect(IFileDescriptor& object, const Failure& reason) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.object == &object; });
  try {
    object.connectionLost(reason);
  } catch (...) {
    logError(Failure::current(), "connectionLost", &object);
  }
}

void MemoryReactor::stop() {
  if (!running_ || stopRequested_) {
    throw ReactorNotRunning();
  }
  stopRequested_ = true;
}

void MemoryReactor::callWhenRunning(std::function<void()> function) {
  if (running_) {
    function();
  } else {
    whenRunning_.push_back(std::move(function));
  }
}

// === The descriptor sets ======================================================================

MemoryReactor::Entry* MemoryReactor::find(const IFileDescriptor& object) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.object == &object; });
  return found == entries_.end() ? nullptr : &*found;
}

MemoryReactor::Entry& MemoryReactor::findOrAdd(IFileDescriptor& object) {
  if (Entry* entry = find(object)) {
    return *entry;
  }
  Entry entry;
  entry.object = &object;
  return entries_.emplace_back(entry);
}

void MemoryReactor::forgetIfEmpty(const IFileDescriptor& object) {
  std::erase_if(entries_, [&](const Entry& entry) {
    return entry.object == &object && entry.reader == nullptr && entry.writer == nullptr;
  });
}

void MemoryReactor::checkWatch() const {
  if (watchError_ != 0) {
    throw std::system_error(watchError_, std::generic_category(), "cannot watch");
  }
}

void MemoryReactor::addReader(IReadDescriptor& reader) {
  checkWatch();
  findOrAdd(reader).reader = &reader;
}

void MemoryReactor::addWriter(IWriteDescriptor& writer) {
  checkWatch();
  findOrAdd(writer).writer = &writer;
}

void MemoryReactor::removeReader(IReadDescriptor& reader) {
  if (Entry* entry = find(reader)) {
    entry->reader = nullptr;
    entry->readable = false;
    forgetIfEmpty(reader);
  }
}

void MemoryReactor::removeWriter(IWriteDescriptor& writer) {
  if (Entry* entry = find(writer)) {
    entry->writer = nullptr;
    entry->writable = false;
    forgetIfEmpty(writer);
  }
}

std::vector<IFileDescriptor*> MemoryReactor::removeAll() {
  std::vector<IFileDescriptor*> removed;
  for (const Entry& entry : std::exchange(entries_, {})) {
    removed.push_back(entry.object);
  }
  return removed;
}

std::vector<IReadDescriptor*> MemoryReactor::getReaders() const {
  std::vector<IReadDescriptor*> result;
  for (const Entry& entry : entries_) {
    if (entry.reader != nullptr) {
      result.push_back(entry.reader);
    }
  }
  return result;
}

std::vector<IWriteDescriptor*> MemoryReactor::getWriters() const {
  std::vector<IWriteDescriptor*> result;
  for (const Entry& entry : entries_) {
    if (entry.writer != nullptr) {
      result.push_back(entry.writer);
    }
  }
  return result;
}

// === Who is ready =============================================================================

void MemoryReactor::makeReadable(IReadDescriptor& reader) {
  Entry* entry = find(reader);
  if (entry == nullptr || entry->reader == nullptr) {
    throw std::logic_error("makeReadable: it is not among the readers");
  }
  entry->readable = true;
}

void MemoryReactor::makeWritable(IWriteDescriptor& writer) {
  Entry* entry = find(writer);
  if (entry == nullptr || entry->writer == nullptr) {
    throw std::logic_error("makeWritable: it is not among the writers");
  }
  entry->writable = true;
}

bool MemoryReactor::anybodyReady() const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const Entry& entry) { return entry.readable || entry.writable; });
}

std::size_t MemoryReactor::poll(Seconds patience) {
  if (entries_.empty()) {
    return 0;
  }
  std::vector<pollfd> asked;
  for (const Entry& entry : entries_) {
    const int wanted =
        (entry.reader != nullptr ? POLLIN : 0) | (entry.writer != nullptr ? POLLOUT : 0);
    asked.push_back({entry.object->fileno(), static_cast<short>(wanted), 0});
  }
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(patience);
  if (::poll(asked.data(), asked.size(), static_cast<int>(wait.count())) < 0) {
    throw std::system_error(errno, std::generic_category(), "poll");
  }
  std::size_t count = 0;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    // An error or a hang-up makes everything ready: the next call will find out.
    const int happened = asked[i].revents;
    const bool broken = (happened & (POLLERR | POLLHUP | POLLNVAL)) != 0;
    Entry& entry = entries_[i];
    entry.readable = entry.reader != nullptr && (broken || (happened & POLLIN) != 0);
    entry.writable = entry.writer != nullptr && (broken || (happened & POLLOUT) != 0);
    count += entry.readable || entry.writable ? 1 : 0;
  }
  return count;
}

// === Time and names ===========================================================================

std::shared_ptr<IDelayedCall> MemoryReactor::callLater(Seconds delay,
                                                       std::function<void()> function) {
  return clock_.callLater(delay, std::move(function));
}

std::vector<std::shared_ptr<IDelayedCall>> MemoryReactor::getDelayedCalls() const {
  return clock_.getDelayedCalls();
}

void MemoryReactor::setAddresses(const std::string& host, const std::vector<Address>& addresses) {
  setResolution(host, {addresses, std::nullopt});
}

void MemoryReactor::setLookupFailure(const std::string& host, const Failure& failure) {
  setResolution(host, {{}, failure});
}

void MemoryReactor::setResolution(const std::string& host, Resolution resolution) {
  resolutions_.insert_or_assign(host, std::move(resolution));
  for (const std::weak_ptr<Lookup>& waiting : lookups_) {
    if (const std::shared_ptr<Lookup> lookup = waiting.lock(); lookup && lookup->host == host) {
      answer(lookup, resolutions_.at(host));
    }
  }
}

std::shared_ptr<void> MemoryReactor::resolveHostName(const HostPort& destination,
                                                     std::function<void(const Resolution&)> done) {
  const auto lookup = std::make_shared<Lookup>(Lookup{destination.host, std::move(done)});
  lookups_.push_back(lookup);
  if (const auto known = resolutions_.find(destination.host); known != resolutions_.end()) {
    answer(lookup, known->second);
  }
  return lookup;
}

/// On the next turn, and only if somebody still holds the lookup by then.
void MemoryReactor::answer(const std::shared_ptr<Lookup>& lookup, const Resolution& resolution) {
  callLater(Seconds(0), [waiting = std::weak_ptr<Lookup>(lookup), resolution] {
    if (const std::shared_ptr<Lookup> stillWaiting = waiting.lock()) {
      if (const auto done = std::exchange(stillWaiting->done, nullptr)) {
        done(resolution);
      }
    }
  });
}

// === Connections, ownership, errors ===========================================================

std::shared_ptr<IConnector> MemoryReactor::connectTCP(const std::string& host, std::uint16_t port,
                                                      IClientFactory& factory,
                                                      std::optional<Seconds> timeout) {
  const auto connector = std::make_shared<FakeConnector>(HostPort{host, port}, factory);
  tcpClients_.push_back({host, port, &factory, timeout, connector});
  connector->connect();
  return connector;
}

std::shared_ptr<IListeningPort> MemoryReactor::listenTCP(std::uint16_t port,
                                                         IProtocolFactory& factory, int backlog,
                                                         const std::string& interface) {
  const std::vector<Address> host =
      resolveWithoutLookup({interface.empty() ? "0.0.0.0" : interface, port});
  if (host.empty()) {
    throw CannotListenError("cannot listen on '" + interface + "': the interface is no number");
  }
  const auto listeningPort = std::make_shared<FakePort>(*this, host.front());
  tcpServers_.push_back({port, &factory, backlog, interface, listeningPort});
  return listeningPort;
}

void MemoryReactor::keep(std::shared_ptr<IReactorOwned> object) {
  const IReactorOwned* key = object.get();
  kept_.insert_or_assign(key, std::move(object));
}

void MemoryReactor::release(const IReactorOwned* object) {
  if (const auto found = kept_.find(object); found != kept_.end()) {
    released_.push_back(std::move(found->second));
    kept_.erase(found);
  }
}

void MemoryReactor::destroyLater(std::shared_ptr<IReactorOwned> object) {
  released_.push_back(std::move(object));
}

void MemoryReactor::addReadWriter(IReadWriteDescriptor& object) {
  addReader(object);
  addWriter(object);
}

void MemoryReactor::removeReadWriter(IReadWriteDescriptor& object) {
  removeReader(object);
  removeWriter(object);
}

void MemoryReactor::logError(const Failure& error, std::string_view where,
                             const ILoggingContext* who) {
  std::string name;
  try {
    name = who != nullptr ? who->logPrefix() : "";
  } catch (...) {
    name = "logPrefix threw: " + Failure::current().getErrorMessage();
  }
  errors_.push_back({error, std::string(where), name});
}

}  // namespace poetry::testing
