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

#include <sys/socket.h>
#include <sys/uio.h>  // iovec

namespace poetry {

namespace {

/// As many clients as one doRead of a port accepts, so that a crowd at the door does not keep
/// those inside waiting.
constexpr int kAcceptLimit = 100;
/// How long a port waits for descriptors to become free again.
constexpr Seconds kAcceptPause(0.1);

void cancelIfActive(std::shared_ptr<IDelayedCall>& call) {
  if (call && call->active()) {
    call->cancel();
  }
  call.reset();
}

/// The error that has come up on a socket, or 0. Asking takes it away: recv(2) will not tell it again.
int takeSocketError(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

}  // namespace

// === TcpConnection ============================================================================

TcpConnection::TcpConnection(IReactorTransports& reactor) : reactor_(reactor) {}

TcpConnection::~TcpConnection() {
  connected_ = false;  // whatever the protocol still asks for as it goes, it comes to nothing
  cancelIfActive(abortCall_);
  if (socket_.valid()) {
    stopWatching();  // before it is closed: the reactor must not watch a stranger's number
  }
  protocol_.reset();
}

void TcpConnection::FreeBuffer::operator()(evbuffer* buffer) const {
  evbuffer_free(buffer);
}

bool TcpConnection::hasOutput() const {
  return output_ && evbuffer_get_length(output_.get()) > 0;
}

void TcpConnection::stopWatching() {
  reactor_.removeReadWriter(*this);
}

void TcpConnection::established(std::unique_ptr<IProtocol> protocol, const Address& peer,
                                const Address& host) {
  protocol_ = std::move(protocol);
  peer_ = peer;
  host_ = host;
  connected_ = true;
  protocol_->makeConnection(*this);
}

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
    std::array<evbuffer_iovec, 16> pieces{};
    const int found = evbuffer_peek(output_.get(), -1, nullptr, pieces.data(), int{pieces.size()});
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = std::min(static_cast<std::size_t>(found), pieces.size());
    // Not evbuffer_write: that raises SIGPIPE when the peer has gone.
    const ssize_t sent = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
        return std::nullopt;  // there was no room after all: we are still a writer
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

void TcpConnection::connectionLost(const Failure& reason) {
  connected_ = false;
  cancelIfActive(abortCall_);
  stopWatching();
  output_.reset();
  if (losing_) {
    discardUnread(socket_.get());
  }
  socket_.reset();
  if (!protocol_) {
    return;
  }
  // The others that are waiting to hear of this end must hear of it in any case.
  try {
    protocol_->connectionLost(reason);
  } catch (...) {
    reactor_.logError(Failure::current(), "connectionLost", this);
  }
}

void TcpConnection::reactorStopped(const Failure& /*reason*/) {
  if (abortCall_) {
    connectionLost(Failure(ConnectionAborted()));
  }
}

void TcpConnection::write(std::string_view bytes) {
  writeSequence({&bytes, 1});
}

void TcpConnection::writeSequence(std::span<const std::string_view> pieces) {
  if (!connected_ || abortCall_) {
    return;
  }
  for (const std::string_view piece : pieces) {
    if (piece.empty()) {
      continue;
    }
    if (!output_) {
      output_.reset(evbuffer_new());
    }
    if (!output_ || evbuffer_add(output_.get(), piece.data(), piece.size()) != 0) {
      throw std::bad_alloc();
    }
  }
  if (hasOutput()) {
    reactor_.addWriter(*this);
  }
}

void TcpConnection::loseConnection() {
  if (!connected_ || abortCall_ || losing_) {
    return;
  }
  reactor_.addWriter(*this);  // doWrite ends the connection when it has nothing left to write
  reactor_.removeReader(*this);
  losing_ = true;
}

void TcpConnection::abortConnection() {
  if (!connected_ || abortCall_) {
    return;
  }
  stopWatching();
  output_.reset();
  losing_ = false;
  abortCall_ =
      reactor_.callLater(Seconds(0), [this] { connectionLost(Failure(ConnectionAborted())); });
  setResetOnClose(socket_.get(), true);
}

// === TcpClient ================================================================================

TcpClient::Attempt::~Attempt() {
  cancelIfActive(startCall);
  cancelIfActive(timeoutCall);
}

TcpClient::TcpClient(IReactorTransports& reactor, Connector& connector)
    : TcpConnection(reactor), connector_(connector), attempt_(std::make_unique<Attempt>()) {}

void TcpClient::startConnecting(std::optional<Seconds> timeout) {
  attempt_->startCall = reactor_.callLater(Seconds(0), [this] { resolve(); });
  if (timeout) {
    attempt_->timeoutCall =
        reactor_.callLater(*timeout, [this] { giveUp(Failure(TimeoutError())); });
  }
}

void TcpClient::resolve() {
  const HostPort destination = connector_.getDestination();
  std::vector<Address> addresses = resolveWithoutLookup(destination);
  if (!addresses.empty()) {
    tryAddresses(std::move(addresses));
    return;
  }
  try {
    attempt_->lookup = reactor_.resolveHostName(
        destination, [this](const Resolution& resolution) { resolved(resolution); });
  } catch (const std::exception& error) {
    giveUp(Failure(ConnectError(error.what())));
  }
}

void TcpClient::resolved(const Resolution& resolution) {
  if (resolution.failure) {
    giveUp(*resolution.failure);
  } else {
    tryAddresses(resolution.addresses);
  }
}

void TcpClient::tryAddresses(std::vector<Address> addresses) {
  attempt_->addresses = std::move(addresses);
  if (const std::optional<Failure> failure = tryNextAddress()) {
    giveUp(*failure);
  }
}

/// Returns nothing if an attempt is under way, and otherwise why there is none.
std::optional<Failure> TcpClient::tryNextAddress() {
  while (!attempt_->addresses.empty()) {
    const Address& address = attempt_->addresses.front();
    socket_.reset();  // first, in case that it was the last descriptor to be had
    socket_.reset(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    // An interrupted connect(2) goes on in the background like any other of a non-blocking socket.
    if (socket_.valid() && (::connect(socket_.get(), address.data(), address.size()) == 0 ||
                            errno == EINPROGRESS || errno == EINTR)) {
      try {
        // A socket tells that it is connected by being writable, and that it failed by being
        // readable or writable or both.
        reactor_.addReadWriter(*this);
        return std::nullopt;
      } catch (const std::system_error& error) {
        socket_.reset();  // select cannot watch it: another address would not help
        return Failure(ConnectError(error.what(), error.code().value()));
      }
    }
    addressFailed(errno);
  }
  socket_.reset();
  return connectFailure(attempt_->firstError);
}

/// The first address is the one that people mean. What it said is the reason, should none answer.
void TcpClient::addressFailed(int osError) {
  attempt_->firstError = attempt_->firstError != 0 ? attempt_->firstError : osError;
  attempt_->addresses.erase(attempt_->addresses.begin());
}

std::optional<Failure> TcpClient::finishConnecting() {
  if (const std::optional<Address> peer = Address::peerIfConnected(socket_.get())) {
    becomeConnected(*peer);  // maybe not whom we asked for: 0.0.0.0 reaches 127.0.0.1
    return std::nullopt;
  }
  const int error = takeSocketError(socket_.get());
  if (error == 0) {
    return std::nullopt;  // called too early: it is still connecting
  }
  if (error == ECONNRESET || error == EPIPE) {
    // Only an established connection can be reset: it was, and is over already. There may be bytes
    // to read before that; but asking has taken the error away, and after the bytes recv(2) will say
    // end of file, as if all were well. (EPIPE: reset, but only after the peer had closed in order.)
    expectError(error == ECONNRESET ? error : 0);
    becomeConnected(attempt_->addresses.front());
    return std::nullopt;
  }
  stopWatching();
  addressFailed(error);
  return tryNextAddress();
}

void TcpClient::becomeConnected(Address peer) {
  attempt_.reset();  // and with it the timeout
  const Address host = Address::hostOf(socket_.get());
  std::unique_ptr<IProtocol> protocol = connector_.buildProtocol(peer);
  const bool wanted = protocol != nullptr;
  state_ = State::kConnected;
  reactor_.removeWriter(*this);
  established(wanted ? std::move(protocol) : std::make_unique<Protocol>(), peer, host);
  if (!wanted || unwanted_) {
    loseConnection();
  }
}

void TcpClient::disconnect() {
  unwanted_ = true;
  loseConnection();
}

void TcpClient::giveUp(const Failure& reason) {
  cancelConnecting();
  connector_.connectionFailed(reason);
}

void TcpClient::cancelConnecting() {
  state_ = State::kOver;
  stopWatching();
  socket_.reset();
  attempt_.reset();
}

std::optional<Failure> TcpClient::doRead() {
  return connected() ? TcpConnection::doRead() : finishConnecting();
}

std::optional<Failure> TcpClient::doWrite() {
  return connected() ? TcpConnection::doWrite() : finishConnecting();
}

void TcpClient::connectionLost(const Failure& reason) {
  switch (state_) {
    case State::kConnected:
      state_ = State::kOver;
      TcpConnection::connectionLost(reason);
      connector_.connectionLost(reason);
      break;
    case State::kConnecting:
      // The reactor was stopped, or buildProtocol threw: to the factory it is an attempt that failed.
      giveUp(reason.check<ConnectError>() ? reason
                                          : Failure(ConnectError(reason.getErrorMessage())));
      break;
    case State::kOver:
      break;  // at a shutdown, by somebody who heard of it before we did
  }
}

void TcpClient::reactorStopped(const Failure& reason) {
  if (state_ == State::kConnected) {
    TcpConnection::reactorStopped(reason);
  } else if (state_ == State::kConnecting && fileno() < 0) {
    giveUp(Failure(ConnectError(reason.getErrorMessage())));  // before it had a socket to watch
  }
}

std::string TcpClient::logPrefix() const {
  return protocol_ ? protocol_->logPrefix() + ",client" : "Uninitialized";
}

// === Connector ================================================================================

Connector::Connector(IReactorTransports& reactor, HostPort destination, IClientFactory& factory,
                     std::optional<Seconds> timeout)
    : reactor_(reactor),
      factory_(factory),
      destination_(std::move(destination)),
      timeout_(timeout) {
  if (destination_.port == 0) {
    throw std::invalid_argument("there is no connecting to port 0");
  }
  if (timeout_ && !(*timeout_ >= Seconds::zero())) {  // true for NaN, too
    throw std::invalid_argument("a timeout is zero or more seconds");
  }
}

void Connector::connect() {
  if (state_ != State::kDisconnected) {
    throw std::runtime_error("connect() while connecting or connected");
  }
  if (!factoryStarted_) {
    factory_.doStart();
    factoryStarted_ = true;
  }
  state_ = State::kConnecting;
  client_ = std::make_shared<TcpClient>(reactor_, *this);
  reactor_.keep(shared_from_this());
  client_->startConnecting(timeout_);
  factory_.startedConnecting(*this);
}

void Connector::stopConnecting() {
  if (state_ != State::kConnecting) {
    throw NotConnectingError();
  }
  client_->giveUp(Failure(UserError()));
}

void Connector::disconnect() {
  if (state_ == State::kConnecting) {
    stopConnecting();
  } else if (state_ == State::kConnected) {
    client_->disconnect();
  }
}

void Connector::reactorStopped(const Failure& reason) {
  if (client_) {
    client_->reactorStopped(reason);
  }
}

std::unique_ptr<IProtocol> Connector::buildProtocol(const Address& peer) {
  state_ = State::kConnected;
  return factory_.buildProtocol(peer);
}

void Connector::connectionFailed(const Failure& reason) {
  settle("clientConnectionFailed", &IClientFactory::clientConnectionFailed, reason);
}

void Connector::connectionLost(const Failure& reason) {
  settle("clientConnectionLost", &IClientFactory::clientConnectionLost, reason);
}

/// The end of an attempt or of a connection: puts everything in order first, then tells the
/// factory, which may call connect() again, and lets go of what is not needed any more.
void Connector::settle(const char* callback,
                       void (IClientFactory::*tell)(IConnector&, const Failure&),
                       const Failure& reason) {
  state_ = State::kDisconnected;
  reactor_.destroyLater(std::move(client_));  // one of its own functions may be calling us
  try {
    (factory_.*tell)(*this, reason);
  } catch (...) {
    reactor_.logError(Failure::current(), callback);
  }
  if (state_ != State::kDisconnected || !factoryStarted_) {
    return;  // it did call connect() again, and that may have come to its end by now
  }
  factoryStarted_ = false;
  reactor_.release(this);
  try {
    factory_.doStop();
  } catch (...) {
    reactor_.logError(Failure::current(), "stopFactory");
  }
}

// === TcpServer ================================================================================

TcpServer::TcpServer(IReactorTransports& reactor, UniqueFd socket, int sessionNumber)
    : TcpConnection(reactor), sessionNumber_(sessionNumber) {
  socket_ = std::move(socket);
}

void TcpServer::start(std::unique_ptr<IProtocol> protocol, const Address& peer,
                      const Address& host) {
  reactor_.addReader(*this);  // may throw, and then there never was a protocol
  established(std::move(protocol), peer, host);
}

void TcpServer::connectionLost(const Failure& reason) {
  if (std::exchange(over_, true)) {
    return;  // at a shutdown: somebody who heard of it before has aborted this one
  }
  TcpConnection::connectionLost(reason);
  reactor_.release(this);
}

std::string TcpServer::logPrefix() const {
  return (protocol_ ? protocol_->logPrefix() : "Uninitialized") + ',' +
         std::to_string(sessionNumber_) + ',' + getPeer().host();
}

// === ListeningPort ============================================================================

ListeningPort::ListeningPort(IReactorTransports& reactor, IProtocolFactory& factory)
    : reactor_(reactor), factory_(factory) {}

ListeningPort::~ListeningPort() {
  cancelIfActive(closeCall_);
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
    throw CannotListenError("cannot listen on " + where.toString() + ": " + error.code().message(),
                            error.code().value());
  } catch (const LookupError& error) {
    throw CannotListenError("cannot listen on " + where.toString() + ": " + error.what());
  }
  factory_.doStart();
  reactor_.keep(shared_from_this());
}

std::optional<Failure> ListeningPort::doRead() {
  for (int count = 0; count < kAcceptLimit; ++count) {
    // From here, and not from getpeername(2), which fails if the client has reset it already.
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    UniqueFd client(::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&peer), &size,
                              SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (client.valid()) {
      accepted(std::move(client), Address::from(reinterpret_cast<const sockaddr*>(&peer)));
      if (!socket_.valid() || closeCall_) {
        break;  // somebody who was told of the new connection has had enough
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

/// Out of descriptors or memory. Whoever waits keeps waiting in the kernel's queue, and the port
/// stays readable, so the loop would spin: look away for a while.
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
  try {
    const Address host = Address::hostOf(socket.get());
    std::unique_ptr<IProtocol> protocol = factory_.buildProtocol(peer);
    if (!protocol) {
      return;
    }
    const auto server = std::make_shared<TcpServer>(reactor_, std::move(socket), ++sessions_);
    reactor_.keep(server);
    try {
      server->start(std::move(protocol), peer, host);
    } catch (...) {
      const Failure failure = Failure::current();
      reactor_.logError(failure, "connectionMade", server.get());
      server->connectionLost(failure);
    }
  } catch (...) {
    reactor_.logError(Failure::current(), "buildProtocol", this);
  }
}

void ListeningPort::stopListening(std::function<void()> done) {
  if (done) {
    whenStopped_.push_back(std::move(done));
  }
  if (closeCall_ && closeCall_->active()) {
    return;
  }
  reactor_.removeReader(*this);
  cancelIfActive(resumeCall_);
  closeCall_ = reactor_.callLater(Seconds(0), [this] { close(); });
  reactor_.keep(shared_from_this());
}

void ListeningPort::connectionLost(const Failure& /*reason*/) {
  close();
}

/// It may be about to close, or be looking away for a while.
void ListeningPort::reactorStopped(const Failure& /*reason*/) {
  close();
}

void ListeningPort::close() {
  reactor_.release(this);
  cancelIfActive(closeCall_);
  cancelIfActive(resumeCall_);
  if (socket_.valid()) {
    socket_.reset();
    try {
      factory_.doStop();
    } catch (...) {
      reactor_.logError(Failure::current(), "stopFactory");
    }
  }
  for (const std::function<void()>& done : std::exchange(whenStopped_, {})) {
    try {
      done();
    } catch (...) {
      reactor_.logError(Failure::current(), "stopListening");
    }
  }
}

std::string ListeningPort::logPrefix() const {
  return "ListeningPort," + host_.toString();
}

}  // namespace poetry
