// What the driver prints.
#pragma once

#include "workloads.hpp"

#include <string>
#include <vector>

namespace poetry {

/// All rounds of one client with one workload.
struct Series {
  std::string client;
  std::vector<Measurement> rounds;
};

/// One workload: the first series is the one that the others are measured by.
struct Results {
  Workload workload;
  std::vector<Series> series;
};

/// The processor, the kernel, the compiler.
void printMachine();

/// Medians: in full for the first client, as ratios to it for the others, each with its least and
/// greatest value.
void printTable(const Results& results);

/// What reactor-client-2 is to reach, and what it reached, as far as it was measured.
void printAims(const std::vector<Results>& all);

}  // namespace poetry
