// The comparison as a page of its own, which needs no network and no server.
#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>

namespace poetry {

/// Writes the page to `file`: HTML, CSS and JavaScript with the comparison in it. Throws
/// std::system_error.
void saveHtml(const std::filesystem::path& file, const nlohmann::json& comparison);

}  // namespace poetry
