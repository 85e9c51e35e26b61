#include "cli/command_line.hpp"

#include "cli/option_values.hpp"
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

/// The message of the UsageError that `parse` throws for `words`.
template <typename Parse>
std::string errorOf(const Words& words, Parse parse) {
  try {
    parse(words);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

std::string clientError(const Words& words) {
  return errorOf(words, [](const Words& all) { client(all); });
}

std::string serverError(const Words& words) {
  return errorOf(words, [](const Words& all) { server(all); });
}

std::string addressError(const std::string& word) {
  return errorOf({word}, [](const Words& all) { parseAddress(all.front()); });
}

TEST(ParseAddress, ReadsAPortOnThisMachine) {
  EXPECT_EQ(parseAddress("10000"), (HostPort{"127.0.0.1", 10000}));
  EXPECT_EQ(parseAddress(":10000"), (HostPort{"127.0.0.1", 10000}));
  EXPECT_EQ(parseAddress("1"), (HostPort{"127.0.0.1", 1}));
  EXPECT_EQ(parseAddress("65535"), (HostPort{"127.0.0.1", 65535}));
}

TEST(ParseAddress, ReadsAHostAndAPort) {
  EXPECT_EQ(parseAddress("localhost:10000"), (HostPort{"localhost", 10000}));
  EXPECT_EQ(parseAddress("127.0.0.2:10000"), (HostPort{"127.0.0.2", 10000}));
  const std::string umlaut =
      "b\xc3\xbc"
      "cher.example";
  EXPECT_EQ(parseAddress(umlaut + ":10000"), (HostPort{umlaut, 10000}));
}

TEST(ParseAddress, ReadsAnIpv6AddressInBracketsAndAPort) {
  EXPECT_EQ(parseAddress("[::1]:10000"), (HostPort{"::1", 10000}));
  EXPECT_EQ(parseAddress("[fe80::1%lo]:10000"), (HostPort{"fe80::1%lo", 10000}));
}

TEST(ParseAddress, ReadsPortsInDecimal) {
  EXPECT_EQ(parseAddress("010000").port, 10000) << "not octal";
}

TEST(ParseAddress, RefusesEveryOtherWordAndSaysWhatIsRight) {
  for (const char* word :
       {// no port from 1 to 65535
        "0", "65536", "99999999999999999999", "0x50", "1e3", "+1", " 1", "1 ", "1.0", "-", "1_000",
        "ten", "", ":", "a:b", "localhost:", "a:0",
        // IPv6 without brackets, without a port, or not at all
        "::1", "::1:10000", "fe80::1%lo:10000", "::", "[::1]", "[::1]10000", "[::1]:", "[::1]:b",
        "[]:1", "[localhost]:1", "[127.0.0.1]:1", "[::1:1", "[", "[10000]", "[10000,10001]",
        "[fe80::1%l o]:1",
        // no host
        "http://localhost:10000", "a:b:1", " :1", "a b:1", "a]:1", "a/b:1", "*:1"}) {
    EXPECT_EQ(
        addressError(word),
        '\'' + std::string(word) +
            "' is not an address: write PORT, HOST:PORT or [IPV6]:PORT, with a port from 1 to "
            "65535");
  }
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

TEST(ClientOptions, KeepEveryWordAsItWasTyped) {
  EXPECT_EQ(client({"[::1]:1", "2"}).addresses,
            (std::vector<HostPort>{{"::1", 1}, {"127.0.0.1", 2}}));
  EXPECT_EQ(clientError({"[1,2]"}).substr(0, 8), "'[1,2]' ");
  EXPECT_EQ(client({"--output", "[a,b]", "1"}).output, "[a,b]");
  EXPECT_EQ(client({"--output", "%%", "1"}).output, "%%");
  EXPECT_EQ(clientError({"{}"}).substr(0, 8), "'{}' is ");
  EXPECT_EQ(clientError({"++"}).substr(0, 8), "'++' is ");
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
  EXPECT_TRUE(clientError({"--", "--quiet"}).starts_with("'--quiet' is not an address"));
  EXPECT_TRUE(clientError({"--", "--"}).starts_with("'--' is not an address"));
}

TEST(ClientOptions, NameTheWrongWord) {
  EXPECT_EQ(clientError({}), "no address given: write [HOST:]PORT for each poem");
  EXPECT_EQ(clientError({"--quiet"}), clientError({}));
  EXPECT_EQ(clientError({"--loud", "1"}), "unknown option '--loud'");
  EXPECT_EQ(clientError({"1", "-x"}), "unknown option '-x'");
  EXPECT_EQ(clientError({"-1"}), "unknown option '-1'");
  EXPECT_EQ(clientError({"--output", "", "1"}), "--output: '' is not a name");
  EXPECT_EQ(clientError({"--output", "--quiet", "1"}),
            "--output: a value is missing before '--quiet'");
  EXPECT_EQ(clientError({"1", "--output"}), "'--output' needs a value");
  EXPECT_EQ(clientError({"--output=", "1", "2"}), "'--output=' needs a value");
  // This message is CLI11's, and its words differ between its versions.
  const std::string error = clientError({"--quiet=loud", "1"});
  EXPECT_NE(error.find("--quiet"), std::string::npos) << error;
}

TEST(ClientOptions, HaveTraceAndReactorInReactorProgramsOnly) {
  const ClientOptions options = client({"--trace", "--reactor", "poll", "1"}, kReactorClient);
  EXPECT_TRUE(options.trace);
  EXPECT_EQ(options.reactor, "poll");
  EXPECT_EQ(errorOf({"--reactor", "kqueue", "1"},
                    [](const Words& words) { client(words, kReactorClient); }),
            "--reactor: 'kqueue' is not one of epoll, poll");
  EXPECT_EQ(clientError({"--trace", "1"}), "unknown option '--trace'");
  EXPECT_EQ(clientError({"--reactor", "poll", "1"}), "unknown option '--reactor'");
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

TEST(ServerOptions, RefuseOtherDelays) {
  for (const char* word : {"-1", "-0.1", "nan", "inf", "-inf", "1e999", "infinity", "1e", "1e5x",
                           "", "0x1", "+1", "soon", " 1", "1s", "0,1"}) {
    EXPECT_EQ(serverError({"--delay", word, "x"}),
              "--delay: '" + std::string(word) +
                  "' is not a number of seconds: write 0 or more, as in 0.1");
  }
}

TEST(ServerOptions, RefuseOtherNumbersOfBytes) {
  EXPECT_EQ(server({"--num-bytes", "010", "x"}).numBytes, 10U) << "not octal";
  EXPECT_EQ(server({"--num-bytes", "1", "x"}).numBytes, 1U);
  for (const char* word : {"0", "-1", "1.5", "0x10", "1e3", "99999999999999999999999"}) {
    EXPECT_EQ(serverError({"--num-bytes", word, "x"}),
              "--num-bytes: '" + std::string(word) + "' is not a number of bytes: write 1 or more");
  }
}

TEST(ServerOptions, RefuseOtherPorts) {
  EXPECT_EQ(server({"--port", "0", "x"}).port, 0) << "any free one";
  EXPECT_EQ(server({"--port", "65535", "x"}).port, 65535);
  for (const char* word : {"65536", "-1", "abc", "0x50", "1e3"}) {
    EXPECT_EQ(serverError({"--port", word, "x"}),
              "--port: '" + std::string(word) + "' is not a port: write a number from 0 to 65535");
  }
}

TEST(ServerOptions, TakeAnIpv6AddressWithOrWithoutBrackets) {
  EXPECT_EQ(server({"--iface", "::1", "x"}).iface, "::1");
  EXPECT_EQ(server({"--iface", "[::1]", "x"}).iface, "::1");
  EXPECT_EQ(server({"--iface", "fe80::1%lo", "x"}).iface, "fe80::1%lo");
}

TEST(ServerOptions, RefuseOtherInterfaces) {
  for (const char* word : {"", "*", "[*]", "[localhost]", "[127.0.0.1]", "[]", "a b", "localhost:1",
                           "[::1]:1", "[::1"}) {
    EXPECT_EQ(serverError({"--iface", word, "x"}),
              "--iface: '" + std::string(word) + "' is not a host: write a name or an IP address");
  }
}

TEST(ServerOptions, NeedOnePoem) {
  EXPECT_EQ(serverError({}), "no poem given: write the name of a POETRY-FILE");
  EXPECT_EQ(serverError({"a", "b"}), "only one poem can be served: 'b' is one too many");
  EXPECT_EQ(serverError({""}), "'' is not a name");
  EXPECT_EQ(server({"--", "--poem"}).poetryFile, "--poem");
  EXPECT_EQ(server({"--", "--poem="}).poetryFile, "--poem=");
}

TEST(ClientCommandLine, HasALimitOnlyIfTheProgramHasOne) {
  const ProgramInfo program{.name = "limited", .about = "Downloads poems.", .hasLimit = true};
  EXPECT_EQ(client({"10000"}, program).limit, kDefaultLimit);
  EXPECT_EQ(client({"--limit", "0.5", "10000"}, program).limit, std::chrono::milliseconds(500));
  EXPECT_EQ(client({"--limit", "1e-9", "10000"}, program).limit, std::chrono::milliseconds(1));
  EXPECT_THROW(client({"--limit", "0.5", "10000"}), UsageError);
}

TEST(Help, IsPrintedAndEndsWithAnExample) {
  for (const char* word : {"--help", "-h"}) {
    const testing::Outcome outcome = inChild([word] {
      Arguments arguments({"nonsense", word});
      return parseClient(arguments.argc(), arguments.argv(), kReactorClient).has_value() ? 1 : 0;
    });
    EXPECT_EQ(outcome.exitCode, 0);
    EXPECT_EQ(outcome.errors, "");
    EXPECT_TRUE(outcome.output.starts_with("Downloads poems.\n\nUsage: reactor-client-1 ["))
        << outcome.output;
    for (const char* option : {"--quiet", "--output DIR", "--trace", "--reactor NAME", "PORT"}) {
      EXPECT_NE(outcome.output.find(option), std::string::npos) << option;
    }
    EXPECT_TRUE(outcome.output.ends_with(
        "\n  build/bin/blocking-server --port 10000 poetry/science.txt > /dev/null & sleep 1; "
        "build/bin/reactor-client-1 10000; kill $!\n"))
        << "on one line, so that it can be pasted: " << outcome.output;
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
