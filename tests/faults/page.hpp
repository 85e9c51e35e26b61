// The tables of docs/reference/faults.md: compared with what the programs do, or written by the
// tests.
#pragma once

#include <string>
#include <vector>

namespace poetry::testing {

/// What one program did when a fault happened.
struct Outcome {
  std::string program;
  std::vector<std::string> cells;  ///< of its row, after the fault and the program
  std::string story;               ///< of the run, for a test that fails
};

/// The heading of the server's table. All the other tables are about the clients.
inline constexpr const char* kServerSection = "The server";

/// True if the environment variable POETRY_WRITE_FAULTS is set.
bool isPageToBeWritten();

/// Expects that the table under the heading `section` has exactly these outcomes for `fault`. Writes
/// them instead if isPageToBeWritten(); a new fault becomes the last row of its table.
void expectOnPage(const std::string& section, const std::string& fault,
                  const std::vector<Outcome>& outcomes);

/// The faults of the page from top to bottom, each as "section: fault".
std::vector<std::string> faultsOnPage();

}  // namespace poetry::testing
