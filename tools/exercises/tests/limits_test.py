"""What happens to a command that hangs, crashes, prints, allocates or forks without end."""

import os
import subprocess
import sys
import unittest

import here  # noqa: F401
import limits


def run(command, seconds=30, **how):
    return limits.run(["/bin/sh", "-c", command], seconds, **how)


class Limits(unittest.TestCase):
    def test_returns_the_output_and_the_exit_code(self):
        ended = run("echo verse; echo prose >&2; exit 3")
        self.assertEqual((ended.output, ended.exit_code, ended.stopped), ("verse\nprose\n", 3, ""))

    def test_ends_a_command_that_hangs_and_what_it_has_started(self):
        ended = run("sleep 1000 & echo $!; setsid sleep 1000 & echo $!; wait", seconds=1)
        self.assertEqual(ended.stopped, "it took more than 1 s")
        self.expect_ended(ended.output)

    def expect_ended(self, numbers):
        self.assertTrue(numbers.split())
        for number in numbers.split():
            self.assertFalse(self.is_running(number), f"process {number} is left")

    def test_ends_what_a_command_has_left_behind(self):
        ended = run("(setsid sleep 1000 & echo $!) & wait")
        self.assertEqual((ended.exit_code, ended.stopped), (0, ""))
        self.expect_ended(ended.output)

    def test_a_process_whose_name_is_no_text_does_no_harm(self):
        other = subprocess.Popen([sys.executable, "-c", "import ctypes, time\n"
                                  "ctypes.CDLL(None).prctl(15, b'\\xff')\nprint(flush=True)\ntime.sleep(1000)"],
                                 stdout=subprocess.PIPE)
        try:
            other.stdout.readline()
            self.assertEqual(run("echo verse").output, "verse\n")
        finally:
            other.kill()
            other.communicate()

    def is_running(self, number):
        try:
            with open(f"/proc/{number}/stat") as file:
                return file.read().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    def test_keeps_the_end_of_an_endless_output(self):
        ended = run("yes verse | head -c 300000; echo the end")
        self.assertEqual(len(ended.output), limits.MOST_OUTPUT)
        self.assertTrue(ended.output.endswith("the end\n"))

    def test_ends_a_command_that_takes_all_memory(self):
        hog = "keep = []\nwhile True: keep.append(bytearray(b'x') * (64 << 20))"
        ended = limits.run([sys.executable, "-c", hog], 60)
        self.assertIn("memory", ended.stopped)

    def test_ends_a_command_that_starts_processes_without_end(self):
        ended = run("while :; do sleep 1000 & echo $!; done")
        self.assertIn("processes", ended.stopped)
        self.expect_ended(ended.output)

    def test_limits_the_size_of_a_file(self):
        ended = run("f=$(mktemp); yes > $f; stat -c %s $f; rm $f")
        self.assertLessEqual(int(ended.output.split()[-1]), 64 << 20)

    @unittest.skipUnless(limits.can_be_alone(), "the system permits no namespaces")
    def test_alone_there_is_only_loopback_and_no_other_process(self):
        ended = run("tail -n +3 /proc/net/dev | cut -d : -f 1; kill -0 %d || echo alone" % os.getpid(), alone=True)
        self.assertEqual(ended.output.split()[0], "lo")
        self.assertIn("alone", ended.output)

    @unittest.skipUnless(limits.can_be_alone(), "the system permits no namespaces")
    def test_alone_the_exit_code_is_that_of_the_command(self):
        self.assertEqual(run("exit 7", alone=True).exit_code, 7)


if __name__ == "__main__":
    unittest.main()
