"""Pages, working copies and hints, in a small repository of its own."""

import contextlib
import io
import tempfile
import threading
import unittest
from pathlib import Path
from unittest import mock

import here  # noqa: F401
import exercise
import exercises
import proof
import working_copy

PAGE = """write · 15 minutes · trains: reading

# Read

## The task

Read.

## What you start with

It reads once.

## Not in scope

Names.

## Checks

- `Waits` (red at the start): it waits.
- `Crashes` (red at the start, crashes): it crashes.
- `Ends`: it ends.

## Hints

""" + "".join(f"<details markdown=\"1\"><summary>Hint {n}</summary>\n\nHint {n}.\n\n</details>\n\n" for n in (1, 2, 3))


class Copies(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.write("blocking-client/CMakeLists.txt", "poetry_program(blocking-client a.cpp b.cpp)\n")
        for name, text in {"a.cpp": "lesson a", "b.cpp": "lesson b", "b.hpp": "header", "c.cpp": "variant"}.items():
            self.write(f"blocking-client/{name}", text)
        room = "blocking-client/exercises/read/"
        for name, text in {"README.md": PAGE, "starter/a.cpp": "YOUR TURN", "solution/a.cpp": "solved",
                           "wrong/one/a.cpp": "one", "wrong/one/headline": "After {N} bytes, it stopped.",
                           "wrong/two/a.cpp": "two", "wrong/two/headline": "It stopped."}.items():
            self.write(room + name, text)
        self.exercise = exercise.Exercise(self.root, "blocking-client", "read")
        root = mock.patch.object(exercises, "REPOSITORY", self.root)
        root.start()
        self.addCleanup(root.stop)
        quiet = mock.patch.object(working_copy, "write_compile_commands")
        quiet.start()
        self.addCleanup(quiet.stop)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def lesson(self, *arguments):
        """The exit code, and what was printed."""
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            code = exercises.main(list(arguments))
        return code, output.getvalue()

    def test_the_page_names_the_status_of_each_check_at_the_start(self):
        self.assertEqual(self.exercise.page.checks, {"Waits": "failed", "Crashes": "error", "Ends": "passed"})

    def test_a_copy_has_the_lessons_sources_with_those_of_the_starter_over_them(self):
        self.assertEqual(self.lesson("start", "read")[0], 0)
        copy = self.root / "my/blocking-client/read"
        self.assertEqual({path.name for path in copy.iterdir()},
                         {"a.cpp", "b.cpp", "b.hpp", "README.md", "CMakeLists.txt"})
        self.assertEqual((copy / "a.cpp").read_text(), "YOUR TURN")

    def test_start_never_overwrites_a_copy(self):
        self.lesson("start", "read")
        self.write("my/blocking-client/read/a.cpp", "mine")
        code, said = self.lesson("start", "read")
        self.assertEqual(code, 2)
        self.assertIn("./lesson reset blocking-client/read", said)
        self.assertEqual((self.root / "my/blocking-client/read/a.cpp").read_text(), "mine")

    def test_reset_keeps_what_was_there(self):
        self.lesson("start", "read")
        self.write("my/blocking-client/read/a.cpp", "mine")
        self.assertEqual(self.lesson("reset", "read")[0], 0)
        self.assertEqual((self.root / "my/blocking-client/read/a.cpp").read_text(), "YOUR TURN")
        kept = list(self.root.glob("my/kept/*/a.cpp"))
        self.assertEqual([path.read_text() for path in kept], ["mine"])

    def test_a_second_reset_keeps_the_first_copy(self):
        self.lesson("start", "read")
        for text in ("first", "second"):
            self.write("my/blocking-client/read/a.cpp", text)
            self.assertEqual(self.lesson("reset", "read")[0], 0)
        kept = [self.root / f"my/kept/blocking-client.read.{number}/a.cpp" for number in (1, 2)]
        self.assertEqual([path.read_text() for path in kept], ["first", "second"])

    def test_the_code_of_a_hint_is_indented(self):
        self.assertEqual(exercises.for_terminal("Then:\n\n```\na {\n}\n```\n\nWhy?"), "Then:\n\n    a {\n    }\n\nWhy?")

    def test_an_exercise_that_is_begun_is_next(self):
        self.write("blocking-client/exercises/aaa/README.md", PAGE)
        self.lesson("start", "read")
        self.assertIn("Next: ./lesson check blocking-client/read\n", self.lesson("exercises")[1])

    def test_hints_come_one_by_one(self):
        said = [self.lesson("hint", "read")[1] for _ in range(4)]
        for number, text in enumerate(said[:3], 1):
            self.assertEqual(text, f"Hint {number}.\n")
        self.assertIn("--spoil", said[3])

    def test_the_solution_is_shown_only_when_it_is_solved_or_with_spoil(self):
        self.assertEqual(self.lesson("solution", "read")[0], 2)
        code, said = self.lesson("solution", "read", "--spoil")
        self.assertEqual(code, 0)
        self.assertIn("+solved", said)
        exercises.Progress(self.root).note("blocking-client/read", solved=True)
        self.assertEqual(self.lesson("solution", "read")[0], 0)

    def test_a_solution_may_be_a_link_to_a_file_of_the_book(self):
        self.write("docs/code/a.cpp", "in the book")
        solution = self.root / "blocking-client/exercises/read/solution/a.cpp"
        solution.unlink()
        solution.symlink_to("../../../../docs/code/a.cpp")
        files = exercises.files_to_check(self.exercise, "solution")
        self.assertEqual(files["a.cpp"], b"in the book")
        self.assertNotIn("headline", exercises.files_to_check(self.exercise, "wrong/one"))

    def test_a_submission_must_not_be_a_link(self):
        self.write("submission/b.cpp", "mine")
        (self.root / "submission/a.cpp").symlink_to("b.cpp")
        self.assertNotIn("a.cpp", exercises.files_to_check(self.exercise, str(self.root / "submission")))

    def test_the_list_has_a_bar(self):
        self.assertIn("0 of 1 done", self.lesson("exercises")[1])
        exercises.Progress(self.root).note("blocking-client/read", solved=True)
        self.assertIn("[##############################] 1 of 1 done", self.lesson("exercises")[1])

    def test_watch_checks_at_the_start_and_at_each_save(self):
        self.lesson("start", "read")
        checked = mock.patch.object(exercises, "check_all").start()
        # What happens while it waits: nothing, a save, nothing, Ctrl-C.
        save = [lambda: None, lambda: self.write("my/blocking-client/read/a.cpp", "mine, saved"), lambda: None]
        pauses = iter(save)

        def pause(_):
            step = next(pauses, None)
            if step is None:
                raise KeyboardInterrupt
            step()

        mock.patch.object(exercises.time, "sleep", pause).start()
        self.addCleanup(mock.patch.stopall)
        self.assertEqual(self.lesson("check", "read", "--watch")[0], 130)
        self.assertEqual(checked.call_count, 2)

    def test_an_unknown_exercise_is_a_usage_error(self):
        self.assertEqual(self.lesson("check", "nonsense")[0], 2)
        self.assertEqual(self.lesson("check", "read")[0], 2)

    def test_an_unknown_check_is_a_usage_error_that_names_those_there_are(self):
        self.lesson("start", "read")
        code, said = self.lesson("check", "read", "--only", "Wait")
        self.assertEqual(code, 2)
        self.assertIn("\n  Waits\n", said)

    def test_the_proof_finds_nothing_on_a_complete_page(self):
        self.assertEqual(proof.mistakes_of_page(self.exercise), [])

    def test_the_proof_finds_a_second_marker_and_a_missing_hint(self):
        room = "blocking-client/exercises/read/"
        self.write(room + "starter/a.cpp", "YOUR TURN YOUR TURN")
        self.write(room + "README.md", PAGE.replace("</details>", "", 1))
        found = "\n".join(proof.mistakes_of_page(self.exercise))
        self.assertIn("2 times YOUR TURN", found)
        self.assertIn("2 hints", found)

    def test_the_proof_finds_a_name_in_a_hint_that_nothing_has_introduced(self):
        page = PAGE.replace("Hint 3.\n", "Call `poll`.\n")
        self.write("blocking-client/exercises/read/README.md", page)
        self.assertIn("a hint names `poll`", "\n".join(proof.mistakes_of_page(self.exercise)))
        self.write("docs/02-slow-poetry.md", "`poll` waits.")
        self.assertEqual(proof.mistakes_of_page(self.exercise), [])

    def test_the_proof_finds_hints_with_the_whole_solution(self):
        room = "blocking-client/exercises/read/"
        self.write(room + "README.md", PAGE.replace("Hint 3.\n", "Write this: solved\n"))
        self.assertIn("README.md: the hints contain the whole solution", proof.mistakes_of_page(self.exercise))

    def test_the_proof_accepts_a_solution_without_a_new_line(self):
        room = "blocking-client/exercises/read/"
        self.write(room + "starter/a.cpp", "b\na\n// YOUR TURN: a comes before b.\n")
        self.write(room + "solution/a.cpp", "a\nb\n")
        self.assertEqual(proof.mistakes_of_page(self.exercise), [])

    def test_a_check_that_waits_for_another_says_so(self):
        builder = exercises.Builder(self.root)
        said, output = threading.Event(), io.StringIO()
        output.flush = said.set
        waits = threading.Thread(target=lambda: builder.locked().__enter__())
        with contextlib.redirect_stderr(output):
            with builder.locked():
                waits.start()
                self.assertTrue(said.wait(60))
            waits.join()
        self.assertIn("another check is running; waiting", output.getvalue())

    def test_a_number_of_a_headline_may_vary(self):
        self.assertTrue(proof.fits("After 10 bytes, it stopped.", "After {N} bytes, it stopped."))
        self.assertFalse(proof.fits("After ten bytes, it stopped.", "After {N} bytes, it stopped."))


if __name__ == "__main__":
    unittest.main()
