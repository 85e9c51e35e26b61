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

# A project around ours may bring its own CLI11 or GoogleTest.
if(NOT TARGET CLI11::CLI11)
  find_package(CLI11 QUIET CONFIG)
endif()
if(NOT TARGET CLI11::CLI11)
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
  if(NOT TARGET GTest::gtest)
    find_package(GTest QUIET)
  endif()
  if(NOT TARGET GTest::gtest)
    list(APPEND missing "GoogleTest (Debian: libgtest-dev; without tests, -D BUILD_TESTING=OFF, it is not needed)")
  endif()
  include(GoogleTest)
endif()

if(missing)
  list(JOIN missing "\n  " missing)
  message(FATAL_ERROR
    "Not installed:\n  ${missing}\n"
    "On Debian this installs everything, from the repository's root:\n  ./lesson setup")
endif()
