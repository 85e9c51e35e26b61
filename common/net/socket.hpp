// The socket calls that every lesson makes, each with its errors named and its EINTR dealt with.
#pragma once

#include "net/address.hpp"
#include "net/unique_fd.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace poetry {

/// A connected socket, and who is at the other end. The address is kept because a connection that
/// was reset no longer tells it, and that is when a message needs it.
struct Connection {
  UniqueFd socket;
  Address peer;
};

/// Makes a TCP connection: tries each address of the name in turn until one accepts.
///
/// Blocks until the connection is established or refused, or the system gives up, which takes
/// minutes. The socket is in blocking mode and belongs to the caller. Throws LookupError or
/// std::system_error with the error of the first address ("Connection refused").
Connection connectTo(const HostPort& destination);

/// connect(2) on a blocking socket, for one address. Returns the address that the system gives for
/// the peer: a socket that connects to 0.0.0.0 is connected to 127.0.0.1.
///
/// Blocks as connectTo does. Throws std::system_error. A socket that is connected to itself counts
/// as refused (ECONNREFUSED) and must be closed.
Address connectSocket(int fd, const Address& address);

/// True if the two ends of a connection are the same socket. `peer` is its other end.
///
/// This happens without any server. A client that connects to a free port of this machine may be
/// given that very port as its own, and TCP then lets it connect to itself (simultaneous open).
/// Throws std::system_error.
bool isConnectedToItself(int fd, const Address& peer);

/// A socket for the family of `address`, closed on exec. Throws std::system_error.
UniqueFd makeSocket(const Address& address);

/// A socket that accepts connections on `destination`: socket(2), bind(2), listen(2), for the
/// first address of the name that is this machine's. Port 0 is a free port: ask Address::hostOf.
///
/// Blocks only to look the name up. SO_REUSEADDR is set, so a server can come back at once on
/// the port it had. The socket is in blocking mode and belongs to the caller. Throws LookupError
/// or std::system_error; what() says it all: "cannot listen on 127.0.0.1:10000: Address already
/// in use".
UniqueFd listenOn(const HostPort& destination, int backlog);

/// Waits for a client and accepts it. Blocks. A client that left while it stood in the queue is
/// passed over. Throws std::system_error.
Connection acceptFrom(int listener);

/// True if this errno of accept(2) speaks of the client that was to be accepted, who is gone or was
/// turned away, and says nothing about the listening socket or the next client.
bool isErrorOfOneClient(int error);

/// True if this errno says that the system, or this process, has run out of something that it may
/// have again in a moment: descriptors, buffers, memory.
bool isShortage(int error);

/// Reads and drops what has come in and nobody has read. Never blocks, and gives up on a peer that
/// sends faster than we read. To be called before an orderly close: the system turns the close of
/// a socket with unread bytes into a reset, which takes along what is still on its way out.
void discardUnread(int fd);

/// From now on, calls on `fd` that would have to wait fail with EWOULDBLOCK instead of waiting
/// (O_NONBLOCK, fcntl(2)). Throws std::system_error.
void setNonBlocking(int fd);

/// What one recv(2) found. Three things can happen that are no error, and a loop has to tell
/// them apart: bytes came, the peer has closed (end of file), or there is nothing yet.
struct Received {
  enum class Outcome { kBytes, kEndOfFile, kWouldBlock, kError };

  Outcome outcome = Outcome::kWouldBlock;
  std::string_view bytes = {};  ///< a view into the caller's buffer; kBytes only, never empty there
  int error = 0;                ///< an errno; kError only

  [[nodiscard]] bool isBytes() const { return outcome == Outcome::kBytes; }
  [[nodiscard]] bool isEndOfFile() const { return outcome == Outcome::kEndOfFile; }
  [[nodiscard]] bool isWouldBlock() const { return outcome == Outcome::kWouldBlock; }
  [[nodiscard]] bool isError() const { return outcome == Outcome::kError; }
};

/// One recv(2) into `buffer`, which must not be empty and must outlive the result.
///
/// Blocks until something happens if the socket is in blocking mode, never if it is not. Repeats
/// a call that a signal interrupted. A connection that was reset is an outcome, not an exception.
Received receive(int fd, std::span<char> buffer);

/// Sends all of `bytes` on a blocking socket. Blocks while the peer does not take them.
///
/// Throws std::system_error when the peer has gone (EPIPE, ECONNRESET). It raises no SIGPIPE.
void sendAll(int fd, std::string_view bytes);

/// Chooses how a close, on purpose or because the process died, looks to the peer: as a reset
/// (true) or as an orderly end of file (false, as sockets are made). SO_LINGER with no time.
/// Throws std::system_error.
void setResetOnClose(int fd, bool reset);

}  // namespace poetry
