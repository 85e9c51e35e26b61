// The files of this directory, as strings in the program.
#pragma once

#include <span>
#include <string_view>

namespace poetry {

struct PageFile {
  std::string_view name;  ///< "page.css"
  std::string_view text;
};

/// All files of the pages. CMakeLists.txt writes the source of this function.
std::span<const PageFile> pageFiles();

}  // namespace poetry
