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

/// One workload. The first series is the yardstick for the others.
struct Results {
  Workload workload;
  std::vector<Series> series;
};

/// The processor, the kernel, the compiler.
void printMachine();

/// Prints medians: values for the first client, ratios to it for the others, each with its least and
/// greatest value.
void printTable(const Results& results);

/// Prints the aims for reactor-client-2 and what it reached. An aim is left out if its workload, or the
/// client that it is compared with, was not measured.
void printAims(const std::vector<Results>& all);

}  // namespace poetry
