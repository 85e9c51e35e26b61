// What the clients have to do, and what each of them took for it.
#pragma once

#include "process.hpp"
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

/// A program that can do it.
struct Client {
  std::string name;
  bool canHold = true;        ///< it keeps several connections open at once
  std::size_t mostPoems = 0;  ///< as many at a time as it can; 0: as many as the system can

  [[nodiscard]] bool can(const Workload& workload) const;
};

/// What one client took for one workload.
struct Measurement {
  Usage usage;  ///< of all starts together; the peak is the highest of them
  std::optional<double> idleConnection;  ///< bytes of memory, if connections were held
  Seconds source{0};                     ///< CPU time of the source of poems meanwhile
};

std::vector<Workload> workloads();
/// The same jobs, smaller: to see that everything runs.
std::vector<Workload> quickWorkloads();

/// The first is the one that the others are measured by.
std::vector<Client> clients();

/// Has the client do it once. Throws std::runtime_error if it fails, or one byte is missing.
/// `folder` is where the programs are.
Measurement measure(const std::string& folder, const std::string& client, const Workload& workload,
                    PoemSource& source);

}  // namespace poetry
