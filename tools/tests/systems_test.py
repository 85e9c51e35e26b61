"""./lesson on other systems: what it says when it cannot install, other shells, and the devcontainer."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def run(*command, cwd=REPOSITORY, **environment):
    return subprocess.run(command, cwd=cwd, env=dict(os.environ, **environment), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


class WithAFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)


class WithoutPackages(WithAFolder):
    """A system of a few programs, which has none of the packages."""

    def setUp(self):
        super().setUp()
        for program in ("bash", "dirname", "env", "getconf", "grep", "sed"):
            (self.folder / program).symlink_to(shutil.which(program))
        self.write("dpkg-query", "exit 1")

    def write(self, program, script):
        path = self.folder / program
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def lesson(self, *arguments):
        return run(str(REPOSITORY / "lesson"), *arguments, PATH=str(self.folder))

    def test_a_user_without_sudo_gets_the_command_for_root(self):
        self.write("id", "echo 1000")
        self.write("apt-get", "exit 1")
        for command in ("demo", "test", "compare", "check", "setup", "verify", "book"):
            done = self.lesson(command)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stdout, r"^lesson: not installed: g\+\+ .*; these commands, as root, install them: "
                                          r"apt-get update && apt-get install .* g\+\+ .*\n$", command)

    def test_root_gets_the_command_that_failed(self):
        self.write("id", "echo 0")
        self.write("apt-get", "exit 100")
        done = self.lesson("demo")
        self.assertEqual(done.returncode, 1)
        self.assertIn("apt-get update failed", done.stdout)
        self.assertRegex(done.stdout, r"\nlesson: the installation failed: apt-get install .* g\+\+ .*\n$")

    def test_a_system_without_apt_gets_the_names(self):
        done = self.lesson("demo")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"^lesson: not installed: g\+\+ .* \(Debian's names\); install them with your package manager\n$")

    def test_a_command_that_installs_nothing_names_setup(self):
        for command in (("build",), ("run", "async-client")):
            self.assertRegex(self.lesson(*command).stdout, r"^lesson: not installed: .*; ./lesson setup installs them\n$")


class Shells(WithAFolder):
    def setUp(self):
        super().setUp()
        self.expected = run("./lesson", "diff", "3", "4").stdout
        self.assertIn("+++ reactor-client-1/get_poetry.cpp", self.expected)

    def test_any_shell_may_start_it(self):
        self.assertEqual(run("sh", "lesson", "diff", "3", "4").stdout, self.expected)

    def test_files_without_permission_to_execute_are_enough(self):
        (self.folder / "tools").mkdir()
        for name in ("lesson", "tools/helpers.sh", "tools/setup"):
            shutil.copyfile(REPOSITORY / name, self.folder / name)
        done = run("bash", "lesson", "setup", "--no-such-option", cwd=self.folder)
        self.assertEqual((done.returncode, done.stdout), (2, "lesson: setup takes only --browser, not '--no-such-option'\n"))

    def test_the_callers_settings_do_not_matter(self):
        parent = str(REPOSITORY.parent)  # with CDPATH, cd also prints the folder that it finds
        for variables in ({"CDPATH": parent}, {"POSIXLY_CORRECT": "1"}, {"TMPDIR": "/nowhere"}):
            done = run(f"{REPOSITORY.name}/lesson", "diff", "3", "4", cwd=parent, **variables)
            self.assertEqual(done.stdout, self.expected, variables)


class Devcontainer(WithAFolder):
    FOLDER = REPOSITORY / ".devcontainer"

    def setUp(self):
        super().setUp()
        text = (self.FOLDER / "devcontainer.json").read_text()
        self.settings = json.loads(re.sub(r"^ *//.*", "", text, flags=re.M))
        build = self.settings["build"]
        self.context = self.FOLDER / build["context"]
        self.lines = (self.FOLDER / build["dockerfile"]).read_text().splitlines()

    def test_copies_all_that_its_setup_reads(self):
        (copy,) = (line.split()[1:] for line in self.lines if line.startswith("COPY "))
        target = self.folder / copy.pop().lstrip("/")
        target.mkdir(parents=True)
        for source in copy:
            shutil.copy(self.context / source, target)
        (command,) = re.findall(r"^RUN (/\S+)", "\n".join(self.lines), re.M)
        done = run(str(self.folder / command.lstrip("/")), "--no-such-option")
        self.assertEqual((done.returncode, done.stdout), (2, "lesson: setup takes only --browser, not '--no-such-option'\n"))

    def test_makes_the_user_that_works_in_it(self):
        self.assertRegex("\n".join(self.lines), rf"(?m)^RUN useradd .* {self.settings['remoteUser']}\b")


if __name__ == "__main__":
    unittest.main()
