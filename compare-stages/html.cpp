#include "html.hpp"

#include "cli/output.hpp"

namespace poetry {

void saveHtml(const std::filesystem::path& file, const nlohmann::json& comparison) {
  saveFile(file, comparison.dump());
}

}  // namespace poetry
