#include "table.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <optional>
#include <thread>  // hardware_concurrency

#include <sys/utsname.h>

namespace poetry {

namespace {

constexpr double kMiB = 1024.0 * 1024.0;
constexpr std::size_t kNameWidth = 20;
constexpr std::size_t kCellWidth = 18;
constexpr double kSmallest = 0.01;

/// Something that was measured, and how to print it.
struct Quantity {
  const char* title;
  double (*of)(const Measurement&);
  int decimals;
  const char* unit;
};

double cpu(const Measurement& measurement) {
  return (measurement.usage.user + measurement.usage.system).count();
}

double idleBytes(const Measurement& measurement) {
  return measurement.idleConnection.value_or(0);
}

constexpr Quantity kQuantities[] = {
    {"CPU", cpu, 3, " s"},
    {"user", [](const Measurement& m) { return m.usage.user.count(); }, 3, " s"},
    {"system", [](const Measurement& m) { return m.usage.system.count(); }, 3, " s"},
    {"wall", [](const Measurement& m) { return m.wall.count(); }, 3, " s"},
    {"peak memory",
     [](const Measurement& m) {
       return static_cast<double>(m.usage.peakMemory.value_or(0)) / kMiB;
     },
     1, " MiB"},
};

struct Spread {
  double least;
  double median;
  double greatest;
};

template <typename Function>
Spread spreadOf(const Series& series, Function of) {
  std::vector<double> values;
  for (const Measurement& measurement : series.rounds) {
    values.push_back(of(measurement));
  }
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {values.front(), median, values.back()};
}

std::string fixed(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string pad(const std::string& text, std::size_t width) {
  return text + std::string(text.size() < width ? width - text.size() : 1, ' ');
}

/// "1.05 (1.02-1.11)"; "-" if the value of the yardstick is too small to divide by. The kernel samples
/// user and system time only a few hundred times a second, and memory is unknown if it is no more than
/// the driver's.
std::string ratio(const Spread& spread, double unit) {
  if (unit < kSmallest || spread.median < kSmallest) {
    return "-";
  }
  return fixed(spread.median / unit, 2) + " (" + fixed(spread.least / unit, 2) + '-' +
         fixed(spread.greatest / unit, 2) + ')';
}

void printTrimmed(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  std::printf("%s\n", line.c_str());
}

const Series* find(const Results& results, const std::string& client) {
  for (const Series& series : results.series) {
    if (series.client == client) {
      return &series;
    }
  }
  return nullptr;
}

/// The rest of the first line of /proc/cpuinfo that begins with "model name".
std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) {
      return line.substr(line.find(':') + 2);
    }
  }
  return "a processor without a name";
}

/// What reactor-client-2 may use at most.
struct Aim {
  const char* workload;
  const char* what;
  double (*of)(const Measurement&);
  double limit;
  const char* other = nullptr;  ///< the limit is a ratio to this client; else a value
};

constexpr Aim kAims[] = {
    {"held-10000", "CPU, 10,000 connections", cpu, 1.10, "libevent-client"},
    {"held-10000", "CPU, 10,000 connections", cpu, 1.00, "asio-client"},
    {"held-10000", "CPU, 10,000 connections", cpu, 1.00, "bufferevent-client"},
    {"short", "CPU, 20,000 short poems", cpu, 1.10, "libevent-client"},
    {"big", "CPU, 1 GiB", cpu, 1.05, "epoll-client"},
    {"three", "CPU, 3 x 256 MiB", cpu, 1.05, "epoll-client"},
    {"start", "CPU, start-up", cpu, 1.25, "epoll-client"},
    {"held-10000", "bytes for an idle connection", idleBytes, 800},
};

}  // namespace

void printMachine() {
  utsname system{};
  ::uname(&system);
  std::printf("%s, %u cores; %s %s; %s %s\n", processor().c_str(),
              std::thread::hardware_concurrency(), system.sysname, system.release,
#ifdef __clang__
              "clang", __clang_version__
#else
              "gcc", __VERSION__
#endif
  );
}

void printTable(const Results& results) {
  const Series& yardstick = results.series.front();
  std::printf("\n%s (%zu rounds)\n\n", results.workload.title.c_str(), yardstick.rounds.size());
  std::vector<Quantity> columns(std::begin(kQuantities), std::end(kQuantities));
  if (results.workload.chunks > 0) {
    columns.push_back({"idle connection", idleBytes, 0, " bytes"});
  }
  std::string line(kNameWidth, ' ');
  for (const Quantity& quantity : columns) {
    line += pad(quantity.title, kCellWidth);
  }
  printTrimmed(line);
  for (const Series& series : results.series) {
    line = pad(series.client, kNameWidth);
    for (const Quantity& quantity : columns) {
      const double unit = spreadOf(yardstick, quantity.of).median;
      const std::string inFull =
          unit > 0 ? fixed(unit, quantity.decimals) + quantity.unit : std::string("-");
      line += pad(&series == &yardstick ? inFull : ratio(spreadOf(series, quantity.of), unit),
                  kCellWidth);
    }
    if (results.workload.chunks > 0 && &series != &yardstick) {
      line += fixed(spreadOf(series, idleBytes).median, 0) + " bytes";
    }
    printTrimmed(line);
  }
  // The source must have time left even for the fastest client.
  const double source =
      spreadOf(yardstick, [](const Measurement& m) { return m.source.count(); }).median;
  std::printf("The source of the poems used %.3f s while %s ran.\n", source,
              yardstick.client.c_str());
  std::fflush(stdout);
}

void printAims(const std::vector<Results>& all) {
  std::printf("\nAims for reactor-client-2                          at most  reached\n");
  for (const Aim& aim : kAims) {
    for (const Results& results : all) {
      const Series* series = find(results, "reactor-client-2");
      const Series* other = aim.other != nullptr ? find(results, aim.other) : nullptr;
      const bool isMeasured = series != nullptr && (other != nullptr || aim.other == nullptr);
      if (results.workload.name == aim.workload && isMeasured) {
        const double unit = other != nullptr ? spreadOf(*other, aim.of).median : 1;
        const double reached = spreadOf(*series, aim.of).median / unit;
        const int decimals = other != nullptr ? 2 : 0;
        const std::string what =
            aim.what + (other != nullptr ? ", x " + other->client : std::string());
        std::printf("  %-46s %9s %8s   %s\n", what.c_str(), fixed(aim.limit, decimals).c_str(),
                    fixed(reached, decimals).c_str(), reached <= aim.limit ? "yes" : "no");
      }
    }
  }
}

}  // namespace poetry
