// Why a connection ended, or never began. The names are those of twisted.internet.error.
//
// In Twisted a reason is a Failure: an exception that nobody threw, handed over as a value. It is
// the same here. A loop must not unwind through the code that it calls back, so the end of a
// connection is told with an object, and whoever cares asks that object what kind of end it was.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace poetry {

/// Any reason that the system gave a number for. osError() is the errno, 0 where there is none.
class ReasonError : public std::runtime_error {
 public:
  explicit ReasonError(const std::string& message, int osError = 0)
      : std::runtime_error(message), osError_(osError) {}
  [[nodiscard]] int osError() const { return osError_; }

 private:
  int osError_;
};

// --- The end of a connection that was established ---------------------------------------------

struct ConnectionClosed : ReasonError {
  using ReasonError::ReasonError;
};

/// The orderly end: the peer has closed, or our own loseConnection() is through.
struct ConnectionDone : ConnectionClosed {
  ConnectionDone() : ConnectionClosed("Connection was closed cleanly") {}
};

/// The other end: a reset, any error of recv(2) or send(2), or a reactor that was stopped.
struct ConnectionLost : ConnectionClosed {
  ConnectionLost() : ConnectionClosed("Connection was cut before its end") {}
  explicit ConnectionLost(int osError);
  explicit ConnectionLost(const std::string& message) : ConnectionClosed(message) {}
};

/// We asked for it, with abortConnection().
struct ConnectionAborted : ConnectionLost {
  ConnectionAborted() : ConnectionLost("Connection was aborted") {}
};

/// fileno() turned to -1 while the reactor was still watching.
struct ConnectionFdescWentAway : ConnectionLost {
  ConnectionFdescWentAway() : ConnectionLost("The file descriptor went away") {}
};

// --- An attempt to connect that failed --------------------------------------------------------

/// The attempt failed in a way that has no type of its own.
struct ConnectError : ReasonError {
  using ReasonError::ReasonError;
};

struct ConnectionRefusedError : ConnectError {
  using ConnectError::ConnectError;
};

/// No way to that network.
struct NoRouteError : ConnectError {
  using ConnectError::ConnectError;
};

/// The system's own patience ended; ours is TimeoutError.
struct TCPTimedOutError : ConnectError {
  using ConnectError::ConnectError;
};

/// Our own end of the socket could not be bound.
struct ConnectBindError : ConnectError {
  using ConnectError::ConnectError;
};

/// We ended the attempt, with stopConnecting().
struct UserError : ConnectError {
  UserError() : ConnectError("stopped by stopConnecting") {}

 protected:
  using ConnectError::ConnectError;
};

/// The `timeout` of connectTCP ran out. It is a UserError too, as in Twisted: test for it first.
struct TimeoutError : UserError {
  TimeoutError() : UserError("timed out") {}
};

/// The name stands for no address. Not a ConnectError: nobody was asked to connect.
struct DNSLookupError : ReasonError {
  using ReasonError::ReasonError;
};

// --- Misuse, thrown at the one who misuses ----------------------------------------------------

/// listenTCP could not have the address. osError() says why.
struct CannotListenError : ReasonError {
  using ReasonError::ReasonError;
};

/// The timer has run, or is running.
struct AlreadyCalled : std::invalid_argument {
  AlreadyCalled() : std::invalid_argument("the delayed call has been called already") {}
};

struct AlreadyCancelled : std::invalid_argument {
  AlreadyCancelled() : std::invalid_argument("the delayed call has been cancelled already") {}
};

struct NotConnectingError : std::runtime_error {
  NotConnectingError() : std::runtime_error("not connecting, so there is nothing to stop") {}
};

struct ReactorNotRunning : std::runtime_error {
  ReactorNotRunning() : std::runtime_error("the reactor is not running, or is stopping already") {}
};

struct ReactorAlreadyRunning : std::runtime_error {
  ReactorAlreadyRunning() : std::runtime_error("the reactor is running already") {}
};

struct ReactorNotRestartable : std::runtime_error {
  ReactorNotRestartable() : std::runtime_error("a reactor that was stopped cannot run again") {}
};

// --- The reason itself ------------------------------------------------------------------------

/// A reason: an exception, held as a value. Copies share it; it cannot be empty.
class Failure {
 public:
  /// `Failure(ConnectionDone())`: the reason is `error`, an std::exception of any kind.
  template <typename Error>
  explicit Failure(Error error) : error_(std::make_shared<const Error>(std::move(error))) {}

  /// The exception that is being handled. For use inside a catch block, and only there; what is
  /// no std::exception is wrapped in one.
  static Failure current();

  /// Is the reason an `Error`, or of a kind derived from it? As Failure.check in Twisted.
  template <typename Error>
  [[nodiscard]] bool check() const {
    return dynamic_cast<const Error*>(error_.get()) != nullptr;
  }

  /// The exception itself, for as long as this Failure or a copy of it lives.
  [[nodiscard]] const std::exception& value() const { return *error_; }

  /// What to tell a person.
  [[nodiscard]] std::string getErrorMessage() const { return error_->what(); }

 private:
  explicit Failure(std::shared_ptr<const std::exception> error) : error_(std::move(error)) {}

  std::shared_ptr<const std::exception> error_;
};

/// The right kind of ConnectError for an errno of connect(2).
Failure connectFailure(int osError);

}  // namespace poetry
