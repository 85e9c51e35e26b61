#include "reactor/tcp.hpp"

#include "net/socket.hpp"
#include "reactor/protocol.hpp"

#include <event2/buffer.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>  // iovec

namespace poetry {

namespace {

/// One doRead of a port accepts at most this many clients, so that many new clients cannot delay
/// existing connections.
constexpr int kAcceptLimit = 100;
/// How long a port waits for descriptors or memory to become free again.
constexpr Duration kAcceptPause(0.1);

void cancelIfActive(std::shared_ptr<IDelayedCall>& call) {
  if (call && call->active()) {
    call->cancel();
  }
  call.reset();
}

/// True if the system has finished a connection attempt: connected or failed.
bool isAnswered(int fd) {
  pollfd attempt{fd, POLLIN | POLLOUT, 0};
  return ::poll(&attempt, 1, 0) > 0;
}

}  // namespace

// === TcpConnection ============================================================================

std::optional<Failure> TcpConnection::doRead() {
  const Received received = receive(socket_.get(), reactor_.receiveBuffer());
  switch (received.outcome) {
    case Received::Outcome::kBytes:
      reactor_.trace(*this, "doRead -> dataReceived");
      protocol_->dataReceived(received.bytes);
      return std::nullopt;
    case Received::Outcome::kWouldBlock:
      return std::nullopt;
    case Received::Outcome::kEndOfFile:
      if (expectedError_ != 0) {
        return Failure(ConnectionLost(expectedError_));
      }
      return Failure(ConnectionDone());
    case Received::Outcome::kError:
      break;
  }
  return Failure(ConnectionLost(received.error));
}

std::optional<Failure> TcpConnection::doWrite() {
  if (hasOutput()) {
    std::array<evbuffer_iovec, 16> blocks{};
    const int found = evbuffer_peek(output_.get(), -1, nullptr, blocks.data(), int{blocks.size()});
    msghdr message{};
    message.msg_iov = blocks.data();
    message.msg_iovlen = std::min(static_cast<std::size_t>(found), blocks.size());
    // Not evbuffer_write: it raises SIGPIPE when the peer has closed.
    const ssize_t sent = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
        return std::nullopt;  // still registered, so the reactor calls again
      }
      return Failure(ConnectionLost(errno));
    }
    evbuffer_drain(output_.get(), static_cast<std::size_t>(sent));
  }
  if (!hasOutput()) {
    reactor_.removeWriter(*this);
    if (losing_) {
      return Failure(ConnectionDone());
    }
  }
  return std::nullopt;
}

void TcpConnection::write(std::string_view bytes) {
  if (!connected_ || aborting_ || bytes.empty()) {
    return;
  }
  if (!output_) {
    output_.reset(evbuffer_new());
  }
  if (!output_ || evbuffer_add(output_.get(), bytes.data(), bytes.size()) != 0) {
    throw std::bad_alloc();
  }
  reactor_.addWriter(*this);
}

void TcpConnection::loseConnection() {
  if (!connected_ || aborting_ || losing_) {
    return;
  }
  reactor_.addWriter(*this);  // doWrite ends the connection when it has nothing left to write
  reactor_.removeReader(*this);
  losing_ = true;
}

void TcpConnection::abortConnection() {
  if (!connected_ || aborting_) {
    return;
  }
  stopWatching();
  output_.reset();
  losing_ = false;
  aborting_ = true;
  timer_ =
      reactor_.callLater(Duration(0), [this] { connectionLost(Failure(ConnectionAborted())); });
  setResetOnClose(socket_.get(), true);
}

void TcpConnection::connectionLost(const Failure& reason) {
  connected_ = false;
  losing_ = false;
  aborting_ = false;
  expectedError_ = 0;
  cancelIfActive(timer_);
  stopWatching();
  output_.reset();
  socket_.reset();
  if (!protocol_) {
    return;
  }
  // An exception must not keep the factory from learning about the end.
  try {
    protocol_->connectionLost(reason);
  } catch (...) {
    reactor_.logError(Failure::current(), "connectionLost", this);
  }
}

TcpConnection::~TcpConnection() {
  connected_ = false;  // the protocol's destructor may still call write() and the like
  cancelIfActive(timer_);
  stopWatching();
}

void TcpConnection::stopWatching() {
  reactor_.removeReader(*this);
  reactor_.removeWriter(*this);
}

bool TcpConnection::hasOutput() const {
  return output_ && evbuffer_get_length(output_.get()) > 0;
}

void TcpConnection::FreeBuffer::operator()(evbuffer* buffer) const {
  evbuffer_free(buffer);
}

// === TcpClient: the attempt ===================================================================

TcpClient::TcpClient(IReactorTransports& reactor, HostPort destination, IClientFactory& factory,
                     std::optional<Duration> timeout)
    : TcpConnection(reactor),
      factory_(factory),
      destination_(std::move(destination)),
      timeout_(timeout) {
  if (destination_.port == 0) {
    throw std::invalid_argument("cannot connect to port 0");
  }
  if (timeout_ && !(*timeout_ >= Duration::zero())) {  // true for NaN, too
    throw std::invalid_argument("a timeout must be zero or more seconds");
  }
}

void TcpClient::connect() {
  if (state_ != State::kDisconnected) {
    throw std::runtime_error("connect() while connecting or connected");
  }
  if (!factoryStarted_) {
    factory_.doStart();
    factoryStarted_ = true;
  }
  state_ = State::kConnecting;
  reactor_.keep(*this);
  startAttempt();
  factory_.startedConnecting(*this);
}

void TcpClient::startAttempt() {
  ++attempt_;
  firstError_ = 0;
  std::optional<Failure> failure;
  addresses_ = resolveWithoutLookup(destination_);
  deadline_ = reactor_.seconds() + timeout_.value_or(Duration::zero());
  if (!addresses_.empty()) {
    failure = tryNextAddress();
  } else {
    try {
      lookUp();
    } catch (const std::system_error& error) {
      failure = Failure(ConnectError(error.what(), error.code().value()));
    }
  }
  if (failure) {
    cancelIfActive(timer_);
    // Not from here: connectTCP has not returned yet.
    timer_ = reactor_.callLater(Duration(0), [this, reason = *failure] { fail(reason); });
  }
}

void TcpClient::lookUp() {
  // A look-up cannot be cancelled, so it may begin or end when this attempt is over.
  const auto isOver = [weak = weak_from_this(), this, asked = attempt_] {
    return weak.expired() || state_ != State::kConnecting || attempt_ != asked;
  };
  const auto began = [this, isOver] {
    if (!isOver()) {
      deadline_ = reactor_.seconds() + timeout_.value_or(Duration::zero());
      startTimer();
    }
  };
  const auto done = [this, isOver](const Resolution& resolution) {
    if (isOver()) {
      return;
    }
    addresses_ = resolution.addresses;
    const std::optional<Failure> failure =
        resolution.failure ? resolution.failure : tryNextAddress();
    if (failure) {
      fail(*failure);
    }
  };
  reactor_.resolveHostName(destination_, began, done);
}

/// Begins to connect to the next address. Returns nothing if that is under way, or the reason why
/// the attempt has failed.
std::optional<Failure> TcpClient::tryNextAddress() {
  while (!addresses_.empty()) {
    peer_ = addresses_.front();
    addresses_.erase(addresses_.begin());
    socket_.reset();  // before the next one is made: it may be the last free descriptor
    socket_.reset(::socket(peer_.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    // After EINTR the kernel goes on connecting.
    if (socket_.valid() && (::connect(socket_.get(), peer_.data(), peer_.size()) == 0 ||
                            errno == EINPROGRESS || errno == EINTR)) {
      try {
        // A socket that is connected becomes writable. One that failed becomes readable, writable
        // or both.
        reactor_.addReader(*this);
        reactor_.addWriter(*this);
      } catch (const std::system_error& error) {
        stopWatching();
        socket_.reset();
        return Failure(ConnectError(error.what(), error.code().value()));
      }
      startTimer();
      return std::nullopt;
    }
    addressFailed(errno);
  }
  socket_.reset();
  return connectFailure(firstError_);
}

/// The error of the first address is the one to report. The others may only say that there is no
/// IPv6 here.
void TcpClient::addressFailed(int osError) {
  firstError_ = firstError_ != 0 ? firstError_ : osError;
}

/// Each address gets an equal share of the time that is left, so that one that never answers cannot
/// use up the time of the others.
void TcpClient::startTimer() {
  cancelIfActive(timer_);
  if (timeout_) {
    const auto shares = static_cast<double>(addresses_.size() + 1);
    const Duration left = std::max(deadline_ - reactor_.seconds(), Duration::zero());
    timer_ = reactor_.callLater(left / shares, [this] { timerExpired(); });
  }
}

void TcpClient::timerExpired() {
  if (isAnswered(socket_.get())) {
    return;  // the loop has been busy, and has not seen the answer yet
  }
  if (addresses_.empty()) {
    fail(Failure(TimeoutError()));
    return;
  }
  stopWatching();
  addressFailed(ETIMEDOUT);
  if (const std::optional<Failure> failure = tryNextAddress()) {
    fail(*failure);
  }
}

std::optional<Failure> TcpClient::finishConnecting() {
  int error = 0;
  if (const std::optional<Address> peer = Address::peerIfConnected(socket_.get())) {
    if (!isConnectedToItself(socket_.get(), *peer)) {
      becomeConnected(*peer);  // may differ from the address that we asked for: 0.0.0.0
      return std::nullopt;
    }
    setResetOnClose(socket_.get(), true);  // or the port would stay in use for a minute
    error = ECONNREFUSED;
  } else {
    error = takeSocketError(socket_.get());
  }
  if (error == 0) {
    return std::nullopt;  // still connecting
  }
  if (error == ECONNRESET || error == EPIPE) {
    // Only an established connection can be reset, so this one was established, and bytes may have
    // come before the reset. After them recv(2) will report an end of file, as if all were well,
    // because we have just cleared the error. (EPIPE: the peer closed in order before the reset.)
    expectedError_ = error == ECONNRESET ? error : 0;
    becomeConnected(peer_);
    return std::nullopt;
  }
  stopWatching();
  addressFailed(error);
  return tryNextAddress();
}

void TcpClient::becomeConnected(const Address& peer) {
  cancelIfActive(timer_);
  addresses_.clear();
  state_ = State::kConnected;
  connected_ = true;
  peer_ = peer;
  reactor_.removeWriter(*this);
  protocol_ = factory_.buildProtocol(peer);
  const bool isRefused = protocol_ == nullptr;
  if (isRefused) {
    protocol_ = std::make_unique<Protocol>();
  }
  protocol_->makeConnection(*this);
  if (isRefused) {
    loseConnection();
  }
}

// === TcpClient: the connection ================================================================

std::optional<Failure> TcpClient::doRead() {
  return connected_ ? TcpConnection::doRead() : finishConnecting();
}

std::optional<Failure> TcpClient::doWrite() {
  return connected_ ? TcpConnection::doWrite() : finishConnecting();
}

void TcpClient::stopConnecting() {
  if (state_ != State::kConnecting) {
    throw NotConnectingError();
  }
  fail(Failure(UserError()));
}

void TcpClient::disconnect() {
  if (state_ == State::kConnecting) {
    stopConnecting();
  } else {
    loseConnection();
  }
}

void TcpClient::connectionLost(const Failure& reason) {
  if (state_ == State::kDisconnected) {
    return;  // it has ended in another object's connectionLost, at a shutdown
  }
  if (protocol_) {
    TcpConnection::connectionLost(reason);
    reportEnd(reason);
  } else {
    // The attempt failed, or buildProtocol threw an exception, or the reactor stops.
    fail(reason.check<ConnectError>() ? reason : Failure(ConnectError(reason.getErrorMessage())));
  }
}

void TcpClient::fail(const Failure& reason) {
  addresses_.clear();
  TcpConnection::connectionLost(reason);
  reportEnd(reason);
}

/// Everything is in order before the factory is called, because it may call connect() again.
void TcpClient::reportEnd(const Failure& reason) {
  state_ = State::kDisconnected;
  const std::unique_ptr<IProtocol> ended = std::move(protocol_);  // destroyed after the report
  try {
    if (ended) {
      factory_.clientConnectionLost(*this, reason);
    } else {
      factory_.clientConnectionFailed(*this, reason);
    }
  } catch (...) {
    reactor_.logError(Failure::current(),
                      ended ? "clientConnectionLost" : "clientConnectionFailed");
  }
  if (state_ != State::kDisconnected || !factoryStarted_) {
    return;  // the factory has called connect(), and that attempt may even be over by now
  }
  factoryStarted_ = false;
  reactor_.release(*this);
  try {
    factory_.doStop();
  } catch (...) {
    reactor_.logError(Failure::current(), "stopFactory");
  }
}

std::string TcpClient::logPrefix() const {
  return protocol_ ? protocol_->logPrefix() + ",client" : "Uninitialized";
}

// === TcpServer ================================================================================

TcpServer::TcpServer(IReactorTransports& reactor, UniqueFd socket, const Address& peer,
                     int sessionNumber)
    : TcpConnection(reactor), sessionNumber_(sessionNumber) {
  socket_ = std::move(socket);
  peer_ = peer;
}

void TcpServer::start(std::unique_ptr<IProtocol> protocol) {
  reactor_.addReader(*this);
  connected_ = true;
  protocol_ = std::move(protocol);
  protocol_->makeConnection(*this);
}

void TcpServer::connectionLost(const Failure& reason) {
  if (!socket_.valid()) {
    return;  // it has ended in another object's connectionLost, at a shutdown
  }
  TcpConnection::connectionLost(reason);
  reactor_.release(*this);
}

std::string TcpServer::logPrefix() const {
  return (protocol_ ? protocol_->logPrefix() : "Uninitialized") + ',' +
         std::to_string(sessionNumber_) + ',' + getPeer().host();
}

// === ListeningPort ============================================================================

ListeningPort::ListeningPort(IReactorTransports& reactor, IProtocolFactory& factory)
    : reactor_(reactor), factory_(factory) {}

ListeningPort::~ListeningPort() {
  cancelIfActive(resumeCall_);
  reactor_.removeReader(*this);
}

void ListeningPort::startListening(const HostPort& where, int backlog) {
  try {
    socket_ = listenOn(where, backlog);
    setNonBlocking(socket_.get());
    host_ = Address::hostOf(socket_.get());
    reactor_.addReader(*this);
  } catch (const std::system_error& error) {
    throw CannotListenError(error.what(), error.code().value());
  } catch (const LookupError& error) {
    throw CannotListenError(error.what());
  }
  factory_.doStart();
  reactor_.keep(*this);
}

std::optional<Failure> ListeningPort::doRead() {
  for (int count = 0; count < kAcceptLimit; ++count) {
    // getpeername(2) would fail if the client has reset the connection already.
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    UniqueFd client(::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&peer), &size,
                              SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (client.valid()) {
      accepted(std::move(client), Address::from(reinterpret_cast<const sockaddr*>(&peer)));
      if (!socket_.valid()) {
        break;  // a callback stopped the port
      }
      continue;
    }
    if (errno == EAGAIN) {
      break;
    }
    if (isShortage(errno)) {
      pauseAccepting(errno);
      break;
    }
    if (errno != EINTR && !isErrorOfOneClient(errno)) {
      const Failure failure{ConnectionLost(errno)};
      reactor_.logError(failure, "accept", this);
      return failure;
    }
  }
  return std::nullopt;
}

/// Out of descriptors or memory. The clients stay in the listen queue and the port stays readable,
/// so the loop would call doRead again and again. Remove the port for a moment.
void ListeningPort::pauseAccepting(int osError) {
  reactor_.logError(Failure(ConnectionLost(osError)), "accept", this);
  reactor_.removeReader(*this);
  resumeCall_ = reactor_.callLater(kAcceptPause, [this] { resumeAccepting(); });
}

void ListeningPort::resumeAccepting() {
  try {
    reactor_.addReader(*this);
  } catch (const std::system_error& error) {
    pauseAccepting(error.code().value());
  }
}

void ListeningPort::accepted(UniqueFd socket, const Address& peer) {
  std::unique_ptr<IProtocol> protocol;
  try {
    protocol = factory_.buildProtocol(peer);
  } catch (...) {
    reactor_.logError(Failure::current(), "buildProtocol", this);
  }
  if (!protocol) {
    return;
  }
  const auto server = std::make_shared<TcpServer>(reactor_, std::move(socket), peer, ++sessions_);
  reactor_.keep(*server);
  try {
    server->start(std::move(protocol));
  } catch (...) {
    const Failure failure = Failure::current();
    reactor_.logError(failure, server->isConnected() ? "connectionMade" : "addReader",
                      server.get());
    server->connectionLost(failure);
  }
}

void ListeningPort::stopListening() {
  if (!socket_.valid()) {
    return;
  }
  reactor_.removeReader(*this);
  cancelIfActive(resumeCall_);
  socket_.reset();
  reactor_.release(*this);
  try {
    factory_.doStop();
  } catch (...) {
    reactor_.logError(Failure::current(), "stopFactory");
  }
}

void ListeningPort::connectionLost(const Failure& /*reason*/) {
  stopListening();
}

std::string ListeningPort::logPrefix() const {
  return "ListeningPort," + host_.toString();
}

}  // namespace poetry
