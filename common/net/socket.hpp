// The socket calls of the lessons. Errors are named; calls that a signal interrupts are repeated.
#pragma once

#include "net/address.hpp"
#include "net/unique_fd.hpp"

#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>

namespace poetry {

/// A connected socket and the address of its peer. After a reset, when a message needs the address,
/// the system no longer has it.
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
/// Blocks only to look the name up. SO_REUSEADDR is set, so a server can listen on its old port
/// again at once. The socket is in blocking mode and belongs to the caller. Throws LookupError or
/// std::system_error, whose what() is a complete message: "cannot listen on 127.0.0.1:80:
/// Permission denied". If the port is in use, it also says what to do.
UniqueFd listenOn(const HostPort& destination, int backlog);

/// Blocks until a client connects, and accepts it. Skips a client that left while it was in the
/// listen queue. Throws std::system_error.
Connection acceptFrom(int listener);

/// True if this errno of accept(2) concerns only the client that was to be accepted, not the
/// listening socket: the client left or was refused, and the next accept(2) may succeed.
bool isErrorOfOneClient(int error);

/// True if this errno means that the system or the process is out of descriptors, buffers or
/// memory. A later attempt may succeed.
bool isShortage(int error);

/// Sets O_NONBLOCK with fcntl(2): from now on, calls on `fd` that would block fail with
/// EWOULDBLOCK. Throws std::system_error.
void setNonBlocking(int fd);

/// The result of one recv(2). Three of its outcomes are not errors, and a loop must distinguish
/// them: bytes arrived, the peer has closed in order (end of file), or nothing has arrived yet.
struct Received {
  enum class Outcome { kBytes, kEndOfFile, kWouldBlock, kError };

  Outcome outcome = Outcome::kWouldBlock;
  std::string_view bytes = {};  ///< a view into the caller's buffer; for kBytes only, not empty
  int error = 0;                ///< an errno; for kError only

  [[nodiscard]] bool isBytes() const { return outcome == Outcome::kBytes; }
  [[nodiscard]] bool isEndOfFile() const { return outcome == Outcome::kEndOfFile; }
  [[nodiscard]] bool isWouldBlock() const { return outcome == Outcome::kWouldBlock; }
  [[nodiscard]] bool isError() const { return outcome == Outcome::kError; }
};

/// One recv(2) into `buffer`, which must not be empty and must outlive the result.
///
/// Blocks until bytes or an end arrive if the socket is in blocking mode, otherwise never. Repeats
/// a call that a signal interrupted. A reset is an outcome, not an exception.
Received receive(int fd, std::span<char> buffer);

/// Sends all of `bytes` on a blocking socket. Blocks while the peer does not read.
///
/// Throws std::system_error if the peer has closed (EPIPE, ECONNRESET). Raises no SIGPIPE.
void sendAll(int fd, std::string_view bytes);

/// Ends a connection in order, after the last sendAll(): the peer gets every byte, and then the end
/// of the file. The socket is in non-blocking mode afterwards, and its owner has to close it.
///
/// If a socket is closed while bytes of the peer are unread, or before more of them arrive, the
/// system resets the connection, and bytes on their way to the peer are lost. So this half-closes
/// the connection and reads until the peer closes its end, at most for `patience`. It also waits,
/// without a limit, until the peer's system has everything. So a peer that does not read blocks this
/// function, as it blocks sendAll(). Takes back setResetOnClose(). Throws std::system_error if the
/// peer has reset the connection: it may have lost bytes.
void closeInOrder(int fd, std::chrono::milliseconds patience);

/// The pending error of a socket, or 0. This clears it: recv(2) will not report it any more.
int takeSocketError(int fd);

/// Chooses what the peer sees when the socket is closed, also if the process dies: a reset (true),
/// or an orderly end of file (false, the default of a socket). Sets SO_LINGER with a time of zero.
/// Throws std::system_error.
void setResetOnClose(int fd, bool reset);

}  // namespace poetry
