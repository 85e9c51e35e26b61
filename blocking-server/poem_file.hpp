// The poem on disk.
#pragma once

#include "net/unique_fd.hpp"

#include <cstddef>
#include <filesystem>
#include <string>

#include <sys/stat.h>

namespace poetry {

/// A poem that is read once, from its first byte to its last.
class PoemFile {
 public:
  /// Opens the poem. Throws std::runtime_error if it is missing, unreadable, or not a regular file.
  explicit PoemFile(const std::filesystem::path& path);

  /// The next `count` bytes, fewer at the end of the poem, none after it. They are bytes, not
  /// characters: the last of them may be a part of a character.
  ///
  /// Throws std::runtime_error, also at the end of a poem that was written to since it was opened:
  /// what was read may be neither the old poem nor the new one.
  std::string read(std::size_t count);

 private:
  [[noreturn]] void fail(int error) const;

  std::filesystem::path path_;
  UniqueFd fd_;
  struct stat opened_ = {};  ///< its status when it was opened
};

/// Throws UsageError if the poem cannot be opened.
void checkPoem(const std::filesystem::path& path);

}  // namespace poetry
