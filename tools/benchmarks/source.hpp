// The program poem-source, as the driver sees it. It runs on the other cores.
#pragma once

#include "measured_program.hpp"
#include "support/process.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace poetry {

/// Runs as long as this object exists.
class PoemSource {
 public:
  /// Serves poems of `bytes` bytes. With `chunks`, it holds the clients first. Throws
  /// std::runtime_error if it does not start.
  PoemSource(const std::string& program, std::size_t bytes, std::size_t chunks);

  /// `number` ports to connect to, with repetitions, so that each port gets equally many clients.
  [[nodiscard]] std::vector<std::string> ports(std::size_t number) const;

  /// Waits until `number` clients are connected, and holds them.
  void hold(std::size_t number);
  /// Sends the next chunk to all clients that are held.
  void sendChunk();

  /// The processor time that it has used so far.
  [[nodiscard]] Duration cpuTime() const;

 private:
  std::string readLine();
  void command(const std::string& line, const std::string& answer);

  Subprocess process_;
  std::vector<std::string> ports_;
};

}  // namespace poetry
