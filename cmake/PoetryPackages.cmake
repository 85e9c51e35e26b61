# Finds the packages that we use, all from the system's package manager. Nothing is downloaded: what is
# missing is named, together with the command that installs it. Every lesson includes this file, because
# CMake knows a package that it has found only in the directory that asked for it and below.
set(missing "")

# Debian's libevent has no CMake package file, so pkg-config finds it.
find_package(PkgConfig QUIET)
if(NOT PkgConfig_FOUND)
  list(APPEND missing "pkg-config (Debian: pkgconf)")
elseif(NOT TARGET poetry::event)
  pkg_check_modules(POETRY_LIBEVENT QUIET IMPORTED_TARGET GLOBAL libevent_core)
  if(POETRY_LIBEVENT_FOUND)
    add_library(poetry::event ALIAS PkgConfig::POETRY_LIBEVENT)
  else()
    list(APPEND missing "libevent (Debian: libevent-dev)")
  endif()
endif()

find_package(CLI11 QUIET CONFIG)
if(NOT CLI11_FOUND)
  list(APPEND missing "CLI11 (Debian: libcli11-dev)")
endif()

find_package(Threads REQUIRED)  # part of the system

# For compare-stages, which is part of the whole tree only.
if(CMAKE_SOURCE_DIR STREQUAL POETRY_ROOT)
  find_package(nlohmann_json QUIET CONFIG)
  if(NOT nlohmann_json_FOUND)
    list(APPEND missing "nlohmann JSON (Debian: nlohmann-json3-dev)")
  endif()
endif()

if(BUILD_TESTING)
  find_package(GTest QUIET)
  if(NOT GTest_FOUND)
    list(APPEND missing "GoogleTest (Debian: libgtest-dev)")
  endif()
  include(GoogleTest)
endif()

if(missing)
  list(JOIN missing "\n  " missing)
  message(FATAL_ERROR
    "Not installed:\n  ${missing}\n"
    "On Debian this installs everything, from the repository's root:\n  ./lesson setup")
endif()
