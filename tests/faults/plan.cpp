#include "plan.hpp"

#include "name_server.hpp"
#include "support/scripted_server.hpp"

#include <csignal>
#include <fstream>
#include <utility>

namespace poetry::testing {

namespace fs = std::filesystem;

bool isPatient(const ClientUnderTest& client) {
  return client.name().starts_with("reactor-client-2");
}

namespace {

// Nobody there

Plan refused(const ClientUnderTest& /*client*/) {
  const auto port = std::make_shared<RefusingPort>();
  return {.address = port->address(), .arrives = false, .keeps = port};
}

Plan noRoute(const ClientUnderTest& /*client*/) {
  return {.script = "connect:EHOSTUNREACH@#", .arrives = false};
}

/// Beside a name that is looked up: a name server, and the file that names it.
Plan askingA(const std::shared_ptr<NameServer>& server) {
  Plan plan{.address = "nowhere.invalid:10000", .arrives = false, .keeps = server};
  plan.options.environment["POETRY_RESOLV_CONF"] = server->file();
  return plan;
}

Plan nameUnknown(const ClientUnderTest& client) {
  Plan plan = askingA(std::make_shared<NameServer>(true));
  // getaddrinfo asks inside the C library, where no test gets between.
  plan.script = isPatient(client) ? "" : "getaddrinfo:EAI_NONAME";
  return plan;
}

Plan resolverSilent(const ClientUnderTest& client) {
  Plan plan = askingA(std::make_shared<NameServer>(false));
  // What getaddrinfo says after it has asked in vain for as long as resolv.conf has it.
  plan.script = isPatient(client) ? "epoll_wait:lapse" : "getaddrinfo:EAI_AGAIN";
  return plan;
}

Plan neverAccepts(const ClientUnderTest& client) {
  const auto port = std::make_shared<SilentPort>();
  // The system gives up by itself after two minutes; the reactor does after half a minute.
  return {.address = port->address(),
          .script = isPatient(client) ? "epoll_wait:lapse" : "connect:ETIMEDOUT@#",
          .arrives = false,
          .keeps = port};
}

// What a server can do to a poem

Plan stalls(const ClientUnderTest& /*client*/) {
  return {.serve = [](ScriptedConnection& connection) { connection.trySend("the se"); },
          .arrives = false,
          .staysOpen = true,
          .signal = SIGINT};
}

Plan saysNothing(const ClientUnderTest& /*client*/) {
  return {.serve = [](ScriptedConnection& /*connection*/) {},
          .arrives = false,
          .staysOpen = true,
          .signal = SIGINT};
}

Plan byteByByte(const ClientUnderTest& /*client*/) {
  const std::string poem = "Don\xe2\x80\x99t\n";
  return {.poem = poem, .serve = [poem](ScriptedConnection& connection) {
            for (const char byte : poem) {
              connection.trySend({&byte, 1});
            }
            connection.closeInOrder();
          }};
}

Plan resetBefore(const ClientUnderTest& /*client*/) {
  return {.serve = [](ScriptedConnection& connection) { connection.reset(); }, .arrives = false};
}

Plan resetIn(const ClientUnderTest& /*client*/) {
  return {.serve = [](ScriptedConnection& connection) { connection.sendAndReset("the se"); },
          .arrives = false};
}

Plan resetAfter(const ClientUnderTest& /*client*/) {
  return {.serve = [](ScriptedConnection& connection) { connection.sendAndReset("the second"); },
          .arrives = false};
}

Plan resetAfterTheEnd(const ClientUnderTest& /*client*/) {
  return {.serve = [](ScriptedConnection& connection) {
    connection.sendAndClose("the second");
    connection.reset();
  }};
}

Plan halfClose(const ClientUnderTest& /*client*/) {
  return {.serve = [](ScriptedConnection& connection) {
    connection.trySend("the second");
    connection.closeInOrder();  // our direction alone: we could still hear what it says
  }};
}

Plan oneSegment(const ClientUnderTest& /*client*/) {
  return {.serve = [](ScriptedConnection& connection) { connection.sendAndClose("the second"); }};
}

Plan empty(const ClientUnderTest& /*client*/) {
  return {.poem = "", .serve = [](ScriptedConnection& connection) { connection.closeInOrder(); }};
}

/// 64 MiB; when a sanitizer slows them down, that is for two clients, and for the others less.
std::size_t manyBytesFor(const ClientUnderTest& client) {
  const bool getsAll =
      !kHasSanitizer || client.name() == "async-client" || client.name() == "reactor-client-2";
  return std::size_t{getsAll ? 64U : 8U} << 20;
}

Plan manyRandomBytes(const ClientUnderTest& client) {
  // reactor-client-2-stack leaves at the first of them.
  const bool leaves = client.name() == "reactor-client-2-stack";
  return {.words = {"--quiet"},
          .poem = randomBytes(leaves ? 1000 : manyBytesFor(client), 1572),
          .inOnePart = true};
}

// What the system can refuse

Plan outOfSockets(const ClientUnderTest& /*client*/) {
  return {.script = "socket:EMFILE@#", .arrives = false};
}

Plan noBuffersForASocket(const ClientUnderTest& /*client*/) {
  return {.script = "socket:ENOBUFS@#", .arrives = false};
}

Plan noBuffersToConnect(const ClientUnderTest& /*client*/) {
  return {.script = "connect:ENOBUFS@#", .arrives = false};
}

Plan noBuffersToReceive(const ClientUnderTest& /*client*/) {
  return {.script = "recv:ENOBUFS@2+", .alone = true, .arrives = false};
}

// Standard output

Plan outputTo(Stream stream) {
  Plan plan;
  plan.options.output = stream;
  return plan;
}

Plan outputClosed(const ClientUnderTest& /*client*/) {
  return outputTo(Stream::kClosed);
}
Plan outputFull(const ClientUnderTest& /*client*/) {
  return outputTo(Stream::kFull);
}
Plan nobodyReads(const ClientUnderTest& /*client*/) {
  return outputTo(Stream::kNoReader);
}

// --output

Plan folderInTheWay(const ClientUnderTest& /*client*/) {
  return {.prepare = [](const fs::path& folder, int) { std::ofstream(folder) << "a file"; }};
}

Plan folderReadOnly(const ClientUnderTest& /*client*/) {
  return {.script = "access:EROFS"};
}

// Poems are saved as they arrive, and the second arrives second.

Plan openFails(const ClientUnderTest& /*client*/) {
  return {.script = "open:EMFILE@2"};
}

Plan diskFull(const ClientUnderTest& /*client*/) {
  return {.script = "write:ENOSPC@2"};
}

Plan diskFullAtClose(const ClientUnderTest& client) {
  // Two descriptors for each poem: blocking-client closes its file first, the others the socket. And a
  // reactor begins with five, to see whether there are enough.
  return {.script = client.oneAfterTheOther ? "close:ENOSPC@3"
                    : client.isReactor      ? "close:ENOSPC@9"
                                            : "close:ENOSPC@4"};
}

Plan fileInTheWay(const ClientUnderTest& /*client*/) {
  return {.prepare = [](const fs::path& folder, int task) {
    fs::create_directories(folder / ("poem-" + std::to_string(task) + ".txt"));
  }};
}

// At any moment

/// The calls that a signal can interrupt.
const std::vector<std::string> kInterruptible{"close", "connect", "epoll_wait", "open",
                                              "print", "recv",    "select",     "write"};

/// Those of them that this client makes.
std::set<std::string> interruptibleCallsOf(const ClientUnderTest& client) {
  if (client.name() == "reactor-client-2-stack") {
    return {"close", "connect", "epoll_wait", "print", "recv"};  // it leaves before it saves
  }
  std::set<std::string> calls{"close", "connect", "open", "print", "recv", "write"};
  if (client.isReactor) {
    calls.insert("epoll_wait");
  }
  if (client.name() == "async-client") {
    calls.insert("select");
  }
  if (!isPatient(client)) {
    calls.insert("poll");  // for a connect that was interrupted
  }
  return calls;
}

std::set<std::string> anyCall(const ClientUnderTest& /*client*/) {
  return {"any"};
}

Sweep interruptedCalls() {
  Sweep sweep{"Eintr", "EINTR anywhere", {"connect:EINTR,poll:EINTR@"}, &interruptibleCallsOf, {}};
  Plan all;
  for (const std::string& call : kInterruptible) {
    sweep.scripts.push_back(call + ":EINTR@");
    all.script += (all.script.empty() ? "" : ",") + call + ":EINTR@*2";
  }
  sweep.others.push_back(all);  // every second call of all of them
  return sweep;
}

Sweep stopped() {
  return {
      "Stopped", "SIGSTOP and SIGCONT anywhere", {"any:SIGSTOP@"}, &anyCall, {{.pauses = true}}};
}

Sweep ended(const std::string& signal, int number) {
  const auto silent = std::make_shared<SilentPort>();
  Plan connecting{.address = silent->address(),
                  .arrives = false,
                  .staysOpen = true,
                  .signal = number,
                  .keeps = silent};
  Plan silence = saysNothing({});
  Plan halfway = stalls({});
  silence.signal = halfway.signal = number;
  const std::string name = signal == "SIGINT" ? "Interrupt" : "Terminate";
  return {name,
          signal + " at every step",
          {"any:" + signal + "@"},
          &anyCall,
          {connecting, silence, halfway}};
}

}  // namespace

std::string callOf(const std::string& script) {
  const std::size_t comma = script.rfind(',');
  const std::size_t begin = comma == std::string::npos ? 0 : comma + 1;
  return script.substr(begin, script.find(':', begin) - begin);
}

const std::vector<Sweep>& sweeps() {
  static const std::vector<Sweep> all{interruptedCalls(), stopped(), ended("SIGINT", SIGINT),
                                      ended("SIGTERM", SIGTERM)};
  return all;
}

const std::vector<ClientFault>& clientFaults() {
  static const std::vector<ClientFault> all{
      {"Nobody there", "Refused", "refused", &refused},
      {"Nobody there", "NoRoute", "no route", &noRoute},
      {"Nobody there", "NameUnknown", "the name is unknown", &nameUnknown},
      {"Nobody there", "ResolverSilent", "the resolver is silent", &resolverSilent},
      {"Nobody there", "NeverAccepts", "never accepts", &neverAccepts},
      {"The poem", "SaysNothing", "accepts and says nothing; Ctrl-C", &saysNothing},
      {"The poem", "Stalls", "stalls in mid-poem; Ctrl-C", &stalls},
      {"The poem", "ByteByByte", "one byte at a time", &byteByByte},
      {"The poem", "ResetBefore", "reset before the poem", &resetBefore},
      {"The poem", "ResetIn", "reset in the poem", &resetIn},
      {"The poem", "ResetAfter", "reset after the poem, in place of its end", &resetAfter},
      {"The poem", "ResetAfterTheEnd", "reset after the end", &resetAfterTheEnd},
      {"The poem", "HalfClose", "half-close", &halfClose},
      {"The poem", "OneSegment", "data and FIN in one segment", &oneSegment},
      {"The poem", "Empty", "empty", &empty},
      {"The poem", "ManyRandomBytes", "64 MiB of random bytes", &manyRandomBytes},
      {"The system", "OutOfSockets", "EMFILE at connect (in socket)", &outOfSockets},
      {"The system", "NoBuffersForASocket", "ENOBUFS in socket", &noBuffersForASocket},
      {"The system", "NoBuffersToConnect", "ENOBUFS in connect", &noBuffersToConnect},
      {"The system", "NoBuffersToReceive", "ENOBUFS in recv", &noBuffersToReceive},
      {"Output", "OutputClosed", "standard output closed", &outputClosed},
      {"Output", "OutputFull", "standard output full", &outputFull},
      {"Output", "NobodyReads", "standard output a pipe that nobody reads", &nobodyReads},
      {"Output", "FolderInTheWay", "`--output` is a file", &folderInTheWay},
      {"Output", "FolderReadOnly", "`--output` unwritable", &folderReadOnly},
      {"Output", "OpenFails", "EMFILE at open, for a poem's file", &openFails},
      {"Output", "DiskFull", "`--output` full", &diskFull},
      {"Output", "DiskFullAtClose", "`--output` full, found out at close", &diskFullAtClose},
      {"Output", "FileInTheWay", "a folder has the name of a poem's file", &fileInTheWay},
  };
  return all;
}

}  // namespace poetry::testing
