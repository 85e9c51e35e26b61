// Values in a JSON file. The other tests look at JSON through this, because the library takes a
// compiler many seconds.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

namespace poetry::testing {

class JsonFile {
 public:
  JsonFile() = default;
  /// Reads a file that may be missing.
  explicit JsonFile(const std::filesystem::path& file);

  /// The value at a pointer such as "/stages/0/name", as JSON text: null if there is none.
  [[nodiscard]] std::string at(const std::string& pointer) const;
  /// How many elements the array or object at a pointer has.
  [[nodiscard]] std::size_t sizeOf(const std::string& pointer) const;

 private:
  std::shared_ptr<const nlohmann::json> all_;
};

}  // namespace poetry::testing
