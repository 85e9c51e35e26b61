# Included by the CMakeLists.txt of a working copy.
set(POETRY_SANITIZE ON CACHE BOOL "Always on: a mistake with memory must not pass")
include("${CMAKE_CURRENT_LIST_DIR}/../../cmake/PoetryLesson.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/exercise.cmake")

# poetry_working_copy(blocking-client/read-to-the-end): its program, its checks, and a test for each check.
function(poetry_working_copy exercise)
  poetry_exercise(${exercise} "${CMAKE_SOURCE_DIR}")
  string(REPLACE "/" "." target "${exercise}")
  set_target_properties(${checks} PROPERTIES EXCLUDE_FROM_ALL OFF)
  if(TARGET ${target})
    set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL OFF)
  endif()
  gtest_discover_tests(${checks} DISCOVERY_MODE PRE_TEST)
endfunction()
