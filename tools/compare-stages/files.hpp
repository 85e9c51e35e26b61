// The files of a run: where a client saves its poems, and what is in a file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace poetry {

/// A directory for the poems that one client saves. The destructor removes it.
class PoemFolder {
 public:
  /// Throws std::system_error.
  PoemFolder();
  ~PoemFolder();
  PoemFolder(const PoemFolder&) = delete;
  PoemFolder& operator=(const PoemFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path poem(std::size_t task) const;

 private:
  std::filesystem::path path_;
};

/// The first bytes of a file, at most this many: a client may have saved more than the memory holds.
/// Empty if the file cannot be read.
std::string firstBytesOf(const std::filesystem::path& file, std::size_t most);

}  // namespace poetry
