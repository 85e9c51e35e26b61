// What the tests of the fault matrix share: the programs, a folder for each run, and the page that
// says how it has to go.
#pragma once

#include "page.hpp"
#include "support/client_test.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace poetry::testing {

/// All clients, in the order of the page.
const std::vector<ClientUnderTest>& clients();

inline constexpr const char* kServer = "blocking-server";

/// Every pair of a fault and a program, in the order of the page.
std::vector<Entry> allEntries();

/// Compares with the page, or keeps the row for it; see isPageToBeWritten().
void expectOnPage(const Place& place, const Row& row, const std::string& story);

/// A folder for a test.
class FaultTest {
 public:
  FaultTest(const FaultTest&) = delete;
  FaultTest& operator=(const FaultTest&) = delete;

 protected:
  FaultTest();
  ~FaultTest();

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

}  // namespace poetry::testing
