// The files of the page, as they stand in this directory.
#pragma once

#include <span>
#include <string_view>

namespace poetry {

struct PageFile {
  std::string_view name;  ///< "page.css"
  std::string_view text;
};

/// All of them, page.html first. CMakeLists.txt makes the source of it.
std::span<const PageFile> pageFiles();

}  // namespace poetry
