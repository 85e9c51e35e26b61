"""The records as text, JUnit XML, Gradescope's JSON and a table."""

import io
import json
import unittest
import xml.etree.ElementTree as ElementTree

import here  # noqa: F401
import reports
from record import ERROR, FAILED, PASSED, SKIPPED, Record, Verdict

KEY = "async-client/time-limit"
VERDICT = Verdict(KEY, [
    Record(KEY, "First", PASSED, seconds=0.25),
    Record(KEY, "Second", FAILED, 'Server 1 sent "<&>".', "\nstep\x00 1 & 2\n"),
    Record(KEY, "Third", ERROR, "The client hangs.", "story"),
    Record(KEY, "Fourth", SKIPPED, "Not run."),
], build_seconds=1.0, check_seconds=0.5)


class Reports(unittest.TestCase):
    def test_the_text_has_the_first_failure_and_the_times(self):
        text = reports.text(VERDICT)
        self.assertIn('Second: Server 1 sent "<&>".', text)
        self.assertNotIn("The client hangs", text)
        self.assertIn("1 of 4 checks passed. Built in 1.0 s, checked in 0.5 s.", text)

    def test_the_text_has_the_compilers_warnings(self):
        verdict = Verdict(KEY, [Record(KEY, "First", PASSED)], warnings="get_poetry.cpp:3:4: warning: unused")
        self.assertIn("The compiler warns:\nget_poetry.cpp:3:4: warning: unused\n", reports.text(verdict))

    def test_junit_has_an_element_for_each_status(self):
        suite = ElementTree.fromstring(reports.junit([VERDICT]))[0]
        self.assertEqual([suite.get(name) for name in ("tests", "failures", "errors", "skipped")], ["4", "1", "1", "1"])
        self.assertEqual([[child.tag for child in case] for case in suite], [[], ["failure"], ["error"], ["skipped"]])
        failure = suite[1][0]
        self.assertEqual(failure.get("message"), 'Server 1 sent "<&>".')
        self.assertEqual(failure.text, "\nstep? 1 & 2\n")
        self.assertEqual(suite[1].get("name"), "time-limit: Second")

    def test_gradescope_gives_a_point_for_each_check_that_passed(self):
        tests = json.loads(reports.gradescope([VERDICT]))["tests"]
        self.assertEqual([test["score"] for test in tests], [1, 0, 0, 0])
        self.assertTrue(tests[1]["output"].startswith('Server 1 sent "<&>".\n'))

    def test_the_table_has_a_row_for_each_submission(self):
        file = io.StringIO()
        reports.Table(file).add("anna", VERDICT, "no namespaces")
        self.assertEqual(file.getvalue().splitlines()[1],
                         f'anna,{KEY},1,4,failed,Second,"Server 1 sent ""<&>"".",1.5,no namespaces')


if __name__ == "__main__":
    unittest.main()
