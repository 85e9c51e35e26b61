// Which exercise a check program checks, and where. CMake writes its values (exercise.cmake).
#pragma once

namespace poetry::testing {

struct ExercisePlace {
  const char* exercise;  ///< "blocking-client/read-to-the-end"
  const char* program;   ///< path of the program under test; empty if the exercise has none
  const char* folder;    ///< path of the files under test
};

extern const ExercisePlace kExercisePlace;

}  // namespace poetry::testing
