// Why a connection ended, or never began. The names are those of twisted.internet.error.
//
// A reason is a Failure, as in Twisted: an exception held as a value. It is passed to
// connectionLost instead of being thrown, because the loop makes that call and must go on after it.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace poetry {

/// A reason with an errno. osError() is 0 if there is none.
class ReasonError : public std::runtime_error {
 public:
  explicit ReasonError(const std::string& message, int osError = 0)
      : std::runtime_error(message), osError_(osError) {}
  [[nodiscard]] int osError() const { return osError_; }

 private:
  int osError_;
};

// --- The end of a connection that was established ---------------------------------------------

/// An orderly close: by the peer, or by our own loseConnection().
struct ConnectionDone : ReasonError {
  ConnectionDone() : ReasonError("Connection was closed cleanly") {}
};

/// Not an orderly close: a reset, an error of recv(2) or send(2), or the end of the run.
struct ConnectionLost : ReasonError {
  ConnectionLost() : ReasonError("Connection was cut before its end") {}
  explicit ConnectionLost(int osError);
  explicit ConnectionLost(const std::string& message) : ReasonError(message) {}
};

/// Our own abortConnection().
struct ConnectionAborted : ConnectionLost {
  ConnectionAborted() : ConnectionLost("Connection was aborted") {}
};

/// The object closed its descriptor in its own doRead or doWrite.
struct ConnectionFdescWentAway : ConnectionLost {
  ConnectionFdescWentAway() : ConnectionLost("The file descriptor went away") {}
};

// --- An attempt to connect that failed --------------------------------------------------------

/// The attempt failed for a reason that has no type of its own.
struct ConnectError : ReasonError {
  using ReasonError::ReasonError;
};

struct ConnectionRefusedError : ConnectError {
  using ConnectError::ConnectError;
};

/// Our own stopConnecting().
struct UserError : ConnectError {
  UserError() : ConnectError("stopped by stopConnecting") {}

 protected:
  using ConnectError::ConnectError;
};

/// The `timeout` of connectTCP has passed. It is a UserError, too, as in Twisted: check for this
/// type first.
struct TimeoutError : UserError {
  TimeoutError() : UserError("timed out") {}
};

/// The name has no address. Not a ConnectError: no connection was tried.
struct DNSLookupError : ReasonError {
  using ReasonError::ReasonError;
};

// --- Exceptions that are thrown at the caller -------------------------------------------------

/// listenTCP could not bind the address. osError() says why.
struct CannotListenError : ReasonError {
  using ReasonError::ReasonError;
};

/// The delayed call has run, or is running.
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
  /// not an std::exception is wrapped in one.
  static Failure current();

  /// Is the reason an `Error`, or of a kind derived from it? As Failure.check in Twisted.
  template <typename Error>
  [[nodiscard]] bool check() const {
    return dynamic_cast<const Error*>(error_.get()) != nullptr;
  }

  /// The exception itself, for as long as this Failure or a copy of it lives.
  [[nodiscard]] const std::exception& value() const { return *error_; }

  /// The message for a person.
  [[nodiscard]] std::string getErrorMessage() const { return error_->what(); }

 private:
  explicit Failure(std::shared_ptr<const std::exception> error) : error_(std::move(error)) {}

  std::shared_ptr<const std::exception> error_;
};

/// The right kind of ConnectError for an errno of connect(2).
Failure connectFailure(int osError);

}  // namespace poetry
