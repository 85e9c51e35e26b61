// The slow servers of a comparison, one for each poem.
#pragma once

#include "comparison.hpp"
#include "loop.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

namespace poetry {

/// Running blocking-servers. The destructor kills them.
class Servers {
 public:
  /// `program` is the path of blocking-server. `loop` and `poems` must outlive this.
  Servers(Loop& loop, std::filesystem::path program, std::vector<Poem>& poems);
  ~Servers();
  Servers(const Servers&) = delete;
  Servers& operator=(const Servers&) = delete;

  /// Starts them. Calls `listening` on the loop once all of them accept connections; then the poems
  /// have their addresses. A server that ends makes the loop fail. Throws std::system_error.
  void start(std::function<void()> listening);

 private:
  class Server;
  void isListening();

  Loop& loop_;
  std::filesystem::path program_;
  std::vector<Poem>& poems_;
  std::vector<std::unique_ptr<Server>> servers_;
  std::function<void()> whenListening_;
};

}  // namespace poetry
