// What does a lesson cost, compared with bare system calls and with well-known libraries?
//
// In each round every client does every workload in turn, so that a disturbance of the machine hits
// them all. The numbers are medians over the rounds. A missing byte, or an exit code that is not 0,
// ends the benchmark.

#include "cli/output.hpp"
#include "measured_program.hpp"
#include "source.hpp"
#include "table.hpp"
#include "workloads.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>

#include <sys/resource.h>

namespace poetry {

struct BenchOptions {
  int rounds = 9;
  bool quick = false;
  std::vector<std::string> workloads;  ///< empty: all
  std::vector<std::string> clients;    ///< empty: all
};

bool isWanted(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

template <typename Named>
std::vector<std::string> namesOf(const std::vector<Named>& all) {
  std::vector<std::string> names;
  for (const Named& one : all) {
    names.push_back(one.name);
  }
  return names;
}

/// Each side of a connection takes a descriptor of its process, and each process needs some more.
bool systemAllows(const Workload& workload) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max > workload.poems + 100) {
    return true;
  }
  std::cout << "\nLeft out: " << workload.title << ". The system grants no more than "
            << limit.rlim_max << " descriptors (ulimit -Hn).\n";
  return false;
}

Results runWorkload(const BenchOptions& options, const std::string& folder,
                    const Workload& workload) {
  Results results{workload, {}};
  std::vector<Client> all = clients();
  for (const Client& client : all) {
    const bool isYardstick = &client == &all.front();
    if (client.can(workload) && (isYardstick || isWanted(options.clients, client.name))) {
      results.series.push_back({client.name, {}});
    }
  }
  PoemSource source(folder + "/poem-source", workload.bytes, workload.chunks);
  for (int round = 0; round < options.rounds; ++round) {
    for (Series& series : results.series) {
      series.rounds.push_back(measure(folder, series.client, workload, source));
    }
  }
  return results;
}

void bench(const BenchOptions& options) {
  const std::string folder = std::filesystem::canonical("/proc/self/exe").parent_path();
  Cores::leaveLast();
  printMachine();
  std::vector<Results> all;
  for (const Workload& workload : options.quick ? quickWorkloads() : workloads()) {
    if (isWanted(options.workloads, workload.name) && systemAllows(workload)) {
      all.push_back(runWorkload(options, folder, workload));
      if (options.quick) {
        std::cout << workload.name << ": " << all.back().series.size() << " clients succeeded\n";
      } else {
        printTable(all.back());
      }
    }
  }
  if (!options.quick) {
    printAims(all);
  }
}

}  // namespace poetry

int main(int argc, char** argv) {
  poetry::BenchOptions options;
  CLI::App app("What does a lesson cost?", "bench");
  app.add_option("--rounds", options.rounds, "how often each client does each workload")
      ->check(CLI::PositiveNumber);
  app.add_option("--workload", options.workloads, "only this one; can be repeated")
      ->check(CLI::IsMember(poetry::namesOf(poetry::workloads())));
  app.add_option("--client", options.clients, "only this one and epoll-client; can be repeated")
      ->check(CLI::IsMember(poetry::namesOf(poetry::clients())));
  app.add_flag("--quick", options.quick, "small workloads, one round: does everything run?");
  CLI11_PARSE(app, argc, argv);
  if (options.quick) {
    options.rounds = 1;
  }
  try {
    poetry::bench(options);
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    poetry::printError("bench", error.what());
    return EXIT_FAILURE;
  }
}
