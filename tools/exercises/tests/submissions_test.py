"""Submissions that hang, crash, print or allocate without end, or do not compile, get a verdict each."""

import os
import unittest
import unittest.mock

import here
import limits
import proof
import runner
from exercise import Exercise
from record import ERROR, PASSED, SKIPPED

EXERCISE = Exercise(here.REPOSITORY, "blocking-client", "read-to-the-end")
SOLUTION = EXERCISE.variant("solution")["get_poetry.cpp"].decode()


def check(statement, only="TakesAnEmptyPoem"):
    """The verdict about the solution with a statement of a bad submission in it."""
    source = "#include <csignal>\n#include <cstdio>\n#include <unistd.h>\n" + SOLUTION
    source = source.replace("  while (true) {\n", statement + "  while (true) {\n", 1)
    return runner.check(proof.builder_for_proof(), EXERCISE, EXERCISE.files({"get_poetry.cpp": source.encode()}), only,
                        alone=limits.can_be_alone())


class Submissions(unittest.TestCase):
    def expect(self, verdict, status, headline):
        self.assertEqual((verdict.records[0].status, verdict.records[0].headline), (status, headline))
        self.assertFalse(verdict.checker_failed)

    def test_a_solution_passes(self):
        self.expect(check(""), PASSED, "")

    def test_settings_of_googletest_in_the_environment_change_nothing(self):
        settings = {"GTEST_SHUFFLE": "1", "GTEST_REPEAT": "0", "GTEST_LIST_TESTS": "1", "GTEST_TOTAL_SHARDS": "9"}
        with unittest.mock.patch.dict(os.environ, settings):
            self.expect(check(""), PASSED, "")

    def test_without_the_file_of_the_exercise_the_lessons_own_file_is_not_checked(self):
        files = EXERCISE.files({"get_poetry_final.cpp": SOLUTION.encode()})
        verdict = runner.check(proof.builder_for_proof(), EXERCISE, files)
        self.expect(verdict, ERROR, "There is no file get_poetry.cpp, or it is larger than 1 MiB.")
        self.assertEqual({record.status for record in verdict.records[1:]}, {SKIPPED})

    def test_a_program_that_hangs_is_ended_and_called_a_hang(self):
        self.expect(check("  ::pause();\n"), ERROR, "The client hangs: it waits in `pause`.")

    def test_a_program_that_prints_without_end_is_ended(self):
        self.expect(check('  while (connection.socket.get() > 0) {\n    std::puts("poem");\n  }\n'), ERROR,
                    "The client prints without end.")

    def test_a_crash_names_its_line(self):
        verdict = check("  std::raise(SIGSEGV);\n")
        self.assertEqual(verdict.records[0].status, ERROR)
        self.assertRegex(verdict.records[0].headline, r"^The client crashed at get_poetry\.cpp:\d+: ")

    def test_an_error_in_a_header_names_the_line_of_the_student_that_leads_there(self):
        messages = ("In file included from get_poetry.cpp:1:\n/usr/include/map: In instantiation of 'emplace':\n"
                    "get_poetry.cpp:40:12:   required from here\n/usr/include/map:7:8: error: no conversion\n")
        build = runner.not_compiled(EXERCISE, [], messages)[0]
        self.assertEqual(build.headline, "The program does not compile: get_poetry.cpp:40.")
        self.assertTrue(build.story.startswith("\n/usr/include/map:7:8: error: no conversion\n"
                                               "get_poetry.cpp:40:12:   required from here\n"), build.story)

    def test_a_compiler_that_takes_all_memory_is_ended(self):
        source = '#include "/dev/zero"\n' + SOLUTION
        verdict = runner.check(proof.builder_for_proof(), EXERCISE, EXERCISE.files({"get_poetry.cpp": source.encode()}))
        self.expect(verdict, ERROR, "The program does not compile.")
        self.assertIn("memory", verdict.records[0].story)

    def test_messages_name_the_students_files_without_a_folder(self):
        folder = "/a b/build/exercises/candidates/blocking-client/read-to-the-end/"
        messages = f"[ 10%] Building\nIn file included from {folder}a.hpp:1:\n{folder}a.cpp:3:4: error: no\ncc1plus: all warnings being treated as errors\n"
        self.assertEqual(proof.builder_for_proof().readable(EXERCISE, messages),
                         "In file included from a.hpp:1:\na.cpp:3:4: error: no")

    def test_a_program_that_does_not_compile_has_a_state_of_its_own(self):
        verdict = check('  int number = "verse";\n', only="")
        self.assertEqual([record.status for record in verdict.records], [ERROR] + 6 * [SKIPPED])
        self.assertRegex(verdict.records[0].headline, r"^The program does not compile: get_poetry\.cpp:\d+\.$")
        self.assertLessEqual(len(verdict.records[0].story.encode()), 1600)


if __name__ == "__main__":
    unittest.main()
