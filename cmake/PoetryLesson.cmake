# Included by each lesson's CMakeLists.txt. In the whole tree everything below is there already;
# for a lesson on its own this adds common/, of which only what the lesson links gets built.
include("${CMAKE_CURRENT_LIST_DIR}/PoetryProject.cmake")

if(NOT TARGET poetry::net)
  add_custom_target(programs)
  add_subdirectory("${POETRY_ROOT}/common" "${CMAKE_BINARY_DIR}/common" EXCLUDE_FROM_ALL)
  if(BUILD_TESTING)
    add_subdirectory("${POETRY_ROOT}/tests/support" "${CMAKE_BINARY_DIR}/tests/support" EXCLUDE_FROM_ALL)
  endif()
endif()
