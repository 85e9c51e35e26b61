#include "net/address.hpp"

#include "net/socket.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <system_error>

#include <arpa/inet.h>
#include <net/if.h>        // if_nametoindex
#include <sys/resource.h>  // setrlimit
#include <sys/socket.h>
#include <sys/un.h>

namespace poetry {
namespace {

Address numeric(const std::string& host, std::uint16_t port) {
  return resolveWithoutLookup({host, port}).at(0);
}

sockaddr_in6 linkLocal(std::uint32_t scope) {
  sockaddr_in6 raw{};
  raw.sin6_family = AF_INET6;
  raw.sin6_port = htons(10000);
  raw.sin6_scope_id = scope;
  ::inet_pton(AF_INET6, "fe80::1", &raw.sin6_addr);
  return raw;
}

Address from(const sockaddr_in6& raw) {
  return Address::from(reinterpret_cast<const sockaddr*>(&raw));
}

TEST(HostPort, IsPrintedAsItIsTyped) {
  EXPECT_EQ((HostPort{"127.0.0.1", 10000}.toString()), "127.0.0.1:10000");
  EXPECT_EQ((HostPort{"localhost", 1}.toString()), "localhost:1");
  EXPECT_EQ((HostPort{"::1", 65535}.toString()), "[::1]:65535");
}

TEST(Address, IsAnyIpv4AddressByDefault) {
  EXPECT_EQ(Address().toString(), "0.0.0.0:0");
  EXPECT_EQ(Address().family(), AF_INET);
}

TEST(Address, HasThePartsOfIpv4) {
  const Address address = numeric("127.0.0.1", 10000);
  EXPECT_EQ(address.family(), AF_INET);
  EXPECT_EQ(address.host(), "127.0.0.1");
  EXPECT_EQ(address.port(), 10000);
  EXPECT_EQ(address.size(), sizeof(sockaddr_in));
  EXPECT_EQ(address.toString(), "127.0.0.1:10000");
}

TEST(Address, HasThePartsOfIpv6) {
  const Address address = numeric("::1", 10000);
  EXPECT_EQ(address.family(), AF_INET6);
  EXPECT_EQ(address.host(), "::1");
  EXPECT_EQ(address.port(), 10000);
  EXPECT_EQ(address.size(), sizeof(sockaddr_in6));
  EXPECT_EQ(address.toString(), "[::1]:10000");
}

TEST(Address, ShowsTheScopeOfALinkLocalAddress) {
  const unsigned int loopback = ::if_nametoindex("lo");
  if (loopback == 0) {
    GTEST_SKIP() << "no interface `lo`";
  }
  EXPECT_EQ(from(linkLocal(loopback)).toString(), "[fe80::1%lo]:10000");
}

TEST(Address, DiffersByHostPortFamilyAndScope) {
  const Address address = numeric("127.0.0.1", 10000);
  EXPECT_EQ(address, numeric("127.0.0.1", 10000));
  for (const Address& other : {numeric("127.0.0.1", 10001), numeric("127.0.0.2", 10000),
                               numeric("::1", 10000), numeric("::ffff:127.0.0.1", 10000)}) {
    EXPECT_FALSE(address == other) << other.toString();
  }
  EXPECT_FALSE(from(linkLocal(1)) == from(linkLocal(2)));
}

TEST(Address, IgnoresPadding) {
  sockaddr_in raw;
  std::memset(&raw, 0xff, sizeof raw);
  raw.sin_family = AF_INET;
  raw.sin_port = htons(10000);
  raw.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(Address::from(reinterpret_cast<const sockaddr*>(&raw)), numeric("127.0.0.1", 10000));
}

TEST(Address, RefusesOtherFamilies) {
  sockaddr_un raw{};
  raw.sun_family = AF_UNIX;
  EXPECT_THROW(Address::from(reinterpret_cast<const sockaddr*>(&raw)), std::invalid_argument);
}

TEST(Address, IsReadFromBothEndsOfAConnection) {
  const UniqueFd listener = listenOn({"127.0.0.1", 0}, 1);
  const Address server = Address::hostOf(listener.get());
  const Connection client = connectTo({"127.0.0.1", server.port()});
  const Connection accepted = acceptFrom(listener.get());
  EXPECT_EQ(Address::peerIfConnected(client.socket.get()), server);
  EXPECT_EQ(Address::hostOf(accepted.socket.get()), server);
  EXPECT_EQ(Address::peerIfConnected(accepted.socket.get()), Address::hostOf(client.socket.get()));
}

TEST(Address, ThrowsForABadDescriptor) {
  EXPECT_THROW(Address::hostOf(-1), std::system_error);
}

TEST(Resolve, ReturnsIpv4FirstForLocalhost) {
  const std::vector<Address> addresses = resolve({"localhost", 10000});
  ASSERT_EQ(addresses.size(), 2U);
  EXPECT_EQ(addresses[0].toString(), "127.0.0.1:10000");
  EXPECT_EQ(addresses[1].toString(), "[::1]:10000");
  EXPECT_EQ(resolveWithoutLookup({"localhost", 10000}), addresses);
}

TEST(Resolve, ReturnsANumericAddressUnchanged) {
  EXPECT_EQ(resolve({"127.0.0.2", 7}), std::vector{numeric("127.0.0.2", 7)});
  EXPECT_EQ(resolve({"::1", 7}), std::vector{numeric("::1", 7)});
}

TEST(Resolve, ReadsShortIpv4Addresses) {
  EXPECT_EQ(resolve({"127.1", 80}), resolve({"127.0.0.1", 80}));
}

TEST(Resolve, NeedsALookupForAnyOtherName) {
  EXPECT_TRUE(resolveWithoutLookup({"poetry.example", 10000}).empty());
}

TEST(Resolve, ThrowsTheReasonForAnUnknownName) {
  try {
    resolve({"no such name", 10000});  // a blank: no resolver is asked, on any machine
    FAIL() << "it has an address";
  } catch (const LookupError& error) {
    EXPECT_STRNE(error.what(), "");
  }
}

TEST(Resolve, SaysThatThereAreNoDescriptorsLeftForALookup) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit none{0, limit.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  std::string why;
  try {
    resolve({"poetry.example", 10000});
  } catch (const LookupError& error) {
    why = error.what();
  }
  ::setrlimit(RLIMIT_NOFILE, &limit);
  EXPECT_EQ(why, "Too many open files");
}

TEST(PeerIfConnected, IsNothingBeforeASocketIsConnected) {
  const UniqueFd socket = makeSocket(numeric("127.0.0.1", 0));
  EXPECT_FALSE(Address::peerIfConnected(socket.get()).has_value());
}

TEST(PeerIfConnected, IsTheOtherEndOfAConnection) {
  const UniqueFd listener = listenOn({"127.0.0.1", 0}, 1);
  const Address here = Address::hostOf(listener.get());
  const Connection connection = connectTo({here.host(), here.port()});
  EXPECT_EQ(Address::peerIfConnected(connection.socket.get()), here);
}

}  // namespace
}  // namespace poetry
