#include "workloads.hpp"

#include "support/report_lines.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace poetry {

namespace {

constexpr std::size_t kMiB = std::size_t{1024} * 1024;

/// So few connections that nearly all memory is the program's own.
constexpr std::size_t kFew = 10;

/// select(2) watches descriptors below FD_SETSIZE, which is 1,024, and some are taken.
constexpr std::size_t kMostForSelect = 1000;

std::vector<std::string> commandFor(const std::string& folder, const std::string& client,
                                    const std::vector<std::string>& ports) {
  std::vector<std::string> command = {folder + '/' + client, "--quiet"};
  command.insert(command.end(), ports.begin(), ports.end());
  return command;
}

/// A client prints the bytes of each poem, or of all of them, and the number of poems last.
void check(const std::string& program, const std::string& output, std::size_t poems,
           std::size_t bytes) {
  std::size_t bytesPrinted = 0;
  std::size_t poemsPrinted = 0;
  std::istringstream lines(output);
  for (std::string text; std::getline(lines, text);) {
    const ReportLine line = parseReportLine(text);
    const bool isPoem =
        line.kind == ReportLine::Kind::kTotal || line.kind == ReportLine::Kind::kPoem;
    bytesPrinted += isPoem ? line.bytes : 0;
    poemsPrinted += line.poems;
  }
  if (bytesPrinted != poems * bytes || poemsPrinted != poems) {
    throw std::runtime_error(program + ": " + std::to_string(poemsPrinted) + " poems of " +
                             std::to_string(poems) + ", " + std::to_string(bytesPrinted) +
                             " bytes of " + std::to_string(poems * bytes));
  }
}

/// The program's memory while all its connections are open and wait. Then serves them.
///
/// The client is stopped while the source writes a chunk to all its connections. So it never waits for
/// the source, every client finds the same amount of work, and no client reads two chunks at once.
double serveHeld(MeasuredProgram& program, PoemSource& source, std::size_t poems,
                 std::size_t chunks) {
  source.hold(poems);
  program.waitUntilAsleep();
  const double memory = program.anonymousMemory();
  for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
    program.pause();
    source.sendChunk();
    program.resume();
    if (chunk + 1 < chunks) {
      program.waitUntilAsleep();
    }
  }
  return memory;
}

struct Run {
  ResourceUsage usage;
  Duration wall{0};
  double idleMemory = 0;
};

Run runOnce(const std::string& folder, const std::string& client, const Workload& workload,
            std::size_t poems, PoemSource& source) {
  MeasuredProgram program(commandFor(folder, client, source.ports(poems)));
  Run run;
  if (workload.chunks > 0) {
    run.idleMemory = serveHeld(program, source, poems, workload.chunks);
  }
  run.usage = program.wait();
  run.wall = program.wallTime();
  check(client, program.output(), poems, workload.bytes);
  return run;
}

}  // namespace

bool Client::can(const Workload& workload) const {
  return (canHold || workload.chunks == 0) && (mostPoems == 0 || workload.poems <= mostPoems);
}

std::vector<Workload> workloads() {
  return {
      {.name = "big", .title = "One poem of 1 GiB", .poems = 1, .bytes = 1024 * kMiB},
      {.name = "three", .title = "Three poems of 256 MiB", .poems = 3, .bytes = 256 * kMiB},
      {.name = "held-1000",
       .title = "1,000 connections held open, then 3,000 bytes to each in 10 chunks",
       .poems = 1000,
       .bytes = 3000,
       .chunks = 10},
      {.name = "held-10000",
       .title = "10,000 connections held open, then 3,000 bytes to each in 10 chunks",
       .poems = 10'000,
       .bytes = 3000,
       .chunks = 10},
      {.name = "short",
       .title = "20,000 poems of 600 bytes, 1,000 at a time",
       .poems = 1000,
       .bytes = 600,
       .starts = 20},
      {.name = "start",
       .title = "Start-up with one poem of 600 bytes, 50 times",
       .poems = 1,
       .bytes = 600,
       .starts = 50},
  };
}

std::vector<Workload> quickWorkloads() {
  std::vector<Workload> result = workloads();
  for (Workload& workload : result) {
    workload.poems =
        std::min<std::size_t>(workload.poems, workload.name == "held-10000" ? 400 : 100);
    workload.bytes = std::min(workload.bytes, 4 * kMiB);
    workload.starts = std::min<std::size_t>(workload.starts, 2);
  }
  return result;
}

std::vector<Client> clients() {
  return {{.name = "epoll-client"},
          {.name = "libevent-client"},
          {.name = "bufferevent-client"},
          {.name = "libuv-client"},
          {.name = "asio-client"},
          {.name = "blocking-client", .canHold = false},
          {.name = "async-client", .mostPoems = kMostForSelect},
          {.name = "reactor-client-1"},
          {.name = "reactor-client-2"}};
}

Measurement measure(const std::string& folder, const std::string& client, const Workload& workload,
                    PoemSource& source) {
  Measurement result;
  double fewMemory = 0;
  if (workload.chunks > 0) {
    fewMemory = runOnce(folder, client, workload, kFew, source).idleMemory;
  }
  const Duration sourceBefore = source.cpuTime();
  for (std::size_t i = 0; i < workload.starts; ++i) {
    const Run run = runOnce(folder, client, workload, workload.poems, source);
    result.usage.user += run.usage.user;
    result.usage.system += run.usage.system;
    result.wall += run.wall;
    // A known peak is greater than an unknown one.
    result.usage.peakMemory = std::max(result.usage.peakMemory, run.usage.peakMemory);
    if (workload.chunks > 0) {
      result.idleConnection =
          (run.idleMemory - fewMemory) / static_cast<double>(workload.poems - kFew);
    }
  }
  result.source = source.cpuTime() - sourceBefore;
  return result;
}

}  // namespace poetry
