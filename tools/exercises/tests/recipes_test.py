"""The recipes for classroom systems: they run, in a folder as the system lays it out, and write what it reads."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as xml
from pathlib import Path

import here

RECIPES = here.REPOSITORY / "tools" / "exercises" / "recipes"
EXERCISE = here.REPOSITORY / "blocking-client" / "exercises" / "read-to-the-end"
WRONG = EXERCISE / "wrong" / "reset-is-the-end" / "get_poetry.cpp"
HEADLINE = (WRONG.parent / "headline").read_text().splitlines()[0]


class Recipes(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.system = Path(folder.name)
        self.submission = self.system / "submission"
        self.submission.mkdir()
        shutil.copy(WRONG, self.submission)
        self.poetry = self.system / "poetry"  # a path without a blank, as in the recipes
        os.symlink(here.REPOSITORY, self.poetry)

    def run_recipe(self, name, places, **environment):
        return self.run_script((RECIPES / name).read_text(), places, **environment)

    def run_script(self, script, places, **environment):
        """Runs it in the submission's folder, with folders of ours in place of those in the script."""
        for theirs, ours in places.items():
            self.assertIn(theirs, script)
            script = script.replace(theirs, str(ours))
        return self.run_in_submission("bash", "-c", script, **environment)

    def run_in_submission(self, *command, **environment):
        return subprocess.run(command, cwd=self.submission, env=dict(os.environ, **environment),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def test_gradescope_gets_a_point_for_each_check_that_passed(self):
        (self.system / "results").mkdir()
        done = self.run_recipe("run_autograder", {"/autograder/source": self.system, "/autograder": self.system})
        self.assertEqual(done.returncode, 0, done.stdout)
        tests = json.loads((self.system / "results" / "results.json").read_text())["tests"]
        self.assertEqual([test["score"] for test in tests].count(0), 2)
        self.assertTrue(all({"name", "score", "max_score", "output"} <= set(test) for test in tests))
        self.assertTrue(any(test["output"].startswith(HEADLINE) for test in tests))

    def test_vpl_gets_a_grade_and_the_story_as_a_comment(self):
        self.assertEqual(self.run_recipe("vpl_evaluate.sh", {"/srv/poetry": self.poetry}).returncode, 0)
        lines = self.run_in_submission("./vpl_execution").stdout.splitlines()
        self.assertEqual((lines[0], lines[-2], lines[-1]), ("<|--", "--|>", "Grade :=>> 66.6667"))
        self.assertTrue(all(line.startswith(">") for line in lines[1:-2]))
        self.assertTrue(any(HEADLINE in line for line in lines))

    def test_ci_gets_an_exit_code_and_a_report(self):
        clone = self.system / "clone"
        fake = self.system / "git"  # in place of a clone that would have to be compiled
        fake.write_text(f"#!/bin/sh\nln -s '{here.REPOSITORY}' '{clone}'\n")
        fake.chmod(0o755)
        path = f"{self.system}:{os.environ['PATH']}"
        done = self.run_recipe("ci.sh", {"/srv/poetry": clone}, POETRY=str(here.REPOSITORY), PATH=path)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.expect_report(self.submission / "report.xml")

    def test_codegrade_gets_a_report(self):
        page = (here.REPOSITORY / "docs" / "teaching.md").read_text()
        (command,) = (line for line in page.splitlines() if "$CG_JUNIT_XML_LOCATION" in line)
        report = self.system / "report"
        self.run_script(command, {"~/poetry": self.poetry}, CG_JUNIT_XML_LOCATION=str(report))
        self.expect_report(report)

    def expect_report(self, path):
        suite = xml.parse(path).getroot().find("testsuite")
        self.assertEqual((suite.get("tests"), suite.get("failures"), suite.get("errors")), ("6", "2", "0"))
        self.assertEqual(suite.find("testcase/failure").get("message"), HEADLINE)


if __name__ == "__main__":
    unittest.main()
