// The source of poems, as the driver sees it: the program poem-source on the other cores.
#pragma once

#include "net/unique_fd.hpp"
#include "process.hpp"

#include <cstddef>
#include <string>
#include <vector>

#include <sys/types.h>

namespace poetry {

/// Runs for as long as this lives.
class PoemSource {
 public:
  /// Serves poems of `bytes` bytes; with `chunks`, to clients that it holds first. Throws
  /// std::runtime_error if it does not start.
  PoemSource(const std::string& program, std::size_t bytes, std::size_t chunks);
  ~PoemSource();
  PoemSource(const PoemSource&) = delete;
  PoemSource& operator=(const PoemSource&) = delete;

  /// So many ports to connect to, with repetitions: as many clients at each of them as at any other.
  [[nodiscard]] std::vector<std::string> ports(std::size_t number) const;

  /// Waits until `number` clients are connected, and holds them.
  void hold(std::size_t number);
  /// Sends the next chunk to all that are held.
  void sendChunk();

  /// How much of a core it has used up to now.
  [[nodiscard]] Seconds cpuTime() const;

 private:
  std::string readLine();
  void command(const std::string& line, const std::string& answer);

  pid_t pid_ = -1;
  UniqueFd input_;
  UniqueFd output_;
  std::vector<std::string> ports_;
};

}  // namespace poetry
