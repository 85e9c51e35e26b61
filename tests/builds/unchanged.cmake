# Checks that our project changes nothing in a project that includes it. That project calls remember()
# before add_subdirectory and expect_unchanged() after it.

macro(remember)
  get_cmake_property(cache_before CACHE_VARIABLES)
  foreach(entry IN LISTS cache_before)
    set("before_${entry}" "$CACHE{${entry}}")
  endforeach()
endmacro()

# Entries of the cache may be new if find_package, pkg_check_modules or project() makes them, and CMake
# itself makes some for a language that is new to the project.
set(allowed_entries "^(POETRY_|CLI11_DIR$|GTest_DIR$|CMAKE_HAVE_LIBC_PTHREAD$|FIND_PACKAGE_MESSAGE_DETAILS_|PKG_CONFIG_)"
  "^(pkgcfg_lib|__pkg_config_(arguments|checked))_POETRY_LIBEVENT|^prefix_result$"
  "^(poetry-common|async-client|reactor-client-2)_(SOURCE_DIR|BINARY_DIR|IS_TOP_LEVEL)$")
set(allowed_targets "^(poetry_[a-z]+|(async-client|reactor-client-2)(-stack)?(-tests)?)$")

macro(expect_unchanged)
  foreach(entry IN LISTS cache_before)
    if(NOT "$CACHE{${entry}}" STREQUAL "${before_${entry}}")
      message(SEND_ERROR "${entry} was '${before_${entry}}' and is '$CACHE{${entry}}'")
    endif()
  endforeach()
  get_cmake_property(entries CACHE_VARIABLES)
  list(REMOVE_ITEM entries ${cache_before})
  foreach(pattern IN LISTS allowed_entries)
    list(FILTER entries EXCLUDE REGEX "${pattern}")
  endforeach()
  if(entries)
    message(SEND_ERROR "new entries of the cache: ${entries}")
  endif()
  expect_our_targets("${CMAKE_CURRENT_SOURCE_DIR}")
endmacro()

# All targets in the folders below `directory` have names that are ours.
function(expect_our_targets directory)
  get_property(folders DIRECTORY "${directory}" PROPERTY SUBDIRECTORIES)
  foreach(folder IN LISTS folders)
    get_property(targets DIRECTORY "${folder}" PROPERTY BUILDSYSTEM_TARGETS)
    list(FILTER targets EXCLUDE REGEX "${allowed_targets}")
    if(targets)
      message(SEND_ERROR "targets that are not named after us: ${targets}")
    endif()
    expect_our_targets("${folder}")
  endforeach()
endfunction()
