// The slow servers, one for each poem.
#pragma once

#include "comparison.hpp"
#include "process.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace poetry {

/// The blocking-servers of a comparison. They serve until this goes.
class Servers {
 public:
  /// Everything by reference outlives this. `program` is the path of blocking-server.
  Servers(ProcessTable& processes, std::filesystem::path program, std::vector<Poem>& poems);
  ~Servers();
  Servers(const Servers&) = delete;
  Servers& operator=(const Servers&) = delete;

  /// Starts them. Calls `serving` on the loop once all of them accept connections; then the poems know
  /// their addresses. Calls `failed` with the reason whenever one of them ends, or
  /// cannot be started. Throws std::system_error.
  void start(std::function<void()> serving, std::function<void(const std::string&)> failed);

  [[nodiscard]] std::vector<std::string> addresses() const;

 private:
  class Server;
  void isServing();

  ProcessTable& processes_;
  std::filesystem::path program_;
  std::vector<Poem>& poems_;
  std::vector<std::unique_ptr<Server>> servers_;
  std::function<void()> serving_;
  std::function<void(const std::string&)> failed_;
};

}  // namespace poetry
