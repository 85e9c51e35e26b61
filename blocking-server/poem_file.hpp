// The poem on disk.
#pragma once

#include "net/unique_fd.hpp"

#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>

#include <sys/stat.h>

namespace poetry {

/// A poem cannot be read; what() says which, and why.
struct PoemError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A poem that is read from its first byte to its last, a few bytes at a time.
class PoemFile {
 public:
  /// Opens it. Throws PoemError if it is missing, unreadable, a directory or a pipe.
  explicit PoemFile(const std::filesystem::path& path);

  /// The next `count` bytes; fewer at the end of the poem, none after it. Bytes, not characters: a
  /// character of three bytes may well be cut in two. Throws PoemError; also at the end of a poem
  /// that somebody has written to since it was opened, because what was read is then perhaps
  /// neither the old poem nor the new one.
  std::string read(std::size_t count);

 private:
  void checkUnchanged() const;

  std::filesystem::path path_;
  UniqueFd fd_;
  struct stat opened_ = {};  ///< how it was when it was opened
};

}  // namespace poetry
