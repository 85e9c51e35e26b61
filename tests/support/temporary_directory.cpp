#include "support/temporary_directory.hpp"

#include <cerrno>
#include <cstdlib>  // mkdtemp
#include <string>
#include <system_error>

namespace poetry::testing {

TemporaryDirectory::TemporaryDirectory() {
  std::string name = "/tmp/poetry-test-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "mkdtemp");
  }
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace poetry::testing
