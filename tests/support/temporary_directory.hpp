// A directory for the files of one test.
#pragma once

#include <filesystem>

namespace poetry::testing {

/// An empty directory in /tmp, with no blank and no colon in its path. The destructor removes it and
/// everything in it.
class TemporaryDirectory {
 public:
  /// Throws std::system_error.
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace poetry::testing
