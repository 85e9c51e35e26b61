# What every build of ours starts with, the whole tree as well as one lesson on its own: settings,
# packages, and the two functions that a lesson's CMakeLists.txt is written with.
include_guard(GLOBAL)

get_filename_component(POETRY_ROOT "${CMAKE_CURRENT_LIST_DIR}" DIRECTORY)

if(CMAKE_SOURCE_DIR STREQUAL CMAKE_BINARY_DIR)
  file(RELATIVE_PATH folder "${POETRY_ROOT}" "${CMAKE_SOURCE_DIR}")
  if(folder STREQUAL "")
    set(right_command "cmake -S . -B build")
  else()
    set(right_command "cmake -S ${folder} -B build/${folder}")
  endif()
  message(FATAL_ERROR
    "A build among the sources would bury them. Remove what CMake has left here already:\n"
    "  rm -r CMakeCache.txt CMakeFiles\n"
    "and build in a folder of its own, from the repository's root:\n"
    "  ${right_command}")
endif()

option(BUILD_TESTING "Build the tests" ON)
option(POETRY_WERROR "Treat warnings as errors" OFF)
option(POETRY_SANITIZE "Build everything with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
option(POETRY_FUZZ "Build the fuzzers, and everything so that they can look into it; clang++ only" OFF)

# A build that a debugger can follow, unless the reader asks for another.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Debug CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
endif()

set(CMAKE_EXPORT_COMPILE_COMMANDS ON)  # editors and clang-tidy read compile_commands.json
set(CMAKE_CXX_EXTENSIONS OFF)          # -std=c++20, not -std=gnu++20

if(BUILD_TESTING)
  enable_testing()
endif()

# A lesson on its own brings common/ along, but not the tests of common/.
if(BUILD_TESTING AND CMAKE_SOURCE_DIR STREQUAL POETRY_ROOT)
  set(POETRY_TEST_COMMON ON)
else()
  set(POETRY_TEST_COMMON OFF)
endif()

include("${CMAKE_CURRENT_LIST_DIR}/PoetryPackages.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/PoetryTargets.cmake")
