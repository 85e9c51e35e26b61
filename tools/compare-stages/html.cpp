#include "html.hpp"

#include "page_files.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace poetry {

namespace {

/// Replaces `mark`. A page has only some of the marks.
void replace(std::string& page, const std::string& mark, const std::string& text) {
  if (const std::size_t at = page.find(mark); at != std::string::npos) {
    page.replace(at, mark.size(), text);
  }
}

/// JSON that may stand in a script element. There, "</script" ends the element and "<!--" changes how
/// its end is found. In JSON, "\u003c" means the same as '<', which can only be part of a string.
std::string forScript(const std::string& json) {
  std::string safe;
  for (const char c : json) {
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe += c;
    }
  }
  return safe;
}

}  // namespace

std::string makePage(const std::string& json, std::string_view page) {
  const auto files = pageFiles();
  std::string html(std::find_if(files.begin(), files.end(), [&](const PageFile& file) {
                     return file.name == page;
                   })->text);
  for (const PageFile& part : files) {
    const std::string name(part.name);
    const std::string text(part.text);
    replace(html, "<link rel=\"stylesheet\" href=\"" + name + "\">",
            "<style>\n" + text + "</style>");
    replace(html, "<script src=\"" + name + "\"></script>", "<script>\n" + text + "</script>");
  }
  // Last, because its text may look like a mark.
  const std::string empty = "id=\"comparison\">";
  replace(html, empty + "</script>", empty + forScript(json) + "</script>");
  return html;
}

std::string fileUrl(const std::filesystem::path& file) {
  std::string url = "file://";
  std::string path = file.string();
  // Under WSL, the browser is a program of Windows, which has other names for our files.
  if (const char* distribution = std::getenv("WSL_DISTRO_NAME"); distribution != nullptr) {
    const bool isOnDrive = path.starts_with("/mnt/") && path.substr(6, 1) == "/";
    url += isOnDrive ? '/' + path.substr(5, 1) + ':' : "wsl.localhost/" + std::string(distribution);
    path.erase(0, isOnDrive ? 6 : 0);
  }
  for (const char c : path) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 ||
        std::string_view("/-._~").find(c) != std::string_view::npos) {
      url += c;
    } else {
      std::array<char, 4> escape{};
      std::snprintf(escape.data(), escape.size(), "%%%02X",
                    static_cast<unsigned>(static_cast<unsigned char>(c)));
      url += escape.data();
    }
  }
  return url;
}

}  // namespace poetry
