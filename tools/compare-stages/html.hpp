// The comparison as one HTML page, which needs no network and no server.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace poetry {

/// A page with its style sheets, its scripts and `json`, the text of toJson. No text in `json` can end
/// the script element that holds it. `page`: "page.html", or "verdicts.html" for --check.
std::string makePage(const std::string& json, std::string_view page = "page.html");

/// The address of a file for a browser: "file:///tmp/my%20page.html". `file` is absolute. Under WSL, the
/// address is for a browser of Windows: "file://wsl.localhost/Debian/tmp/my%20page.html".
std::string fileUrl(const std::filesystem::path& file);

}  // namespace poetry
