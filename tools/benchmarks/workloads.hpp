// The workloads of the benchmark, and what each client uses for them.
#pragma once

#include "measured_program.hpp"
#include "source.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace poetry {

/// A job for a client.
struct Workload {
  std::string name;        ///< for --workload
  std::string title;       ///< for the table
  std::size_t poems;       ///< addresses on the command line
  std::size_t bytes;       ///< of each poem
  std::size_t chunks = 0;  ///< 0: served at once; else all connections are held first
  std::size_t starts = 1;  ///< how often the program is started for one measurement
};

/// A program to measure.
struct Client {
  std::string name;
  bool canHold = true;        ///< keeps several connections open at once
  std::size_t mostPoems = 0;  ///< how many it can download at once; 0: as many as the system allows

  [[nodiscard]] bool can(const Workload& workload) const;
};

/// What one client used for one workload.
struct Measurement {
  ResourceUsage usage;  ///< of all starts together; the peak is the highest of them
  Duration wall{0};     ///< of all starts together
  std::optional<double> idleConnection;  ///< bytes of memory, if connections were held
  Duration source{0};                    ///< processor time of the source of poems in that time
};

std::vector<Workload> workloads();
/// The same workloads, smaller: they show that everything runs.
std::vector<Workload> quickWorkloads();

/// The first is the yardstick for the others.
std::vector<Client> clients();

/// Runs the client once. Throws std::runtime_error if it fails or a byte is missing.
/// `folder` is where the programs are.
Measurement measure(const std::string& folder, const std::string& client, const Workload& workload,
                    PoemSource& source);

}  // namespace poetry
