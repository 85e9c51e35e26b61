# The packages we stand on, all from the system's package manager. Nothing is downloaded here: what
# is missing is named, together with the command that installs it.
set(missing "")

# Debian's libevent has no CMake package file, so pkg-config finds it for us.
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(POETRY_LIBEVENT QUIET IMPORTED_TARGET GLOBAL libevent_core libevent_extra)
  if(POETRY_LIBEVENT_FOUND)
    add_library(poetry::event ALIAS PkgConfig::POETRY_LIBEVENT)
  else()
    list(APPEND missing "libevent (apt: libevent-dev, dnf: libevent-devel, pacman: libevent, brew: libevent)")
  endif()
else()
  list(APPEND missing "pkg-config (apt: pkg-config, dnf: pkgconf-pkg-config, pacman: pkgconf, brew: pkg-config)")
endif()

find_package(CLI11 QUIET CONFIG)
if(NOT CLI11_FOUND)
  list(APPEND missing "CLI11 (apt: libcli11-dev, dnf: cli11-devel, pacman: cli11, brew: cli11)")
endif()

# For compare-stages, which is no lesson: a lesson on its own does without.
if(CMAKE_SOURCE_DIR STREQUAL POETRY_ROOT)
  find_package(nlohmann_json QUIET CONFIG)
  if(NOT nlohmann_json_FOUND)
    list(APPEND missing
      "nlohmann JSON (apt: nlohmann-json3-dev, dnf: json-devel, pacman: nlohmann-json, brew: nlohmann-json)")
  endif()
endif()

find_package(Threads REQUIRED)  # part of the system

if(BUILD_TESTING)
  find_package(GTest QUIET)
  if(NOT GTest_FOUND)
    list(APPEND missing "GoogleTest (apt: libgtest-dev, dnf: gtest-devel, pacman: gtest, brew: googletest)")
  endif()
  include(GoogleTest)
endif()

if(missing)
  list(JOIN missing "\n  " missing)
  message(FATAL_ERROR
    "Not installed:\n  ${missing}\n"
    "This installs everything, from the repository's root:\n  ./lesson setup")
endif()
