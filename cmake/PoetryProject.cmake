# Settings and packages of every build, of the whole tree as well as of one lesson alone, and the
# functions that the CMakeLists.txt files use. In another project, where a lesson is a subdirectory, the
# settings of that project stay as they are.
get_filename_component(POETRY_ROOT "${CMAKE_CURRENT_LIST_DIR}" DIRECTORY)

if(CMAKE_SOURCE_DIR STREQUAL CMAKE_BINARY_DIR AND PROJECT_IS_TOP_LEVEL)
  file(RELATIVE_PATH folder "${POETRY_ROOT}" "${CMAKE_SOURCE_DIR}")
  if(folder STREQUAL "")
    set(right_command "cmake -S . -B build")
  else()
    set(right_command "cmake -S ${folder} -B build/${folder}")
  endif()
  message(FATAL_ERROR
    "Build in a folder of its own, not among the sources. Remove what CMake has left here already:\n"
    "  rm -r CMakeCache.txt CMakeFiles\n"
    "and build from the repository's root:\n"
    "  ${right_command}")
endif()

if(PROJECT_IS_TOP_LEVEL)
  set(POETRY_IS_TOP_LEVEL ON)  # also in the folders below
  option(BUILD_TESTING "Build the tests" ON)
  option(POETRY_WERROR "Treat warnings as errors" OFF)
  option(POETRY_SANITIZE "Build everything with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
  option(POETRY_FUZZ "Build the fuzzers, and everything so that they see its branches; clang++ only" OFF)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)  # editors and clang-tidy read compile_commands.json
  # Debug, unless the reader asks for something else. Some generators have all build types at once.
  get_property(has_all_build_types GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(NOT CMAKE_BUILD_TYPE AND NOT has_all_build_types)
    set(CMAKE_BUILD_TYPE Debug CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
  endif()
elseif(NOT POETRY_IS_TOP_LEVEL)
  # Another project may use other compiler options for each lesson, and precompiled headers need the same.
  set(CMAKE_DISABLE_PRECOMPILE_HEADERS ON)
  if(NOT DEFINED BUILD_TESTING)
    set(BUILD_TESTING ON)
  endif()
endif()

set(CMAKE_CXX_EXTENSIONS OFF)  # -std=c++20, not -std=gnu++20

if(BUILD_TESTING)
  enable_testing()
endif()

# A lesson alone builds common/, but not the tests of common/.
set(POETRY_TEST_COMMON OFF)
if(BUILD_TESTING AND CMAKE_SOURCE_DIR STREQUAL POETRY_ROOT)
  set(POETRY_TEST_COMMON ON)
endif()

include("${CMAKE_CURRENT_LIST_DIR}/PoetryPackages.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/PoetryTargets.cmake")
