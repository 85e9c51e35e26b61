// The poem on disk.
#pragma once

#include "net/unique_fd.hpp"

#include <cstddef>
#include <filesystem>
#include <string>

namespace poetry {

/// A poem that is read from its first byte to its last, a few bytes at a time.
class PoemFile {
 public:
  /// Opens it. Throws std::system_error if it is missing, unreadable, a directory or a pipe.
  explicit PoemFile(const std::filesystem::path& path);

  /// The next `count` bytes; fewer at the end of the poem, none after it. Bytes, not characters: a
  /// character of three bytes may well be cut in two. Throws std::system_error.
  std::string read(std::size_t count);

 private:
  std::filesystem::path path_;
  UniqueFd fd_;
};

}  // namespace poetry
