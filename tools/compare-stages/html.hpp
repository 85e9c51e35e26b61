// The comparison as a page of its own, which needs no network and no server.
#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>

namespace poetry {

/// Writes the page to `file`, whole or not at all: HTML, style sheet, scripts and `comparison`, whose
/// schema is that of --json. Bytes in it that are no UTF-8 become U+FFFD, and no text of it can end
/// the script that holds it. Throws std::system_error.
void saveHtml(const std::filesystem::path& file, const nlohmann::json& comparison);

/// The address of a file, for a browser: "file:///tmp/my%20page.html". `file` is absolute.
std::string fileUrl(const std::filesystem::path& file);

}  // namespace poetry
