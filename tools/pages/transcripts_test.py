"""Shows when a transcript is accepted, when it is not, and what --write makes of it.

The programs of these tests are scripts in a temporary folder.
"""

import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

import shape
import transcripts
from markdown import Page
from repository import Repository

RUN = [
    "Task 1: got 30 bytes of poetry from 127.0.0.1:10000",
    "Task 2: got 10 bytes of poetry from 127.0.0.1:10001",
    "Task 1: got 30 bytes of poetry from 127.0.0.1:10000",
    "Task 2 finished",
    "Task 1 finished",
    "Task 1: 653 bytes of poetry",
    "Got 2 poems in 0:00:06.631383",
]


class Shape(unittest.TestCase):
    def accepts(self, shown, printed=RUN):
        self.assertIsNone(shape.mistake(shown, printed, {"653"}))

    def finds(self, expected, shown, printed=RUN):
        self.assertIn(expected, str(shape.mistake(shown, printed, {"653"})))

    def changed(self, old, new):
        return [line.replace(old, new) for line in RUN]

    def test_accepts_the_same_lines(self):
        self.accepts(RUN)

    def test_accepts_other_times_pointers_ports_and_sizes_of_chunks(self):
        self.accepts(self.changed("0:00:06.631383", "0:00:07.000001"))
        self.accepts(self.changed("got 30", "got 29"))
        self.accepts(["Somebody at 127.0.0.1:42502 wants poetry!"], ["Somebody at 127.0.0.1:60000 wants poetry!"])
        self.accepts(["  client   5.80 s"], ["  client  10.01 s"])
        self.accepts(["recvfrom(8, 0x7ffdbceb7840, 65536"], ["recvfrom(8, 0x7fff5df350e0, 65536"])
        self.accepts(['recvfrom(8, "The Fascin", 65536) = 10'], ['recvfrom(8, "The Fascination"..., 65536) = 15'])
        self.accepts(["lost after 200 bytes: reset"], ["lost after 210 bytes: reset"])
        self.accepts(["101 calls returned bytes, 18804838 did not"], ["99 calls returned bytes, 17000111 did not"])

    def test_accepts_another_order_of_tasks(self):
        self.accepts([RUN[1], RUN[0], *RUN[2:]])
        self.accepts([RUN[1], "(4 lines left out)", *RUN[5:]])

    def test_finds_a_line_that_is_not_printed(self):
        self.finds("the run does not print, or not as often: Task 2 ended", self.changed("Task 2 finished", "Task 2 ended"))

    def test_finds_a_line_that_is_printed_less_often(self):
        self.finds("not as often: Task 2 finished", [*RUN, "Task 2 finished"])

    def test_finds_a_line_that_is_also_printed(self):
        self.finds("the run also prints: Task 2 finished", [line for line in RUN if line != "Task 2 finished"])

    def test_finds_another_length_of_a_whole_poem(self):
        self.finds("654 bytes", self.changed("653", "654"))
        self.finds("got 653", ["Task 1: got 653 bytes of poetry from a"], ["Task 1: got 600 bytes of poetry from a"])

    def test_finds_another_port_of_the_page(self):
        self.finds("127.0.0.1:10002", self.changed("10001", "10002"))

    def test_finds_another_first_line(self):
        self.finds("the first line of the run is: Task 1: got 30", ["Task 2 finished", "(5 lines left out)", RUN[-1]])

    def test_finds_another_last_line(self):
        self.finds("the last line of the run is: Got 2 poems", [RUN[0], "(5 lines left out)", RUN[-2]])

    def test_finds_another_number_of_lines_left_out(self):
        self.accepts([RUN[0], "(7 lines left out)", RUN[-1]])
        self.finds("8 lines are left out here, and 5 of the run", [RUN[0], "(8 lines left out)", RUN[-1]])

    def test_finds_two_lines_that_stand_for_others(self):
        self.finds("at most one line", [RUN[0], "(1 lines left out)", RUN[1], "(1 lines left out)"])

    def test_finds_that_nothing_is_printed(self):
        self.finds("does not print", RUN, [])
        self.finds("does not print", [RUN[0], "(5 lines left out)"], [])

    def test_writes_all_lines_of_a_whole_transcript(self):
        self.assertEqual(shape.rewritten(["old"], RUN), RUN)

    def test_writes_as_many_lines_as_were_shown(self):
        shown = ["old", "old", "(99 lines left out)", "old"]
        self.assertEqual(shape.rewritten(shown, RUN), [*RUN[:2], "(4 lines left out)", RUN[-1]])

    def test_writes_no_last_line_where_none_was_shown(self):
        self.assertEqual(shape.rewritten(["old", "(99 lines left out)"], RUN), [RUN[0], "(6 lines left out)"])

    def test_writes_all_lines_if_none_are_left_out(self):
        self.assertEqual(shape.rewritten(["old", "(99 lines left out)", "old"], RUN[:2]), RUN[:2])


def commands_that_run():
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield file.read_bytes()
        except OSError:
            pass  # it has ended


class Pages(unittest.TestCase):
    """Runs a page with a server, which is a script, and clients."""

    SERVER = """#!/usr/bin/env python3
import socket, sys
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
    print("Serving on port", sys.argv[1], flush=True)
    while True:
        connection, address = listener.accept()
        print("Somebody came.", flush=True)
        connection.close()
"""
    CLIENT = """#!/usr/bin/env python3
import socket, sys
socket.create_connection(("127.0.0.1", int(sys.argv[1]))).recv(1)
print("Got nothing from 127.0.0.1:" + sys.argv[1], flush=True)
print("client: a message", file=sys.stderr)
"""
    FIRST = '```sh title="first terminal"\n./lesson run server 10000\n```\n'
    SECOND = '```sh title="second terminal"\n./lesson run client 10000\n```\n'
    SERVED = '\n```text title="first terminal"\nServing on port 10000\nSomebody came.\n```\n'
    GOT = "\n```text\nGot nothing from 127.0.0.1:10000\nclient: a message\n```\n"

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="with a blank ")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name).resolve()
        self.programs = self.root / "build" / "bin"
        self.programs.mkdir(parents=True)
        for name, text in ("server", self.SERVER), ("client", self.CLIENT):
            (self.programs / name).write_text(text)
            (self.programs / name).chmod(0o755)
        self.processes = transcripts.Processes()

    def check(self, text, write=False):
        (self.root / "page.md").write_text(text)
        repository = Repository(self.root)
        page = Page(text, "page.md")
        ports = transcripts.Ports()
        return transcripts.check_page(repository, page, self.programs, ports, self.processes, write)

    def assert_finds(self, expected, text):
        found = self.check(text)
        self.assertEqual(len(found), 1, found)
        self.assertIn(expected, found[0])
        self.assertEqual(self.processes._running, set())

    def test_accepts_what_servers_and_clients_print(self):
        self.assertEqual(self.check(self.FIRST + self.SECOND + self.GOT + self.SERVED), [])
        self.assertEqual(self.processes._running, set())

    def test_ends_the_first_terminal_when_the_next_one_begins(self):
        second = self.FIRST + self.SERVED.replace(' title="first terminal"', "")
        self.assertEqual(self.check(self.FIRST + self.SECOND + self.GOT + second + self.SECOND + self.GOT), [])

    def test_leaves_files_of_the_page_in_its_own_folder(self):
        page = '```sh title="second terminal"\necho a > build/a.txt; cat build/a.txt\n```\n\n```text\na\n```\n'
        self.assertEqual(self.check(page), [])
        self.assertFalse((self.root / "build/a.txt").exists())

    def test_finds_other_output_of_a_client(self):
        self.assert_finds("page.md:8: the run does not print, or not as often: Got something",
                          self.FIRST + self.SECOND + self.GOT.replace("nothing", "something"))  # fmt: skip

    def test_finds_other_output_of_a_server(self):
        self.assert_finds("page.md:8: the run also prints: Somebody came.",
                          self.FIRST + self.SECOND + self.SERVED.replace("Somebody came.\n", ""))  # fmt: skip

    def test_finds_a_program_that_does_not_exist(self):
        self.assert_finds("page.md:4: there is no program clients", self.FIRST + self.SECOND.replace("client", "clients"))

    def test_finds_a_command_that_does_not_exist(self):
        self.assert_finds("page.md:1: a command does not exist: no-such-command: command not found",
                          '```sh title="second terminal"\nno-such-command; true\n```\n')  # fmt: skip

    def test_finds_a_server_that_ends_at_once(self):
        self.assert_finds("page.md:1: these programs ended at once; they printed: sorry",
                          '```sh title="first terminal"\necho sorry; exit 1 # 10000\n```\n')  # fmt: skip

    def test_finds_commands_that_do_not_end(self):
        commands = "echo waiting; timeout 1000 bash -c 'trap \"\" TERM; sleep 1000.25; true'"
        with mock.patch.object(transcripts, "LIMIT", 0.5):
            self.assert_finds("page.md:1: did not end in 0.5 s; the last line was: waiting",
                              f'```sh title="terminal"\n{commands}\n```\n')  # fmt: skip
        # These programs ignore SIGTERM, and `timeout` and its child are in a process group of their own.
        self.assertNotIn(b"sleep\x001000.25\0", commands_that_run())

    def test_finds_a_server_that_does_not_listen(self):
        with mock.patch.object(transcripts, "LIMIT", 0.5):
            self.assert_finds("page.md:1: these programs do not listen after 0.5 s; they printed: hello",
                              '```sh title="first terminal"\necho hello; sleep 1000 # 10000\n```\n')  # fmt: skip

    def test_writes_the_new_output_and_nothing_else(self):
        old = self.FIRST + "Text.\n" + self.SECOND + self.GOT.replace("client: a message\n", "(7 lines left out)\n")
        self.assertEqual(self.check(old + self.SERVED.replace("came", "went"), write=True), [])
        new = self.FIRST + "Text.\n" + self.SECOND + self.GOT.replace("client: a message", "(1 lines left out)")
        self.assertEqual((self.root / "page.md").read_text(), new + self.SERVED)


if __name__ == "__main__":
    unittest.main()
