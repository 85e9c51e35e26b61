#include "files.hpp"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <system_error>

namespace poetry {

PoemFolder::PoemFolder() {
  const char* chosen = std::getenv("TMPDIR");
  const std::string parent = chosen == nullptr || *chosen == '\0' ? "/tmp" : chosen;
  std::string name = parent + "/compare-stages-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(),
                            "cannot make a folder in '" + parent + "' (set TMPDIR to another)");
  }
  path_ = std::filesystem::absolute(name);  // a client may run in another directory
}

PoemFolder::~PoemFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path PoemFolder::poem(std::size_t task) const {
  return path_ / ("poem-" + std::to_string(task) + ".txt");
}

std::string firstBytesOf(const std::filesystem::path& file, std::size_t most) {
  std::string bytes(most, '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.read(bytes.data(), static_cast<std::streamsize>(most));
  bytes.resize(static_cast<std::size_t>(stream.gcount()));
  return bytes;
}

}  // namespace poetry
