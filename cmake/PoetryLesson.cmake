# Included by each lesson's CMakeLists.txt. In the whole tree everything below exists already. A lesson
# alone adds common/, of which only the parts that it links are built.
include("${CMAKE_CURRENT_LIST_DIR}/PoetryProject.cmake")

if(NOT TARGET poetry::net)
  add_subdirectory("${POETRY_ROOT}/common" "${CMAKE_CURRENT_BINARY_DIR}/common" EXCLUDE_FROM_ALL)
endif()
if(BUILD_TESTING AND NOT TARGET poetry::support)
  add_subdirectory("${POETRY_ROOT}/tests/support" "${CMAKE_CURRENT_BINARY_DIR}/tests/support" EXCLUDE_FROM_ALL)
endif()
