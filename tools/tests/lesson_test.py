"""./lesson in a small repository of its own, with a cmake that only writes down how it was called."""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest
import urllib.request
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
COMMANDS = ("demo test build run diff book setup verify bench fuzz soak valgrind coverage "
            "exercises start check hint reset solution").split()
CMAKE = """#!/bin/sh
case $1 in --version) echo "cmake version $CMAKE_VERSION"; exit ;; esac
echo "$PWD: cmake $*" >>"$CALLS"
"""


class Lesson(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="lesson test ")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name).resolve()
        self.root = self.folder / "a repository"
        self.root.mkdir()
        for name in ("lesson", "CMakeLists.txt", ".clang-format", ".clang-tidy"):
            shutil.copy(REPOSITORY / name, self.root)
        for name in ("tools", "poetry", "blocking-server", "blocking-client"):
            shutil.copytree(REPOSITORY / name, self.root / name)
        self.tools = self.folder / "tools"
        self.tools.mkdir()
        self.calls = self.folder / "calls"
        # The commands of the packages that ./lesson looks for. There is no dpkg, so it looks for no others.
        for name in ("cmake", "g++", "make", "pkgconf", "libevent-dev", "libcli11-dev", "libgtest-dev",
                     "nlohmann-json3-dev"):
            self.program(name, CMAKE if name == "cmake" else "#!/bin/sh\n")
        self.environment = {"PATH": f"{self.tools}:{os.environ['PATH']}", "CALLS": str(self.calls),
                            "CMAKE_VERSION": "3.25.1", "HOME": str(self.folder)}

    def program(self, name, text):
        path = self.tools / name
        path.write_text(text)
        path.chmod(0o755)

    def start(self, *words, cwd=None, program=None, ignored=None, **environment):
        ignore = ignored and (lambda: signal.signal(ignored, signal.SIG_IGN))
        return subprocess.Popen([program or self.root / "lesson", *words], cwd=cwd or self.folder, text=True,
                                preexec_fn=ignore,
                                env=self.environment | environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def lesson(self, *words, **how):
        """The exit code, and what was printed."""
        process = self.start(*words, **how)
        output = process.communicate(timeout=60)[0]
        return process.returncode, output

    def expect_one_line(self, result, code, *parts):
        self.assertEqual(result[0], code, result[1])
        self.assertEqual(result[1].count("\n"), 1, result[1])
        for part in parts:
            self.assertIn(str(part), result[1])

    # ---------------------------------------------------------------- help

    def test_each_command_of_the_overview_has_help_that_builds_nothing(self):
        overview = self.lesson()[1]
        named = set(re.findall(r"^  \./lesson (\w+)", overview, re.M))
        self.assertEqual(named - set(COMMANDS), {"compare"})  # the program prints its help
        for command in COMMANDS:
            code, said = self.lesson(command, "--help")
            self.assertEqual(code, 0, said)
            self.assertIn(f"./lesson {command}", said)
        self.assertEqual(self.lesson("demo", "-h"), self.lesson("demo", "--help"))
        self.assertFalse(self.calls.exists())

    def test_help_has_the_options_of_the_command_and_no_other_command(self):
        code, said = self.lesson("demo", "--help")
        self.assertIn("--num-bytes", said)
        self.assertEqual(said.count("./lesson"), 1, said)
        self.assertNotIn("For those", self.lesson("setup", "--help")[1])

    def test_help_after_a_program_is_for_the_program(self):
        (self.root / "build/bin").mkdir(parents=True)
        server = self.root / "build/bin/blocking-server"
        server.write_text('#!/bin/sh\necho "the server: $*"\n')
        server.chmod(0o755)
        self.assertEqual(self.lesson("run", "blocking-server", "--help"), (0, "the server: --help\n"))

    def test_an_unknown_command_is_refused_with_and_without_help(self):
        for words in (["nonsense"], ["nonsense", "--help"], ["--nonsense"]):
            self.expect_one_line(self.lesson(*words), 2, words[0], "./lesson alone lists the commands")

    # ---------------------------------------------------------------- CMake

    def test_a_cmake_that_is_too_old_is_named_with_both_versions(self):
        for command, version in ((["build"], "3.18.4"), (["run", "blocking-server"], "3.24.9"), (["setup"], "3.3"),
                                 (["check"], "2.8.12.2"), (["build", "1"], "3.22.0-rc1")):
            self.expect_one_line(self.lesson(*command, CMAKE_VERSION=version), 1,
                                 self.tools / "cmake", version, "3.25 or newer")
        self.assertFalse(self.calls.exists())

    def test_a_newer_cmake_is_used(self):
        for version in "3.25.0", "3.31.6", "4.0.3", "3.100.0-rc1":
            code, said = self.lesson("build", CMAKE_VERSION=version)
            self.assertEqual(code, 0, said)

    # ---------------------------------------------------------------- the page of compare

    def compare_stages(self):
        """A compare-stages whose page is its command line, and which fails as one with a wrong client does."""
        (self.root / "build/bin").mkdir(parents=True)
        program = self.root / "build/bin/compare-stages"
        program.write_text('#!/bin/sh\n[ "$1" = --html ] && echo "$*" >"$2"\nexit 1\n')
        program.chmod(0o755)

    def test_compare_writes_the_page_also_with_a_client_and_also_if_it_fails(self):
        self.compare_stages()
        for words in ([], ["--check"], ["--client", "mine=./mine", "--serve"]):
            self.assertEqual(self.lesson("compare", *words)[0], 1)
            page = self.root / "build/compare.html"
            self.assertEqual(page.read_text(), " ".join(["--html", str(page), *words]) + "\n")
            page.unlink()

    def test_serve_shows_the_page_until_ctrl_c_and_ends_with_the_exit_code_of_the_comparison(self):
        self.compare_stages()
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
        process = self.start("compare", "--serve", "--client", "mine=./mine")
        self.addCleanup(process.kill)
        patience = threading.Timer(60, process.kill)
        patience.start()
        for line in process.stdout:
            if address := re.search(r"http://127\.0\.0\.1:\d+/", line):
                break
        with urllib.request.urlopen(address.group()) as page:
            self.assertIn(b"--client mine=./mine", page.read())
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        patience.cancel()
        self.assertEqual(process.returncode, 1)

    def test_serve_refuses_a_page_of_the_user_and_shows_no_page_of_an_earlier_run(self):
        self.compare_stages()
        self.expect_one_line(self.lesson("compare", "--serve", "--html", "mine.html"), 2, "leave out --html")
        (self.root / "build/compare").mkdir()
        (self.root / "build/compare/index.html").write_text("an earlier run")
        (self.root / "build/bin/compare-stages").write_text("#!/bin/sh\nexit 2\n")
        self.assertEqual(self.lesson("compare", "--serve")[0], 2)

    # ---------------------------------------------------------------- two at a time

    def test_the_exercises_ignore_the_settings_of_a_users_python(self):
        (self.folder / "argparse.py").write_text("raise SystemExit('not the one of Python')")
        usual = self.lesson("exercises")
        self.assertEqual(usual[0], 0, usual[1])
        for setting in ({"PYTHONSAFEPATH": "1"}, {"PYTHONPATH": str(self.folder)}, {"PYTHONHOME": "/none"},
                        {"PYTHONIOENCODING": "ascii"}):
            self.assertEqual(self.lesson("exercises", **setting), usual, setting)

    def test_a_command_that_fails_is_noticed_where_a_parent_ignores_the_end_of_children(self):
        self.program("cmake", CMAKE + "exit 1\n")
        self.assertEqual(self.lesson("start", "blocking-client/read-to-the-end")[0], 0)
        code, output = self.lesson("check", "blocking-client/read-to-the-end",
                                   ignored=signal.SIGCHLD)
        self.assertEqual(code, 3, output)
        self.assertIn("CMake could not configure", output)

    def test_options_of_a_users_shell_change_nothing(self):
        usual = self.lesson("diff", "1", "2")
        self.assertEqual(usual[0], 0, usual[1])
        self.assertEqual(self.lesson("diff", "1", "2", SHELLOPTS="errexit:noglob:nounset"), usual)

    def test_a_folder_that_cmake_cannot_build_in_is_named(self):
        for name in ("a:b", "a#b", "a;b", "a|b", "a<b", "a>b", 'a"b', "a\\b", "a\tb", "a\nb", "a${b}"):
            root = self.folder / name
            self.root.rename(root)
            for words in (("build",), ("build", "2"), ("start", "blocking-client/read-to-the-end")):
                with self.subTest(name, words=words):
                    result = self.lesson(*words, program=root / "lesson")
                    self.expect_one_line(result, 1, "rename it", name.replace("\t", "?").replace("\n", "?"))
            root.rename(self.root)
        self.assertFalse(self.calls.exists())

    def test_a_build_that_waits_for_another_says_so(self):
        (self.root / "build").mkdir()
        for command in (["build"], ["build", "blocking-server"], ["run", "blocking-server"], ["compare"]):
            with open(self.root / "build/.lock", "w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                process = self.start(*command)
                patience = threading.Timer(60, process.kill)
                patience.start()
                for line in process.stdout:
                    if "waiting" in line:
                        break
                self.assertIn("another command builds in build/", line)
                self.assertFalse(self.calls.exists())
            process.communicate(timeout=60)
            patience.cancel()
            self.assertTrue(self.calls.exists())
            self.calls.unlink()

    def test_the_program_that_run_starts_does_not_hold_the_lock(self):
        (self.root / "build/bin").mkdir(parents=True)
        server = self.root / "build/bin/blocking-server"
        server.write_text("#!/bin/sh\nflock -n build/.lock echo free\n")
        server.chmod(0o755)
        self.assertEqual(self.lesson("run", "blocking-server", cwd=self.root), (0, "free\n"))

    # ---------------------------------------------------------------- a repository that cannot be written

    def files(self):
        return sorted((str(path), path.stat().st_mtime_ns) for path in self.root.rglob("*"))

    def test_a_work_folder_gets_everything_that_is_written(self):
        before = self.files()
        work = self.folder / "my work"
        for command in ["build"], ["start", "read-to-the-end"], ["exercises"]:
            code, said = self.lesson(*command, POETRY_WORK_DIR=str(work))
            self.assertEqual(code, 0, said)
        self.assertTrue(self.calls.read_text().startswith(f"{work}: cmake --preset dev"))
        self.assertIn("YOUR TURN", (work / "my/blocking-client/read-to-the-end/get_poetry.cpp").read_text())
        self.assertIn("started", said)
        self.assertEqual(self.files(), before)

    def test_the_commands_of_a_work_folder_need_no_variable(self):
        self.lesson("exercises", POETRY_WORK_DIR="work")  # relative to the folder of the caller
        work = self.folder / "work"
        before = self.files()
        for environment in {}, {"POETRY_WORK_DIR": str(work)}:
            code, said = self.lesson("build", cwd=work, program="./lesson", **environment)
            self.assertEqual(code, 0, said)
            self.assertIn(f"{work}: cmake", self.calls.read_text())
        self.assertEqual(self.files(), before)

    def test_a_build_of_the_repository_is_not_used(self):
        (self.root / "build").mkdir()
        (self.root / "my").mkdir()
        self.lesson("build", POETRY_WORK_DIR="work")
        self.assertFalse((self.folder / "work/build").is_symlink())
        self.assertFalse((self.folder / "work/my").exists())

    def test_a_work_folder_with_other_files_is_refused_and_stays_as_it_is(self):
        (self.folder / "full/tools").mkdir(parents=True)
        self.expect_one_line(self.lesson("exercises", POETRY_WORK_DIR="full"), 2, "'tools'", self.folder / "full")
        self.assertEqual(os.listdir(self.folder / "full/tools"), [])

    def test_a_work_folder_that_cannot_be_made_is_refused(self):
        (self.folder / "file").write_text("")
        for name in "file", "file/work":
            self.expect_one_line(self.lesson("exercises", POETRY_WORK_DIR=name), 2, self.folder / name)

    def test_a_link_of_the_user_is_not_replaced(self):
        (self.folder / "full").mkdir()
        (self.folder / "full/tools").symlink_to(self.tools)
        self.expect_one_line(self.lesson("exercises", POETRY_WORK_DIR="full"), 2, "'tools'")
        self.assertEqual((self.folder / "full/tools").readlink(), self.tools)

    def test_the_commands_that_check_the_repository_refuse_a_work_folder(self):
        for command in "verify", "coverage":
            self.expect_one_line(self.lesson(command, POETRY_WORK_DIR="work"), 1, command, "POETRY_WORK_DIR")

    def test_a_work_folder_inside_the_repository_is_refused(self):
        before = self.files()
        self.expect_one_line(self.lesson("build", POETRY_WORK_DIR=str(self.root / "tools/work")), 2, "inside")
        self.assertEqual(self.files(), before)

    def test_a_repository_that_cannot_be_written_names_the_way_out(self):
        (self.root / "build").write_text("")  # a file, because root may write into every folder
        for command in (["build"], ["run", "blocking-server"], ["start", "read-to-the-end"], ["check"], ["hint", "x"]):
            self.expect_one_line(self.lesson(*command), 1, self.root / "build", "export POETRY_WORK_DIR=")


if __name__ == "__main__":
    unittest.main()
