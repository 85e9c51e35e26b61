#include "net/socket.hpp"

#include "support/descriptors.hpp"
#include "support/thread_state.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <semaphore>
#include <string>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <pthread.h>  // pthread_kill
#include <sys/socket.h>
#include <unistd.h>

namespace poetry {
namespace {

/// Two sockets that are connected to each other without a network.
struct SocketPair {
  SocketPair() {
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    ours.reset(fds[0]);
    theirs.reset(fds[1]);
  }
  UniqueFd ours;
  UniqueFd theirs;
};

/// Both ends of a connection over loopback.
struct TcpPair {
  TcpPair()
      : listener(listenOn({"127.0.0.1", 0}, 1)),
        client(connectTo({"127.0.0.1", Address::hostOf(listener.get()).port()})),
        server(acceptFrom(listener.get())) {}
  UniqueFd listener;
  Connection client;
  Connection server;
};

std::uint16_t portOf(const UniqueFd& socket) {
  return Address::hostOf(socket.get()).port();
}

bool isClosedOnExec(int fd) {
  return (::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}

/// A bound socket that does not listen: connections to it are refused, and no other program can
/// take its port.
UniqueFd bindOnly(const HostPort& where) {
  const Address address = resolve(where).at(0);
  UniqueFd fd = makeSocket(address);
  if (::bind(fd.get(), address.data(), address.size()) != 0) {
    fd.reset();
  }
  return fd;
}

/// The code of the std::system_error that `call` throws.
template <typename Call>
std::error_code errorOf(Call call) {
  try {
    call();
  } catch (const std::system_error& error) {
    return error.code();
  }
  return {};
}

/// Reads until the connection ends, and returns how it ended.
Received readToTheEnd(int fd, std::string& all) {
  std::array<char, 65536> buffer;
  Received received = receive(fd, buffer);
  while (received.isBytes()) {
    all += received.bytes;
    received = receive(fd, buffer);
  }
  received.bytes = {};
  return received;
}

class Sockets : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_TRUE(descriptors_.leaked().empty()); }

 private:
  testing::DescriptorCheck descriptors_;
};

using Receive = Sockets;
using SendAll = Sockets;
using ResetOnClose = Sockets;
using CloseInOrder = Sockets;
using ConnectTo = Sockets;
using ListenOn = Sockets;
using AcceptFrom = Sockets;

TEST_F(Receive, ReturnsBytes) {
  const SocketPair pair;
  sendAll(pair.theirs.get(), std::string_view("a\0b", 3));
  std::array<char, 10> buffer;
  const Received received = receive(pair.ours.get(), buffer);
  EXPECT_TRUE(received.isBytes());
  EXPECT_EQ(received.bytes, std::string_view("a\0b", 3));
  EXPECT_EQ(received.bytes.data(), buffer.data()) << "a view, not a copy";
}

TEST_F(Receive, TakesNoMoreThanTheBufferHolds) {
  const SocketPair pair;
  sendAll(pair.theirs.get(), "poetry");
  std::array<char, 4> buffer;
  EXPECT_EQ(receive(pair.ours.get(), buffer).bytes, "poet");
  EXPECT_EQ(receive(pair.ours.get(), buffer).bytes, "ry");
}

TEST_F(Receive, DistinguishesNothingYetFromTheEnd) {
  SocketPair pair;
  setNonBlocking(pair.ours.get());
  std::array<char, 10> buffer;
  Received received = receive(pair.ours.get(), buffer);
  EXPECT_TRUE(received.isWouldBlock());
  EXPECT_FALSE(received.isEndOfFile() || received.isBytes() || received.isError());

  pair.theirs.reset();
  received = receive(pair.ours.get(), buffer);
  EXPECT_TRUE(received.isEndOfFile());
  EXPECT_FALSE(received.isWouldBlock() || received.isBytes() || received.isError());
}

TEST_F(Receive, ReturnsTheEndAfterTheLastBytesOnEveryCall) {
  SocketPair pair;
  sendAll(pair.theirs.get(), "data and end in one go");
  pair.theirs.reset();
  std::array<char, 100> buffer;
  EXPECT_TRUE(receive(pair.ours.get(), buffer).isBytes());
  EXPECT_TRUE(receive(pair.ours.get(), buffer).isEndOfFile());
  EXPECT_TRUE(receive(pair.ours.get(), buffer).isEndOfFile());
}

TEST_F(Receive, ReportsAResetAfterTheBytesThatCameBeforeIt) {
  TcpPair pair;
  sendAll(pair.server.socket.get(), "half a po");
  std::array<char, 4> buffer;
  EXPECT_EQ(receive(pair.client.socket.get(), buffer).bytes, "half") << "so all bytes have arrived";
  setResetOnClose(pair.server.socket.get(), true);
  pair.server.socket.reset();

  std::string rest;
  const Received end = readToTheEnd(pair.client.socket.get(), rest);
  EXPECT_EQ(rest, " a po");
  EXPECT_TRUE(end.isError());
  EXPECT_EQ(end.error, ECONNRESET);
}

TEST_F(Receive, ReportsABadDescriptorAsAnError) {
  std::array<char, 10> buffer;
  const Received received = receive(-1, buffer);
  EXPECT_TRUE(received.isError());
  EXPECT_EQ(received.error, EBADF);
}

std::binary_semaphore signalHandled{0};

TEST_F(Receive, ContinuesAfterASignal) {
  struct sigaction action {};
  action.sa_handler = [](int) { signalHandled.release(); };  // no SA_RESTART: recv fails with EINTR
  struct sigaction before {};
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &before), 0);

  const SocketPair pair;
  std::string poem;
  std::atomic<pid_t> id{0};
  std::thread reader([&] {
    id = ::gettid();
    std::array<char, 10> buffer;
    poem = receive(pair.ours.get(), buffer).bytes;
  });
  while (id == 0) {
    std::this_thread::yield();
  }
  testing::waitUntilAsleep(id);
  ::pthread_kill(reader.native_handle(), SIGUSR1);
  signalHandled.acquire();
  sendAll(pair.theirs.get(), "poem");
  reader.join();
  EXPECT_EQ(poem, "poem");
  ::sigaction(SIGUSR1, &before, nullptr);
}

TEST_F(SendAll, SendsMoreThanTheSystemTakesAtOnce) {
  TcpPair pair;
  const std::string poem(8 << 20, 'x');
  std::string arrived;
  std::thread reader([&] { readToTheEnd(pair.client.socket.get(), arrived); });
  sendAll(pair.server.socket.get(), poem);
  pair.server.socket.reset();
  reader.join();
  EXPECT_EQ(arrived.size(), poem.size());
  EXPECT_TRUE(arrived == poem);
}

TEST_F(SendAll, MakesNoCallForNoBytes) {
  EXPECT_NO_THROW(sendAll(-1, ""));
}

TEST_F(SendAll, ThrowsWhenThePeerHasClosedAndRaisesNoSignal) {
  SocketPair pair;
  pair.theirs.reset();
  // By its default action, SIGPIPE would end the whole test program.
  EXPECT_EQ(errorOf([&] { sendAll(pair.ours.get(), "hello?"); }),
            std::make_error_code(std::errc::broken_pipe));
}

TEST_F(ResetOnClose, MakesTheCloseAReset) {
  TcpPair pair;
  setResetOnClose(pair.server.socket.get(), true);
  pair.server.socket.reset();
  std::string nothing;
  EXPECT_EQ(readToTheEnd(pair.client.socket.get(), nothing).error, ECONNRESET);
}

TEST_F(ResetOnClose, CanBeTakenBack) {
  TcpPair pair;
  setResetOnClose(pair.server.socket.get(), true);
  sendAll(pair.server.socket.get(), "poem");
  setResetOnClose(pair.server.socket.get(), false);
  pair.server.socket.reset();
  std::string poem;
  EXPECT_TRUE(readToTheEnd(pair.client.socket.get(), poem).isEndOfFile());
  EXPECT_EQ(poem, "poem");
}

TEST_F(ResetOnClose, IsInheritedByAnAcceptedSocket) {
  const UniqueFd listener = listenOn({"127.0.0.1", 0}, 1);
  setResetOnClose(listener.get(), true);
  const Connection client = connectTo({"127.0.0.1", portOf(listener)});
  acceptFrom(listener.get());
  std::string nothing;
  EXPECT_EQ(readToTheEnd(client.socket.get(), nothing).error, ECONNRESET);
}

TEST_F(CloseInOrder, LosesNoByteToAPeerThatTalksInTheMeantime) {
  TcpPair pair;
  setResetOnClose(pair.server.socket.get(), true);
  const std::string poem(1'500'000, 'x');  // more than the peer's system takes at once
  sendAll(pair.client.socket.get(), "unread");
  sendAll(pair.server.socket.get(), poem);
  std::atomic<pid_t> id{0};
  std::thread server([&] {
    id = ::gettid();
    closeInOrder(pair.server.socket.get(), std::chrono::hours(1));
    pair.server.socket.reset();
  });
  while (id == 0) {
    std::this_thread::yield();
  }
  testing::waitUntilAsleep(id);

  sendAll(pair.client.socket.get(), "said after the server half-closed the connection");
  std::string arrived;
  EXPECT_TRUE(readToTheEnd(pair.client.socket.get(), arrived).isEndOfFile());
  EXPECT_TRUE(arrived == poem);
  pair.client.socket.reset();
  server.join();
}

TEST_F(CloseInOrder, DoesNotWaitLongerThanItsPatienceIfThePeerHasEverything) {
  const TcpPair pair;
  closeInOrder(pair.server.socket.get(), std::chrono::milliseconds(1));  // the client stays
  std::string nothing;
  EXPECT_TRUE(readToTheEnd(pair.client.socket.get(), nothing).isEndOfFile());
}

TEST_F(CloseInOrder, WaitsUntilThePeerHasEverythingEvenIfItSendsOrHalfCloses) {
  for (const bool hasClosedItsEnd : {false, true}) {
    TcpPair pair;
    const std::string poem(1'500'000, 'x');  // more than the peer's system takes at once
    sendAll(pair.server.socket.get(), poem);
    if (hasClosedItsEnd) {
      ::shutdown(pair.client.socket.get(), SHUT_WR);
    }
    std::atomic<bool> isClosed{false};
    std::thread server([&] {
      closeInOrder(pair.server.socket.get(), std::chrono::milliseconds(0));
      isClosed = true;
      pair.server.socket.reset();
    });
    std::string arrived;
    std::array<char, 1000> first;
    arrived += receive(pair.client.socket.get(), first).bytes;
    EXPECT_FALSE(isClosed) << "while a part of the poem is still here";
    if (!hasClosedItsEnd) {
      sendAll(pair.client.socket.get(), "are you still there?");
    }
    EXPECT_TRUE(readToTheEnd(pair.client.socket.get(), arrived).isEndOfFile());
    EXPECT_TRUE(arrived == poem);
    server.join();
  }
}

TEST_F(CloseInOrder, ThrowsIfThePeerHasResetTheConnection) {
  TcpPair pair;
  sendAll(pair.server.socket.get(), "poem");
  setResetOnClose(pair.client.socket.get(), true);
  pair.client.socket.reset();
  EXPECT_EQ(errorOf([&] { closeInOrder(pair.server.socket.get(), std::chrono::hours(1)); }),
            std::errc::connection_reset);
}

TEST_F(CloseInOrder, ThrowsIfThePeerHasClosedBeforeItGotEverything) {
  TcpPair pair;
  ::shutdown(pair.client.socket.get(), SHUT_WR);
  pair.client.socket.reset();
  sendAll(pair.server.socket.get(), "poem");  // the answer is a reset, and recv(2) hides it
  EXPECT_EQ(errorOf([&] { closeInOrder(pair.server.socket.get(), std::chrono::hours(1)); }),
            std::errc::broken_pipe);
}

TEST_F(CloseInOrder, ThrowsAlsoIfASendHasReportedTheResetAlready) {
  TcpPair pair;
  sendAll(pair.server.socket.get(), "poem");
  setResetOnClose(pair.client.socket.get(), true);
  pair.client.socket.reset();
  EXPECT_THROW(sendAll(pair.server.socket.get(), "more"), std::system_error);
  EXPECT_EQ(errorOf([&] { closeInOrder(pair.server.socket.get(), std::chrono::hours(1)); }),
            std::errc::not_connected);
}

TEST_F(ConnectTo, ReturnsABlockingSocketThatIsClosedOnExecAndItsPeer) {
  const UniqueFd listener = listenOn({"127.0.0.1", 0}, 1);
  const Connection connection = connectTo({"localhost", portOf(listener)});
  EXPECT_EQ(connection.peer, Address::hostOf(listener.get())) << "the number, not the name";
  EXPECT_EQ(::fcntl(connection.socket.get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_TRUE(isClosedOnExec(connection.socket.get()));
}

TEST_F(ConnectTo, ReturnsThePeerAddressOfTheSystem) {
  const UniqueFd listener = listenOn({"127.0.0.1", 0}, 1);
  // 0.0.0.0 is this machine, under an address that the system chooses.
  const Connection connection = connectTo({"0.0.0.0", portOf(listener)});
  EXPECT_EQ(connection.peer, Address::peerIfConnected(connection.socket.get()));
}

TEST_F(ConnectTo, ThrowsTheErrorOfTheConnection) {
  const UniqueFd bound = bindOnly({"127.0.0.1", 0});
  EXPECT_EQ(errorOf([&] {
              connectTo({"127.0.0.1", portOf(bound)});
            }),
            std::make_error_code(std::errc::connection_refused));
}

TEST_F(ConnectTo, TriesAllAddressesOfAName) {
  UniqueFd listener;
  UniqueFd refusing;  // 127.0.0.1, the first address of localhost, with the same port
  for (int attempt = 0; attempt < 20 && !refusing.valid(); ++attempt) {
    try {
      listener = listenOn({"::1", 0}, 1);
    } catch (const std::system_error&) {
      GTEST_SKIP() << "no IPv6 here";
    }
    refusing = bindOnly({"127.0.0.1", portOf(listener)});
  }
  ASSERT_TRUE(refusing.valid());
  const Connection connection = connectTo({"localhost", portOf(listener)});
  EXPECT_EQ(connection.peer, Address::hostOf(listener.get()));
}

TEST_F(ConnectTo, RefusesAConnectionToItselfAndFreesThePort) {
  for (const char* host : {"127.0.0.1", "0.0.0.0"}) {
    UniqueFd socket = bindOnly({host, 0});
    const Address own = Address::hostOf(socket.get());
    EXPECT_EQ(errorOf([&] { connectSocket(socket.get(), own); }),
              std::make_error_code(std::errc::connection_refused));
    socket.reset();
    EXPECT_TRUE(bindOnly({host, own.port()}).valid());
  }
}

TEST_F(ConnectTo, DistinguishesAConnectionToItselfFromAnyOther) {
  const UniqueFd socket = bindOnly({"127.0.0.1", 0});
  const Address own = Address::hostOf(socket.get());
  ASSERT_EQ(::connect(socket.get(), own.data(), own.size()), 0);
  EXPECT_TRUE(isConnectedToItself(socket.get(), own));

  const TcpPair pair;
  EXPECT_FALSE(isConnectedToItself(pair.client.socket.get(), pair.client.peer));
  EXPECT_FALSE(isConnectedToItself(pair.server.socket.get(), pair.server.peer));
}

TEST_F(ConnectTo, ThrowsWhenThereIsNoSuchName) {
  EXPECT_THROW(connectTo({"no such name", 10000}), LookupError);
}

TEST_F(ListenOn, TakesAFreePortForPortZero) {
  const UniqueFd one = listenOn({"localhost", 0}, 1);
  const UniqueFd other = listenOn({"localhost", 0}, 1);
  EXPECT_NE(portOf(one), 0);
  EXPECT_NE(portOf(one), portOf(other));
  EXPECT_EQ(Address::hostOf(one.get()).host(), "127.0.0.1");
  EXPECT_TRUE(isClosedOnExec(one.get()));
}

TEST_F(ListenOn, CanReuseAPortWhoseConnectionItClosedFirst) {
  TcpPair pair;
  const std::uint16_t port = portOf(pair.listener);
  pair.server.socket.reset();  // closed first, so this end is in TIME_WAIT
  std::string nothing;
  EXPECT_TRUE(readToTheEnd(pair.client.socket.get(), nothing).isEndOfFile());
  pair.client.socket.reset();
  pair.listener.reset();
  EXPECT_NO_THROW(pair.listener = listenOn({"127.0.0.1", port}, 1));
}

TEST_F(ListenOn, NamesThePortThatIsInUseAndSaysWhatToDo) {
  const UniqueFd taken = listenOn({"127.0.0.1", 0}, 1);
  try {
    listenOn({"127.0.0.1", portOf(taken)}, 1);
    FAIL() << "two servers on one port";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.what(), "cannot listen on 127.0.0.1:" + std::to_string(portOf(taken)) +
                                " (end the program that uses this port, or choose another port): "
                                "Address already in use");
  }
}

TEST_F(ListenOn, DoesNotMoveToIpv6WhenThePortIsTakenOnIpv4) {
  const UniqueFd taken = listenOn({"127.0.0.1", 0}, 1);
  EXPECT_EQ(errorOf([&] {
              listenOn({"localhost", portOf(taken)}, 1);
            }),
            std::make_error_code(std::errc::address_in_use));
}

TEST_F(ListenOn, NamesAnAddressOfAnotherMachine) {
  try {
    listenOn({"192.0.2.1", 10000}, 1);  // reserved for documentation: no machine has it
    FAIL() << "it listens on an address of another machine";
  } catch (const std::system_error& error) {
    EXPECT_STREQ(error.what(), "cannot listen on 192.0.2.1:10000: Cannot assign requested address");
  }
}

TEST_F(ListenOn, NamesAnUnknownName) {
  try {
    listenOn({"no such name", 10000}, 1);
    FAIL() << "it has an address";
  } catch (const LookupError& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with("cannot listen on no such name:10000: "));
  }
}

TEST_F(AcceptFrom, ReturnsThePeerAddress) {
  const TcpPair pair;
  EXPECT_EQ(pair.server.peer, Address::hostOf(pair.client.socket.get()));
  EXPECT_TRUE(isClosedOnExec(pair.server.socket.get()));
}

TEST_F(AcceptFrom, ReturnsTheNextClientAfterOneThatLeft) {
  const UniqueFd listener = listenOn({"127.0.0.1", 0}, 2);
  Connection client = connectTo({"127.0.0.1", portOf(listener)});
  const Address gone = Address::hostOf(client.socket.get());
  setResetOnClose(client.socket.get(), true);
  client.socket.reset();
  const Connection next = connectTo({"127.0.0.1", portOf(listener)});

  Connection accepted = acceptFrom(listener.get());
  if (accepted.peer == gone) {  // as on Linux; other systems drop it from the queue
    accepted = acceptFrom(listener.get());
  }
  EXPECT_EQ(accepted.peer, Address::hostOf(next.socket.get()));
}

TEST(AcceptErrors, ConcernOneClientOrAShortageOrTheListener) {
  for (const int error : {ECONNABORTED, EPERM, EPROTO, ENETDOWN, EHOSTUNREACH}) {
    EXPECT_TRUE(isErrorOfOneClient(error)) << std::strerror(error);
    EXPECT_FALSE(isShortage(error)) << std::strerror(error);
  }
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
    EXPECT_FALSE(isErrorOfOneClient(error)) << std::strerror(error);
    EXPECT_TRUE(isShortage(error)) << std::strerror(error);
  }
  for (const int error : {EBADF, EINVAL, ENOTSOCK}) {
    EXPECT_FALSE(isErrorOfOneClient(error)) << std::strerror(error);
    EXPECT_FALSE(isShortage(error)) << std::strerror(error);
  }
}

TEST(SocketOptions, ThrowForABadDescriptor) {
  EXPECT_THROW(setNonBlocking(-1), std::system_error);
  EXPECT_THROW(setResetOnClose(-1, true), std::system_error);
}

TEST_F(AcceptFrom, ThrowsForABadDescriptor) {
  EXPECT_THROW(acceptFrom(-1), std::system_error);
}

}  // namespace
}  // namespace poetry
