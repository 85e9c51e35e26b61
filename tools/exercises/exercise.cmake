# The targets of one exercise, for the build of ./lesson check and for a working copy that is built alone.
set(POETRY_EXERCISES "${CMAKE_CURRENT_LIST_DIR}")
add_subdirectory("${POETRY_EXERCISES}/support" "${CMAKE_BINARY_DIR}/exercises/support" EXCLUDE_FROM_ALL)

# poetry_exercise(blocking-client/read-to-the-end FOLDER)
# The checks, and the program from the C++ files in FOLDER. There is no program if FOLDER has none: then the
# exercise asks for answers. Sets `checks`, the target of the checks.
function(poetry_exercise exercise folder)
  string(REPLACE "/" "." target "${exercise}")
  string(REPLACE "/" "/exercises/" room "${exercise}")
  set(program "")

  file(GLOB sources "${folder}/*.cpp")
  if(sources)
    add_executable(${target} EXCLUDE_FROM_ALL ${sources})
    poetry_output(${target})
    poetry_settings(${target})
    target_link_libraries(${target} PRIVATE poetry::cli poetry::reactor)
    poetry_reuse_headers(${target} poetry_exercise_headers)
    set(program "${CMAKE_BINARY_DIR}/bin/${target}")
  endif()

  file(GLOB sources "${POETRY_ROOT}/${room}/check/*.cpp")
  add_executable(check.${target} EXCLUDE_FROM_ALL ${sources})
  poetry_output(check.${target})
  poetry_settings(check.${target})
  poetry_reuse_headers(check.${target} poetry_support)
  target_link_libraries(check.${target} PRIVATE poetry::exercise poetry::reactor poetry::support)
  # Which exercise is checked, and where it is. Functions of exercises/support/check.hpp return these.
  target_sources(check.${target} PRIVATE "${CMAKE_CURRENT_BINARY_DIR}/${target}.place.cpp")
  file(CONFIGURE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/${target}.place.cpp" CONTENT [[
#include "exercises/support/place.hpp"
namespace poetry::testing {
const ExercisePlace kExercisePlace{"@exercise@", "@program@", "@folder@"};
}
]] @ONLY)
  set(checks check.${target} PARENT_SCOPE)
endfunction()
