#include "cli/command_line.hpp"

#include "cli/words.hpp"
#include "in_child.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace poetry {
namespace {

using testing::Arguments;
using testing::inChild;
using Words = std::vector<std::string>;

constexpr ProgramInfo kClient{.name = "async-client", .about = "Downloads poems."};
std::vector<std::string> reactors() {
  return {"epoll", "poll"};
}

constexpr ProgramInfo kReactorClient{
    .name = "reactor-client-1", .about = "Downloads poems.", .reactors = reactors};
constexpr ProgramInfo kServer{.name = "blocking-server", .about = "Serves a poem."};

ClientOptions client(const Words& words, const ProgramInfo& program = kClient) {
  Arguments arguments(words);
  return parseClient(arguments.argc(), arguments.argv(), program).value();
}

ServerOptions server(const Words& words) {
  Arguments arguments(words);
  return parseServer(arguments.argc(), arguments.argv(), kServer).value();
}

/// What the UsageError says that `parse` throws for `words`.
template <typename Parse>
std::string complaint(const Words& words, Parse parse) {
  try {
    parse(words);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no complaint";
}

std::string clientComplaint(const Words& words) {
  return complaint(words, [](const Words& all) { client(all); });
}

std::string serverComplaint(const Words& words) {
  return complaint(words, [](const Words& all) { server(all); });
}

std::string addressComplaint(const std::string& word) {
  return complaint({word}, [](const Words& all) { parseAddress(all.front()); });
}

TEST(AddressWord, IsAPortOnThisMachine) {
  EXPECT_EQ(parseAddress("10000"), (HostPort{"127.0.0.1", 10000}));
  EXPECT_EQ(parseAddress(":10000"), (HostPort{"127.0.0.1", 10000}));
  EXPECT_EQ(parseAddress("1"), (HostPort{"127.0.0.1", 1}));
  EXPECT_EQ(parseAddress("65535"), (HostPort{"127.0.0.1", 65535}));
}

TEST(AddressWord, IsAHostAndAPort) {
  EXPECT_EQ(parseAddress("localhost:10000"), (HostPort{"localhost", 10000}));
  EXPECT_EQ(parseAddress("127.0.0.2:10000"), (HostPort{"127.0.0.2", 10000}));
  EXPECT_EQ(parseAddress("b\xc3\xbc"
                         "cher.example:10000"),
            (HostPort{"b\xc3\xbc"
                      "cher.example",
                      10000}));
}

TEST(AddressWord, IsAnIpv6HostInBracketsAndAPort) {
  EXPECT_EQ(parseAddress("[::1]:10000"), (HostPort{"::1", 10000}));
  EXPECT_EQ(parseAddress("[fe80::1%lo]:10000"), (HostPort{"fe80::1%lo", 10000}));
}

TEST(AddressWord, ReadsPortsInDecimalOnly) {
  EXPECT_EQ(parseAddress("010000").port, 10000) << "not octal";
  for (const char* word :
       {"0x50", "1e3", "+1", " 1", "1 ", "1.0", "-", "1_000", "ten", "", "99999999999999999999"}) {
    EXPECT_EQ(addressComplaint(word),
              std::string(word).empty()
                  ? "'' has no port: write PORT, HOST:PORT or [IPV6]:PORT"
                  : '\'' + std::string(word) + "' is not a port: a number from 1 to 65535");
  }
}

TEST(AddressWord, RefusesPortsThatThereAreNot) {
  EXPECT_EQ(addressComplaint("0"), "'0' is not a port: a number from 1 to 65535");
  EXPECT_EQ(addressComplaint("65536"), "'65536' is not a port: a number from 1 to 65535");
  EXPECT_EQ(addressComplaint("a:b"), "'a:b': 'b' is not a port: a number from 1 to 65535");
  EXPECT_EQ(addressComplaint("[::1]:b"), "'[::1]:b': 'b' is not a port: a number from 1 to 65535");
}

TEST(AddressWord, NeedsAPort) {
  for (const char* word : {":", "localhost:", "[::1]:"}) {
    EXPECT_EQ(addressComplaint(word),
              '\'' + std::string(word) + "' has no port: write PORT, HOST:PORT or [IPV6]:PORT");
  }
  EXPECT_EQ(addressComplaint("[::1]"), "'[::1]' has no port: write [::1]:PORT");
  EXPECT_EQ(addressComplaint("[::1]10000"), "'[::1]10000' has no port: write [::1]:PORT");
}

TEST(AddressWord, SaysThatIpv6WantsBrackets) {
  for (const char* word : {"::1", "::1:10000", "fe80::1%lo:10000", "::"}) {
    EXPECT_EQ(
        addressComplaint(word),
        '\'' + std::string(word) + "': an IPv6 address stands in brackets, as in [::1]:10000");
  }
}

TEST(AddressWord, RefusesAnythingElseInBrackets) {
  for (const char* word :
       {"[]:1", "[localhost]:1", "[127.0.0.1]:1", "[::1:1", "[", "[10000]", "[10000,10001]"}) {
    EXPECT_EQ(
        addressComplaint(word),
        '\'' + std::string(word) + "': brackets stand around an IPv6 address, as in [::1]:10000");
  }
}

TEST(AddressWord, RefusesWhatCannotBeAName) {
  for (const char* word : {"http://localhost:10000", "a:b:1", " :1", "a b:1", "a]:1", "a/b:1"}) {
    EXPECT_EQ(
        addressComplaint(word),
        '\'' + std::string(word) + "' is not an address: write PORT, HOST:PORT or [IPV6]:PORT");
  }
}

TEST(AddressWord, ComplainsInOneLineWhateverTheWordIs) {
  EXPECT_EQ(addressComplaint("a\nb\x1b[2J:1"),
            "'a?b?[2J:1' is not an address: write PORT, HOST:PORT or [IPV6]:PORT");
}

TEST(ClientOptions, AreAllOffWithoutAnyOption) {
  const ClientOptions options = client({"10000"});
  EXPECT_EQ(options.addresses, (std::vector<HostPort>{{"127.0.0.1", 10000}}));
  EXPECT_FALSE(options.quiet);
  EXPECT_FALSE(options.trace);
  EXPECT_TRUE(options.output.empty());
  EXPECT_TRUE(options.reactor.empty());
}

TEST(ClientOptions, KeepTheAddressesInOrderAndTwiceIfGivenTwice) {
  EXPECT_EQ(client({"2", "localhost:1", "--quiet", "2"}).addresses,
            (std::vector<HostPort>{{"127.0.0.1", 2}, {"localhost", 1}, {"127.0.0.1", 2}}));
}

TEST(ClientOptions, KeepBracketsAndOtherWordsThatCli11WouldChange) {
  EXPECT_EQ(client({"[::1]:1", "2"}).addresses,
            (std::vector<HostPort>{{"::1", 1}, {"127.0.0.1", 2}}));
  EXPECT_EQ(clientComplaint({"[1,2]"}).substr(0, 8), "'[1,2]':");
  EXPECT_EQ(client({"--output", "[a,b]", "1"}).output, "[a,b]");
  EXPECT_EQ(client({"--output", "%%", "1"}).output, "%%");
  EXPECT_EQ(clientComplaint({"{}"}).substr(0, 8), "'{}' is ");
  EXPECT_EQ(clientComplaint({"++"}).substr(0, 8), "'++' is ");
}

TEST(ClientOptions, TakeValuesInBothForms) {
  EXPECT_EQ(client({"--output", "poems", "1"}).output, "poems");
  EXPECT_EQ(client({"--output=poems", "1"}).output, "poems");
  EXPECT_EQ(client({"1", "--output=a=b"}).output, "a=b");
  EXPECT_EQ(client({"--output", "-1", "1"}).output, "-1");
}

TEST(ClientOptions, MayBeRepeatedAndTheLastOneCounts) {
  const ClientOptions options = client({"--quiet", "--output", "a", "1", "--output=b", "--quiet"});
  EXPECT_TRUE(options.quiet);
  EXPECT_EQ(options.output, "b");
}

TEST(ClientOptions, EndAtADoubleDash) {
  EXPECT_EQ(client({"1", "--", "2"}).addresses.size(), 2U);
  EXPECT_EQ(clientComplaint({"--", "--quiet"}),
            "'--quiet' is not a port: a number from 1 to 65535");
  EXPECT_EQ(clientComplaint({"--", "--"}), "'--' is not a port: a number from 1 to 65535");
}

TEST(ClientOptions, SayWhatIsWrongWithThem) {
  EXPECT_EQ(clientComplaint({}), "no address given: say where the poems are, as [HOST:]PORT");
  EXPECT_EQ(clientComplaint({"--quiet"}), clientComplaint({}));
  EXPECT_EQ(clientComplaint({"--loud", "1"}), "unknown option '--loud'");
  EXPECT_EQ(clientComplaint({"1", "-x"}), "unknown option '-x'");
  EXPECT_EQ(clientComplaint({"-1"}), "unknown option '-1'");
  EXPECT_EQ(clientComplaint({"--qui", "1"}), "unknown option '--qui'");
  EXPECT_EQ(clientComplaint({"1", "--output"}), "'--output' needs a value");
  EXPECT_EQ(clientComplaint({"--output=", "1"}), "'--output=' has no value");
  EXPECT_EQ(clientComplaint({"--output", "--quiet", "1"}),
            "--output: a value is missing before '--quiet'");
  EXPECT_EQ(clientComplaint({"-h=3", "1"}), "'-h=3': -h takes no value");
  EXPECT_EQ(clientComplaint({"--output", "", "1"}), "--output: '' is no name");
  EXPECT_EQ(clientComplaint({"--quiet=no", "1"}), "'--quiet=no': --quiet takes no value");
}

TEST(ClientOptions, ThatBeginLikeTheShortOneAreUnknown) {
  EXPECT_EQ(clientComplaint({"-hello", "1"}), "unknown option '-hello'");
  EXPECT_EQ(clientComplaint({"-h-quiet=\n", "1"}), "unknown option '-h-quiet=?'");
  EXPECT_EQ(client({"--output", "-hello", "1"}).output, "-hello") << "a value may be any word";
}

TEST(ClientOptions, HaveTraceAndReactorInReactorProgramsOnly) {
  const ClientOptions options = client({"--trace", "--reactor", "poll", "1"}, kReactorClient);
  EXPECT_TRUE(options.trace);
  EXPECT_EQ(options.reactor, "poll");
  EXPECT_EQ(complaint({"--reactor", "kqueue", "1"},
                      [](const Words& words) { client(words, kReactorClient); }),
            "--reactor: 'kqueue' is none of epoll, poll");
  EXPECT_EQ(clientComplaint({"--trace", "1"}), "unknown option '--trace'");
  EXPECT_EQ(clientComplaint({"--reactor", "poll", "1"}), "unknown option '--reactor'");
}

TEST(ServerOptions, HaveDefaults) {
  const ServerOptions options = server({"poem.txt"});
  EXPECT_EQ(options.port, 0);
  EXPECT_EQ(options.iface, "localhost");
  EXPECT_EQ(options.delay.count(), 0.1);
  EXPECT_EQ(options.numBytes, 10U);
  EXPECT_EQ(options.poetryFile, "poem.txt");
}

TEST(ServerOptions, AreTakenAsGiven) {
  const ServerOptions options = server(
      {"--port", "10000", "--iface=::1", "a poem.txt", "--delay", "0.25", "--num-bytes", "30"});
  EXPECT_EQ(options.port, 10000);
  EXPECT_EQ(options.iface, "::1");
  EXPECT_EQ(options.delay.count(), 0.25);
  EXPECT_EQ(options.numBytes, 30U);
  EXPECT_EQ(options.poetryFile, "a poem.txt");
}

TEST(ServerOptions, ReadDelaysAsFractions) {
  EXPECT_EQ(server({"--delay", "0", "x"}).delay.count(), 0);
  EXPECT_EQ(server({"--delay", ".5", "x"}).delay.count(), 0.5);
  EXPECT_EQ(server({"--delay", "3", "x"}).delay.count(), 3);
  EXPECT_EQ(server({"--delay", "1e-3", "x"}).delay.count(), 0.001);
  EXPECT_LE(server({"--delay", "1e300", "x"}).delay.count(), 1e9) << "no sleep call takes more";
}

TEST(ServerOptions, RefuseDelaysThatAreNone) {
  for (const char* word :
       {"-1", "-0.1", "nan", "inf", "-inf", "1e999", "0x1", "+1", "soon", " 1", "1s", "0,1"}) {
    EXPECT_EQ(
        serverComplaint({"--delay", word, "x"}),
        "--delay: '" + std::string(word) + "' is not a number of seconds: 0 or more, as in 0.1");
  }
}

TEST(ServerOptions, RefuseNumbersOfBytesThatAreNone) {
  EXPECT_EQ(server({"--num-bytes", "010", "x"}).numBytes, 10U) << "not octal";
  EXPECT_EQ(server({"--num-bytes", "1", "x"}).numBytes, 1U);
  for (const char* word : {"0", "-1", "1.5", "0x10", "1e3", "99999999999999999999999"}) {
    EXPECT_EQ(serverComplaint({"--num-bytes", word, "x"}),
              "--num-bytes: '" + std::string(word) +
                  "' is not a number of bytes: a whole number, at least 1");
  }
}

TEST(ServerOptions, RefusePortsThatAreNone) {
  EXPECT_EQ(server({"--port", "0", "x"}).port, 0) << "any free one";
  EXPECT_EQ(server({"--port", "65535", "x"}).port, 65535);
  for (const char* word : {"65536", "-1", "abc", "0x50", "1e3"}) {
    EXPECT_EQ(serverComplaint({"--port", word, "x"}),
              "--port: '" + std::string(word) + "' is not a port: a number from 0 to 65535");
  }
}

TEST(ServerOptions, NeedOnePoem) {
  EXPECT_EQ(serverComplaint({}), "no poem given: say which POETRY-FILE to serve");
  EXPECT_EQ(serverComplaint({"a", "b"}), "one poem at a time: 'b' is too much");
  EXPECT_EQ(serverComplaint({""}), "'' is no name");
  EXPECT_EQ(serverComplaint({"--iface", "", "a"}), "--iface: '' is no name");
  EXPECT_EQ(server({"--", "--poem"}).poetryFile, "--poem");
}

TEST(Help, IsPrintedAndEndsWithAnExample) {
  for (const char* word : {"--help", "-h"}) {
    const testing::Outcome outcome = inChild([word] {
      Arguments arguments({"nonsense", word});
      return parseClient(arguments.argc(), arguments.argv(), kReactorClient).has_value() ? 1 : 0;
    });
    EXPECT_EQ(outcome.exitCode, 0);
    EXPECT_EQ(outcome.errors, "");
    EXPECT_TRUE(outcome.output.starts_with("Downloads poems.\n")) << outcome.output;
    for (const char* option : {"--quiet", "--output DIR", "--trace", "--reactor NAME", "PORT"}) {
      EXPECT_NE(outcome.output.find(option), std::string::npos) << option;
    }
    EXPECT_TRUE(outcome.output.ends_with("build/bin/reactor-client-1 10000; kill $!\n"));
  }
}

TEST(Help, OfTheServerNamesEveryOption) {
  const testing::Outcome outcome = inChild([] {
    Arguments arguments({"--help"});
    return parseServer(arguments.argc(), arguments.argv(), kServer).has_value() ? 1 : 0;
  });
  EXPECT_EQ(outcome.exitCode, 0);
  for (const char* option :
       {"--port N", "--iface HOST", "--delay SECONDS", "--num-bytes N", "POETRY-FILE", "0.1"}) {
    EXPECT_NE(outcome.output.find(option), std::string::npos) << option;
  }
  EXPECT_TRUE(
      outcome.output.ends_with("build/bin/blocking-server --port 10000 poetry/ecstasy.txt\n"));
}

}  // namespace
}  // namespace poetry
